//! Many numbers in one stretch of bytes, read where they stand.
//!
//! In: numbers, or the bytes they were written as (little endian). Out: [`Numbers`]. Absent: whether
//! they make sense; whoever holds them checks that.

use std::marker::PhantomData;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Blob;

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
pub struct Numbers<N> {
    bytes: Blob,
    of: PhantomData<N>,
}

impl<N> Default for Numbers<N> {
    fn default() -> Self {
        Self {
            bytes: Blob::default(),
            of: PhantomData,
        }
    }
}

impl<N: Number> Numbers<N> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.bytes.0.len() / N::SIZE
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.0.is_empty()
    }

    /// The number at `index`.
    pub fn get(&self, index: usize) -> Option<N> {
        let start = index.checked_mul(N::SIZE)?;
        N::read(self.bytes.0.get(start..start.checked_add(N::SIZE)?)?)
    }

    /// The last one.
    pub fn last(&self) -> Option<N> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Adds one.
    pub fn push(&mut self, number: N) {
        number.write(&mut self.bytes.0);
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = N> + '_ {
        self.bytes.0.chunks_exact(N::SIZE).filter_map(N::read)
    }

    /// The first index in `range` whose number is not `below`; the numbers for which it holds come
    /// first.
    pub fn partition_point(&self, range: Range<usize>, below: impl Fn(N) -> bool) -> usize {
        let (mut low, mut high) = (range.start, range.end.min(self.len()));
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle).is_some_and(&below) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Where `number` stands; the numbers are sorted.
    pub fn find(&self, number: N) -> Option<usize> {
        let at = self.partition_point(0..self.len(), |other| other < number);
        (self.get(at) == Some(number)).then_some(at)
    }

    /// True when none is smaller than the one before.
    pub fn is_sorted(&self) -> bool {
        self.iter().is_sorted()
    }

    /// True when each is larger than the one before.
    pub fn is_ascending(&self) -> bool {
        self.iter().is_sorted_by(|one, next| one < next)
    }
}

impl<N: Number> FromIterator<N> for Numbers<N> {
    fn from_iter<I: IntoIterator<Item = N>>(numbers: I) -> Self {
        let mut all = Self::default();
        for number in numbers {
            all.push(number);
        }
        all
    }
}

impl<N> Serialize for Numbers<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.bytes.serialize(serializer)
    }
}

impl<'de, N: Number> Deserialize<'de> for Numbers<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Blob::deserialize(deserializer)?;
        if !bytes.0.len().is_multiple_of(N::SIZE) {
            return Err(serde::de::Error::custom("a number is cut short"));
        }
        Ok(Self {
            bytes,
            of: PhantomData,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers: Numbers<u32> = [1, 5, 5, 900_000].into_iter().collect();
        let bytes = postcard::to_allocvec(&numbers).unwrap();
        let back: Numbers<u32> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(back.iter().collect::<Vec<_>>(), [1, 5, 5, 900_000]);
        assert_eq!((back.get(3), back.get(4)), (Some(900_000), None));
        assert_eq!((back.find(900_000), back.find(6)), (Some(3), None));
        assert!(back.is_sorted() && !back.is_ascending());
    }

    #[test]
    fn a_number_cut_short_is_refused() {
        let bytes = postcard::to_allocvec(&Blob(vec![0; 7])).unwrap();
        assert!(postcard::from_bytes::<Numbers<u32>>(&bytes).is_err());
    }
}
