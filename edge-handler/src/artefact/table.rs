//! Table entries and where they are had from.
//!
//! In: bytes the compiler wrote. Out: [`Entry`]; [`EmbeddedTable`] and [`Fetched`], which look one
//! up. Absent: talking to `DynamoDB`.

mod embedded;
mod fetched;
mod group;
mod redirects;
mod usual;

pub use embedded::{EmbeddedTable, TableBody};
pub use fetched::Fetched;
pub use redirects::{Redirects, RedirectsView};

use serde::{Deserialize, Serialize};

use crate::artefact::decision::{DecisionView, PathDecision};
use crate::artefact::envelope::EnvelopeError;
use crate::artefact::filter::Filter;
use crate::artefact::fingerprint::Fingerprint;
use crate::artefact::key::{Key, KeySpace, Sought};
use crate::model::rules::Rule;
use crate::model::site::map::MapEntry;

/// Version of an entry's encoding; its first byte.
const ENTRY_VERSION: u8 = 6;

/// What stands in the table under one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its key. Two keys may share a fingerprint or an item's name; whoever finds an entry compares.
    pub key: Key,
    /// What it says.
    pub content: Content,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Rules of the key's rule set that may match its text, by position.
    Rules(Vec<Placed>),
    /// Redirects of the key's list for its path, by position.
    Redirects(Redirects),
    /// The map's entry.
    Value(MapEntry),
    /// What becomes of the key's path on its host.
    Decision(PathDecision),
}

/// A rule with its position in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// How many stand before it.
    pub position: u32,
    /// The rule.
    pub item: Rule,
}

impl Entry {
    /// The precomputed decision that the entry is; `None` when it is something else.
    pub fn decision(&self) -> Option<DecisionView<'_>> {
        match &self.content {
            Content::Decision(decision) => decision.view(),
            Content::Rules(_) | Content::Redirects(_) | Content::Value(_) => None,
        }
    }

    /// The redirects that the entry has; `None` when it is something else.
    pub fn redirects(&self) -> Option<RedirectsView<'_>> {
        match &self.content {
            Content::Redirects(redirects) => Some(redirects.view()),
            Content::Rules(_) | Content::Value(_) | Content::Decision(_) => None,
        }
    }

    /// SHA-256 of all entries of the configuration in `tests/suite/golden.rs`. It changes together with
    /// `ENTRY_VERSION`.
    pub const GOLDEN: &str = "bdb0431b459706c46eab78d4723ac73f122678195a4fae2cd1f123b877977ede";

    /// The entry as bytes: a version, a CRC-32 of the rest, the rest in postcard's encoding.
    ///
    /// # Errors
    /// It cannot be encoded; does not happen with the types at hand.
    pub fn encode(&self) -> Result<Vec<u8>, EnvelopeError> {
        let mut bytes = Vec::new();
        self.encode_into(&mut bytes)?;
        Ok(bytes)
    }

    /// The same in place of what `bytes` hold: many entries need room for one.
    ///
    /// # Errors
    /// As [`Entry::encode`]; `bytes` are then empty.
    pub fn encode_into(&self, bytes: &mut Vec<u8>) -> Result<(), EnvelopeError> {
        let mut begun = std::mem::take(bytes);
        begun.clear();
        begun.extend([ENTRY_VERSION, 0, 0, 0, 0]);
        let mut encoded = postcard::to_extend(self, begun)
            .map_err(|_| EnvelopeError::Malformed("an entry cannot be encoded"))?;
        if let Some((checksum, payload)) = encoded[1..].split_first_chunk_mut() {
            *checksum = crc32fast::hash(payload).to_le_bytes();
        }
        *bytes = encoded;
        Ok(())
    }

    /// The entry that [`Entry::encode`] made `bytes` of.
    ///
    /// # Errors
    /// `bytes` are something else, of another version, or damaged.
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (version, rest) = bytes.split_first().ok_or(EnvelopeError::Length)?;
        if *version != ENTRY_VERSION {
            return Err(EnvelopeError::Version(u16::from(*version)));
        }
        let (checksum, payload) = rest.split_first_chunk().ok_or(EnvelopeError::Length)?;
        if u32::from_le_bytes(*checksum) != crc32fast::hash(payload) {
            return Err(EnvelopeError::Checksum);
        }
        match postcard::take_from_bytes(payload) {
            Ok((entry, [])) => Ok(entry),
            Ok(_) => Err(EnvelopeError::Length),
            Err(_) => Err(EnvelopeError::Malformed("not an entry")),
        }
    }
}

