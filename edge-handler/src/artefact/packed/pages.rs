//! Many bytes that are read here and there.
//!
//! In: bytes. Out: [`Pages`], a copy of them, in large pages where the system has some to give. Absent:
//! writing.
//!
//! A table of 8 MB lies in 2,000 usual pages, more than a processor knows the places of: to find where one is
//! takes as long as to read from it. Of large ones it lies in four. Whether the machines that functions run on
//! have them is not known; to ask costs nothing.

use std::ops::Deref;

use memmap2::MmapMut;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Size of a large page, in bytes.
const LARGE: usize = 2 << 20;

/// Bytes in one stretch.
#[derive(Debug, Default)]
pub struct Pages(Room);

#[derive(Debug)]
enum Room {
    Heap(Vec<u8>),
    Mapped {
        map: MmapMut,
        /// Where the bytes begin: at a large page.
        start: usize,
        length: usize,
    },
}

impl Default for Room {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl Pages {
    /// A copy of `bytes`; `None` when there is no memory for one.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() >= 2 * LARGE
            && let Some(mapped) = mapped(bytes)
        {
            return Some(Self(mapped));
        }
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len()).ok()?;
        copy.extend_from_slice(bytes);
        Some(Self(Room::Heap(copy)))
    }

    /// How many bytes are not on the heap.
    pub fn mapped(&self) -> usize {
        match &self.0 {
            Room::Heap(_) => 0,
            Room::Mapped { length, .. } => *length,
        }
    }
}

/// `None` when the system gives none.
fn mapped(bytes: &[u8]) -> Option<Room> {
    let length = bytes.len();
    let mut map = MmapMut::map_anon(length.checked_add(LARGE)?).ok()?;
    // Without large pages it is memory as any other.
    #[cfg(target_os = "linux")]
    let _ = map.advise(memmap2::Advice::HugePage);
    let start = map.as_ptr().align_offset(LARGE);
    map.get_mut(start..start.checked_add(length)?)?
        .copy_from_slice(bytes);
    Some(Room::Mapped { map, start, length })
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Room::Heap(bytes) => bytes,
            Room::Mapped { map, start, length } => {
                map.get(*start..*start + *length).unwrap_or_default()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Self::of(bytes).ok_or_else(|| D::Error::custom("there is not enough memory"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    fn check(length: usize, is_mapped: bool) {
        let bytes: Vec<u8> = (0..length)
            .map(|at| u8::try_from(at % 251).unwrap())
            .collect();
        let pages = Pages::of(&bytes).unwrap();
        assert!(*pages == *bytes, "{length}");
        assert_eq!(pages.mapped() > 0, is_mapped, "{length}");
        let encoded = postcard::to_allocvec(serde_bytes::Bytes::new(&bytes)).unwrap();
        let read: Pages = postcard::from_bytes(&encoded).unwrap();
        assert!(*read == *bytes, "{length}, read");
    }

    #[test]
    fn few_bytes_are_on_the_heap() {
        check(0, false);
        check(1_000, false);
        check(2 * LARGE - 1, false);
    }

    #[test]
    fn many_are_in_pages_of_their_own() {
        check(2 * LARGE, true);
        check(2 * LARGE + 4_097, true);
    }
}
