//! The rules of one list that stay in the program, with an index over them.
//!
//! In: rules in order, each with its [`Reach`]. Out: [`ListIndex`]. Absent: the table.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::marked::Marked;
use super::to_index;
use super::words::{Lead, Word, WordIndex};
use crate::packed::{Numbers, Packed, TooLong};

/// Which texts a rule that stays in the program may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Any: it is a candidate for every text.
    Everything,
    /// Only texts in which one of these stands.
    Words(Vec<Word>),
}

/// Whether letters have to agree in case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Case {
    /// They do.
    Exact,
    /// They do not (ASCII only).
    Folded,
}

/// What a list has in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keyed {
    /// Keys.
    pub exact: Lengths,
    /// Keys that are found with letters lowered.
    pub folded: Lengths,
    /// Those among the first that end with a slash.
    pub slashed: Lengths,
    /// How many slashes those among the first have that do not.
    pub depths: Lengths,
}

/// Lengths of texts, in bytes; those from 63 on are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lengths(u64);

impl Lengths {
    /// Is there none at all?
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is `length` perhaps among them?
    pub fn may_contain(self, length: usize) -> bool {
        self.0 & Self::bit(length) != 0
    }

    /// Is `length` perhaps among them, or a larger one?
    pub fn may_reach(self, length: usize) -> bool {
        self.0 >= Self::bit(length)
    }

    fn add(&mut self, length: usize) {
        self.0 |= Self::bit(length);
    }

    fn bit(length: usize) -> u64 {
        1 << length.min(63)
    }
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
    words: WordIndex,
}

/// The candidates for one text: buckets of slots. Empty until [`ListIndex::find`] fills it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    buckets: SmallVec<[u32; FEW]>,
}

/// Buckets that need no allocation.
const FEW: usize = 8;

impl Candidates {
    /// Forgets them.
    pub fn clear(&mut self) {
        self.buckets.clear();
    }
}

impl<T> ListIndex<T> {
    /// How many the list has; positions are below this.
    pub fn count(&self) -> usize {
        to_index(self.count)
    }

    /// Forgets which were decoded.
    pub fn forget(&mut self) {
        self.items.forget();
    }

    /// What the list has in the table.
    pub fn keyed(&self) -> Keyed {
        self.keyed
    }

    /// How many stay in the program, and how many of those are candidates for every text.
    pub fn kept_and_scanned(&self) -> (usize, usize) {
        (self.positions.len(), self.scanned.len())
    }

    /// True when some of those that stay are found by words.
    pub fn has_words(&self) -> bool {
        self.positions.len() > self.scanned.len()
    }

    /// True when nothing in it points outside.
    pub fn is_sound(&self) -> bool {
        let slots = self.positions.len();
        let below = |all: &Numbers<u32>, end: usize| {
            all.is_ascending() && all.last().is_none_or(|last| to_index(*last) < end)
        };
        self.items.len() == slots
            && below(&self.positions, self.count())
            && below(&self.scanned, slots)
            && self.words.is_sound(slots)
    }

    /// Finds the candidates for `text` beside those that are candidates for every text. Does not
    /// allocate when there are few.
    pub fn find(&self, text: &Marked, candidates: &mut Candidates) {
        let buckets = &mut candidates.buckets;
        buckets.clear();
        self.words.find(text, |bucket| {
            if !buckets.contains(&bucket) {
                buckets.push(bucket);
            }
        });
    }
}

/// One that stays in the program, with its position.
pub type Candidate<'a, T> = (usize, &'a T);

impl<T: DeserializeOwned> ListIndex<T> {
    /// Those that stay in the program, by position.
    pub fn kept(&self) -> impl Iterator<Item = Candidate<'_, T>> {
        let slots = self.positions.iter().enumerate();
        slots.filter_map(|(slot, position)| Some((to_index(*position), self.items.get(slot)?)))
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
        let slot = self.first_slot(from);
        let scanned = self.scanned.partition_point(|other| *other < slot);
        let found = candidates.buckets.iter();
        let found = found.filter_map(|bucket| self.words.next(*bucket, slot));
        let Some(slot) = found.chain(self.scanned.get(scanned).copied()).min() else {
            return Ok(None);
        };
        let position = self.positions.get(to_index(slot)).ok_or(Damaged)?;
        let item = self.items.get(to_index(slot)).ok_or(Damaged)?;
        Ok(Some((to_index(*position), item)))
    }

    /// The slot of the first that stays at position `from` or after.
    fn first_slot(&self, from: usize) -> u32 {
        let slot = match from {
            0 => 0,
            from => self
                .positions
                .partition_point(|position| to_index(*position) < from),
        };
        u32::try_from(slot).unwrap_or(u32::MAX)
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
    leads: Vec<Lead>,
}

impl<'a, T: Serialize> ListBuilder<'a, T> {
    /// A list of `count`, none of which stays in the program so far.
    pub fn new(count: u32) -> Self {
        Self {
            count,
            keyed: Keyed::default(),
            kept: Vec::new(),
            scanned: Vec::new(),
            leads: Vec::new(),
        }
    }

    /// Notes that the table has the key `text` for this list.
    pub fn key(&mut self, case: Case, text: &[u8]) {
        match case {
            Case::Exact => self.keyed.exact.add(text.len()),
            Case::Folded => self.keyed.folded.add(text.len()),
        }
        if case == Case::Exact && text.ends_with(b"/") {
            self.keyed.slashed.add(text.len());
        } else {
            let slashes = memchr::memchr_iter(b'/', text);
            self.keyed.depths.add(slashes.count());
        }
    }

    /// Keeps `item` in the program. Positions come in ascending order.
    pub fn keep(&mut self, position: u32, item: &'a T, reach: Reach) {
        let slot = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.kept.push((position, item));
        match reach {
            Reach::Everything => self.scanned.push(slot),
            Reach::Words(words) => {
                let leads = words.into_iter().map(|word| Lead::new(word, slot));
                self.leads.extend(leads);
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
            scanned: self.scanned.into(),
            words: WordIndex::new(self.leads).ok_or(TooLong)?,
        })
    }
}
