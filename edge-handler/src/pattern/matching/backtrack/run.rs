//! Trying the ways through a pattern.
//!
//! In: instructions, a subject, an allowance of steps. Out: a verdict and groups. Absent: where the
//! instructions come from; see `emit`.

use smallvec::SmallVec;

use super::look::{Looks, charge, narrow};
use super::memory::Failures;
use super::{Backtrack, Greedy, Op, Patience, UNSET, Verdict};
use crate::pattern::matching::{Captures, GROUPS};
use crate::pattern::set::WORDS;
use crate::pattern::syntax::Place;

/// Tries after which Apache may have given up a search from one place (its limit is ten million; what counts
/// as a try here may be two there).
const SURE_TRIES: u64 = 4_000_000;

/// So many tries are millions of them.
const MILLIONS: u64 = 1_000_000;

/// Choices open at a time with which Apache may have run out of memory for them (20 MB).
const SURE_DEPTH: usize = 40_000;

/// So many bytes are compared in the time of a step.
const COMPARED_A_STEP: usize = 64;

/// A search of so many steps, and so many for each byte, begins to remember what failed.
const LONG: (u64, u64) = (256, 4);

/// What to come back to.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// A choice: go on here.
    Resume { code: u32, at: u32 },
    /// A choice: go on behind the repetition at `code` before `at`, which was tried, as far back as `least`. From
    /// `at` to `top` nothing else can lead to a match; `tries` had been made before.
    Shrink {
        code: u32,
        at: u32,
        top: u32,
        least: u32,
        tries: u32,
    },
    /// A choice: go on behind the repetition at `code` after `at`, which was tried, as far as `most`. From `bottom`
    /// to `at` nothing else can lead to a match; `tries` had been made before.
    Grow {
        code: u32,
        at: u32,
        bottom: u32,
        most: u32,
        tries: u32,
    },
    /// Put a slot back.
    Restore { slot: u16, value: u32 },
    /// All that was tried from here failed: `tries` had been made before.
    Failed { point: u32, at: u32, tries: u32 },
}

/// One search under way.
pub(super) struct Search<'a> {
    program: &'a Backtrack,
    subject: &'a [u8],
    slots: SmallVec<[u32; 32]>,
    frames: SmallVec<[Frame; 64]>,
    left: u64,
    /// Steps that are left for a search that Apache needs millions of tries for.
    reserve: u64,
    /// Tries PCRE2 would have made from all starts before.
    all_tries: u64,
    /// When to begin to remember.
    long: u64,
    failures: Option<Failures>,
    /// Tries PCRE2 would have made from this start.
    tries: u64,
    /// From all starts at most.
    most_tries: u64,
    deepest: usize,
    looks: Looks<'a>,
}

/// What an instruction came to: the next one and its position; `None` when it failed.
type Next = Option<(u32, u32)>;

impl<'a> Search<'a> {
    pub fn new(program: &'a Backtrack, subject: &'a [u8], (left, reserve): (u64, u64)) -> Self {
        Self {
            program,
            subject,
            slots: SmallVec::from_elem(UNSET, program.slots as usize),
            frames: SmallVec::new(),
            left,
            reserve,
            all_tries: 0,
            long: match program.patience {
                Patience::Some => left.saturating_sub(LONG.0 + LONG.1 * subject.len() as u64),
                #[cfg(test)]
                Patience::None => u64::MAX,
            },
            failures: None,
            tries: 0,
            most_tries: 0,
            deepest: 0,
            looks: Looks::new(program, subject),
        }
    }

    /// The steps that are left, and those of the reserve.
    pub fn left(&self) -> (u64, u64) {
        (self.left, self.reserve)
    }

    /// Looks for the first match.
    pub fn run(&mut self, captures: &mut Captures) -> Verdict {
        let bounds = self.program.bounds;
        let Some(last) = self.subject.len().checked_sub(bounds.shortest) else {
            return Verdict::NoMatch;
        };
        let last = if bounds.anchored { 0 } else { last };
        let mut start = 0;
        while let Some(found) = self.next_start(start).filter(|at| *at <= last) {
            match self.attempt(narrow(found)) {
                Some(Verdict::NoMatch) | None => start = found + 1,
                Some(Verdict::Match) => {
                    self.write(captures);
                    let sure = self.most_tries < SURE_TRIES && self.deepest < SURE_DEPTH;
                    return if sure {
                        Verdict::Match
                    } else {
                        Verdict::Unsure
                    };
                }
                Some(verdict) => return verdict,
            }
        }
        Verdict::NoMatch
    }

