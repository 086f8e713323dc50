//! Slots, each bucket of them with a number.
//!
//! In: lists of slots. Out: [`Buckets`], which names the next slot of a bucket. Absent: what leads to
//! a bucket; see [`super::prefix`] and [`super::literal`].

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::to_index;
use crate::packed::Numbers;

/// Lists of slots, ascending in each.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Buckets {
    slots: Numbers<u32>,
    /// Where each bucket ends.
    ends: Numbers<u32>,
}

impl Buckets {
    /// Adds a bucket and gives its number. `None` when there are too many slots.
    pub fn add(&mut self, slots: &[u32]) -> Option<u32> {
        let number = u32::try_from(self.ends.len()).ok()?;
        for slot in slots {
            self.slots.push(*slot);
        }
        self.ends.push(u32::try_from(self.slots.len()).ok()?);
        Some(number)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when no bucket ends outside, and no slot is at or beyond `slots`.
    pub fn is_sound(&self, slots: usize) -> bool {
        self.ends.is_sorted()
            && to_index(self.ends.last().unwrap_or(0)) == self.slots.len()
            && self.slots.iter().all(|slot| to_index(slot) < slots)
    }

    /// The first slot of `bucket` that is not below `from`.
    pub fn next(&self, bucket: u32, from: u32) -> Option<u32> {
        let range = self.range(bucket);
        let end = range.end;
        let at = self.slots.partition_point(range, |slot| slot < from);
        if at < end { self.slots.get(at) } else { None }
    }

    fn range(&self, bucket: u32) -> Range<usize> {
        let bucket = to_index(bucket);
        let start = bucket
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let end = self.ends.get(bucket).unwrap_or(0);
        to_index(start.unwrap_or(0))..to_index(end)
    }
}
