//! The whole table in memory: for sites small enough to be shipped with the function.
//!
//! In: the bytes of `table.bin`. Out: [`EmbeddedTable`]. Absent: writing anything but `table.bin`.

use serde::{Deserialize, Serialize};

use super::{Entry, Lookup, Table};
use crate::envelope::{EnvelopeError, Format};
use crate::key::Key;
use crate::packed::{Numbers, Packed};

const FORMAT: Format = Format {
    magic: *b"EDGT",
    version: 2,
};

/// A validated `table.bin`: entries in the order of their keys' fingerprints. Fingerprints are spread
/// evenly, so the highest bits of one tell nearly where it stands.
#[derive(Debug, Default)]
pub struct EmbeddedTable {
    content: Stored,
    /// How many of the highest bits choose a start.
    bits: u32,
    /// Where the entries with these highest bits begin.
    starts: Vec<u32>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    generation: u64,
    fingerprints: Numbers<u64>,
    entries: Packed<Entry>,
}

impl EmbeddedTable {
    /// The bytes of a table with `entries`, for the program of `generation`.
    ///
    /// # Errors
    /// The entries are longer than 4 GiB.
    pub fn encode<'a>(
        generation: u64,
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let with_print = |entry: &'a Entry| (entry.key.fingerprint(), entry);
        let mut sorted: Vec<_> = entries.into_iter().map(with_print).collect();
        sorted.sort_unstable_by_key(|(print, entry)| (*print, &entry.key));
        let stored = Stored {
            generation,
            fingerprints: sorted
                .iter()
                .map(|(print, _)| *print)
                .collect::<Numbers<u64>>(),
            entries: Packed::new(sorted.iter().map(|(_, entry)| *entry))
                .map_err(|_| EnvelopeError::Malformed("the table is longer than 4 GiB"))?,
        };
        let payload = postcard::to_allocvec(&stored)
            .map_err(|_| EnvelopeError::Malformed("the table cannot be encoded"))?;
        Ok(FORMAT.seal(&payload))
    }

    /// Reads a `table.bin`. Entries are decoded when they are first asked for.
    ///
    /// # Errors
    /// The bytes are not a whole `table.bin` of this version.
    pub fn load(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let payload = FORMAT.open(bytes)?;
        let (content, rest): (Stored, _) = postcard::take_from_bytes(payload)
            .map_err(|_| EnvelopeError::Malformed("not a table"))?;
        if !rest.is_empty()
            || content.fingerprints.len() != content.entries.len()
            || !content.fingerprints.is_sorted()
        {
            return Err(EnvelopeError::Malformed("the table's keys are not sorted"));
        }
        let (bits, starts) = starts(&content.fingerprints);
        Ok(Self {
            content,
            bits,
            starts,
        })
    }

    /// Where the entries of `print` begin, and the entries after those.
    fn range(&self, print: u64) -> std::ops::Range<usize> {
        let bucket = high_bits(print, self.bits);
        let at = |bucket: usize| self.starts.get(bucket).map_or(0, |start| *start as usize);
        at(bucket)..at(bucket + 1)
    }

    /// The generation it was written for; that of the program beside it.
    pub fn generation(&self) -> u64 {
        self.content.generation
    }

    /// Every entry, in no useful order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        (0..self.len()).filter_map(|at| self.content.entries.get(at))
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.content.entries.len()
    }

    /// True when it has none.
    pub fn is_empty(&self) -> bool {
        self.content.entries.is_empty()
    }
}

impl Table for EmbeddedTable {
    /// An entry whose bytes are no entry (the checksum of the whole file held, so only a file made
    /// to mislead has one) is [`Lookup::Missing`] for good: the request is then given up.
    fn lookup(&self, key: &Key) -> Lookup<'_> {
        let print = key.fingerprint();
        for at in self.range(print) {
            if self.content.fingerprints.get(at) != Some(print) {
                continue;
            }
            match self.content.entries.get(at) {
                Some(entry) if entry.key == *key => return Lookup::Found(entry),
                Some(_) => {}
                None => return Lookup::Missing,
            }
        }
        Lookup::Absent
    }
}

/// How many bits choose one of about as many buckets as there are fingerprints, and where each of them
/// begins; one more start is the end of the last.
fn starts(prints: &Numbers<u64>) -> (u32, Vec<u32>) {
    let bits = prints.len().max(1).ilog2();
    let mut starts = Vec::with_capacity((1 << bits) + 1);
    for (at, print) in (0..).zip(prints.iter()) {
        while starts.len() <= high_bits(print, bits) {
            starts.push(at);
        }
    }
    let end = u32::try_from(prints.len()).unwrap_or(u32::MAX);
    starts.resize((1 << bits) + 1, end);
    (bits, starts)
}

/// The highest `bits` of a fingerprint.
fn high_bits(print: u64, bits: u32) -> usize {
    let high = print.checked_shr(u64::BITS - bits).unwrap_or(0);
    usize::try_from(high).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::rules::{MapId, Place};
    use crate::site::map::MapEntry;
    use crate::table::Content;

    fn entry(number: u32) -> Entry {
        let key = format!("key{number}").into_bytes();
        Entry {
            key: Key::map(MapId(0), &key),
            content: Content::Value(MapEntry {
                place: Place {
                    file: 0,
                    line: number,
                },
                key,
                value: number.to_string().into_bytes(),
            }),
        }
    }

    fn encoded(count: u32) -> Vec<u8> {
        let entries: Vec<Entry> = (0..count).map(entry).collect();
        EmbeddedTable::encode(9, &entries).unwrap()
    }

    #[test]
    fn every_entry_is_found_and_no_other() {
        let table = EmbeddedTable::load(&encoded(1_000)).unwrap();
        assert_eq!((table.len(), table.generation()), (1_000, 9));
        for number in 0..1_000 {
            let expected = entry(number);
            let found = matches!(table.lookup(&expected.key), Lookup::Found(at) if *at == expected);
            assert!(found, "{number}");
        }
        let other = Key::map(MapId(1), b"key0");
        assert!(matches!(table.lookup(&other), Lookup::Absent));
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = encoded(20);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(EmbeddedTable::load(&flipped).is_err(), "{bit}");
        }
        for length in 0..bytes.len() {
            assert!(EmbeddedTable::load(&bytes[..length]).is_err(), "{length}");
        }
    }
}