    /// The first position from `start` on where a match may begin.
    fn next_start(&mut self, start: usize) -> Option<usize> {
        let rest = self.subject.get(start..)?;
        let Some(first) = self.program.bounds.first else {
            return Some(start);
        };
        let skipped = self.program.set(first).position(rest);
        charge(&mut self.left, skipped.unwrap_or(rest.len()));
        Some(start + skipped?)
    }

    /// Takes one step. `None` when none is left: then the reserve is for searches that Apache needs millions of
    /// tries for.
    fn take_step(&mut self) -> Option<()> {
        if self.left == 0 && self.all_tries + self.tries >= MILLIONS {
            self.left = std::mem::take(&mut self.reserve);
        }
        self.left = self.left.checked_sub(1)?;
        Some(())
    }

    fn charge(&mut self, steps: usize) {
        self.left = self.left.saturating_sub(steps as u64);
    }

    /// Matches at `start`. `None` when it fails.
    fn attempt(&mut self, start: u32) -> Option<Verdict> {
        self.slots.fill(UNSET);
        charge(&mut self.left, self.slots.len());
        self.frames.clear();
        self.all_tries = self.all_tries.saturating_add(self.tries);
        self.tries = 0;
        *self.slots.get_mut(0)? = start;
        let (mut code, mut at) = (0, start);
        loop {
            if self.take_step().is_none() {
                return Some(Verdict::TooMuch);
            }
            let next = match self.program.code.get(code as usize) {
                Some(Op::Match) | None => {
                    *self.slots.get_mut(1)? = at;
                    self.most_tries = self.most_tries.max(self.tries);
                    return Some(Verdict::Match);
                }
                Some(op) => self.step(*op, code, at),
            };
            match next.or_else(|| self.retreat()) {
                Some(next) => (code, at) = next,
                None if self.left == 0 => return Some(Verdict::TooMuch),
                None => {
                    self.most_tries = self.most_tries.max(self.tries);
                    return None;
                }
            }
        }
    }

    /// One instruction.
    fn step(&mut self, op: Op, code: u32, at: u32) -> Next {
        let program = self.program;
        match op {
            Op::Literal { start, end } => {
                let literal = program.literal(start, end);
                let found = self.rest(at).get(..literal.len())?;
                (found == literal).then_some((code + 1, at + (end - start)))
            }
            Op::Set(set) => {
                let byte = *self.rest(at).first()?;
                program
                    .set(set)
                    .contains(byte)
                    .then_some((code + 1, at + 1))
            }
            Op::Repeat { .. } => self.repeat(op, code, at),
            Op::Save(slot) => {
                self.save(slot, at);
                Some((code + 1, at))
            }
            Op::Close { slot, open } => {
                self.save(slot, self.slot(open));
                self.save(slot + 1, at);
                Some((code + 1, at))
            }
            Op::Split { to, point } => {
                self.choose(point, at, to)?;
                Some((code + 1, at))
            }
            Op::Rather { to, point } => {
                self.choose(point, at, code + 1)?;
                Some((to, at))
            }
            Op::Jump(to) => Some((to, at)),
            Op::Switch(table) => {
                let table = program.tables.get(usize::from(table))?;
                self.tries += u64::from(table.branches);
                let byte = *self.rest(at).first()?;
                let to = table.targets[usize::from(byte)];
                (to != UNSET).then_some((to, at))
            }
            Op::Place(place) => self.is_at(place, at).then_some((code + 1, at)),
            Op::Back(count) => Some((code + 1, at.checked_sub(count)?)),
            Op::Reference(group) => self.refer(group, code, at, <[u8]>::eq),
            Op::FoldedReference(group) => self.refer(group, code, at, <[u8]>::eq_ignore_ascii_case),
            Op::Mark(slot) => {
                self.save(slot, narrow(self.frames.len()));
                self.save(slot + 1, at);
                Some((code + 1, at))
            }
            Op::Cut(slot) => {
                self.cut(slot);
                Some((code + 1, at))
            }
            Op::Looked(slot) => {
                self.cut(slot);
                Some((code + 1, self.slot(slot + 1)))
            }
            Op::Refuse(slot) => {
                self.unwind(self.slot(slot) as usize);
                None
            }
            Op::NotAgain { slot, to } => {
                let is_empty = self.slot(slot) == at;
                Some((if is_empty { to } else { code + 1 }, at))
            }
            Op::Match => None,
        }
    }

