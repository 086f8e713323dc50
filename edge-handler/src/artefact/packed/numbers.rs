//! Many numbers, written as one stretch of bytes.
//!
//! In: numbers, or the bytes they were written as (little endian). Out: [`Numbers`], a slice of them.
//! Absent: whether they make sense; whoever holds them checks that.

use std::ops::Deref;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Numbers of a fixed size.
pub trait Number: Copy + Ord {
    /// Their size in bytes.
    const SIZE: usize;

    /// Reads one; `bytes` are [`Number::SIZE`] long.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Appends one.
    fn write(self, bytes: &mut Vec<u8>);
}

macro_rules! number {
    ($type:ty) => {
        impl Number for $type {
            const SIZE: usize = size_of::<Self>();

            fn read(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(*bytes.first_chunk()?))
            }

            fn write(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }
        }
    };
}

number!(u16);
number!(u32);
number!(u64);

/// A list of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers<N>(Vec<N>);

impl<N> Default for Numbers<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<N> Deref for Numbers<N> {
    type Target = [N];

    fn deref(&self) -> &[N] {
        &self.0
    }
}

impl<N: Number> Numbers<N> {
    /// Adds one.
    pub fn push(&mut self, number: N) {
        self.0.push(number);
    }

    /// True when each is larger than the one before.
    pub fn is_ascending(&self) -> bool {
        self.iter().is_sorted_by(|one, next| one < next)
    }
}

impl<N> From<Vec<N>> for Numbers<N> {
    fn from(numbers: Vec<N>) -> Self {
        Self(numbers)
    }
}

impl<N> FromIterator<N> for Numbers<N> {
    fn from_iter<I: IntoIterator<Item = N>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl<N: Number> Serialize for Numbers<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.len() * N::SIZE);
        for number in self.iter() {
            number.write(&mut bytes);
        }
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de, N: Number> Deserialize<'de> for Numbers<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        if !bytes.len().is_multiple_of(N::SIZE) {
            return Err(D::Error::custom("a number is cut short"));
        }
        let mut numbers = Vec::new();
        let count = bytes.len() / N::SIZE;
        numbers.try_reserve_exact(count).map_err(D::Error::custom)?;
        numbers.extend(bytes.chunks_exact(N::SIZE).filter_map(N::read));
        Ok(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::packed::Blob;

    #[test]
    fn numbers_come_back() {
        let numbers: Numbers<u32> = [1, 5, 5, 900_000].into_iter().collect();
        let bytes = postcard::to_allocvec(&numbers).unwrap();
        let back: Numbers<u32> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(*back, [1, 5, 5, 900_000]);
        assert!(back.is_sorted() && !back.is_ascending());
    }

    #[test]
    fn a_number_cut_short_is_refused() {
        let bytes = postcard::to_allocvec(&Blob(vec![0; 7])).unwrap();
        assert!(postcard::from_bytes::<Numbers<u32>>(&bytes).is_err());
    }
}
