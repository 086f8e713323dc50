//! Finds every stored prefix of a text.
//!
//! In: prefixes, each with the slots it leads to. Out: [`PrefixIndex`]. Absent: what a slot is; see
//! [`super::list`].
//!
//! The prefixes stand sorted, and each knows the longest other one that it begins with (its
//! parent). All stored prefixes of a text are then the last one not after the text and its
//! ancestors, less those the text does not begin with: whatever stands between a prefix of the text
//! and the text begins with that prefix too.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::to_index;
use crate::packed::{Blob, Numbers};

/// Whether letters have to agree in case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Case {
    /// They do.
    Exact,
    /// They do not: words are stored with ASCII letters lowered, and texts are read so.
    Folded,
}

impl Case {
    /// A byte of a text, as it is read.
    pub(super) fn byte(self, byte: u8) -> u8 {
        match self {
            Self::Exact => byte,
            Self::Folded => byte.to_ascii_lowercase(),
        }
    }

    fn starts_with(self, text: &[u8], prefix: &[u8]) -> bool {
        match text.get(..prefix.len()) {
            Some(head) if self == Self::Exact => head == prefix,
            Some(head) => head.eq_ignore_ascii_case(prefix),
            None => false,
        }
    }

    fn order(self, prefix: &[u8], text: &[u8]) -> Ordering {
        match self {
            Self::Exact => prefix.cmp(text),
            Self::Folded => {
                let text = text.iter().map(|byte| self.byte(*byte));
                prefix.iter().copied().cmp(text)
            }
        }
    }
}

/// Sorted prefixes, each with a bucket of slots: they are numbered as the prefixes are.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PrefixIndex {
    case: Case,
    /// All prefixes, one after another.
    text: Blob,
    /// Where each prefix ends.
    ends: Numbers<u32>,
    /// One more than the index of each prefix's parent; 0 for none.
    parents: Numbers<u32>,
    /// The bucket of the first prefix.
    first_bucket: u32,
}

impl PrefixIndex {
    /// An index of `prefixes`. `None` when they are longer than 4 GiB together.
    pub fn new(
        case: Case,
        prefixes: &BTreeMap<Vec<u8>, Vec<u32>>,
        buckets: &mut Buckets,
    ) -> Option<Self> {
        let mut index = Self {
            case,
            text: Blob::default(),
            ends: Numbers::default(),
            parents: Numbers::default(),
            first_bucket: u32::try_from(buckets.len()).ok()?,
        };
        let mut ancestors: Vec<(&[u8], u32)> = Vec::new();
        for (number, (prefix, slots)) in (1..).zip(prefixes) {
            while ancestors
                .pop_if(|(above, _)| !prefix.starts_with(above))
                .is_some()
            {}
            let parent = ancestors.last().map_or(0, |(_, number)| *number);
            ancestors.push((prefix, number));
            index.parents.push(parent);
            index.text.0.extend(prefix);
            index.ends.push(u32::try_from(index.text.0.len()).ok()?);
            buckets.add(slots)?;
        }
        Some(index)
    }

    /// True when the index can be used: sizes fit, parents come before their children, and every
    /// prefix has one of `buckets` buckets.
    pub fn is_sound(&self, buckets: usize) -> bool {
        let count = self.ends.len();
        let before = |(at, parent): (usize, u32)| to_index(parent) <= at;
        self.parents.len() == count
            && self.ends.is_sorted()
            && to_index(self.ends.last().unwrap_or(0)) == self.text.0.len()
            && self.parents.iter().enumerate().all(before)
            && to_index(self.first_bucket) + count <= buckets
    }

    /// Gives the bucket of every prefix of `text` to `take`.
    pub fn find(&self, text: &[u8], mut take: impl FnMut(u32)) {
        let mut number = self.last_not_after(text);
        while let Some(at) = number.checked_sub(1) {
            if self.case.starts_with(text, self.prefix(at)) {
                take(
                    self.first_bucket
                        .saturating_add(u32::try_from(at).unwrap_or(u32::MAX)),
                );
            }
            number = self.parents.get(at).map_or(0, to_index);
        }
    }

    /// One more than the index of the last prefix that does not sort after `text`; 0 for none.
    fn last_not_after(&self, text: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.case.order(self.prefix(middle), text) {
                Ordering::Greater => high = middle,
                Ordering::Less | Ordering::Equal => low = middle + 1,
            }
        }
        low
    }

    fn prefix(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(at).unwrap_or(0);
        let range = to_index(start.unwrap_or(0))..to_index(end);
        self.text.0.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    const PREFIXES: [&str; 8] = ["/a", "/a/", "/a/b", "/a/c", "/ab", "/b/b", "/a/b/c/d", "z"];

    fn check(case: Case, text: &str) {
        let numbered = (0..).zip(PREFIXES);
        let prefixes = numbered.map(|(slot, prefix)| (prefix.as_bytes().to_vec(), vec![slot]));
        let mut buckets = Buckets::default();
        let index = PrefixIndex::new(case, &prefixes.collect(), &mut buckets).unwrap();
        assert!(index.is_sound(8) && !index.is_sound(7));
        let folded = match case {
            Case::Exact => text.to_owned(),
            Case::Folded => text.to_ascii_lowercase(),
        };
        let holds = |slot: &u32| folded.starts_with(PREFIXES[usize::try_from(*slot).unwrap()]);
        let expected: Vec<u32> = (0..8).filter(holds).collect();
        let mut found = Vec::new();
        index.find(text.as_bytes(), |bucket| {
            found.extend(buckets.next(bucket, 0));
        });
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_prefix_and_no_other() {
        for text in [
            "",
            "/",
            "/a",
            "/a/",
            "/a/b/c",
            "/a/b/c/d/e",
            "/a/bz",
            "/ab",
            "/b",
            "/b/b",
            "zz",
            "y",
        ] {
            check(Case::Exact, text);
            check(Case::Folded, text);
        }
    }

    #[test]
    fn letters_of_either_case() {
        check(Case::Exact, "/A/b/c");
        check(Case::Folded, "/A/B/c/D");
        check(Case::Folded, "Z");
    }
}
