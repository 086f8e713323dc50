//! An engine of our own for patterns with loops, looks and references: PCRE2's answers, every step counted.
//!
//! In: a pattern, once; then subjects and an allowance of steps. Out: the verdict and groups PCRE2 would give,
//! or that the allowance is used up, or that Apache may have given up. Absent: recursion, conditions, verbs,
//! properties and UTF mode; see `pcre2`.
//!
//! Ways through a pattern are tried in PCRE2's order, so the first match found is the one PCRE2 finds. When a
//! search takes long, what failed is remembered: a place in the pattern fails at a place in the subject however
//! it was reached, unless the pattern refers to groups, or loops over what may be empty. So a search takes time
//! in proportion to the lengths of pattern and subject, where PCRE2 needs seconds. How many tries PCRE2 would
//! have made is counted along, because Apache takes a search of ten million tries for no match.

mod emit;
mod factor;
mod look;
mod memory;
mod run;

use super::Captures;
use crate::budget::Budget;
use crate::pattern::Pattern;
use crate::pattern::set::{NONE, Set};
use crate::pattern::syntax::Place;
use run::Search;

/// A slot whose group has not matched.
const UNSET: u32 = u32::MAX;

/// What follows a repetition is not known.
const NOTHING_KNOWN: u16 = u16::MAX;

/// What a search takes at most on the desk where failures cannot be remembered.
const UNREMEMBERED_STEPS: u64 = 1_000_000;

/// A pattern as instructions.
#[derive(Debug)]
pub(super) struct Backtrack {
    code: Box<[Op]>,
    literals: Box<[u8]>,
    sets: Box<[Set]>,
    tables: Box<[Table]>,
    groups: u32,
    slots: u32,
    /// Instructions whose failures can be remembered.
    points: u32,
    memory: Memory,
    patience: Patience,
    bounds: Bounds,
}

/// When a search begins to remember what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Once it has taken some steps: most searches end before.
    Some,
    /// At once.
    #[cfg(test)]
    None,
}

/// Whether what failed at a place always fails there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// What fails once fails always.
    Kept,
    /// What fails depends on what matched before.
    None,
}

/// Where a match can be.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Whether a match can only begin at the start of the subject.
    anchored: bool,
    /// A match is at least this long, in bytes.
    shortest: usize,
    /// A match begins with one of the bytes of this set.
    first: Option<u16>,
}

/// One step of a match. Places in the code count from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    /// The bytes of this range of `literals`.
    Literal { start: u32, end: u32 },
    /// One byte of a set.
    Set(u16),
    /// Bytes of a set, so many; behind them, if it is known, one of another set.
    Repeat {
        set: u16,
        least: u32,
        most: u32,
        greed: Greedy,
        next: u16,
        point: u32,
    },
    /// Notes the position in a slot: group `N` has slots `2N` and `2N + 1`.
    Save(u16),
    /// A group ends that began where the slot `open` says.
    Close { slot: u16, open: u16 },
    /// Goes on with the next instruction; if that fails, with that at `to`.
    Split { to: u32, point: u32 },
    /// Goes on with the instruction at `to`; if that fails, with the next one.
    Rather { to: u32, point: u32 },
    /// Goes on with the instruction at this place.
    Jump(u32),
    /// Goes on where the next byte leads.
    Switch(u16),
    /// A place in the subject.
    Place(Place),
    /// The search goes so many bytes back.
    Back(u32),
    /// What a group matched.
    Reference(u16),
    /// What a group matched, letters of either case.
    FoldedReference(u16),
    /// Notes in two slots which choices are open, and the position.
    Mark(u16),
    /// Forgets the choices that were opened since.
    Cut(u16),
    /// Forgets the choices that were opened since, and goes back to the position.
    Looked(u16),
    /// What must not match has matched: fails, as if it had not been tried.
    Refuse(u16),
    /// A round of a loop that matched nothing is the last one.
    NotAgain { slot: u16, to: u32 },
    /// The whole pattern has matched.
    Match,
}

/// Which number of repetitions of a byte is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greedy {
    /// The largest.
    Most,
    /// The largest, and no other.
    Only,
    /// The smallest.
    Least,
}

/// Where a byte leads.
#[derive(Debug, Clone)]
struct Table {
    targets: Box<[u32; 256]>,
    branches: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            targets: Box::new([UNSET; 256]),
            branches: 0,
        }
    }
}

impl Table {
    fn fill(&mut self, firsts: &[Set], starts: &[u32]) {
        self.branches = u32::try_from(firsts.len()).unwrap_or(u32::MAX);
        for (first, start) in firsts.iter().zip(starts) {
            let bytes = (0..=u8::MAX).filter(|byte| first.contains(*byte));
            bytes.for_each(|byte| self.targets[usize::from(byte)] = *start);
        }
    }
}

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The pattern matches.
    Match,
    /// The pattern does not match.
    NoMatch,
    /// The pattern matches, but PCRE2 may have given up before it found that.
    Unsure,
    /// The steps are used up.
    TooMuch,
}

impl Backtrack {
    /// Reads a pattern. `None` when it holds what is not known here. Whatever is read, PCRE2 accepts.
    pub fn new(pattern: &Pattern) -> Option<Self> {
        Self::emit(pattern.syntax()?)
    }

    /// How many groups the pattern has, group 0 not counted.
    pub fn group_count(&self) -> usize {
        self.groups as usize
    }

    /// Looks for the first match within `budget`. `captures` is replaced when there is one, else left alone.
    pub fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> Verdict {
        if u32::try_from(subject.len()).is_err() {
            return Verdict::TooMuch;
        }
        if budget.is_apaches() && self.memory == Memory::None {
            // What is not remembered may take for ever here too: then PCRE2 says where Apache gives up.
            let mut search = Search::new(self, subject, (UNREMEMBERED_STEPS, 0));
            return search.run(captures);
        }
        let mut search = Search::new(self, subject, budget.purse());
        let verdict = search.run(captures);
        budget.settle(search.left());
        verdict
    }

    /// The same pattern, which remembers what failed from the first step on.
    #[cfg(test)]
    pub fn remembering_at_once(&self) -> Self {
        Self {
            code: self.code.clone(),
            literals: self.literals.clone(),
            sets: self.sets.clone(),
            tables: self.tables.clone(),
            patience: Patience::None,
            ..*self
        }
    }

    fn literal(&self, start: u32, end: u32) -> &[u8] {
        let range = start as usize..end as usize;
        self.literals.get(range).unwrap_or_default()
    }

    fn set(&self, number: u16) -> &Set {
        self.sets.get(usize::from(number)).unwrap_or(&NONE)
    }
}
