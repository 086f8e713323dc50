//! Patterns for an engine whose time is bounded by the length of the subject (`regex-automata`).
//!
//! In: a pattern that means the same there as in PCRE2. Out: the same verdict and groups. Absent:
//! look-around, back references and whatever else the engine does not know; see `full`.
//!
//! PCRE2 tries alternatives one after another and gives up after a number of steps; Apache then
//! takes it for no match. This engine never gives up. So where it finds nothing, nothing is the
//! answer; where it finds something, PCRE2 may have given up before, but only on subjects of
//! [`Linear::surely`] bytes or more, and those are left to PCRE2.

use regex_automata::Input;
use regex_automata::meta::{BuildError, Builder, Config, Regex};
use regex_automata::util::primitives::NonMaxUsize;
use regex_syntax::hir::{Hir, HirKind};

use super::required::Required;
use super::structure::{self, Fidelity};
use super::{Captures, GROUPS, narrow};
use crate::rules::pattern::PatternOptions;

/// Steps PCRE2 allows for a match (`MATCH_LIMIT`), with room for what counts as one.
const STEPS: usize = 1_000_000;

/// What a compiled pattern may take, in bytes.
const LARGEST: usize = 256 * 1024;

/// A pattern whose time is bounded by the length of the subject.
#[derive(Debug)]
pub(super) struct Linear {
    regex: Regex,
    groups: usize,
    surely: usize,
    required: Option<Required>,
}

impl Linear {
    /// Compiles a pattern. `None` when it may mean something else in PCRE2, or is too large.
    pub fn read(text: &[u8], options: PatternOptions) -> Option<Self> {
        let (text, ignores_case) = structure::without_case_option(text, options);
        let structure = structure::read_cased(text, options, ignores_case)?;
        if structure.fidelity != Fidelity::Same || repeats_nothing(&structure.hir) {
            return None;
        }
        Some(Self {
            regex: build(&structure.hir).ok()?,
            groups: structure.hir.properties().explicit_captures_len(),
            surely: surely(&structure.hir, text.len()),
            required: Required::of(text, options, ignores_case),
        })
    }

    /// How many groups the pattern has, group 0 not counted.
    pub fn group_count(&self) -> usize {
        self.groups
    }

    /// Subjects shorter than this, in bytes, never make PCRE2 give up.
    pub fn surely(&self) -> usize {
        self.surely
    }

    /// Looks for the first match. `captures` is replaced when there is one, else left alone.
    pub fn find(&self, subject: &[u8], captures: &mut Captures) -> bool {
        let required = self.required.as_ref();
        if required.is_some_and(|required| !required.is_in(subject)) {
            return false;
        }
        let mut slots: [Option<NonMaxUsize>; 2 * GROUPS] = [None; 2 * GROUPS];
        let found = self.regex.search_slots(&Input::new(subject), &mut slots);
        if found.is_none() {
            return false;
        }
        for group in 0..GROUPS {
            let range = slots[2 * group].zip(slots[2 * group + 1]);
            captures.set(
                group,
                range.and_then(|(start, end)| narrow((start.get(), end.get()))),
            );
        }
        true
    }
}

/// Only engines that need little memory.
fn build(structure: &Hir) -> Result<Regex, BuildError> {
    let config = Config::new()
        .utf8_empty(false)
        .nfa_size_limit(Some(LARGEST))
        .onepass_size_limit(Some(LARGEST))
        .hybrid(false)
        .dfa(false);
    Builder::new().configure(config).build_from_hir(structure)
}

/// Is something repeated that may match nothing? The engines differ in when they stop.
fn repeats_nothing(structure: &Hir) -> bool {
    match structure.kind() {
        HirKind::Repetition(repetition) => {
            let many = repetition.max.is_none_or(|most| most > 1);
            let empty = repetition.sub.properties().minimum_len() == Some(0);
            many && empty || repeats_nothing(&repetition.sub)
        }
        HirKind::Capture(group) => repeats_nothing(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(repeats_nothing),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

/// The length from which PCRE2 may give up: with `n` repetitions in a row it tries at most as many
/// ways as the length to the power of `n`, once more for a search that may begin anywhere; with
/// repetitions inside one another, twice as many for each byte.
fn surely(structure: &Hir, size: usize) -> usize {
    let size = size.max(1);
    let Some(degree) = degree(structure) else {
        return (STEPS / size).max(1).ilog2() as usize;
    };
    let degree = degree + 1;
    let fits = |length: usize| {
        let ways = length
            .checked_pow(degree)
            .and_then(|ways| ways.checked_mul(size));
        ways.is_some_and(|ways| ways <= STEPS)
    };
    // Longer ones never fit where a shorter one does not.
    let (mut fitting, mut first) = (0, STEPS);
    while fitting + 1 < first {
        let middle = fitting.midpoint(first);
        if fits(middle) {
            fitting = middle;
        } else {
            first = middle;
        }
    }
    first
}

/// How many choices of a length may be open at once; `None` for any number.
fn degree(structure: &Hir) -> Option<u32> {
    match structure.kind() {
        HirKind::Repetition(repetition) => match (degree(&repetition.sub)?, repetition.max) {
            (inside, Some(0 | 1)) => Some(inside),
            (0, _) if !has_choice(&repetition.sub) => Some(1),
            _ => None,
        },
        HirKind::Capture(group) => degree(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(degree).sum(),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => Some(0),
    }
}

fn has_choice(structure: &Hir) -> bool {
    match structure.kind() {
        HirKind::Repetition(_) | HirKind::Alternation(_) => true,
        HirKind::Capture(group) => has_choice(&group.sub),
        HirKind::Concat(parts) => parts.iter().any(has_choice),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}