    fn rest(&self, at: u32) -> &'a [u8] {
        self.subject.get(at as usize..).unwrap_or_default()
    }

    fn slot(&self, slot: u16) -> u32 {
        self.slots.get(usize::from(slot)).copied().unwrap_or(UNSET)
    }

    fn save(&mut self, slot: u16, at: u32) {
        let Some(place) = self.slots.get_mut(usize::from(slot)) else {
            return;
        };
        let value = std::mem::replace(place, at);
        if !self.frames.is_empty() {
            self.frames.push(Frame::Restore { slot, value });
        }
    }

    fn is_at(&self, place: Place, at: u32) -> bool {
        let at = at as usize;
        let byte = |at: usize| self.subject.get(at).copied();
        let before = at.checked_sub(1).and_then(byte);
        let is_word = |byte: Option<u8>| byte.is_some_and(|byte| WORDS.contains(byte));
        match place {
            Place::Start => at == 0,
            Place::End => at == self.subject.len(),
            Place::LastLine => at == self.subject.len() || self.subject.get(at..) == Some(b"\n"),
            Place::LineStart => at == 0 || before == Some(b'\n') && at != self.subject.len(),
            Place::LineEnd => at == self.subject.len() || byte(at) == Some(b'\n'),
            Place::WordEdge => is_word(before) != is_word(byte(at)),
            Place::NoWordEdge => is_word(before) == is_word(byte(at)),
        }
    }

    /// What a group matched, once more. A group that is not set matches nothing, not even the empty text.
    fn refer(&mut self, group: u16, code: u32, at: u32, same: fn(&[u8], &[u8]) -> bool) -> Next {
        let (from, to) = (self.slot(2 * group), self.slot(2 * group + 1));
        let text = self.subject.get(from as usize..to as usize)?;
        let found = self.rest(at).get(..text.len())?;
        let next = self.program.code.get(code as usize + 1);
        if next == Some(&Op::Place(Place::End)) && self.rest(at).len() != text.len() {
            return None;
        }
        self.charge(text.len() / COMPARED_A_STEP);
        same(found, text).then_some((code + 1, at + narrow(text.len())))
    }

    /// Opens a choice at a point of the pattern: `to` is tried later. `None` when it is known to fail.
    fn choose(&mut self, point: u32, at: u32, to: u32) -> Option<()> {
        self.tries += 1;
        if let Some(failures) = &self.failures {
            let known = failures.tries_at(point, at);
            if known > 0 {
                self.tries += u64::from(known);
                return None;
            }
            let tries = self.tries_now();
            self.frames.push(Frame::Failed { point, at, tries });
        }
        self.push_choice(Frame::Resume { code: to, at });
        Some(())
    }

    fn repeat(&mut self, op: Op, code: u32, at: u32) -> Next {
        let Op::Repeat {
            set,
            least,
            most,
            greed,
            point,
            ..
        } = op
        else {
            return None;
        };
        let rest = self.rest(at);
        let run = match greed {
            Greedy::Least if least == 0 => None,
            Greedy::Least => Some(least),
            Greedy::Most | Greedy::Only => Some(most),
        };
        let run = run.map_or(0, |most| {
            self.looks.run(set, point, (at, most), &mut self.left)
        });
        if run < least {
            return None;
        }
        let (low, high) = (at + least, at + run);
        match greed {
            Greedy::Only => {
                self.tries += u64::from(high - low);
                Some((code + 1, high))
            }
            Greedy::Most => self.shrink(code, high, low),
            Greedy::Least => {
                let most = u32::try_from(rest.len()).unwrap_or(u32::MAX).min(most);
                self.grow(code, low, at.saturating_add(most), low)
            }
        }
    }

    /// Goes on behind the repetition at `code` with the largest number of bytes that ends at `at` or before, and
    /// at `least` or behind.
    fn shrink(&mut self, code: u32, at: u32, least: u32) -> Next {
        let program = self.program;
        let Some(Op::Repeat { next, point, .. }) = program.code.get(code as usize) else {
            return None;
        };
        self.tries += 1;
        let mut top = at;
        if let Some((from, _)) = self.failures_around(*point, at) {
            top = from.checked_sub(1).filter(|before| *before >= least)?;
        }
        let Some(found) = self.looks.last(*next, top, least, &mut self.left) else {
            self.note_stretch(*point, least, top, 0);
            return None;
        };
        let tries = self.tries_now();
        self.tries += u64::from(top - found);
        if found > least || self.failures.is_some() {
            self.push_choice(Frame::Shrink {
                code,
                at: found,
                top,
                least,
                tries,
            });
        }
        Some((code + 1, found))
    }

    /// Goes on behind the repetition at `code` with the smallest number of bytes that ends at `at` or behind, and
    /// at `most` or before; bytes up to `checked` are known to be of the set.
    fn grow(&mut self, code: u32, at: u32, most: u32, checked: u32) -> Next {
        let program = self.program;
        let Some(Op::Repeat {
            set, next, point, ..
        }) = program.code.get(code as usize)
        else {
            return None;
        };
        self.tries += 1;
        let mut bottom = at;
        if let Some((_, to)) = self.failures_around(*point, at) {
            bottom = to + 1;
        }
        let found = self.looks.first(*next, bottom, most, &mut self.left)?;
        let between = self.subject.get(checked as usize..found as usize)?;
        charge(&mut self.left, between.len());
        if program.set(*set).run(between) < between.len() {
            return None;
        }
        let tries = self.tries_now();
        self.tries += u64::from(found - bottom);
        if found < most || self.failures.is_some() {
            self.push_choice(Frame::Grow {
                code,
                at: found,
                bottom,
                most,
                tries,
            });
        }
        Some((code + 1, found))
    }

    fn push_choice(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.deepest = self.deepest.max(self.frames.len());
    }

    fn tries_now(&self) -> u32 {
        u32::try_from(self.tries).unwrap_or(u32::MAX)
    }

    /// The stretch around `at` that is known to fail behind a repetition.
    fn failures_around(&mut self, point: u32, at: u32) -> Option<(u32, u32)> {
        let stretch = self.failures.as_ref()?.around(point, at)?;
        self.tries += u64::from(stretch.tries);
        Some((stretch.from, stretch.end - 1))
    }

    /// The next choice to try. `None` when there is none left, or the steps are used up.
    fn retreat(&mut self) -> Next {
        if self.left < self.long && self.failures.is_none() {
            self.failures = Failures::new(self.program, self.subject);
            self.long = if self.failures.is_some() {
                self.long
            } else {
                0
            };
        }
        loop {
            self.take_step()?;
            let next = match self.frames.pop()? {
                Frame::Resume { code, at } => Some((code, at)),
                Frame::Restore { slot, value } => {
                    self.put_back(slot, value);
                    None
                }
                Frame::Failed { point, at, tries } => {
                    let taken = self.tries.saturating_sub(u64::from(tries)).max(1);
                    if let Some(failures) = &mut self.failures {
                        failures.note(point, at, u32::try_from(taken).unwrap_or(u32::MAX));
                    }
                    None
                }
                Frame::Shrink {
                    code,
                    at,
                    top,
                    least,
                    tries,
                } => {
                    self.note_stretch_behind(code, at, top, tries);
                    match at.checked_sub(1) {
                        Some(before) if before >= least => self.shrink(code, before, least),
                        _ => None,
                    }
                }
                Frame::Grow {
                    code,
                    at,
                    bottom,
                    most,
                    tries,
                } => {
                    self.note_stretch_behind(code, bottom, at, tries);
                    self.grow(code, at + 1, most, at)
                }
            };
            if next.is_some() {
                return next;
            }
        }
    }

    /// What follows the repetition at `code` failed everywhere in a stretch.
    fn note_stretch_behind(&mut self, code: u32, from: u32, to: u32, tries: u32) {
        if self.failures.is_none() {
            return;
        }
        if let Some(Op::Repeat { point, .. }) = self.program.code.get(code as usize) {
            let taken = self.tries.saturating_sub(u64::from(tries));
            self.note_stretch(*point, from, to, u32::try_from(taken).unwrap_or(u32::MAX));
        }
    }

    fn note_stretch(&mut self, point: u32, from: u32, to: u32, tries: u32) {
        if let Some(failures) = &mut self.failures {
            failures.note_stretch(point, from, to, tries);
        }
    }

    fn put_back(&mut self, slot: u16, value: u32) {
        if let Some(place) = self.slots.get_mut(usize::from(slot)) {
            *place = value;
        }
    }

    /// Forgets the choices opened since the mark in `slot`; what slots held before stays known.
    fn cut(&mut self, slot: u16) {
        let from = self.slot(slot) as usize;
        let count = self.frames.len().saturating_sub(from);
        self.charge(count);
        let mut kept = from;
        for at in from..self.frames.len() {
            if let Some(frame @ Frame::Restore { .. }) = self.frames.get(at).copied() {
                if let Some(place) = self.frames.get_mut(kept) {
                    *place = frame;
                }
                kept += 1;
            }
        }
        self.frames.truncate(kept);
        // With no choice left there is nothing to come back to.
        if from == 0 {
            self.frames.clear();
        }
    }

    /// Goes back to where `height` choices were open, trying none of the others.
    fn unwind(&mut self, height: usize) {
        self.charge(self.frames.len().saturating_sub(height));
        while self.frames.len() > height {
            if let Some(Frame::Restore { slot, value }) = self.frames.pop() {
                self.put_back(slot, value);
            }
        }
    }

    fn write(&self, captures: &mut Captures) {
        for group in 0..GROUPS {
            let (from, to) = (self.slots.get(2 * group), self.slots.get(2 * group + 1));
            let is_known = group <= self.program.groups as usize;
            let range = from
                .zip(to)
                .filter(|(from, to)| is_known && **from != UNSET && **to != UNSET);
            captures.set(group, range.map(|(from, to)| (*from, *to)));
        }
    }
}
