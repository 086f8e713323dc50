//! Looking for bytes in a subject, as often as a search asks.
//!
//! In: a set of bytes and a place. Out: how far its bytes go on from there, or where the next or the last of them stands;
//! the steps that took are taken off what is left. Absent: what a search does with that; see `run`.
//!
//! A search asks the same again and again: long runs, and the places of bytes that are looked for often, are noted.

use super::{Backtrack, NOTHING_KNOWN};

/// So many bytes are looked at in the time of a step.
const BYTES_A_STEP: usize = 8;

/// Runs of so many bytes are noted.
const LONG_RUN: u32 = 32;

/// After so many looks for a byte, all its places are noted.
const MANY_LOOKS: u32 = 8;

/// A subject, and what is known about the places of its bytes.
pub(super) struct Looks<'a> {
    program: &'a Backtrack,
    subject: &'a [u8],
    /// For each point that repeats a byte, where a long run of these begins and ends.
    runs: Vec<(u32, u32)>,
    places: Vec<Places>,
}

/// Where the bytes of a set are.
struct Places {
    set: u16,
    looks: u32,
    all: Option<Vec<u32>>,
}

impl<'a> Looks<'a> {
    pub fn new(program: &'a Backtrack, subject: &'a [u8]) -> Self {
        Self {
            program,
            subject,
            runs: Vec::new(),
            places: Vec::new(),
        }
    }

    /// How many bytes of a set stand at `at`, `most` at most. A long run is noted: other tries begin inside of it, or
    /// shortly before.
    pub fn run(&mut self, set: u16, point: u32, (at, most): (u32, u32), left: &mut u64) -> u32 {
        let program = self.program;
        let rest = self.subject.get(at as usize..).unwrap_or_default();
        let noted = self.runs.get(point as usize).copied();
        let (from, to) = noted.filter(|(_, to)| at < *to).unwrap_or((u32::MAX, 0));
        if from <= at {
            return most.min(to - at);
        }
        let before = rest.get(..(from - at) as usize).unwrap_or(rest);
        let within = before.get(..most as usize).unwrap_or(before);
        let run = program.set(set).run(within);
        charge(left, run);
        let end = if run < within.len() || before.len() == rest.len() {
            at + narrow(run)
        } else {
            // All of it: the run goes on to the end of the noted one.
            to
        };
        if within.len() < before.len() && run == within.len() {
            return narrow(run);
        }
        self.note_run(point, at, end);
        most.min(end - at)
    }

    fn note_run(&mut self, point: u32, from: u32, to: u32) {
        if to - from < LONG_RUN {
            return;
        }
        self.runs.resize(self.program.points as usize, (0, 0));
        if let Some(known) = self.runs.get_mut(point as usize) {
            *known = (from, to);
        }
    }

    /// The last place from `at` back to `least` where a byte of the set `next` stands.
    pub fn last(&mut self, next: u16, at: u32, least: u32, left: &mut u64) -> Option<u32> {
        if next == NOTHING_KNOWN {
            return Some(at);
        }
        let program = self.program;
        let set = program.set(next);
        let end = (at as usize + 1).min(self.subject.len());
        let text = self.subject.get(least as usize..end)?;
        let near = text.len().saturating_sub(BYTES_A_STEP);
        if let Some(found) = set.last_position(text.get(near..)?) {
            return Some(least + narrow(near + found));
        }
        if let Some(places) = self.places(next, left) {
            let behind = places.partition_point(|place| *place <= at);
            let found = *places.get(behind.checked_sub(1)?)?;
            return (found >= least).then_some(found);
        }
        let found = set.last_position(text.get(..near)?);
        charge(left, near - found.unwrap_or(0));
        Some(least + narrow(found?))
    }

    /// The first place from `at` on to `most` where a byte of the set `next` stands.
    pub fn first(&mut self, next: u16, at: u32, most: u32, left: &mut u64) -> Option<u32> {
        if at > most {
            return None;
        }
        if next == NOTHING_KNOWN {
            return Some(at);
        }
        let program = self.program;
        let set = program.set(next);
        let end = (most as usize + 1).min(self.subject.len());
        let text = self.subject.get(at as usize..end)?;
        let near = text.len().min(BYTES_A_STEP);
        if let Some(found) = set.position(text.get(..near)?) {
            return Some(at + narrow(found));
        }
        if let Some(places) = self.places(next, left) {
            let first = places.partition_point(|place| *place < at);
            return places.get(first).copied().filter(|found| *found <= most);
        }
        let found = set.position(text.get(near..)?);
        charge(left, found.unwrap_or(text.len() - near));
        Some(at + narrow(near + found?))
    }

    /// All places of the bytes of a set, once they were looked for often.
    fn places(&mut self, set: u16, left: &mut u64) -> Option<&[u32]> {
        let known = self.places.iter().position(|places| places.set == set);
        let at = known.unwrap_or(self.places.len());
        if known.is_none() {
            self.places.push(Places {
                set,
                looks: 0,
                all: None,
            });
        }
        *left = left.saturating_sub(1);
        let places = self.places.get_mut(at)?;
        places.looks += 1;
        if places.looks < MANY_LOOKS {
            return None;
        }
        if places.all.is_none() {
            let program = self.program;
            let set = program.set(set);
            let all = self
                .subject
                .iter()
                .enumerate()
                .filter(|(_, byte)| set.contains(**byte));
            places.all = Some(all.map(|(at, _)| narrow(at)).collect());
            charge(left, self.subject.len());
        }
        places.all.as_deref()
    }
}

/// Takes off the steps of looking at so many bytes.
pub(super) fn charge(left: &mut u64, bytes: usize) {
    *left = left.saturating_sub((bytes / BYTES_A_STEP) as u64);
}

/// Lengths were checked to fit.
pub(super) fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
