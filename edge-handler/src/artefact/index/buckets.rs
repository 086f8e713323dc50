//! Slots, each bucket of them with a number.
//!
//! In: lists of slots. Out: [`Buckets`], which names the next slot of a bucket. Absent: what leads to
//! a bucket; see [`super::words`].

use serde::{Deserialize, Serialize};

use super::to_index;
use crate::artefact::packed::Numbers;

/// Lists of slots, ascending in each.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Buckets {
    slots: Numbers<u32>,
    /// Where each bucket ends.
    ends: Numbers<u32>,
}

impl Buckets {
    /// Adds a bucket and gives its number. `None` when there are too many slots.
    pub fn add(&mut self, slots: impl Iterator<Item = u32>) -> Option<u32> {
        let number = u32::try_from(self.ends.len()).ok()?;
        for slot in slots {
            self.slots.push(slot);
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
            && self.ends.last().map_or(0, |end| to_index(*end)) == self.slots.len()
            && self.slots.iter().all(|slot| to_index(*slot) < slots)
    }

    /// The first slot of `bucket` that is not below `from`.
    pub fn next(&self, bucket: u32, from: u32) -> Option<u32> {
        let slots = self.slots(to_index(bucket));
        let at = slots.partition_point(|slot| *slot < from);
        slots.get(at).copied()
    }

    fn slots(&self, bucket: usize) -> &[u32] {
        let end = |bucket: usize| self.ends.get(bucket).map(|end| to_index(*end));
        let start = bucket.checked_sub(1).and_then(end).unwrap_or(0);
        let slots = self.slots.get(start..end(bucket).unwrap_or(0));
        slots.unwrap_or_default()
    }
}
