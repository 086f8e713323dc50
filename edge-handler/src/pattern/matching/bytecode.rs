//! Patterns of the common kind, matched without an engine: literals, classes, groups and
//! alternatives in a row, with repetition of single bytes only.
//!
//! In: a pattern, once; then subjects. Out: the verdict and groups PCRE2 would give, or that
//! this is too much work for here. Absent: everything else a pattern may hold; see `backtrack`.
//!
//! A pattern becomes a few instructions ([`emit`]), written as bytes ([`record`]) and run where they stand. They are tried
//! in PCRE2's order, so the first match found is the one PCRE2 finds, groups included. No instruction leads back, so at
//! most [`MOST_PENDING`] choices are open at a time; steps are counted, and a subject that needs more than a few for each
//! of its bytes is given up.
//!
//! Bytes are not checked before they are run: whatever they say, a search ends after its steps, and what is no instruction
//! gives the pattern up, as a subject that is too much.

mod emit;
mod follow;
mod record;

use super::{Captures, GROUPS};
use crate::budget::Budget;
use crate::pattern::set::{self, Set};
use crate::pattern::syntax::Case;
pub(super) use emit::code;
use record::op;

/// Choices that may be open at a time.
const MOST_PENDING: usize = 24;

/// As many as most patterns have, if any: room for more takes time to make.
const FEW_PENDING: usize = 6;

/// Steps allowed for a subject, and for each of its bytes.
const STEPS: (u64, u64) = (400, 4);

/// So many bytes of a repetition are looked at in the time of a step.
const BYTES_A_STEP: usize = 8;

/// A slot whose group has not matched.
const UNSET: u32 = u32::MAX;

/// The instructions of a pattern of the common kind, borrowed; see [`record`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<'a> {
    /// Groups of the pattern, group 0 not counted.
    groups: u8,
    /// Choices that may be open.
    pending: Pendings,
    /// Whether letters agree in the same case only; else literals are stored in lower case.
    case: Case,
    bounds: Bounds,
    /// Those that are not [usual](set::USUAL).
    sets: &'a [[u8; Set::BYTES]],
    instructions: &'a [u8],
    /// The pattern's text: literals may be parts of it.
    text: &'a [u8],
}

/// Are there choices at all?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pendings {
    /// There is one way through the pattern.
    None,
    /// At most [`FEW_PENDING`].
    Few,
    /// At most [`MOST_PENDING`].
    Some,
}

/// Where a match can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Only at the start of the subject.
    anchored: bool,
    /// It is at least this long, in bytes.
    shortest: u8,
    /// It begins at most so many bytes before the end; [`record::ANY_DISTANCE`] for any number.
    from_end: u8,
    /// It begins with one of the bytes of this set.
    first: Option<SetNumber>,
}

/// A set: one of the usual ones, or, after those, one of the pattern's own.
type SetNumber = u8;

/// What came of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The pattern matches.
    Match,
    /// The pattern does not match.
    NoMatch,
    /// It takes more steps than are allowed here, or the instructions are damaged.
    TooMuch,
}

impl<'a> Code<'a> {
    /// How many groups the pattern has, group 0 not counted.
    pub fn group_count(&self) -> usize {
        usize::from(self.groups)
    }

