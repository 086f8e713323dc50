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

use crate::packed::Blob;

/// Whether letters have to agree in case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Case {
    /// They do.
    Exact,
    /// They do not: prefixes are stored with ASCII letters lowered, and texts are read so.
    Folded,
}

impl Case {
    fn byte(self, byte: u8) -> u8 {
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

/// Sorted prefixes, each with the slots it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixIndex {
    case: Case,
    /// All prefixes, one after another.
    text: Blob,
    /// Where each prefix ends.
    text_ends: Vec<u32>,
    /// One more than the index of each prefix's parent; 0 for none.
    parents: Vec<u32>,
    /// All slots, those of each prefix ascending.
    slots: Vec<u32>,
    /// Where each prefix's slots end.
    slot_ends: Vec<u32>,
}

impl PrefixIndex {
    /// An index of `prefixes`. `None` when they are longer than 4 GiB together.
    pub fn new(case: Case, prefixes: &BTreeMap<Vec<u8>, Vec<u32>>) -> Option<Self> {
        let mut index = Self {
            case,
            text: Blob::default(),
            text_ends: Vec::new(),
            parents: Vec::new(),
            slots: Vec::new(),
            slot_ends: Vec::new(),
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
            index
                .text_ends
                .push(u32::try_from(index.text.0.len()).ok()?);
            index.slots.extend(slots);
            index.slot_ends.push(u32::try_from(index.slots.len()).ok()?);
        }
        Some(index)
    }

    /// True when the index can be used: sizes fit, parents come before their children, and no slot
    /// is at or beyond `slots`.
    pub fn is_sound(&self, slots: usize) -> bool {
        let count = self.text_ends.len();
        let ends = |ends: &[u32], total: usize| {
            let last = ends.last().map_or(Ok(0), |end| usize::try_from(*end));
            ends.is_sorted() && last == Ok(total)
        };
        let before = |(at, parent): (usize, &u32)| usize::try_from(*parent).is_ok_and(|p| p <= at);
        self.parents.len() == count
            && self.slot_ends.len() == count
            && ends(&self.text_ends, self.text.0.len())
            && ends(&self.slot_ends, self.slots.len())
            && self.parents.iter().enumerate().all(before)
            && self
                .slots
                .iter()
                .all(|slot| usize::try_from(*slot).is_ok_and(|slot| slot < slots))
    }

    /// True when there are no prefixes.
    pub fn is_empty(&self) -> bool {
        self.text_ends.is_empty()
    }

    /// The lowest slot not below `from` of any prefix of `text`.
    pub fn next(&self, from: u32, text: &[u8]) -> Option<u32> {
        let mut best = None;
        let mut number = self.last_not_after(text);
        while let Some(at) = number.checked_sub(1) {
            if self
                .case
                .starts_with(text, range(&self.text.0, &self.text_ends, at))
            {
                let slots = range(&self.slots, &self.slot_ends, at);
                let next = slots.get(slots.partition_point(|slot| *slot < from));
                best = [best, next.copied()].into_iter().flatten().min();
            }
            number = self.parents.get(at).map_or(0, |parent| to_index(*parent));
        }
        best
    }

    /// One more than the index of the last prefix that does not sort after `text`; 0 for none.
    fn last_not_after(&self, text: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.text_ends.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let prefix = range(&self.text.0, &self.text_ends, middle);
            match self.case.order(prefix, text) {
                Ordering::Greater => high = middle,
                Ordering::Less | Ordering::Equal => low = middle + 1,
            }
        }
        low
    }
}

fn to_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The stretch of `all` that ends at `ends[at]` and begins where the one before ends.
fn range<'a, T>(all: &'a [T], ends: &[u32], at: usize) -> &'a [T] {
    let start = at.checked_sub(1).and_then(|before| ends.get(before));
    let end = ends.get(at);
    let bounds = to_index(start.copied().unwrap_or(0))..to_index(end.copied().unwrap_or(0));
    all.get(bounds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    const PREFIXES: [&str; 8] = ["/a", "/a/", "/a/b", "/a/c", "/ab", "/b/b", "/a/b/c/d", "z"];

    fn check(case: Case, text: &str) {
        let numbered = (0..).zip(PREFIXES);
        let prefixes =
            numbered.map(|(slot, prefix)| (prefix.as_bytes().to_vec(), vec![slot, slot + 8]));
        let index = PrefixIndex::new(case, &prefixes.collect()).unwrap();
        assert!(index.is_sound(16));
        let folded = match case {
            Case::Exact => text.to_owned(),
            Case::Folded => text.to_ascii_lowercase(),
        };
        let holds = |slot: &u32| folded.starts_with(PREFIXES[usize::try_from(*slot % 8).unwrap()]);
        let expected: Vec<u32> = (0..16).filter(holds).collect();
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(slot) = index.next(from, text.as_bytes()) {
            found.push(slot);
            from = slot + 1;
        }
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

    #[test]
    fn a_slot_beyond_the_end_is_not_sound() {
        let prefixes = BTreeMap::from([(b"a".to_vec(), vec![3])]);
        let index = PrefixIndex::new(Case::Exact, &prefixes).unwrap();
        assert!(index.is_sound(4));
        assert!(!index.is_sound(3));
    }
}
