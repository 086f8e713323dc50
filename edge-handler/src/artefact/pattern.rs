//! Patterns as bytes: written once in a program, matched where they stand.
//!
//! In: a [`Pattern`], or its record. Out: the record; [`PatternView`], which borrows either and matches. Absent: what
//! instructions mean; see `pattern::matching::bytecode`.
//!
//! ```text
//! options, length of the instructions        a byte, and as postcard has it
//! instructions                               none where the pattern needs an engine
//! text                                       to its end
//! ```

use crate::artefact::packed::{Damaged, Interned, push_text, take_short};
use crate::budget::Budget;
use crate::pattern::matching::{Captures, Code};
use crate::pattern::{Pattern, PatternOptions};

/// A pattern, from wherever it stands.
#[derive(Debug, Clone, Copy)]
pub struct PatternView<'a>(Stand<'a>);

/// Where a pattern stands.
#[derive(Debug, Clone, Copy)]
enum Stand<'a> {
    /// In memory, by itself.
    Alone(&'a Pattern),
    /// In the bytes of a program.
    Written(Written<'a>),
}

/// A pattern that borrows its record.
#[derive(Debug, Clone, Copy)]
struct Written<'a> {
    options: PatternOptions,
    code: &'a [u8],
    text: &'a [u8],
    /// Those of the program; the engines that some need are kept beside them.
    all: &'a Interned<Pattern>,
    number: u32,
}

impl<'a> PatternView<'a> {
    /// The pattern of this number.
    ///
    /// # Errors
    /// There is none.
    #[inline]
    pub fn written(all: &'a Interned<Pattern>, number: u32) -> Result<Self, Damaged> {
        let read = || {
            let (options, record) = all.record(number)?.split_first()?;
            let (length, record) = take_short(record)?;
            let (code, text) = record.split_at_checked(usize::try_from(length).ok()?)?;
            Some(Written {
                options: PatternOptions::from_bits(*options)?,
                code,
                text,
                all,
                number,
            })
        };
        let written = read().ok_or(Damaged)?;
        Ok(Self(Stand::Written(written)))
    }

    /// Matches `subject`; see [`Pattern::find`].
    #[inline]
    pub fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
        match &self.0 {
            Stand::Alone(pattern) => pattern.find(subject, captures, budget),
            Stand::Written(written) => written.find(subject, captures, budget),
        }
    }

    /// [`Pattern::text`].
    pub fn text(&self) -> &'a [u8] {
        match self.0 {
            Stand::Alone(pattern) => &pattern.text,
            Stand::Written(written) => written.text,
        }
    }

    /// A copy of the pattern.
    pub fn to_pattern(&self) -> Pattern {
        match &self.0 {
            Stand::Alone(pattern) => (*pattern).clone(),
            Stand::Written(written) => Pattern::new(written.text, written.options),
        }
    }
}

impl<'a> From<&'a Pattern> for PatternView<'a> {
    fn from(pattern: &'a Pattern) -> Self {
        Self(Stand::Alone(pattern))
    }
}

impl Written<'_> {
    #[inline]
    fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
        let code = Code::over(self.code, self.text);
        let told = code.and_then(|code| code.tell(subject, captures, budget));
        told.unwrap_or_else(|| self.search(subject, captures, budget))
    }

    /// What the instructions do not tell: an engine does, which is made once.
    #[cold]
    #[inline(never)]
    fn search(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
        let make = |_: &[u8]| Some(Pattern::new(self.text, self.options));
        let pattern = self.all.made(self.number, make);
        pattern.is_some_and(|pattern| pattern.search(subject, captures, budget))
    }
}

/// The record of a pattern.
pub(super) fn record(pattern: &Pattern) -> Vec<u8> {
    let mut record = vec![pattern.options.bits()];
    push_text(&mut record, pattern.code().unwrap_or_default());
    record.extend_from_slice(&pattern.text);
    record
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::packed::Interner;
    use crate::budget::{Allowance, DECISION_STEPS};

    fn interned(record: &[u8]) -> Interned<Pattern> {
        let mut interner = Interner::default();
        interner.number(record).unwrap();
        interner.finish()
    }

    fn found(view: PatternView<'_>, subject: &str) -> Option<Captures> {
        let mut captures = Captures::new();
        let budget = Budget::new(Allowance::steps(DECISION_STEPS));
        let found = view.find(subject.as_bytes(), &mut captures, &budget);
        found.then_some(captures)
    }

    /// What is written matches as what it was written of does, or, damaged, ends.
    fn check(text: &str, options: PatternOptions) {
        let pattern = Pattern::new(text, options);
        let record = record(&pattern);
        let all = interned(&record);
        let view = PatternView::written(&all, 0).unwrap();
        assert_eq!(
            (view.text(), view.to_pattern()),
            (text.as_bytes(), pattern.clone())
        );
        let subjects = ["", "/a", "/A/bcd", "/a/b/c-17.html", "bb"];
        for subject in subjects {
            let expected = found(PatternView::from(&pattern), subject);
            assert_eq!(found(view, subject), expected, "{text} {subject}");
        }
        assert_eq!(PatternView::written(&all, 1).err(), Some(Damaged));
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let all = interned(&flipped);
            if let Ok(view) = PatternView::written(&all, 0) {
                _ = subjects.map(|subject| found(view, subject));
            }
        }
    }

    #[test]
    fn what_is_written_matches_where_it_stands() {
        for options in [PatternOptions::default(), PatternOptions::CASELESS] {
            check("^/a/(.*)$", options);
            check("^/(a|b)/([^/]+)(?:/(.*?))?-([0-9]+)[.]html$", options);
        }
    }

    #[test]
    fn what_needs_an_engine_is_written_without_instructions() {
        check("(?<!a)b", PatternOptions::default());
        check("(b)(?1)", PatternOptions::default());
        check("(", PatternOptions::default());
    }
}
