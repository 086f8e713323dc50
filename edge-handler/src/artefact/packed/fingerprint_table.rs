//! Finds numbers by fingerprints, in one step nearly always.
//!
//! In: numbers, each under a fingerprint. Out: [`FingerprintTable`]. Absent: what a fingerprint is of. Only half
//! of its bits are compared beyond its place, so a number too many may be named, never one too few.
//!
//! Fingerprints are spread evenly, so the highest bits of one tell where it would stand; it stands there
//! or in one of the next slots, in order. The place of none of them can come before those of smaller
//! ones, so an empty slot ends a search.

use serde::{Deserialize, Serialize};

use super::Numbers;

/// The half of a slot that holds the number, counted from one: an empty slot is 0.
const NUMBER: u64 = 0xffff_ffff;

/// Numbers by fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FingerprintTable {
    /// How many slots a fingerprint may have as its place; some more follow those.
    places: u32,
    slots: Numbers<u64>,
}

impl FingerprintTable {
    /// Finds the second of each pair by the first. `None` when there are too many of them.
    pub fn new(mut pairs: Vec<(u64, u32)>) -> Option<Self> {
        pairs.sort_unstable();
        let places = u32::try_from(pairs.len() + pairs.len() / 3 + 1).ok()?;
        let mut slots = Vec::with_capacity(places as usize + 1);
        for (print, number) in pairs {
            let free = slots.len().max(place(print, places));
            slots.resize(free, 0);
            slots.push(print << 32 | u64::from(number.checked_add(1)?));
        }
        // So that the last search ends as well as any other.
        slots.push(0);
        Some(Self {
            places,
            slots: slots.into(),
        })
    }

    /// The numbers under `print`, and now and then one under another.
    pub fn find(&self, print: u64) -> impl Iterator<Item = u32> + '_ {
        let slots = self.slots.get(place(print, self.places)..);
        let slots = slots.unwrap_or_default().iter();
        slots
            .take_while(|slot| **slot != 0)
            .filter(move |slot| (**slot ^ print << 32) & !NUMBER == 0)
            .filter_map(|slot| number(*slot))
    }

    /// True when all numbers are below `end`.
    pub fn is_sound(&self, end: usize) -> bool {
        self.all(|number| usize::try_from(number).is_ok_and(|number| number < end))
    }

    /// True when all numbers are as `fits` says.
    pub fn all(&self, fits: impl Fn(u32) -> bool) -> bool {
        self.slots.iter().filter_map(|slot| number(*slot)).all(fits)
    }
}

/// The number in a slot; `None` in an empty one.
fn number(slot: u64) -> Option<u32> {
    u32::try_from((slot & NUMBER).checked_sub(1)?).ok()
}

/// The place of a fingerprint among `places`.
fn place(print: u64, places: u32) -> usize {
    usize::try_from(((print >> 32) * u64::from(places)) >> 32).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_is_found(
            prints in prop::collection::vec(prop_oneof![any::<u64>(), 0..4_u64, u64::MAX - 4..], 0..40),
            other: u64,
        ) {
            let pairs: Vec<_> = prints.iter().copied().zip(0..).collect();
            let map = FingerprintTable::new(pairs.clone()).unwrap();
            prop_assert!(map.is_sound(prints.len()));
            prop_assert!(prints.is_empty() || !map.is_sound(prints.len() - 1));
            for (print, number) in pairs {
                prop_assert!(map.find(print).any(|found| found == number));
            }
            for found in map.find(other) {
                let half = prints[found as usize] ^ other;
                prop_assert_eq!(half & NUMBER, 0);
            }
        }
    }

    #[test]
    fn searches_are_short() {
        let count = 10_000;
        let print =
            |number: u32| crate::artefact::fingerprint::Fingerprint::of(&number.to_le_bytes());
        let map = FingerprintTable::new((0..count).map(|number| (print(number), number)).collect())
            .unwrap();
        let longest = map.slots.split(|slot| *slot == 0).map(<[u64]>::len).max();
        assert!(longest < Some(200), "{longest:?}");
        assert!(map.slots.len() < 14_000);
    }
}