    /// Is there a match? `None` where that takes too much. `captures` are as for [`Code::find`].
    #[inline]
    pub fn tell(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> Option<bool> {
        match self.find(subject, captures, budget) {
            Verdict::Match => Some(true),
            Verdict::NoMatch => Some(false),
            Verdict::TooMuch => None,
        }
    }

    /// Looks for the first match. `captures` is replaced when there is one, else left alone.
    pub fn find(&self, subject: &[u8], captures: &mut Captures, budget: &Budget) -> Verdict {
        let allowance = STEPS.0 + STEPS.1 * subject.len() as u64;
        let allowance = allowance.min(budget.left());
        let mut steps = allowance;
        let verdict = match self.pending {
            Pendings::None => self.find_with::<0>(subject, captures, &mut steps),
            Pendings::Few => self.find_with::<FEW_PENDING>(subject, captures, &mut steps),
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
        let Some(last) = subject.len().checked_sub(usize::from(self.bounds.shortest)) else {
            return Verdict::NoMatch;
        };
        if u32::try_from(subject.len()).is_err() {
            return Verdict::TooMuch;
        }
        let last = if self.bounds.anchored { 0 } else { last };
        let from_end = usize::from(self.bounds.from_end);
        let mut start = if self.bounds.anchored || self.bounds.from_end == record::ANY_DISTANCE {
            0
        } else {
            subject.len().saturating_sub(from_end)
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
                Verdict::NoMatch => {
                    start = found + 1;
                    search.forget();
                }
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
            Some(first) => Some(start + self.of_set(first, |set| set.position(rest))?),
            None => Some(start),
        }
    }

    fn part_of_text(&self, start: u8, length: u8) -> Option<&'a [u8]> {
        let start = usize::from(start);
        self.text.get(start..start + usize::from(length))
    }

    /// What `ask` says of a set.
    #[inline]
    fn of_set<R>(&self, number: SetNumber, ask: impl Fn(&Set) -> R) -> R {
        set::numbered(self.sets, number, ask)
    }
}

/// What comes of an instruction.
enum Step {
    /// The match goes on with this instruction, at this position.
    Next(u32, u32),
    Fails,
    Matches,
    /// There is no such instruction.
    Damaged,
}

impl Step {
    #[inline]
    fn go_on(holds: bool, code: u32, at: u32) -> Self {
        if holds {
            Self::Next(code, at)
        } else {
            Self::Fails
        }
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
    program: &'a Code<'a>,
    subject: &'a [u8],
    slots: [u32; 2 * GROUPS],
    pending: [Pending; N],
    open: usize,
    /// Steps that are left.
    steps: &'s mut u64,
    end: u32,
}

impl<'a, 's, const N: usize> Search<'a, 's, N> {
    fn new(program: &'a Code<'a>, subject: &'a [u8], steps: &'s mut u64) -> Self {
        Self {
            program,
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

    /// Forgets what groups matched.
    fn forget(&mut self) {
        if self.program.groups > 0 {
            self.slots = [UNSET; 2 * GROUPS];
        }
    }

    /// Matches at `start`.
    fn run(&mut self, start: usize) -> Verdict {
        let (mut code, mut at) = (0, narrow(start));
        loop {
            if *self.steps == 0 {
                return Verdict::TooMuch;
            }
            *self.steps -= 1;
            let next = match self.step(code, at) {
                Step::Next(code, at) => Some((code, at)),
                Step::Fails => self.retreat(),
                Step::Matches => {
                    self.end = at;
                    return Verdict::Match;
                }
                Step::Damaged => return Verdict::TooMuch,
            };
            match next {
                Some(next) => (code, at) = next,
                None => return Verdict::NoMatch,
            }
        }
    }

    /// The instruction at `code`. What is an offset there counts from the instruction itself, and leads forward.
    #[inline]
    fn step(&mut self, code: u32, at: u32) -> Step {
        let Some(instructions) = self.program.instructions.get(code as usize..) else {
            return Step::Damaged;
        };
        match instructions {
            [] => Step::Matches,
            [op::TEXT, start, length, ..] => {
                let literal = self.program.part_of_text(*start, *length);
                self.literal(literal, code + 3, at)
            }
            [op::LITERAL, length, rest @ ..] => {
                let literal = rest.get(..usize::from(*length));
                self.literal(literal, code + 2 + u32::from(*length), at)
            }
            [op::SET, number, ..] => {
                let byte = self.subject.get(at as usize);
                let holds = byte
                    .is_some_and(|byte| self.program.of_set(*number, |set| set.contains(*byte)));
                Step::go_on(holds, code + 2, at + 1)
            }
            [repeat @ op::REPEATS..=u8::MAX, set, rest @ ..] => {
                let (greed, times) = (repeat & op::GREED, repeat & op::TIMES);
                let (times, code) = match (times, rest) {
                    (op::ANY_TIMES, _) => ((0, record::ANY_NUMBER), code + 2),
                    (op::ONCE_OR_MORE, _) => ((1, record::ANY_NUMBER), code + 2),
                    (op::BETWEEN, [l0, l1, m0, m1, ..]) => {
                        let least = u16::from_le_bytes([*l0, *l1]);
                        ((least, u16::from_le_bytes([*m0, *m1])), code + 6)
                    }
                    _ => return Step::Damaged,
                };
                match self.repetitions(*set, at, times) {
                    Some((low, high)) => Step::Next(code, self.choose(greed, code, low, high)),
                    None => Step::Fails,
                }
            }
            [op::SAVE, slot, ..] => {
                self.save(*slot, at);
                Step::Next(code + 2, at)
            }
            [branch @ (op::ELSE | op::RATHER | op::JUMP), low, high, ..] => {
                let (next, other) = (
                    code + 3,
                    code + u32::from(u16::from_le_bytes([*low, *high])),
                );
                match *branch {
                    op::ELSE => self.push(Pending::Resume { code: other, at }),
                    op::RATHER => self.push(Pending::Resume { code: next, at }),
                    _ => {}
                }
                Step::Next(if *branch == op::ELSE { next } else { other }, at)
            }
            [op::START, ..] => Step::go_on(at == 0, code + 1, at),
            [op::END, ..] => Step::go_on(self.rest(at).is_empty(), code + 1, at),
            _ => Step::Damaged,
        }
    }

    #[inline]
    fn literal(&self, literal: Option<&[u8]>, code: u32, at: u32) -> Step {
        match literal {
            Some(literal) if self.begins_with(literal, at) => {
                Step::Next(code, at + narrow(literal.len()))
            }
            Some(_) => Step::Fails,
            None => Step::Damaged,
        }
    }

    #[inline]
    fn begins_with(&self, literal: &[u8], at: u32) -> bool {
        let found = self.rest(at).get(..literal.len());
        found.is_some_and(|found| match self.program.case {
            Case::Sensitive => found == literal,
            Case::Ignored => found.eq_ignore_ascii_case(literal),
        })
    }

    fn rest(&self, at: u32) -> &'a [u8] {
        self.subject.get(at as usize..).unwrap_or_default()
    }

    /// Where the fewest and the most repetitions end.
    fn repetitions(
        &mut self,
        set: SetNumber,
        at: u32,
        (least, most): (u16, u16),
    ) -> Option<(u32, u32)> {
        let rest = self.rest(at);
        let allowed = match most {
            record::ANY_NUMBER => rest,
            most => rest.get(..usize::from(most)).unwrap_or(rest),
        };
        let run = self.program.of_set(set, |set| set.run(allowed));
        *self.steps = self.steps.saturating_sub((run / BYTES_A_STEP) as u64);
        let (run, least) = (narrow(run), u32::from(least));
        (run >= least).then_some((at + least, at + run))
    }

    /// Picks the end of a repetition and leaves the others for later.
    fn choose(&mut self, greed: u8, code: u32, low: u32, high: u32) -> u32 {
        match greed {
            op::GREEDY if low < high => {
                self.push(Pending::Shrink {
                    code,
                    at: high,
                    least: low,
                });
                high
            }
            op::LAZY => {
                if low < high {
                    self.push(Pending::Grow {
                        code,
                        at: low,
                        most: high,
                    });
                }
                low
            }
            _ => high,
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
        let next = self.program.instructions.get(code as usize..);
        let first = match next.unwrap_or_default() {
            _ if self.program.case == Case::Ignored => return Some(at),
            [op::LITERAL, _, first, ..] => *first,
            [op::TEXT, start, ..] => *self.program.text.get(usize::from(*start))?,
            _ => return Some(at),
        };
        let range = self.subject.get(least as usize..=at as usize);
        let back = memchr::memrchr(first, range.unwrap_or_default())?;
        Some(least + narrow(back))
    }

    fn write(&self, start: usize, captures: &mut Captures) {
        captures.set(0, Some((narrow(start), self.end)));
        for group in 1..GROUPS {
            let (from, to) = (self.slots[2 * group], self.slots[2 * group + 1]);
            captures.set(group, (to != UNSET && from <= to).then_some((from, to)));
        }
    }
}

/// Lengths were checked to fit.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
