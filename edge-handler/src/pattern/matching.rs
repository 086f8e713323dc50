//! Matching a pattern, and what its groups matched.
//!
//! In: a [`Pattern`] and a subject. Out: whether it matches, and [`Captures`]. Absent: how a
//! pattern's text differs between PCRE2 releases; see `pattern::dialect`.
//!
//! Three matchers, each for what the one before does not understand, all with PCRE2's answers: `bytecode`
//! needs no engine, `backtrack` is an engine of our own that counts its steps, `pcre2` is PCRE2 itself.

#[cfg(test)]
mod agreement;
mod backtrack;
mod bytecode;
mod pcre2;
pub mod required;
mod separator;
mod stress;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::budget::{Allowance, Budget};
use crate::pattern::Pattern;
use backtrack::Backtrack;
use pcre2::Full;

pub(crate) use bytecode::Code;
pub(crate) use separator::Separator;
pub use stress::Storm;

/// How many groups can be referred to: `$0` to `$9` (`AP_MAX_REG_MATCH`).
pub const GROUPS: usize = 10;

/// Where group 0 to 9 matched. Reused between matches; never allocates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Captures {
    ranges: [Option<(u32, u32)>; GROUPS],
}

impl Captures {
    /// No group matched.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets every group.
    pub fn clear(&mut self) {
        self.ranges = [None; GROUPS];
    }

    /// Where `group` matched, as byte offsets into the subject.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        let (start, end) = (*self.ranges.get(group)?)?;
        Some(start as usize..end as usize)
    }

    /// The text of `group`; empty when it did not match or does not exist.
    pub fn text<'s>(&self, group: usize, subject: &'s [u8]) -> &'s [u8] {
        self.get(group)
            .and_then(|range| subject.get(range))
            .unwrap_or_default()
    }

    fn set(&mut self, group: usize, range: Option<(u32, u32)>) {
        if let Some(place) = self.ranges.get_mut(group) {
            *place = range;
        }
    }
}

fn narrow((start, end): (usize, usize)) -> Option<(u32, u32)> {
    Some((u32::try_from(start).ok()?, u32::try_from(end).ok()?))
}

/// `ap_pregsub`: replaces `$0` to `$9` in `text` by what the groups matched in `subject`; `\c` is
/// `c`. For targets of `RedirectMatch` and `AliasMatch` and values of `SetEnvIf`.
pub fn substitute(text: &[u8], subject: &[u8], captures: &Captures) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len() + subject.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after.first()) {
            (b'$', Some(digit @ b'0'..=b'9')) => {
                result.extend_from_slice(captures.text(usize::from(digit - b'0'), subject));
                rest = &after[1..];
            }
            (b'\\', Some(escaped)) => {
                result.push(*escaped);
                rest = &after[1..];
            }
            _ => result.push(*first),
        }
    }
    result
}

/// A pattern does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// Byte offset into the pattern's text where it was noticed.
    pub offset: usize,
    /// What is wrong, in PCRE2's words.
    pub message: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for PatternError {}

/// The compiled form of a pattern: made when first used, shared by clones. A pattern that does not
/// compile matches nothing.
#[derive(Clone, Default)]
pub(crate) struct Compiled(OnceLock<Arc<Engines>>);

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() {
            "ready"
        } else {
            "not yet"
        })
    }
}

/// What a pattern is matched with, the quickest first; the others are made when they are needed.
#[derive(Default)]
struct Engines {
    /// Its instructions, where it needs no engine.
    code: Option<Vec<u8>>,
    backtrack: OnceLock<Option<Box<Backtrack>>>,
    full: OnceLock<Option<Box<Full>>>,
}

impl Engines {
    fn new(pattern: &Pattern) -> Self {
        Self {
            code: bytecode::code(pattern),
            backtrack: OnceLock::new(),
            full: OnceLock::new(),
        }
    }

    fn code<'a>(&'a self, pattern: &'a Pattern) -> Option<Code<'a>> {
        Code::over(self.code.as_deref()?, &pattern.text)
    }

    fn backtrack(&self, pattern: &Pattern) -> Option<&Backtrack> {
        let make = || Backtrack::new(pattern).map(Box::new);
        self.backtrack.get_or_init(make).as_deref()
    }

    fn full(&self, pattern: &Pattern) -> Option<&Full> {
        let make = || Full::new(pattern).map(Box::new);
        self.full.get_or_init(make).as_deref()
    }

