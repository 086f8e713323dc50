//! Tells in one step that a fingerprint is not among those known.
//!
//! In: fingerprints. Out: [`BloomFilter`], which says "maybe" or "surely not". Absent: what stands under one.
//!
//! The bits of a fingerprint lie in one word: to ask takes one load, and two bytes for each fingerprint keep
//! the words of a large table where caches hold them. One of some 150 others is admitted.

use serde::{Deserialize, Serialize};

use super::Numbers;

/// Fingerprints that share a word.
const SHARE: usize = 4;

/// A set of fingerprints. Never denies one it was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BloomFilter(Numbers<u64>);

impl BloomFilter {
    /// Of `prints`.
    pub fn new(prints: impl ExactSizeIterator<Item = u64>) -> Self {
        let mut words = vec![0; prints.len().div_ceil(SHARE)];
        for print in prints {
            let at = word(print, words.len());
            if let Some(word) = words.get_mut(at) {
                *word |= bits(print);
            }
        }
        Self(words.into())
    }

    /// True when it was made of no fingerprint.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// False when `print` was surely not among those it was made of.
    pub fn may_have(&self, print: u64) -> bool {
        let bits = bits(print);
        let word = self.0.get(word(print, self.0.len()));
        word.is_some_and(|word| word & bits == bits)
    }
}

/// The word of a fingerprint among `words`.
fn word(print: u64, words: usize) -> usize {
    usize::try_from(((print >> 32) * words as u64) >> 32).unwrap_or(usize::MAX)
}

/// Its bits there.
fn bits(print: u64) -> u64 {
    1 << (print & 63) | 1 << (print >> 6 & 63) | 1 << (print >> 12 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_admitted_and_few_others() {
        let print =
            |number: u32| crate::artefact::fingerprint::Fingerprint::of(&number.to_le_bytes());
        for count in [0, 1, 5, 10_000] {
            let presence = BloomFilter::new((0..count).map(print));
            assert!((0..count).all(|number| presence.may_have(print(number))));
            let others = count..count + 10_000;
            let admitted = others
                .filter(|number| presence.may_have(print(*number)))
                .count();
            assert!(admitted < 120, "{admitted} of {count}");
        }
    }
}
