//! Patterns of the common kind, matched without an engine: literals, classes, groups and
//! alternatives in a row, with repetition of single bytes only.
//!
//! In: a pattern, once; then subjects. Out: the verdict and groups PCRE2 would give, or that
//! this is too much work for here. Absent: everything else a pattern may hold; see `backtrack`.
//!
//! A pattern becomes a few [`Instruction`]s. They are tried in PCRE2's order, so the first match
//! found is the one PCRE2 finds, groups included. No instruction leads back, so at most
//! [`MOST_PENDING`] choices are open at a time; steps are counted, and a subject that needs more than
//! a few for each of its bytes is given up.

mod emit;
mod follow;
mod glance;

use super::{Captures, GROUPS};
use crate::budget::Budget;
use crate::pattern::set::{self, Set};
use crate::pattern::syntax::Case;
pub(crate) use glance::glance;

/// Choices that may be open at a time.
const MOST_PENDING: usize = 24;

/// Steps allowed for a subject, and for each of its bytes.
const STEPS: (u64, u64) = (400, 4);

/// So many bytes of a repetition are looked at in the time of a step.
const BYTES_A_STEP: usize = 8;

/// A slot whose group has not matched.
const UNSET: u32 = u32::MAX;

/// A pattern of the common kind.
#[derive(Debug)]
pub(super) struct Simple {
    code: Box<[Instruction]>,
    literals: Box<[u8]>,
    /// Those that are not [usual](set::USUAL).
    sets: Box<[Set]>,
    /// Whether letters agree in the same case only; else literals are stored in lower case.
    case: Case,
    /// Choices that may be open.
    pending: Pendings,
    groups: u32,
    bounds: Bounds,
}

/// Are there choices at all?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pendings {
    /// There is one way through the pattern.
    None,
    /// At most [`MOST_PENDING`].
    Some,
}

/// Where a match can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Only at the start of the subject.
    anchored: bool,
    /// It is at least this long, in bytes.
    shortest: u32,
    /// It begins at most so many bytes before the end.
    from_end: u32,
    /// It begins with one of the bytes of this set.
    first: Option<SetNumber>,
}

/// A set: one of the usual ones, or, after those, one of the pattern's own.
type SetNumber = u16;

/// One step of a match. Offsets count from the instruction itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Instruction {
    /// The bytes of this range of `literals`.
    Literal { start: u32, end: u32 },
    /// One byte of a set.
    Set(SetNumber),
    /// Bytes of a set, so many.
    Repeat {
        set: SetNumber,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// Notes the position in a slot: group `N` has slots `2N` and `2N + 1`.
    Save(u8),
    /// Goes on with the next instruction; if that fails, with this one.
    Else(u32),
    /// The other way round.
    Rather(u32),
    /// Goes on there.
    Jump(u32),
    /// The start of the subject.
    Start,
    /// The end of the subject.
    End,
    /// The end of the program: the pattern matches.
    Match,
}

/// Which number of repetitions is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greed {
    /// The largest.
    Greedy,
    /// The largest, and no other: what follows begins with other bytes.
    Only,
    /// The smallest.
    Lazy,
}

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The pattern matches.
    Match,
    /// The pattern does not match.
    NoMatch,
    /// It takes more steps than are allowed here.
    TooMuch,
}

impl Simple {
    /// How many groups the pattern has, group 0 not counted.
    pub fn group_count(&self) -> usize {
        self.groups as usize
    }

    /// Looks for the first match. `captures` is replaced when there is one, else left alone.
    pub fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> Verdict {
        let allowance = STEPS.0 + STEPS.1 * subject.len() as u64;
        let allowance = allowance.min(budget.left());
        let mut steps = allowance;
        let verdict = match self.pending {
            Pendings::None => self.find_with::<0>(subject, captures, &mut steps),
            Pendings::Some => self.find_with::<MOST_PENDING>(subject, captures, &mut steps),
        };
        // A search that ends with the last step is told by its verdict.
        _ = budget.spend(1 + allowance - steps);
        verdict
    }

