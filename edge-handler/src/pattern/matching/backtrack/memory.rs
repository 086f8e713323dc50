//! What failed in a search.
//!
//! In: places of a pattern and of a subject, as they fail. Out: [`Failures`], which tells what is known to fail there, and
//! how many tries that took. Absent: trying; see `run`.

use super::{Backtrack, Memory};

/// What may be remembered, in places of the pattern times places of the subject.
const LARGEST_MEMORY: usize = 4 << 20;

/// What failed before.
pub(super) struct Failures {
    /// For each point and place of the subject the tries its failure took; 0 where none is known.
    tries: Vec<u32>,
    /// For each point that repeats a byte, stretches of places behind it that failed.
    stretches: Vec<[Stretch; STRETCHES]>,
    width: usize,
}

/// Places that failed, in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// The first.
    pub from: u32,
    /// The first behind the last.
    pub end: u32,
    /// What all of them took.
    pub tries: u32,
}

/// Stretches known at a point.
const STRETCHES: usize = 4;

impl Stretch {
    const NONE: Self = Self {
        from: 0,
        end: 0,
        tries: 0,
    };

    fn length(self) -> u32 {
        self.end - self.from
    }
}

impl Failures {
    /// `None` where what fails depends on more than the place, or there is too much to remember.
    pub fn new(program: &Backtrack, subject: &[u8]) -> Option<Self> {
        let width = subject.len() + 1;
        let size = width.checked_mul(program.points as usize)?;
        if program.memory == Memory::None || size > LARGEST_MEMORY {
            return None;
        }
        Some(Self {
            tries: vec![0; size],
            stretches: vec![[Stretch::NONE; STRETCHES]; program.points as usize],
            width,
        })
    }

    /// The stretch around `at` that is known to fail at a point.
    pub fn around(&self, point: u32, at: u32) -> Option<Stretch> {
        let known = self.stretches.get(point as usize)?;
        let is_around = |stretch: &&Stretch| (stretch.from..stretch.end).contains(&at);
        known.iter().find(is_around).copied()
    }

    /// The tries that the failure at a point and a place took; 0 where none is known.
    pub fn tries_at(&self, point: u32, at: u32) -> u32 {
        let place = point as usize * self.width + at as usize;
        self.tries.get(place).copied().unwrap_or(0)
    }

    /// Notes a failure.
    pub fn note(&mut self, point: u32, at: u32, tries: u32) {
        let place = point as usize * self.width + at as usize;
        if let Some(known) = self.tries.get_mut(place) {
            *known = tries;
        }
    }

    /// Adds to a stretch that failed, or puts another in the place of the shortest.
    pub fn note_stretch(&mut self, point: u32, from: u32, to: u32, tries: u32) {
        let end = to + 1;
        let Some(known) = self.stretches.get_mut(point as usize) else {
            return;
        };
        let touches = |stretch: &&mut Stretch| {
            stretch.length() > 0 && from <= stretch.end && stretch.from <= end
        };
        if let Some(stretch) = known.iter_mut().find(touches) {
            stretch.from = stretch.from.min(from);
            stretch.end = stretch.end.max(end);
            stretch.tries = stretch.tries.saturating_add(tries);
        } else if let Some(shortest) = known.iter_mut().min_by_key(|stretch| stretch.length()) {
            *shortest = Stretch { from, end, tries };
        }
    }
}
