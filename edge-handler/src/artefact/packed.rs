//! Many values in one stretch of bytes, each decoded when it is first asked for.
//!
//! In: values, or the bytes they were packed into. Out: [`Packed`], which gives references.
//! Absent: checksums; see [`crate::artefact::envelope`].
//!
//! A program holds tens of thousands of rules and a request looks at a few of them: decoding all of
//! them would be most of the time it takes to start.

mod bloom_filter;
mod cells;
mod cursor;
mod fingerprint_table;
mod numbers;
mod pages;

pub use bloom_filter::BloomFilter;
pub use cells::Cells;
pub use cursor::{Cursor, push_number, push_text};
pub use fingerprint_table::FingerprintTable;
pub use numbers::{Number, Numbers};
pub use pages::Pages;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values of one type in one stretch of bytes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Stored", bound = "")]
pub struct Packed<T> {
    stored: Stored,
    decoded: Cells<T>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Stored {
    bytes: Blob,
    /// Where each value ends.
    ends: Numbers<u32>,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self {
            stored: Stored::default(),
            decoded: Cells::default(),
        }
    }
}

impl<T> Packed<T> {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.stored.ends.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.stored.ends.is_empty()
    }

    /// The bytes of the value at `index`.
    pub fn encoded(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.stored.ends.get(before)?,
            None => 0,
        };
        let end = *self.stored.ends.get(index)?;
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        self.stored.bytes.0.get(range)
    }
}

impl<T> Packed<T> {
    fn over(stored: Stored) -> Self {
        let decoded = Cells::new(stored.ends.len());
        Self { stored, decoded }
    }

    /// Forgets what was decoded.
    pub fn forget(&mut self) {
        self.decoded = Cells::new(self.len());
    }
}

impl<T: DeserializeOwned> Packed<T> {
    /// The value at `index`; `None` beyond the end, or when its bytes are not such a value.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.decoded
            .get(index, || postcard::from_bytes(self.encoded(index)?).ok())
    }
}

impl<T: Serialize> Packed<T> {
    /// Packs `values`.
    ///
    /// # Errors
    /// Together they are longer than 4 GiB.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a T>) -> Result<Self, TooLong>
    where
        T: 'a,
    {
        let mut stored = Stored::default();
        for value in values {
            let bytes = std::mem::take(&mut stored.bytes.0);
            stored.bytes.0 = postcard::to_extend(value, bytes).map_err(|_| TooLong)?;
            let end = u32::try_from(stored.bytes.0.len()).map_err(|_| TooLong)?;
            stored.ends.push(end);
        }
        Ok(Self::over(stored))
    }
}

impl<T> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.stored.serialize(serializer)
    }
}

impl<T> TryFrom<Stored> for Packed<T> {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let last = stored
            .ends
            .last()
            .map_or(Ok(0), |last| usize::try_from(*last));
        if !stored.ends.is_sorted() || last != Ok(stored.bytes.0.len()) {
            return Err("packed values do not fill their bytes");
        }
        Ok(Self::over(stored))
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
    fn values_come_back() {
        let values = ["one".to_owned(), String::new(), "three".to_owned()];
        let bytes = postcard::to_allocvec(&Packed::new(&values).unwrap()).unwrap();
        let packed: Packed<String> = postcard::from_bytes(&bytes).unwrap();
        let back: Vec<&str> = (0..packed.len())
            .map(|at| packed.get(at).unwrap().as_str())
            .collect();
        assert_eq!(back, ["one", "", "three"]);
        assert_eq!(packed.get(3), None);
    }

    #[test]
    fn ends_beyond_the_bytes_are_refused() {
        let stored = Stored {
            bytes: Blob(vec![1, 2]),
            ends: [1, 9].into_iter().collect(),
        };
        let bytes = postcard::to_allocvec(&stored).unwrap();
        assert!(postcard::from_bytes::<Packed<u8>>(&bytes).is_err());
    }

    #[test]
    fn a_value_that_is_none_is_not_given() {
        let stored = Stored {
            bytes: Blob(vec![7]),
            ends: [1].into_iter().collect(),
        };
        let bytes = postcard::to_allocvec(&stored).unwrap();
        let packed: Packed<bool> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(packed.get(0), None);
    }
}