    fn find(
        &self,
        pattern: &Pattern,
        subject: &[u8],
        captures: &mut Captures,
        budget: &Budget,
    ) -> bool {
        let found = self
            .code(pattern)
            .and_then(|code| code.tell(subject, captures, budget));
        found.unwrap_or_else(|| self.search(pattern, subject, captures, budget))
    }

    /// What the instructions do not tell.
    #[cold]
    #[inline(never)]
    fn search(
        &self,
        pattern: &Pattern,
        subject: &[u8],
        captures: &mut Captures,
        budget: &Budget,
    ) -> bool {
        let verdict = match self.backtrack(pattern) {
            Some(backtrack) => backtrack.find(subject, captures, budget),
            None => backtrack::Verdict::TooMuch,
        };
        match verdict {
            backtrack::Verdict::Match => return true,
            backtrack::Verdict::NoMatch => return false,
            backtrack::Verdict::Unsure | backtrack::Verdict::TooMuch => {}
        }
        if budget.is_apaches() {
            let full = self.full(pattern);
            return full.is_some_and(|full| full.find(pattern, subject, captures));
        }
        if self.backtrack(pattern).is_some() {
            budget.use_up();
            return false;
        }
        let full = self.full(pattern);
        full.is_some_and(|full| full.find_within(pattern, subject, captures, budget))
    }

    fn group_count(&self, pattern: &Pattern) -> usize {
        if let Some(code) = self.code(pattern) {
            return code.group_count();
        }
        match self.backtrack(pattern) {
            Some(backtrack) => backtrack.group_count(),
            None => self.full(pattern).map_or(0, Full::group_count),
        }
    }
}

impl Pattern {
    /// The instructions, where the pattern needs no engine.
    pub(crate) fn code(&self) -> Option<&[u8]> {
        self.engines().code.as_deref()
    }

    /// Matches `subject` by an engine, its instructions not having told.
    pub(crate) fn search(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
        let engines = self.compiled.0.get_or_init(|| Arc::new(Engines::default()));
        engines.search(self, subject, captures, budget)
    }

    /// Matches `subject`; when it matches, `captures` is replaced, else left alone. An error while
    /// matching (a limit of Apache's was hit) is no match, as in `ap_regexec`.
    ///
    /// Where the budget does not suffice it is [used up](Budget::is_spent), and what is returned means nothing.
    pub fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> bool {
        self.engines().find(self, subject, captures, budget)
    }

