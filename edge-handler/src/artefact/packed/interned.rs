//! Records that many others name by number, each there once.
//!
//! In: records, or the bytes they were packed into. Out: numbers ([`Interner`]); the record of a number, and what was made
//! of it ([`Interned`]). Absent: what records mean.

use foldhash::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cells, Records, TooLong};

/// Records by number, and a side table of what was made of them.
#[derive(Debug)]
pub struct Interned<T> {
    records: Records,
    made: Cells<T>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self::of(Records::default())
    }
}

impl<T> Interned<T> {
    fn of(records: Records) -> Self {
        let made = Cells::new(records.len());
        Self { records, made }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The record of a number.
    pub fn record(&self, number: u32) -> Option<&[u8]> {
        self.records.get(usize::try_from(number).ok()?)
    }

    /// What `make` makes of the record of a number, the first time; `None` where there is no such record, or nothing can be
    /// made of it.
    pub fn made(&self, number: u32, make: impl FnOnce(&[u8]) -> Option<T>) -> Option<&T> {
        let index = usize::try_from(number).ok()?;
        self.made.get(index, || make(self.records.get(index)?))
    }

    /// Forgets what was made.
    pub fn forget(&mut self) {
        self.made = Cells::new(self.len());
    }
}

impl<T> Serialize for Interned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.records.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Interned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Records::deserialize(deserializer).map(Self::of)
    }
}

/// Numbers records, equal ones once.
#[derive(Debug, Default)]
pub struct Interner {
    records: Records,
    numbers: HashMap<Box<[u8]>, u32>,
}

impl Interner {
    /// The number of `record`.
    ///
    /// # Errors
    /// Together the records are longer than 4 GiB.
    pub fn number(&mut self, record: &[u8]) -> Result<u32, TooLong> {
        if let Some(known) = self.numbers.get(record) {
            return Ok(*known);
        }
        let number = u32::try_from(self.records.len()).map_err(|_| TooLong)?;
        self.records.push(record)?;
        self.numbers.insert(record.into(), number);
        Ok(number)
    }

    /// All records, by number.
    pub fn finish<T>(self) -> Interned<T> {
        Interned::of(self.records)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn equal_records_have_one_number() {
        let mut interner = Interner::default();
        let numbers = [&b"a"[..], b"", b"a"].map(|record| interner.number(record).unwrap());
        assert_eq!(numbers, [0, 1, 0]);
        let mut all: Interned<usize> = interner.finish();
        assert_eq!(all.record(0), Some(&b"a"[..]));
        let length = |record: &[u8]| (!record.is_empty()).then_some(record.len());
        assert_eq!(all.made(0, length), Some(&1));
        assert_eq!(all.made(0, |_| None), Some(&1));
        assert_eq!(all.made(1, length), None);
        assert_eq!(all.made(2, |_| Some(0)), None);
        all.forget();
        assert_eq!(all.made(0, |_| Some(7)), Some(&7));
    }
}
