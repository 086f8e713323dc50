//! What may come next in a match, and what follows from it.
//!
//! In: instructions. Out: the same, choices removed that cannot help. Absent: reading a pattern.

use super::Pendings;
use super::emit::{Greed, Instruction, Instructions};
use crate::pattern::set::{NONE, Set};

/// Instructions looked at to find out what comes next.
const FOLLOW_FUEL: u32 = 64;

/// What may come next besides bytes of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// Nothing.
    Bytes,
    /// The end of the subject, or of the match.
    End,
}

impl Instructions {
    /// Finds the repetitions of which only the longest can lead to a match, and whether any choice
    /// is left.
    pub(super) fn settle_repetitions(&mut self) {
        for at in 0..self.code.len() {
            let only = self.has_only_one_way(at);
            if let Some(Instruction::Repeat { greed, .. }) = self.code.get_mut(at)
                && only
            {
                *greed = Greed::Only;
            }
        }
        let is_choice = |instruction: &Instruction| match instruction {
            Instruction::Else(_) | Instruction::Rather(_) => true,
            Instruction::Repeat { greed, .. } => *greed != Greed::Only,
            _ => false,
        };
        if !self.code.iter().any(is_choice) {
            self.pending = Pendings::None;
        }
    }

    /// A greedy repetition at `at` stops only where a byte of another kind, the end, or nothing at
    /// all has to follow: stopping earlier never helps.
    fn has_only_one_way(&self, at: usize) -> bool {
        let Some(Instruction::Repeat {
            set,
            greed: Greed::Greedy,
            ..
        }) = self.code.get(at)
        else {
            return false;
        };
        let next = self.first_bytes(at + 1);
        next.is_some_and(|(next, _)| next.is_disjoint(&self.set(*set)))
    }

    /// The bytes that may come at `at`, and what else. `None` when that is not known.
    pub(super) fn first_bytes(&self, at: usize) -> Option<(Set, Follow)> {
        let mut bytes = NONE;
        let mut fuel = FOLLOW_FUEL;
        let follow = self.follow(at, &mut bytes, &mut fuel)?;
        Some((bytes, follow))
    }

    /// Adds the bytes that may come at `at` to `bytes`. `None` when that is not known.
    fn follow(&self, mut at: usize, bytes: &mut Set, fuel: &mut u32) -> Option<Follow> {
        loop {
            *fuel = fuel.checked_sub(1)?;
            match *self.code.get(at)? {
                Instruction::Literal { start, end } => {
                    let first = Set::of(*self.literal(start, end).first()?);
                    bytes.union(&self.case.of(first));
                    return Some(Follow::Bytes);
                }
                Instruction::Set(set) => {
                    bytes.union(&self.set(set));
                    return Some(Follow::Bytes);
                }
                Instruction::Repeat { set, least, .. } => {
                    bytes.union(&self.set(set));
                    if least > 0 {
                        return Some(Follow::Bytes);
                    }
                    at += 1;
                }
                Instruction::Save(_) => at += 1,
                Instruction::Jump(there) => at += there as usize,
                Instruction::Else(other) | Instruction::Rather(other) => {
                    let one = self.follow(at + 1, bytes, fuel)?;
                    let other = self.follow(at + other as usize, bytes, fuel)?;
                    let bytes_only = one == Follow::Bytes && other == Follow::Bytes;
                    return Some(if bytes_only {
                        Follow::Bytes
                    } else {
                        Follow::End
                    });
                }
                Instruction::Start => return None,
                Instruction::End | Instruction::Match => return Some(Follow::End),
            }
        }
    }

    /// With `.*` in front, what does not match at the start matches nowhere.
    pub(super) fn begins_with_anything(&self) -> bool {
        let mut code = self.code.iter();
        let first = code.find(|instruction| !matches!(instruction, Instruction::Save(_)));
        matches!(first, Some(Instruction::Repeat { set, least: 0, most: u32::MAX, .. })
            if self.set(*set) == NONE.complement())
    }
}
