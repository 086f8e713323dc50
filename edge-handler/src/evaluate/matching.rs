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

/// A compiled expression with one set of capture locations to reuse.
struct Program {
    regex: Regex,
    locations: Mutex<CaptureLocations>,
}

impl Program {
    /// Runs the expression. An error while matching (a limit was hit) is no match, as in
    /// `ap_regexec`.
    fn find(&self, subject: &[u8], captures: &mut Captures) -> bool {
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
    ) -> bool {
        let found = matches!(self.regex.captures_read(locations, subject), Ok(Some(_)));
        if found {
            captures.fill(locations);
        }
        found
    }
}

impl Pattern {
    /// Matches `subject`; when it matches, `captures` is replaced, else left alone. An error while
    /// matching (a limit was hit) is no match, as in `ap_regexec`.
    pub fn find(&self, subject: &[u8], captures: &mut Captures) -> bool {
        self.program()
            .is_some_and(|program| program.find(subject, captures))
    }

    /// Matches `subject` without regard to groups.
    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.program()
            .is_some_and(|program| program.regex.is_match(subject).unwrap_or(false))
    }

    /// How many groups the pattern has, group 0 not counted (`re_nsub`).
    pub fn group_count(&self) -> usize {
        self.program()
            .map_or(0, |program| program.regex.captures_len() - 1)
    }

    /// Names of groups with their numbers, for `MATCH_NAME` of `<LocationMatch>` and kin.
    pub fn group_names(&self) -> Vec<(Vec<u8>, usize)> {
        let Some(program) = self.program() else {
            return Vec::new();
        };
        let names = program.regex.capture_names().iter().enumerate();
        names
            .filter_map(|(group, name)| Some((name.as_ref()?.clone().into_bytes(), group)))
            .collect()
    }

    /// Does Apache accept the pattern?
    ///
    /// # Errors
    /// What PCRE2 says is wrong with it.
    pub fn check(&self) -> Result<(), PatternError> {
        compile(self).map(|_| ())
    }

    fn program(&self) -> Option<&Program> {
        let compiled = self.compiled.0.get_or_init(|| {
            let regex = compile(self).ok()?;
            let locations = Mutex::new(regex.capture_locations());
            Some(Arc::new(Program { regex, locations }))
        });
        compiled.as_deref()
    }
}

fn compile(pattern: &Pattern) -> Result<Regex, PatternError> {
    let translation = dialect::translate(&pattern.text, pattern.options)?;
    RegexBuilder::new()
        .caseless(pattern.options.contains(PatternOptions::CASELESS))
        .dotall(pattern.options.contains(PatternOptions::DOT_ALL))
        .jit_if_available(true)
        .build(&translation.text)
        .map_err(|error| PatternError {
            offset: translation.source_offset(error.offset().unwrap_or(0)),
            message: error.to_string(),
        })
}
