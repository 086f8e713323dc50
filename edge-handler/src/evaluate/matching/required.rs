//! A text without which a pattern cannot match: asked for before an engine is started.
//!
//! In: a pattern. Out: [`Required`], and for a subject whether the text stands in it. Absent: matching.
//!
//! Lists of thousands of conditions about one header (spam, robots) differ in one word each. To look for a
//! word takes tens of nanoseconds, to run an engine over a long header some microseconds.

use memchr::memmem::Finder;
use regex_syntax::hir::{Hir, HirKind};
use smallvec::SmallVec;

use super::structure::{self, Fidelity};
use crate::rules::Pattern;
use crate::rules::pattern::PatternOptions;

/// A shorter text tells too little.
const SHORTEST: usize = 3;

/// Subjects up to this length, in bytes, are lowered without allocating.
const SHORT: usize = 2_048;

/// A text that stands in every subject of a pattern.
#[derive(Debug)]
pub(super) struct Required {
    finder: Finder<'static>,
    /// The text, and subjects before they are searched, have their ASCII letters lowered.
    lowered: bool,
}

impl Required {
    /// The longest such text of a pattern, a leading `(?i)` taken off. `None` when there is none.
    pub fn of(text: &[u8], options: PatternOptions, ignores_case: bool) -> Option<Self> {
        let structure = structure::read(text, options)?;
        let mut text = long_enough(&structure.hir)?.to_vec();
        if ignores_case {
            text.make_ascii_lowercase();
        }
        Some(Self {
            finder: Finder::new(&text).into_owned(),
            lowered: ignores_case,
        })
    }

    /// Does it stand in `subject`?
    pub fn is_in(&self, subject: &[u8]) -> bool {
        if !self.lowered {
            return self.finder.find(subject).is_some();
        }
        let mut lowered = SmallVec::<[u8; SHORT]>::from_slice(subject);
        lowered.make_ascii_lowercase();
        self.finder.find(&lowered).is_some()
    }
}

/// A text that stands, with letters of either case, in every subject of `pattern`. `None` when there is none,
/// or the pattern may mean something else in PCRE2.
pub(super) fn text(pattern: &Pattern) -> Option<Vec<u8>> {
    let (text, _) = structure::without_case_option(&pattern.text, pattern.options);
    let structure = structure::read(text, pattern.options)?;
    if structure.fidelity != Fidelity::Same {
        return None;
    }
    long_enough(&structure.hir).map(<[u8]>::to_vec)
}

fn long_enough(structure: &Hir) -> Option<&[u8]> {
    longest(structure).filter(|text| text.len() >= SHORTEST)
}

/// The longest literal that no match goes without.
fn longest(structure: &Hir) -> Option<&[u8]> {
    match structure.kind() {
        HirKind::Literal(literal) => Some(&literal.0),
        HirKind::Capture(group) => longest(&group.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .filter_map(longest)
            .max_by_key(|text| text.len()),
        HirKind::Repetition(_)
        | HirKind::Alternation(_)
        | HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: Option<&str>) {
        for ignores_case in [false, true] {
            let required =
                Required::of(pattern.as_bytes(), PatternOptions::default(), ignores_case);
            let expected = expected.map(|text| {
                if ignores_case {
                    text.to_ascii_lowercase()
                } else {
                    text.to_owned()
                }
            });
            let found = required
                .map(|required| String::from_utf8_lossy(required.finder.needle()).into_owned());
            assert_eq!(found, expected, "{pattern}");
        }
    }

    #[test]
    fn the_longest_literal_there_must_be() {
        check(
            r"^https?://([^.]+\.)*Spam-17\.example",
            Some("Spam-17.example"),
        );
        check("(abc)+[a-z]*de", Some("abc"));
        check("a(?:bcd)?ef(?:ghi){2}", Some("ghi"));
        check("ab[0-9]cd", None);
        check("(?:abcd|efgh)", None);
        check("(?:abcd)*", None);
        check("", None);
    }

    #[test]
    fn letters_of_either_case() {
        let required = Required::of(b"Spam", PatternOptions::default(), true);
        let in_long = [&b"x".repeat(2 * SHORT), &b"SPAM"[..]].concat();
        for (subject, expected) in [(&b"a sPAm"[..], true), (b"spa", false), (&in_long, true)] {
            let found = required.as_ref().map(|required| required.is_in(subject));
            assert_eq!(found, Some(expected));
        }
    }
}
