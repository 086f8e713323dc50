//! The rules of one list that stay in the program, with an index over them.
//!
//! In: rules in order, each with its [`Reach`]. Out: [`ListIndex`]. Absent: the table.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::literal::{LiteralIndex, Width};
use super::prefix::PrefixIndex;
use super::{Case, Literal, to_index};
use crate::packed::{Numbers, Packed, TooLong};

/// Which texts a rule that stays in the program may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Any: it is a candidate for every text.
    Everything,
    /// Only texts that begin with one of these.
    Prefixes(Case, Vec<Vec<u8>>),
    /// Only texts in which one of these stands; each is at least [`Literal::SHORTEST`] bytes long.
    Literals(Case, Vec<Literal>),
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
    positions: Numbers<u32>,
    items: Packed<T>,
    /// Slots that are candidates for every text, ascending.
    scanned: Numbers<u32>,
    buckets: Buckets,
    prefixes: Vec<PrefixIndex>,
    literals: Vec<LiteralIndex>,
}

/// The candidates for one text: buckets of slots. Empty until [`ListIndex::find`] fills it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    buckets: Vec<u32>,
}

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
        let below = |all: &Numbers<u32>, end: usize| {
            all.is_ascending() && all.last().is_none_or(|last| to_index(last) < end)
        };
        let buckets = self.buckets.len();
        self.items.len() == slots
            && below(&self.positions, self.count())
            && below(&self.scanned, slots)
            && self.buckets.is_sound(slots)
            && self.prefixes.iter().all(|index| index.is_sound(buckets))
            && self.literals.iter().all(|index| index.is_sound(buckets))
    }

    /// Finds the candidates for `text` beside those that are candidates for every text. Does not
    /// allocate when there are none.
    pub fn find(&self, text: &[u8], candidates: &mut Candidates) {
        let buckets = &mut candidates.buckets;
        buckets.clear();
        for index in &self.prefixes {
            index.find(text, |bucket| buckets.push(bucket));
        }
        for index in &self.literals {
            index.find(text, |bucket| {
                if !buckets.contains(&bucket) {
                    buckets.push(bucket);
                }
            });
        }
    }
}

/// One that stays in the program, with its position.
pub type Candidate<'a, T> = (usize, &'a T);

impl<T: DeserializeOwned> ListIndex<T> {
    /// Those that stay in the program, by position.
    pub fn kept(&self) -> impl Iterator<Item = Candidate<'_, T>> {
        let slots = self.positions.iter().enumerate();
        slots.filter_map(|(slot, position)| Some((to_index(position), self.items.get(slot)?)))
    }

    /// The first of `candidates`, or of the candidates for every text, at position `from` or after.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(
        &self,
        from: usize,
        candidates: &Candidates,
    ) -> Result<Option<Candidate<'_, T>>, Damaged> {
        if self.scanned.is_empty() && candidates.buckets.is_empty() {
            return Ok(None);
        }
        let all = 0..self.positions.len();
        let slot = self
            .positions
            .partition_point(all, |position| to_index(position) < from);
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let scanned = self
            .scanned
            .partition_point(0..self.scanned.len(), |other| other < slot);
        let found = candidates.buckets.iter();
        let found = found.filter_map(|bucket| self.buckets.next(*bucket, slot));
        let Some(slot) = found.chain(self.scanned.get(scanned)).min() else {
            return Ok(None);
        };
        let position = self.positions.get(to_index(slot)).ok_or(Damaged)?;
        let item = self.items.get(to_index(slot)).ok_or(Damaged)?;
        Ok(Some((to_index(position), item)))
    }
}

/// A rule's bytes are not a rule. The checksum of the whole program held, so only a program made
/// to mislead has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Builds a [`ListIndex`].
#[derive(Debug)]
pub struct ListBuilder<'a, T> {
    count: u32,
    keyed: Keyed,
    kept: Vec<(u32, &'a T)>,
    scanned: Vec<u32>,
    prefixes: BTreeMap<Case, BTreeMap<Vec<u8>, Vec<u32>>>,
    literals: BTreeMap<(Case, Width), BTreeMap<Literal, Vec<u32>>>,
}

impl<'a, T: Serialize> ListBuilder<'a, T> {
    /// A list of `count`, none of which stays in the program so far.
    pub fn new(count: u32) -> Self {
        Self {
            count,
            keyed: Keyed::default(),
            kept: Vec::new(),
            scanned: Vec::new(),
            prefixes: BTreeMap::new(),
            literals: BTreeMap::new(),
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
            Reach::Prefixes(case, prefixes) => {
                let index = self.prefixes.entry(case).or_default();
                for prefix in prefixes {
                    add(index.entry(lowered(case, prefix)).or_default(), slot);
                }
            }
            Reach::Literals(case, literals) if literals.iter().all(is_long_enough) => {
                for mut literal in literals {
                    literal.word = lowered(case, literal.word);
                    let width = Width::of(&literal.word).unwrap_or(Width::Short);
                    let index = self.literals.entry((case, width)).or_default();
                    add(index.entry(literal).or_default(), slot);
                }
            }
            Reach::Everything | Reach::Literals(..) => self.scanned.push(slot),
        }
    }

    /// The finished list.
    ///
    /// # Errors
    /// Together the rules are longer than 4 GiB.
    pub fn build(self) -> Result<ListIndex<T>, TooLong> {
        let mut buckets = Buckets::default();
        let mut prefixes = Vec::new();
        for (case, words) in &self.prefixes {
            prefixes.push(PrefixIndex::new(*case, words, &mut buckets).ok_or(TooLong)?);
        }
        let mut literals = Vec::new();
        for ((case, width), words) in &self.literals {
            literals.push(LiteralIndex::new(*case, *width, words, &mut buckets).ok_or(TooLong)?);
        }
        Ok(ListIndex {
            count: self.count,
            keyed: self.keyed,
            positions: self.kept.iter().map(|(position, _)| *position).collect(),
            items: Packed::new(self.kept.iter().map(|(_, item)| *item))?,
            scanned: self.scanned.into_iter().collect(),
            buckets,
            prefixes,
            literals,
        })
    }
}

fn add(slots: &mut Vec<u32>, slot: u32) {
    if slots.last() != Some(&slot) {
        slots.push(slot);
    }
}

fn lowered(case: Case, mut word: Vec<u8>) -> Vec<u8> {
    if case == Case::Folded {
        word.make_ascii_lowercase();
    }
    word
}

fn is_long_enough(literal: &Literal) -> bool {
    (Literal::SHORTEST..Literal::LONGEST).contains(&literal.word.len())
}
