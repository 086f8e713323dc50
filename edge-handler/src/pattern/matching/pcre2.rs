//! PCRE2 itself: for every pattern nothing simpler understands.
//!
//! In: a pattern. Out: PCRE2's verdict within Apache's limit of steps. Absent: how a pattern's text
//! differs between PCRE2 releases; see `pattern::dialect`.

use std::sync::{Mutex, OnceLock};

use pcre2::bytes::{CaptureLocations, Regex, RegexBuilder};

use super::{Captures, GROUPS, PatternError, narrow};
use crate::budget::Budget;
use crate::pattern::Pattern;
use crate::pattern::PatternOptions;
use crate::pattern::dialect::{self, Translation};

/// PCRE2's error code for a match that needed more than the machine stack machine code runs on
/// (`PCRE2_ERROR_JIT_STACKLIMIT`).
const JIT_STACK_LIMIT: i32 = -46;

/// Tries PCRE2 may make at each place where a decision has a budget: at first, and when these are not enough.
const BOUNDED_TRIES: [u64; 2] = [20, 1_000];

/// PCRE2's error codes for a match that needed more tries, depth or memory than it was given.
const TOO_FEW: [i32; 3] = [-47, -53, -63];

/// So many bytes may be looked at in one try in the time of a step.
const BYTES_A_STEP: usize = 8;

/// A pattern compiled by PCRE2.
pub(super) struct Full {
    fast: Runner,
    /// The same without machine code, which has no such limit: made when the limit is first hit.
    thorough: OnceLock<Option<Runner>>,
    /// The same with few tries at each place, and with more: made when a budget is given.
    bounded: [OnceLock<Option<Runner>>; 2],
}

impl Full {
    /// Compiles `pattern`. `None` when PCRE2 refuses it.
    pub fn new(pattern: &Pattern) -> Option<Self> {
        Some(Self {
            fast: Runner::new(compile(pattern, Speed::MachineCode).ok()?),
            thorough: OnceLock::new(),
            bounded: Default::default(),
        })
    }

    /// Runs the expression. An error while matching (a limit was hit) is no match, as in
    /// `ap_regexec`; but Apache runs without machine code, and so does not know its stack's limit.
    pub fn find(&self, pattern: &Pattern, subject: &[u8], captures: &mut Captures) -> bool {
        let result = self.fast.find(subject, captures);
        result.unwrap_or_else(|error| {
            error.code() == JIT_STACK_LIMIT
                && self
                    .thorough(pattern)
                    .is_some_and(|runner| runner.find(subject, captures).unwrap_or(false))
        })
    }

    /// Runs the expression with few tries at each place of the subject, and with more if these are not enough. How many
    /// were made is not known, so all that were allowed are taken off the budget.
    pub fn find_within(
        &self,
        pattern: &Pattern,
        subject: &[u8],
        captures: &mut Captures,
        budget: &Budget,
    ) -> bool {
        let places = if dialect::is_at_start(&pattern.text) {
            1
        } else {
            1 + subject.len() as u64
        };
        for (tries, runner) in BOUNDED_TRIES.iter().zip(&self.bounded) {
            let make = || compile_bounded(pattern, *tries).map(Runner::new);
            let Some(runner) = runner.get_or_init(make) else {
                return false;
            };
            let work = 1 + (subject.len() / BYTES_A_STEP) as u64;
            if budget.spend(places * tries * work).is_err() {
                return false;
            }
            match runner.find(subject, captures) {
                Err(error) if TOO_FEW.contains(&error.code()) => {}
                // Any other error is no match, as in `ap_regexec`.
                found => return found.unwrap_or(false),
            }
        }
        budget.use_up();
        false
    }

    /// How many groups the pattern has, group 0 not counted.
    pub fn group_count(&self) -> usize {
        self.fast.regex.captures_len() - 1
    }

    /// Names of groups with their numbers.
    pub fn group_names(&self) -> Vec<(Vec<u8>, usize)> {
        let names = self.fast.regex.capture_names().iter().enumerate();
        names
            .filter_map(|(group, name)| Some((name.as_ref()?.clone().into_bytes(), group)))
            .collect()
    }

    fn thorough(&self, pattern: &Pattern) -> Option<&Runner> {
        let make = || compile(pattern, Speed::Interpreter).ok().map(Runner::new);
        self.thorough.get_or_init(make).as_ref()
    }
}

/// Does PCRE2 accept the pattern?
pub(super) fn check(pattern: &Pattern) -> Result<(), PatternError> {
    compile(pattern, Speed::Interpreter).map(|_| ())
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
            fill(captures, locations);
        }
        Ok(found)
    }
}

fn fill(captures: &mut Captures, locations: &CaptureLocations) {
    for group in 0..GROUPS {
        let is_there = group < locations.len();
        let range = if is_there { locations.get(group) } else { None };
        captures.set(group, range.and_then(narrow));
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
    build(pattern, &translation, speed)
}

/// The pattern with a limit of its own for the tries at each place.
fn compile_bounded(pattern: &Pattern, tries: u64) -> Option<Regex> {
    let translation = dialect::translate(&pattern.text, pattern.options).ok()?;
    let translation = translation.with_limit(tries);
    build(pattern, &translation, Speed::Interpreter).ok()
}

fn build(
    pattern: &Pattern,
    translation: &Translation,
    speed: Speed,
) -> Result<Regex, PatternError> {
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