    fn find_with<const N: usize>(
        &self,
        subject: &[u8],
        captures: &mut Captures,
        steps: &mut u64,
    ) -> Verdict {
        let Some(last) = subject.len().checked_sub(self.bounds.shortest as usize) else {
            return Verdict::NoMatch;
        };
        if u32::try_from(subject.len()).is_err() {
            return Verdict::TooMuch;
        }
        let last = if self.bounds.anchored { 0 } else { last };
        let mut start = if self.bounds.anchored {
            0
        } else {
            subject.len().saturating_sub(self.bounds.from_end as usize)
        };
        let mut search = Search::<N>::new(self, subject, steps);
        loop {
            let next = self.next_start(subject, start);
            // What is passed over is looked at too.
            search.pass_over(next.unwrap_or(subject.len()).saturating_sub(start));
            let Some(found) = next.filter(|at| *at <= last) else {
                return Verdict::NoMatch;
            };
            match search.run(found) {
                Verdict::NoMatch => start = found + 1,
                Verdict::TooMuch => return Verdict::TooMuch,
                Verdict::Match => {
                    search.write(found, captures);
                    return Verdict::Match;
                }
            }
        }
    }

    /// The first position from `start` on where a match may begin.
    fn next_start(&self, subject: &[u8], start: usize) -> Option<usize> {
        let rest = subject.get(start..)?;
        match self.bounds.first {
            Some(first) => Some(start + self.set(first).position(rest)?),
            None => Some(start),
        }
    }

    fn literal(&self, start: u32, end: u32) -> &[u8] {
        let range = start as usize..end as usize;
        self.literals.get(range).unwrap_or_default()
    }

    fn set(&self, number: SetNumber) -> &Set {
        set::numbered(&self.sets, number)
    }
}

/// A choice to come back to.
#[derive(Debug, Clone, Copy)]
enum Pending {
    /// Go on here.
    Resume { code: u32, at: u32 },
    /// Go on behind a repetition with one byte less, as long as `least` bytes are left.
    Shrink { code: u32, at: u32, least: u32 },
    /// Go on behind a repetition with one byte more, up to `most`.
    Grow { code: u32, at: u32, most: u32 },
    /// Put a slot back, then come back to the choice before.
    Restore { slot: u8, value: u32 },
}

/// One search under way.
struct Search<'a, 's, const N: usize> {
    simple: &'a Simple,
    subject: &'a [u8],
    slots: [u32; 2 * GROUPS],
    pending: [Pending; N],
    open: usize,
    /// Steps that are left.
    steps: &'s mut u64,
    end: u32,
}

impl<'a, 's, const N: usize> Search<'a, 's, N> {
    fn new(simple: &'a Simple, subject: &'a [u8], steps: &'s mut u64) -> Self {
        Self {
            simple,
            subject,
            slots: [UNSET; 2 * GROUPS],
            pending: [Pending::Resume { code: 0, at: 0 }; N],
            open: 0,
            steps,
            end: 0,
        }
    }

    /// Takes the steps of looking for a place where a match may begin.
    fn pass_over(&mut self, bytes: usize) {
        *self.steps = self.steps.saturating_sub((bytes / BYTES_A_STEP) as u64);
    }

    /// Matches at `start`.
    fn run(&mut self, start: usize) -> Verdict {
        let (mut code, mut at) = (0, narrow(start));
        if self.simple.groups > 0 {
            self.slots = [UNSET; 2 * GROUPS];
        }
        loop {
            if *self.steps == 0 {
                return Verdict::TooMuch;
            }
            *self.steps -= 1;
            let next = match self.simple.code.get(code as usize) {
                Some(Instruction::Match) | None => {
                    self.end = at;
                    return Verdict::Match;
                }
                Some(instruction) => self.step(*instruction, code, at),
            };
            match next.or_else(|| self.retreat()) {
                Some(next) => (code, at) = next,
                None => return Verdict::NoMatch,
            }
        }
    }

    /// One instruction. `None` when it fails.
    fn step(&mut self, instruction: Instruction, code: u32, at: u32) -> Option<(u32, u32)> {
        match instruction {
            Instruction::Literal { start, end } => {
                let literal = self.simple.literal(start, end);
                let found = self.rest(at).get(..literal.len())?;
                let same = match self.simple.case {
                    Case::Sensitive => found == literal,
                    Case::Ignored => found.eq_ignore_ascii_case(literal),
                };
                same.then_some((code + 1, at + (end - start)))
            }
            Instruction::Set(set) => {
                let byte = *self.rest(at).first()?;
                let is_in = self.simple.set(set).contains(byte);
                is_in.then_some((code + 1, at + 1))
            }
            Instruction::Repeat {
                set,
                least,
                most,
                greed,
            } => {
                let (low, high) = self.repetitions(set, at, least, most)?;
                Some(self.choose(greed, code + 1, low, high))
            }
            Instruction::Save(slot) => {
                self.save(slot, at);
                Some((code + 1, at))
            }
            Instruction::Else(other) => {
                let code_other = code + other;
                self.push(Pending::Resume {
                    code: code_other,
                    at,
                });
                Some((code + 1, at))
            }
            Instruction::Rather(other) => {
                self.push(Pending::Resume { code: code + 1, at });
                Some((code + other, at))
            }
            Instruction::Jump(there) => Some((code + there, at)),
            Instruction::Start => (at == 0).then_some((code + 1, at)),
            Instruction::End => self.rest(at).is_empty().then_some((code + 1, at)),
            Instruction::Match => None,
        }
    }

