//! The whole table in memory: for sites small enough to be shipped with the function.
//!
//! In: the bytes of `table.bin`. Out: [`EmbeddedTable`]. Absent: writing anything but `table.bin`.

use serde::{Deserialize, Serialize};

use super::{Entry, Lookup, Table, standing};
use crate::envelope::{EnvelopeError, Format};
use crate::fate::Standing;
use crate::filter::Filter;
use crate::key::Sought;
use crate::packed::{Packed, Prints, TooLong};

const FORMAT: Format = Format {
    magic: *b"EDGT",
    version: 3,
};

/// A validated `table.bin`.
#[derive(Debug, Default)]
pub struct EmbeddedTable(Stored);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    generation: u64,
    /// The number of each entry, by its key's fingerprint.
    by_key: Prints,
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
        let stored = Stored::of(generation, &sorted)
            .map_err(|_| EnvelopeError::Malformed("the table is longer than 4 GiB"))?;
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
        let (stored, rest): (Stored, _) = postcard::take_from_bytes(payload)
            .map_err(|_| EnvelopeError::Malformed("not a table"))?;
        if !rest.is_empty() || !stored.by_key.is_sound(stored.entries.len()) {
            return Err(EnvelopeError::Malformed("the table's keys lead outside"));
        }
        Ok(Self(stored))
    }

    /// The generation it was written for; that of the program beside it.
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// Every entry, in no useful order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        (0..self.len()).filter_map(|at| self.0.entries.get(at))
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// True when it has none.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The numbers of the entries that may be what is sought.
    fn numbers(&self, print: u64) -> impl Iterator<Item = usize> + '_ {
        let numbers = self.0.by_key.find(print);
        numbers.filter_map(|number| usize::try_from(number).ok())
    }
}

impl Stored {
    /// Of entries in the order of their fingerprints: what is looked up together lies together.
    fn of(generation: u64, sorted: &[(u64, &Entry)]) -> Result<Self, TooLong> {
        let prints = sorted.iter().map(|(print, _)| *print);
        Ok(Self {
            generation,
            by_key: Prints::new(prints.zip(0..).collect()).ok_or(TooLong)?,
            entries: Packed::new(sorted.iter().map(|(_, entry)| *entry))?,
        })
    }
}

impl Table for EmbeddedTable {
    /// An entry whose bytes are no entry (the checksum of the whole file held, so only a file made
    /// to mislead has one) is [`Lookup::Missing`] for good: the request is then given up.
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<'_> {
        for number in self.numbers(sought.print) {
            match self.0.entries.get(number) {
                Some(entry) if sought.is(&entry.key) => return Lookup::Found(entry),
                Some(_) => {}
                None => return Lookup::Missing,
            }
        }
        Lookup::Absent
    }

    fn may_have(&self, _filter: &Filter, print: u64) -> bool {
        self.numbers(print).next().is_some()
    }

    fn standing(&self, sought: &Sought<'_>) -> Option<Standing<'_>> {
        let mut numbers = self.numbers(sought.print);
        numbers.find_map(|number| standing(self.0.entries.encoded(number)?, sought))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::key::Key;
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
            let found = matches!(table.lookup(&expected.key.sought()), Lookup::Found(at) if *at == expected);
            assert!(found, "{number}");
        }
        let other = Key::map(MapId(1), b"key0");
        assert!(matches!(table.lookup(&other.sought()), Lookup::Absent));
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
