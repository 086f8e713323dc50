//! Matching a pattern, and what its groups matched.
//!
//! In: a [`Pattern`] and a subject. Out: whether it matches, and [`Captures`]. Absent: how a
//! pattern's text differs between PCRE2 releases; see `evaluate::dialect`.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use pcre2::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::dialect;
use crate::rules::Pattern;
use crate::rules::pattern::PatternOptions;

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

    fn fill(&mut self, locations: &CaptureLocations) {
        for (group, range) in self.ranges.iter_mut().enumerate() {
            *range = if group < locations.len() {
                locations.get(group).and_then(narrow)
            } else {
                None
            };
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
pub(crate) struct Compiled(OnceLock<Option<Arc<Program>>>);

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.get().is_some() {
            "ready"
        } else {
            "not yet"
        })
    }
}

/// PCRE2's error code for a match that needed more than the machine stack machine code runs on
/// (`PCRE2_ERROR_JIT_STACKLIMIT`).
const JIT_STACK_LIMIT: i32 = -46;

/// A compiled expression.
struct Program {
    fast: Runner,
    /// The same without machine code, which has no such limit: made when the limit is first hit.
    thorough: OnceLock<Option<Runner>>,
}

impl Program {
    fn new(pattern: &Pattern) -> Option<Self> {
        Some(Self {
            fast: Runner::new(compile(pattern, Speed::MachineCode).ok()?),
            thorough: OnceLock::new(),
        })
    }

    /// Runs the expression. An error while matching (a limit was hit) is no match, as in
    /// `ap_regexec`; but Apache runs without machine code, and so does not know its stack's limit.
    fn find(&self, pattern: &Pattern, subject: &[u8], captures: &mut Captures) -> bool {
        let result = self.fast.find(subject, captures);
        result.unwrap_or_else(|error| {
            error.code() == JIT_STACK_LIMIT
                && self
                    .thorough(pattern)
                    .is_some_and(|runner| runner.find(subject, captures).unwrap_or(false))
        })
    }

    fn is_match(&self, pattern: &Pattern, subject: &[u8]) -> bool {
        let result = self.fast.regex.is_match(subject);
        result.unwrap_or_else(|error| {
            error.code() == JIT_STACK_LIMIT
                && self
                    .thorough(pattern)
                    .is_some_and(|runner| runner.regex.is_match(subject).unwrap_or(false))
        })
    }

    fn thorough(&self, pattern: &Pattern) -> Option<&Runner> {
        let make = || compile(pattern, Speed::Interpreter).ok().map(Runner::new);
        self.thorough.get_or_init(make).as_ref()
    }
}

/// A compiled expression with one set of capture locations to reuse.
struct Runner {
    regex: Regex,
    locations: Mutex<CaptureLocations>,
}

impl Runner {
    fn new(regex: Regex) -> Self {
        let locations = Mutex::new(regex.capture_locations());
        Self { regex, locations }
    }

    fn find(&self, subject: &[u8], captures: &mut Captures) -> Result<bool, pcre2::Error> {
        match self.locations.try_lock() {
            Ok(mut locations) => self.find_with(&mut locations, subject, captures),
            Err(_) => self.find_with(&mut self.regex.capture_locations(), subject, captures),
        }
    }

    fn find_with(
        &self,
        locations: &mut CaptureLocations,
        subject: &[u8],
        captures: &mut Captures,
    ) -> Result<bool, pcre2::Error> {
        let found = self.regex.captures_read(locations, subject)?.is_some();
        if found {
            captures.fill(locations);
        }
        Ok(found)
    }
}

impl Pattern {
    /// Matches `subject`; when it matches, `captures` is replaced, else left alone. An error while
    /// matching (a limit was hit) is no match, as in `ap_regexec`.
    pub fn find(&self, subject: &[u8], captures: &mut Captures) -> bool {
        self.program()
            .is_some_and(|program| program.find(self, subject, captures))
    }

    /// Matches `subject` without regard to groups.
    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.program()
            .is_some_and(|program| program.is_match(self, subject))
    }

    /// How many groups the pattern has, group 0 not counted (`re_nsub`).
    pub fn group_count(&self) -> usize {
        self.program()
            .map_or(0, |program| program.fast.regex.captures_len() - 1)
    }

    /// Names of groups with their numbers, for `MATCH_NAME` of `<LocationMatch>` and kin.
    pub fn group_names(&self) -> Vec<(Vec<u8>, usize)> {
        let Some(program) = self.program() else {
            return Vec::new();
        };
        let names = program.fast.regex.capture_names().iter().enumerate();
        names
            .filter_map(|(group, name)| Some((name.as_ref()?.clone().into_bytes(), group)))
            .collect()
    }

    /// Does Apache accept the pattern?
    ///
    /// # Errors
    /// What PCRE2 says is wrong with it.
    pub fn check(&self) -> Result<(), PatternError> {
        compile(self, Speed::Interpreter).map(|_| ())
    }

    fn program(&self) -> Option<&Program> {
        let make = || Program::new(self).map(Arc::new);
        self.compiled.0.get_or_init(make).as_deref()
    }
}

/// How a pattern is to run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speed {
    /// As machine code, where that is possible.
    MachineCode,
    /// By PCRE2's interpreter, as Apache does.
    Interpreter,
}

fn compile(pattern: &Pattern, speed: Speed) -> Result<Regex, PatternError> {
    let translation = dialect::translate(&pattern.text, pattern.options)?;
    RegexBuilder::new()
        .caseless(pattern.options.contains(PatternOptions::CASELESS))
        .dotall(pattern.options.contains(PatternOptions::DOT_ALL))
        .jit_if_available(speed == Speed::MachineCode)
        .build(&translation.text)
        .map_err(|error| PatternError {
            offset: translation.source_offset(error.offset().unwrap_or(0)),
            message: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn matched(pattern: &[u8], subject: &[u8]) -> Option<Vec<Option<Range<usize>>>> {
        let mut captures = Captures::new();
        Pattern::new(pattern, PatternOptions::default())
            .find(subject, &mut captures)
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
        assert!(pattern.find(b"xa", &mut captures));
        assert!(!pattern.find(b"b", &mut captures));
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
        Pattern::new("a(.)(x)?", PatternOptions::default()).find(b"zab", &mut captures);
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
