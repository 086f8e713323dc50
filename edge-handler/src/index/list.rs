//! The rules of one list that stay in the program, with an index over them.
//!
//! In: rules in order, each with its [`Reach`]. Out: [`ListIndex`]. Absent: the table.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Case, PrefixIndex};
use crate::packed::{Packed, TooLong};

/// Which texts a rule that stays in the program may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Any: it is a candidate for every text.
    Everything,
    /// Only texts that begin with one of these.
    Prefixes(Case, Vec<Vec<u8>>),
}

/// What a list has in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keyed {
    /// Length in bytes of the longest key; `None` when there is none.
    pub exact: Option<u32>,
    /// The same for keys that are found with letters lowered.
    pub folded: Option<u32>,
}

/// One list of rules or redirects: those that are not in the table, by position.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = ""))]
pub struct ListIndex<T> {
    /// How many the list has, those in the table and those removed included.
    count: u32,
    keyed: Keyed,
    /// Positions of those that stay, ascending. An index here is a slot.
    positions: Vec<u32>,
    items: Packed<T>,
    /// Slots that are candidates for every text, ascending.
    scanned: Vec<u32>,
    exact: PrefixIndex,
    folded: PrefixIndex,
}

/// A candidate.
pub type Candidate<'a, T> = (usize, &'a T);

impl<T> ListIndex<T> {
    /// How many the list has; positions are below this.
    pub fn count(&self) -> usize {
        to_index(self.count)
    }

    /// What the list has in the table.
    pub fn keyed(&self) -> Keyed {
        self.keyed
    }

    /// How many stay in the program, and how many of those are candidates for every text.
    pub fn kept_and_scanned(&self) -> (usize, usize) {
        (self.positions.len(), self.scanned.len())
    }

    /// True when nothing in it points outside.
    pub fn is_sound(&self) -> bool {
        let slots = self.positions.len();
        let ascending = |all: &[u32], below: usize| {
            all.windows(2).all(|pair| pair[0] < pair[1])
                && all.last().is_none_or(|last| to_index(*last) < below)
        };
        self.items.len() == slots
            && ascending(&self.positions, self.count())
            && ascending(&self.scanned, slots)
            && self.exact.is_sound(slots)
            && self.folded.is_sound(slots)
    }
}

impl<T: DeserializeOwned> ListIndex<T> {
    /// Those that stay in the program, by position.
    pub fn kept(&self) -> impl Iterator<Item = Candidate<'_, T>> {
        let slots = self.positions.iter().enumerate();
        slots.filter_map(|(slot, position)| Some((to_index(*position), self.items.get(slot)?)))
    }

    /// The first that stays in the program, at position `from` or after, that may match `text`.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(&self, from: usize, text: &[u8]) -> Result<Option<Candidate<'_, T>>, Damaged> {
        let slot = self
            .positions
            .partition_point(|position| to_index(*position) < from);
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let scanned = self.scanned.partition_point(|other| *other < slot);
        let candidates = [
            self.scanned.get(scanned).copied(),
            self.exact.next(slot, text),
            self.folded.next(slot, text),
        ];
        let Some(slot) = candidates.into_iter().flatten().min() else {
            return Ok(None);
        };
        let position = self.positions.get(to_index(slot)).ok_or(Damaged)?;
        let item = self.items.get(to_index(slot)).ok_or(Damaged)?;
        Ok(Some((to_index(*position), item)))
    }
}

/// A rule's bytes are not a rule. The checksum of the whole program held, so only a program made
/// to mislead has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

fn to_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Builds a [`ListIndex`].
#[derive(Debug)]
pub struct ListBuilder<'a, T> {
    count: u32,
    keyed: Keyed,
    kept: Vec<(u32, &'a T)>,
    scanned: Vec<u32>,
    exact: BTreeMap<Vec<u8>, Vec<u32>>,
    folded: BTreeMap<Vec<u8>, Vec<u32>>,
}

impl<'a, T: Serialize> ListBuilder<'a, T> {
    /// A list of `count`, none of which stays in the program so far.
    pub fn new(count: u32) -> Self {
        Self {
            count,
            keyed: Keyed::default(),
            kept: Vec::new(),
            scanned: Vec::new(),
            exact: BTreeMap::new(),
            folded: BTreeMap::new(),
        }
    }

    /// Notes that the table has a key of `length` bytes for this list.
    pub fn key(&mut self, case: Case, length: usize) {
        let longest = match case {
            Case::Exact => &mut self.keyed.exact,
            Case::Folded => &mut self.keyed.folded,
        };
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        *longest = Some(longest.map_or(length, |other| other.max(length)));
    }

    /// Keeps `item` in the program. Positions come in ascending order.
    pub fn keep(&mut self, position: u32, item: &'a T, reach: Reach) {
        let slot = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.kept.push((position, item));
        match reach {
            Reach::Everything => self.scanned.push(slot),
            Reach::Prefixes(case, prefixes) => {
                let index = match case {
                    Case::Exact => &mut self.exact,
                    Case::Folded => &mut self.folded,
                };
                for mut prefix in prefixes {
                    if case == Case::Folded {
                        prefix.make_ascii_lowercase();
                    }
                    let slots = index.entry(prefix).or_default();
                    if slots.last() != Some(&slot) {
                        slots.push(slot);
                    }
                }
            }
        }
    }

    /// The finished list.
    ///
    /// # Errors
    /// Together the rules are longer than 4 GiB.
    pub fn build(self) -> Result<ListIndex<T>, TooLong> {
        Ok(ListIndex {
            count: self.count,
            keyed: self.keyed,
            positions: self.kept.iter().map(|(position, _)| *position).collect(),
            items: Packed::new(self.kept.iter().map(|(_, item)| *item))?,
            scanned: self.scanned,
            exact: PrefixIndex::new(Case::Exact, &self.exact).ok_or(TooLong)?,
            folded: PrefixIndex::new(Case::Folded, &self.folded).ok_or(TooLong)?,
        })
    }
}
