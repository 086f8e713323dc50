//! The rules of one list that stay in the program, with an index over them.
//!
//! In: rules in order, each with its [`Reach`]. Out: [`ListIndex`]. Absent: the table.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::marked::Marked;
use super::to_index;
use super::words::{Lead, Word, WordId, WordIndex};
use crate::artefact::packed::{Damaged, Numbers, Records, TooLong};

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
    /// Letters have to agree in case.
    Exact,
    /// ASCII letters match in either case.
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

/// One list of rules or redirects: those that are not in the table, by position, as records.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListIndex {
    /// How many the list has, those in the table and those removed included.
    count: u32,
    keyed: Keyed,
    /// Positions of those that stay, ascending. An index here is a slot.
    positions: Numbers<u32>,
    records: Records,
    /// Slots that are candidates for every text, ascending.
    scanned: Numbers<u32>,
    words: WordIndex,
}

/// The candidates for one text, beside those for every text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    words: SmallVec<[WordId; FEW]>,
}

/// Words that need no allocation.
const FEW: usize = 8;

/// Names one that stays in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u32);

impl Slot {
    /// The first of a list.
    pub const FIRST: Self = Self(0);

    /// The one behind it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    fn index(self) -> usize {
        to_index(self.0)
    }
}

impl ListIndex {
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
        self.records.len() == slots
            && below(&self.positions, self.count())
            && below(&self.scanned, slots)
            && self.words.is_sound(slots)
    }

    /// The candidates for `text`. Does not allocate when there are few.
    pub fn find(&self, text: &Marked) -> Candidates {
        let mut candidates = Candidates::default();
        let words = &mut candidates.words;
        self.words.find(text, |word| {
            if !words.contains(&word) {
                words.push(word);
            }
        });
        candidates
    }

    /// The first of `candidates`, or of the candidates for every text, at slot `from` or after.
    pub fn next(&self, from: Slot, candidates: &Candidates) -> Option<Slot> {
        if self.names_none(candidates) {
            return None;
        }
        let words = candidates.words.iter();
        let word = words.filter_map(|word| self.words.next(*word, from.0));
        let word = word.min();
        let scanned = match from {
            Slot::FIRST => 0,
            Slot(from) => self.scanned.partition_point(|other| *other < from),
        };
        let scanned = self.scanned.get(scanned).copied();
        word.into_iter().chain(scanned).min().map(Slot)
    }

    /// The candidates, in order.
    #[inline]
    pub fn slots<'l>(&'l self, candidates: &'l Candidates) -> Slots<'l> {
        Slots {
            list: self,
            candidates,
            from: Slot::FIRST,
            scan: 0,
        }
    }

    /// The same at position `from` or after.
    pub fn next_from(&self, from: usize, candidates: &Candidates) -> Option<Slot> {
        if self.names_none(candidates) {
            return None;
        }
        self.next(self.slot(from), candidates)
    }

    /// True when there is no candidate at all.
    #[inline]
    pub fn names_none(&self, candidates: &Candidates) -> bool {
        self.scanned.is_empty() && candidates.words.is_empty()
    }

    /// The slot of the first that stays at position `from` or after.
    fn slot(&self, from: usize) -> Slot {
        let slot = match from {
            0 => 0,
            from => self
                .positions
                .partition_point(|position| to_index(*position) < from),
        };
        Slot(u32::try_from(slot).unwrap_or(u32::MAX))
    }

    /// The position of the one at `slot`.
    pub fn position(&self, slot: Slot) -> Option<usize> {
        self.positions.get(slot.index()).copied().map(to_index)
    }

    /// The record of the one at `slot`.
    ///
    /// # Errors
    /// There is none.
    pub fn record(&self, slot: Slot) -> Result<&[u8], Damaged> {
        self.records.get(slot.index()).ok_or(Damaged)
    }

    /// The one at `slot`.
    ///
    /// # Errors
    /// There is none.
    pub fn get(&self, slot: Slot) -> Result<Candidate<'_>, Damaged> {
        let position = self.position(slot).ok_or(Damaged)?;
        Ok((position, self.record(slot)?))
    }

    /// Those that stay in the program, by position.
    pub fn kept(&self) -> impl Iterator<Item = Candidate<'_>> {
        let slots = self.positions.iter().enumerate();
        slots.filter_map(|(slot, position)| Some((to_index(*position), self.records.get(slot)?)))
    }
}

/// Goes through the candidates for a text, those for every text among them.
#[derive(Debug)]
pub struct Slots<'l> {
    list: &'l ListIndex,
    candidates: &'l Candidates,
    from: Slot,
    /// How many of those for every text stand before.
    scan: usize,
}

impl Slots<'_> {
    /// The next one.
    #[inline]
    pub fn peek(&self) -> Option<Slot> {
        let scanned = self.list.scanned.get(self.scan).copied();
        let words = self.candidates.words.iter();
        let words = words.filter_map(|word| self.list.words.next(*word, self.from.0));
        words.chain(scanned).min().map(Slot)
    }

    /// Goes past the next one, which is `slot`.
    #[inline]
    pub fn pass(&mut self, slot: Slot) {
        self.from = slot.next();
        let is_scanned = self.list.scanned.get(self.scan) == Some(&slot.0);
        self.scan += usize::from(is_scanned);
    }
}

/// The record of one that stays in the program, with its position.
pub type Candidate<'a> = (usize, &'a [u8]);

/// Builds a [`ListIndex`].
#[derive(Debug)]
pub struct ListBuilder {
    count: u32,
    keyed: Keyed,
    positions: Vec<u32>,
    records: Records,
    scanned: Vec<u32>,
    leads: Vec<Lead>,
}

impl ListBuilder {
    /// A list of `count`, none of which stays in the program so far.
    pub fn new(count: u32) -> Self {
        Self {
            count,
            keyed: Keyed::default(),
            positions: Vec::new(),
            records: Records::default(),
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

    /// Keeps what `record` says in the program. Positions come in ascending order.
    ///
    /// # Errors
    /// Together the records are longer than 4 GiB.
    pub fn keep(&mut self, position: u32, record: &[u8], reach: Reach) -> Result<(), TooLong> {
        let slot = u32::try_from(self.positions.len()).unwrap_or(u32::MAX);
        self.positions.push(position);
        self.records.push(record)?;
        match reach {
            Reach::Everything => self.scanned.push(slot),
            Reach::Words(words) => {
                let leads = words.into_iter().map(|word| Lead::new(word, slot));
                self.leads.extend(leads);
            }
        }
        Ok(())
    }

    /// The finished list.
    ///
    /// # Errors
    /// Together the rules are longer than 4 GiB.
    pub fn build(self) -> Result<ListIndex, TooLong> {
        Ok(ListIndex {
            count: self.count,
            keyed: self.keyed,
            positions: self.positions.into(),
            records: self.records,
            scanned: self.scanned.into(),
            words: WordIndex::new(self.leads).ok_or(TooLong)?,
        })
    }
}
