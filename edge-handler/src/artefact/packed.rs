//! Many records in one stretch of bytes.
//!
//! In: records, or the bytes they were packed into. Out: [`Records`], which gives each where it stands. [`Interned`] ones are
//! there once, and what has to be made of one is made when it is first asked for, and kept beside them.
//! Absent: checksums; see [`crate::artefact::envelope`].
//!
//! A program holds tens of thousands of rules and a request looks at a few of them: to make something of all
//! of them would be most of the time it takes to start.

mod bloom_filter;
mod cells;
mod cursor;
mod fingerprint_table;
mod interned;
mod numbers;
mod pages;

pub use bloom_filter::BloomFilter;
pub use cells::Cells;
pub use cursor::{Cursor, push_number, push_text, take_short};
pub use fingerprint_table::FingerprintTable;
pub use interned::{Interned, Interner};
pub use numbers::{Number, Numbers};
pub use pages::Pages;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Records in one stretch of bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Records {
    bytes: Blob,
    /// Where each record ends.
    ends: Numbers<u32>,
}

/// [`Records`] that may not fill their bytes.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct Stored {
    bytes: Blob,
    ends: Numbers<u32>,
}

impl Records {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The record at `index`; `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let end = *self.ends.get(index)?;
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        self.bytes.0.get(range)
    }

    /// Appends a record.
    ///
    /// # Errors
    /// Together they are longer than 4 GiB.
    pub fn push(&mut self, record: &[u8]) -> Result<(), TooLong> {
        let end = self.bytes.0.len() + record.len();
        self.ends.push(u32::try_from(end).map_err(|_| TooLong)?);
        self.bytes.0.extend_from_slice(record);
        Ok(())
    }
}

impl TryFrom<Stored> for Records {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let Stored { bytes, ends } = stored;
        let last = ends.last().map_or(Ok(0), |last| usize::try_from(*last));
        if !ends.is_sorted() || last != Ok(bytes.0.len()) {
            return Err("records do not fill their bytes");
        }
        Ok(Self { bytes, ends })
    }
}

/// Stored bytes are not what they should be. The checksum of the whole file held, so only a file made to mislead has such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Values are longer than 4 GiB together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("more than 4 GiB of rules")
    }
}

impl std::error::Error for TooLong {}

/// Bytes that are written and read as one stretch, not one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len())
            .map_err(D::Error::custom)?;
        copy.extend_from_slice(bytes);
        Ok(Self(copy))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn records_come_back() {
        let mut records = Records::default();
        for record in ["one", "", "three"] {
            records.push(record.as_bytes()).unwrap();
        }
        let bytes = postcard::to_allocvec(&records).unwrap();
        let records: Records = postcard::from_bytes(&bytes).unwrap();
        let back = (0..4).map(|at| records.get(at));
        let expected = [Some(&b"one"[..]), Some(b""), Some(b"three"), None];
        assert!(back.eq(expected));
    }

    #[test]
    fn ends_beyond_the_bytes_are_refused() {
        let stored = Stored {
            bytes: Blob(vec![1, 2]),
            ends: [1, 9].into_iter().collect(),
        };
        let bytes = postcard::to_allocvec(&stored).unwrap();
        assert!(postcard::from_bytes::<Records>(&bytes).is_err());
    }
}