    fn rest(&self, at: u32) -> &'a [u8] {
        self.subject.get(at as usize..).unwrap_or_default()
    }

    /// Where the fewest and the most repetitions end.
    fn repetitions(&mut self, set: u16, at: u32, least: u32, most: u32) -> Option<(u32, u32)> {
        let rest = self.rest(at);
        let most = rest.len().min(most as usize);
        let run = self.simple.set(set).run(rest.get(..most)?);
        *self.steps = self.steps.saturating_sub((run / BYTES_A_STEP) as u64);
        let run = narrow(run);
        (run >= least).then_some((at + least, at + run))
    }

    /// Picks the end of a repetition and leaves the others for later.
    fn choose(&mut self, greed: Greed, code: u32, low: u32, high: u32) -> (u32, u32) {
        match greed {
            Greed::Only => (code, high),
            Greed::Greedy => {
                if low < high {
                    self.push(Pending::Shrink {
                        code,
                        at: high,
                        least: low,
                    });
                }
                (code, high)
            }
            Greed::Lazy => {
                if low < high {
                    self.push(Pending::Grow {
                        code,
                        at: low,
                        most: high,
                    });
                }
                (code, low)
            }
        }
    }

    fn save(&mut self, slot: u8, at: u32) {
        let Some(place) = self.slots.get_mut(usize::from(slot)) else {
            return;
        };
        let value = std::mem::replace(place, at);
        if self.open > 0 {
            self.push(Pending::Restore { slot, value });
        }
    }

    /// The reader counts the choices of a pattern, so there is room.
    fn push(&mut self, pending: Pending) {
        if let Some(place) = self.pending.get_mut(self.open) {
            *place = pending;
            self.open += 1;
        }
    }

    /// The next choice to try. `None` when there is none left.
    fn retreat(&mut self) -> Option<(u32, u32)> {
        loop {
            self.open = self.open.checked_sub(1)?;
            match *self.pending.get(self.open)? {
                Pending::Resume { code, at } => return Some((code, at)),
                Pending::Restore { slot, value } => {
                    if let Some(place) = self.slots.get_mut(usize::from(slot)) {
                        *place = value;
                    }
                }
                Pending::Shrink { code, at, least } => {
                    let Some(at) = self.last_worth_trying(code, at - 1, least) else {
                        continue;
                    };
                    if at > least {
                        self.push(Pending::Shrink { code, at, least });
                    }
                    return Some((code, at));
                }
                Pending::Grow { code, at, most } => {
                    let at = at + 1;
                    if at < most {
                        self.push(Pending::Grow { code, at, most });
                    }
                    return Some((code, at));
                }
            }
        }
    }

    /// The last position from `at` back to `least` where the literal that is to follow may begin.
    fn last_worth_trying(&self, code: u32, at: u32, least: u32) -> Option<u32> {
        let next = self.simple.code.get(code as usize);
        let Some(Instruction::Literal { start, end }) = next else {
            return Some(at);
        };
        if self.simple.case == Case::Ignored {
            return Some(at);
        }
        let first = *self.simple.literal(*start, *end).first()?;
        let range = self.subject.get(least as usize..=at as usize);
        let back = memchr::memrchr(first, range.unwrap_or_default())?;
        Some(least + narrow(back))
    }

    fn write(&self, start: usize, captures: &mut Captures) {
        captures.set(0, Some((narrow(start), self.end)));
        for group in 1..GROUPS {
            let (from, to) = (self.slots[2 * group], self.slots[2 * group + 1]);
            captures.set(group, (to != UNSET).then_some((from, to)));
        }
    }
}

/// Lengths were checked to fit.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
