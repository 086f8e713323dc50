//! Tells without any I/O that a key is not in the table.
//!
//! In: fingerprints of keys. Out: [`Filter`], which says "maybe" or "surely not". Absent: keys
//! themselves; see [`crate::artefact::key`].

use serde::{Deserialize, Serialize};

use crate::artefact::packed::Numbers;
use xorf::{BinaryFuse16, Descriptor, Filter as _};

/// A set of fingerprints. Never denies one it was built from; admits one of 65,536 others.
///
/// A request asks about every prefix of its path, so one false admission in 256 questions
/// (8-bit fingerprints) would be too many reads; 16 bits cost two bytes a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Filter(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// No key at all.
    Nothing,
    /// Every key: what is left when no fuse filter could be built.
    Everything,
    Fuse(BinaryFuse16),
}

/// The same, as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Stored {
    Nothing,
    Everything,
    Fuse {
        seed: u64,
        segment_length: u32,
        segment_count_length: u32,
        fingerprints: Numbers<u16>,
    },
}

impl Filter {
    /// A filter that admits `fingerprints`. The same fingerprints give the same filter.
    pub fn new(mut fingerprints: Vec<u64>) -> Self {
        fingerprints.sort_unstable();
        fingerprints.dedup();
        if fingerprints.is_empty() {
            return Self(Kind::Nothing);
        }
        match BinaryFuse16::try_from(&fingerprints) {
            Ok(fuse) => Self(Kind::Fuse(fuse)),
            Err(_) => Self(Kind::Everything),
        }
    }

    /// False when `fingerprint` was surely not among those the filter was built from.
    pub fn may_contain(&self, fingerprint: u64) -> bool {
        match &self.0 {
            Kind::Nothing => false,
            Kind::Everything => true,
            Kind::Fuse(fuse) => fuse.contains(&fingerprint),
        }
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self(Kind::Nothing)
    }
}

impl Serialize for Filter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = match &self.0 {
            Kind::Nothing => Stored::Nothing,
            Kind::Everything => Stored::Everything,
            Kind::Fuse(fuse) => Stored::Fuse {
                seed: fuse.descriptor.seed,
                segment_length: fuse.descriptor.segment_length,
                segment_count_length: fuse.descriptor.segment_count_length,
                fingerprints: fuse.fingerprints.iter().copied().collect(),
            },
        };
        stored.serialize(serializer)
    }
}

impl TryFrom<Stored> for Filter {
    type Error = &'static str;

    /// The library indexes its slots without asking, so the sizes are checked here: a hash selects
    /// a slot below `segment_count_length` and one in each of the two segments after it.
    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored::Fuse {
            seed,
            segment_length,
            segment_count_length,
            fingerprints,
        } = stored
        else {
            let nothing = matches!(stored, Stored::Nothing);
            return Ok(Self(if nothing {
                Kind::Nothing
            } else {
                Kind::Everything
            }));
        };
        let slots = u64::from(segment_count_length) + 2 * u64::from(segment_length);
        let whole = segment_length.is_power_of_two()
            && segment_count_length.is_multiple_of(segment_length)
            && u32::try_from(slots).is_ok()
            && slots <= fingerprints.len() as u64;
        if !whole {
            return Err("the filter's sizes do not fit");
        }
        Ok(Self(Kind::Fuse(BinaryFuse16 {
            descriptor: Descriptor {
                seed,
                segment_length,
                segment_length_mask: segment_length - 1,
                segment_count_length,
            },
            fingerprints: fingerprints.iter().copied().collect(),
        })))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::key::Key;
    use crate::model::rules::MapId;

    fn prints(count: u32, salt: &str) -> Vec<u64> {
        let key = |number| Key::map(MapId(0), format!("{salt}{number}").as_bytes());
        (0..count).map(|number| key(number).fingerprint()).collect()
    }

    fn check(count: u32) {
        let filter = Filter::new(prints(count, "in"));
        let bytes = postcard::to_allocvec(&filter).unwrap();
        let filter: Filter = postcard::from_bytes(&bytes).unwrap();
        assert!(
            prints(count, "in")
                .iter()
                .all(|print| filter.may_contain(*print))
        );
        let outside = prints(100_000, "out");
        let admitted = outside
            .iter()
            .filter(|print| filter.may_contain(**print))
            .count();
        assert!(admitted < 40, "{admitted}");
    }

    #[test]
    fn no_keys() {
        check(0);
    }

    #[test]
    fn few_keys_of_every_number() {
        (1..40).for_each(check);
    }

    #[test]
    fn many_keys() {
        check(60_000);
    }

    #[test]
    fn equal_keys() {
        let filter = Filter::new(vec![5; 100]);
        assert!(filter.may_contain(5));
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let stored = Stored::Fuse {
            seed: 1,
            segment_length: 4,
            segment_count_length: 4,
            fingerprints: [0; 11].into_iter().collect(),
        };
        assert!(Filter::try_from(stored).is_err());
    }
}