/// What a table says about a key.
#[derive(Debug, Clone, Copy)]
pub enum Lookup<T> {
    /// What stands under the key.
    Found(T),
    /// There is none.
    Absent,
    /// It has to be fetched.
    Missing,
    /// There is one whose bytes cannot be read.
    Damaged,
}

/// Looks up entries. Never waits: what is not at hand is [`Lookup::Missing`].
pub trait Table {
    /// What stands under the key that is sought.
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<&Entry>;

    /// Where the table has the keys of `text`, whose fingerprint is `print`, in whatever space; `None` when
    /// it surely has none. A table that cannot tell has them anywhere.
    fn find(&self, _text: &[u8], _print: u64) -> Option<usize> {
        Some(0)
    }

    /// [`Table::lookup`] for a text that [`Table::find`] found at `at`.
    fn lookup_at(&self, _at: usize, sought: &Sought<'_>) -> Lookup<&Entry> {
        self.lookup(sought)
    }

    /// False when there is surely no entry. `filter` is the program's, over all keys; a table that is at
    /// hand has no need of it.
    fn may_have(&self, filter: &Filter, sought: &Sought<'_>) -> bool {
        filter.may_contain(sought.print)
    }

    /// The precomputed decision for a text that [`Table::find`] found at `at`.
    fn decision(&self, at: usize, sought: &Sought<'_>) -> Lookup<DecisionView<'_>> {
        self.lookup_at(at, sought).and_then(Entry::decision)
    }

    /// The redirects for a text that [`Table::find`] found at `at`.
    fn redirects(&self, at: usize, sought: &Sought<'_>) -> Lookup<RedirectsView<'_>> {
        self.lookup_at(at, sought).and_then(Entry::redirects)
    }
}

impl<T> Lookup<T> {
    /// What `read` makes of what was found; it is damaged where that is nothing.
    pub fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Lookup<U> {
        match self {
            Self::Found(found) => read(found).map_or(Lookup::Damaged, Lookup::Found),
            Self::Absent => Lookup::Absent,
            Self::Missing => Lookup::Missing,
            Self::Damaged => Lookup::Damaged,
        }
    }
}

/// A text that keys are asked about, and where a table has it: looked for once, for all key spaces.
#[derive(Debug, Clone, Copy)]
pub struct Probe<'t> {
    /// The text.
    pub text: &'t [u8],
    /// [`Fingerprint::of`] the text.
    pub print: u64,
    /// What [`Table::find`] says.
    pub at: Option<usize>,
}

impl<'t> Probe<'t> {
    /// Looks for `text` in `table`.
    pub fn of<T: Table>(table: &T, text: &'t [u8]) -> Self {
        Self::with_print(table, text, Fingerprint::of(text))
    }

    /// The same, the fingerprint of `text` being known.
    pub fn with_print<T: Table>(table: &T, text: &'t [u8], print: u64) -> Self {
        let at = table.find(text, print);
        Self { text, print, at }
    }

    /// The key that the text has in `space`.
    pub fn sought(&self, space: KeySpace) -> Sought<'t> {
        Sought::with_print(space, self.text, self.print)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::model::rules::{MapId, Place};

    fn entry() -> Entry {
        Entry {
            key: Key::map(MapId(2), b"k"),
            content: Content::Value(MapEntry {
                place: Place { file: 0, line: 1 },
                key: b"k".to_vec(),
                value: b"v".to_vec(),
            }),
        }
    }

    #[test]
    fn what_was_encoded_decodes() {
        let bytes = entry().encode().unwrap();
        assert_eq!(Entry::decode(&bytes), Ok(entry()));
    }

    #[test]
    fn every_cut_is_an_error() {
        let bytes = entry().encode().unwrap();
        for length in 0..bytes.len() {
            assert!(Entry::decode(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_an_error() {
        let bytes = entry().encode().unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Entry::decode(&flipped).is_err(), "{bit}");
        }
    }
}