    /// Matches `subject` without regard to groups, as Apache does, whatever that takes: for the desk. What answers
    /// a request uses [`Pattern::find`].
    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.find(
            subject,
            &mut Captures::new(),
            &Budget::new(Allowance::APACHE),
        )
    }

    /// How many groups the pattern has, group 0 not counted (`re_nsub`).
    pub fn group_count(&self) -> usize {
        self.engines().group_count(self)
    }

    /// Names of groups with their numbers, for `MATCH_NAME` of `<LocationMatch>` and kin.
    pub fn group_names(&self) -> Vec<(Vec<u8>, usize)> {
        let engines = self.engines();
        if engines.code.is_some() {
            return Vec::new();
        }
        engines.full(self).map_or(Vec::new(), Full::group_names)
    }

    /// Does Apache accept the pattern?
    ///
    /// # Errors
    /// What PCRE2 says is wrong with it.
    pub fn check(&self) -> Result<(), PatternError> {
        if self.engines().code.is_some() {
            return Ok(());
        }
        pcre2::check(self)
    }

    fn engines(&self) -> &Engines {
        self.compiled.0.get_or_init(|| Arc::new(Engines::new(self)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::pattern::PatternOptions;

    fn matched(pattern: &[u8], subject: &[u8]) -> Option<Vec<Option<Range<usize>>>> {
        let mut captures = Captures::new();
        Pattern::new(pattern, PatternOptions::default())
            .find(subject, &mut captures, &Budget::new(Allowance::APACHE))
            .then(|| (0..GROUPS).map(|group| captures.get(group)).collect())
    }

    /// `groups` are the groups from 0 on; those not given are not set.
    fn check(name: &str, pattern: &[u8], subject: &[u8], groups: Option<&[Range<usize>]>) {
        let expected = groups.map(|groups| {
            let mut all: Vec<_> = groups.iter().cloned().map(Some).collect();
            all.resize(GROUPS, None);
            all
        });
        assert_eq!(matched(pattern, subject), expected, "{name}");
    }

    #[test]
    #[expect(
        clippy::single_range_in_vec_init,
        reason = "a list of one range is meant"
    )]
    fn patterns_match_as_in_apache() {
        check("unanchored", b"b", b"abc", Some(&[1..2]));
        check("empty", b"", b"abc", Some(&[0..0]));
        check("groups", b"^/(a)(b)?", b"/ab", Some(&[0..3, 1..2, 2..3]));
        check("the end only", b"^/dol$", b"/dol\n", None);
        check("the end of a line", b"(?m)a$", b"a\nb", Some(&[0..1]));
        check(
            "inline option ends with its group",
            b"(?:(?m)a$)\nb$",
            b"a\nb\n",
            None,
        );
        check("dot and newline", b"a.b", b"a\nb", Some(&[0..3]));
        check("dollar in a class", b"[$]", b"a$", Some(&[1..2]));
        check("quoted dollar", b"\\Qa$\\E$", b"a$", Some(&[0..2]));
        check("bytes", b"^\xc3\xa9$", b"\xc3\xa9", Some(&[0..2]));
        check("a UTF-8 character is two bytes", b"^.$", b"\xc3\xa9", None);
        check("bytes in a class", b"^[\xc3-\xff]", b"\xe9", Some(&[0..1]));
        check("UTF mode", b"(*UTF)^.$", b"\xc3\xa9", Some(&[0..2]));
        check("broken subject in UTF mode", b"(*UTF).", b"\xc3", None);
        check("no lower bound", b"^a{,2}$", b"a{,2}", Some(&[0..5]));
        check("blanks in braces", b"a{ 1,2 }", b"a{ 1,2 }", Some(&[0..8]));
        check(
            "same name twice",
            b"(?<n>a)(?<n>b)",
            b"ab",
            Some(&[0..2, 0..1, 1..2]),
        );
        check("start moved", b"a\\Kb", b"ab", Some(&[1..2]));
        check(
            "limit of the machine stack",
            b"^(?:a|b)*$",
            &b"ab".repeat(4000),
            Some(&[0..8000]),
        );
        check("too many steps", b"(?:x+x+)+y", &b"x".repeat(40), None);
        check("does not compile", b"(", b"(", None);
    }

    #[test]
    fn only_ten_groups_are_kept() {
        let groups = matched(b"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)", b"abcdefghijk").unwrap();
        assert_eq!(groups.last().unwrap().clone(), Some(8..9));
    }

    #[test]
    fn a_failed_match_leaves_the_groups() {
        let pattern = Pattern::new("(a)", PatternOptions::default());
        let mut captures = Captures::new();
        let budget = Budget::new(Allowance::APACHE);
        assert!(pattern.find(b"xa", &mut captures, &budget));
        assert!(!pattern.find(b"b", &mut captures, &budget));
        assert_eq!(captures.text(1, b"xa"), b"a");
    }

    #[test]
    fn case_is_ignored_in_ascii_only() {
        let options = PatternOptions::default() | PatternOptions::CASELESS;
        assert!(Pattern::new("^/A$", options).is_match(b"/a"));
        assert!(!Pattern::new(b"^\xc9$".as_slice(), options).is_match(b"\xe9"));
        assert!(!Pattern::new(r"^\p{Lu}$", options).is_match(b"a"));
    }

    #[test]
    fn substitution_knows_groups_and_backslashes() {
        let mut captures = Captures::new();
        let pattern = Pattern::new("a(.)(x)?", PatternOptions::default());
        pattern.find(b"zab", &mut captures, &Budget::new(Allowance::APACHE));
        let text = substitute(br"$0-$1-$2-$9-\$1-\\-$-\", b"zab", &captures);
        assert_eq!(text, br"ab-b---$1-\-$-\");
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(pattern: Vec<u8>, subject: Vec<u8>) {
            matched(&pattern, &subject);
        }

        #[test]
        fn any_syntax_will_do(pattern in r"[ab(){}\[\]?*+|^$\\<>=!:#,1QExmNgk&'-]{0,24}") {
            let pattern = Pattern::new(pattern, PatternOptions::default());
            if let Err(error) = pattern.check() {
                prop_assert!(error.offset <= pattern.text.len());
            }
        }
    }
}
