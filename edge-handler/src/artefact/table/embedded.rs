//! The whole table in memory: for sites small enough to be shipped with the function.
//!
//! In: the bytes of `table.bin`. Out: [`EmbeddedTable`]. Absent: writing anything but `table.bin`.

use std::cmp::Reverse;

use serde::Deserialize;

use super::group::{self, Member, Members, decision_in, members};
use super::{Entry, Lookup, RedirectsView, Table};
use crate::artefact::decision::DecisionView;
use crate::artefact::envelope::{EnvelopeError, Format};
use crate::artefact::filter::Filter;
use crate::artefact::fingerprint::Fingerprint;
use crate::artefact::key::{KeySpace, Sought};
use crate::artefact::packed::{BloomFilter, Cells, Cursor, FingerprintTable, Pages};

const FORMAT: Format = Format {
    magic: *b"EDGT",
    version: 8,
};

pub(super) const TOO_LONG: EnvelopeError =
    EnvelopeError::Malformed("the table is longer than 4 GiB");

/// A table is made in pieces of about this length.
const PIECE: usize = 1 << 20;

/// A validated `table.bin`.
#[derive(Debug, Default)]
pub struct EmbeddedTable {
    stored: Stored,
    decoded: Cells<Entry>,
}

#[derive(Debug, Default, Deserialize)]
struct Stored {
    generation: u64,
    /// How many entries there are.
    count: u32,
    /// The fingerprints of their texts.
    present: BloomFilter,
    /// Where the group of each text begins, by its fingerprint.
    by_text: FingerprintTable,
    /// The entries, those of one text together.
    groups: Pages,
}

impl EmbeddedTable {
    /// SHA-256 of `table.bin` of the configuration in `tests/suite/golden.rs`. It changes together with
    /// the version of `FORMAT`.
    pub const GOLDEN: &str = "850029b97d54650d1fc298e9e0296d6aaa610c00e9b6df0484cc35753dcaec4c";

    /// The bytes of a table with `entries`, for the program of `generation`.
    ///
    /// # Errors
    /// The entries are longer than 4 GiB.
    pub fn encode<'a>(
        generation: u64,
        entries: impl IntoIterator<Item = &'a Entry>,
    ) -> Result<Vec<u8>, EnvelopeError> {
        Ok(TableBody::of(entries)?.seal(generation).concat())
    }

    /// Reads a `table.bin`. Entries are decoded when they are first asked for.
    ///
    /// # Errors
    /// The bytes are not a whole `table.bin` of this version.
    pub fn load(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let payload = FORMAT.open(bytes)?;
        let (stored, rest): (Stored, _) = postcard::take_from_bytes(payload)
            .map_err(|_| EnvelopeError::Malformed("not a table"))?;
        let length = stored.groups.len();
        // An entry is longer than a byte.
        let sound = rest.is_empty() && stored.by_text.is_sound(length) && stored.len() <= length;
        if !sound {
            return Err(EnvelopeError::Malformed("the table's keys lead outside"));
        }
        let decoded = Cells::new(stored.len());
        Ok(Self { stored, decoded })
    }

    /// The generation it was written for; that of the program beside it.
    pub fn generation(&self) -> u64 {
        self.stored.generation
    }

    /// Every entry, in no useful order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let mut rest = Cursor::over(&self.stored.groups);
        let groups = std::iter::from_fn(move || {
            let text = rest.text()?;
            let group = members(rest);
            let mut end = group.clone();
            end.by_ref().for_each(drop);
            rest = end.rest();
            Some((text, group))
        });
        groups.flat_map(move |(text, group)| {
            let all = group.clone();
            all.filter_map(move |member| self.decoded(text, group.clone(), &member))
        })
    }

    /// How many of its bytes are not on the heap.
    pub fn mapped(&self) -> usize {
        self.stored.groups.mapped()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.stored.len()
    }

    /// True when it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn member(&self, at: usize, space: KeySpace) -> Option<Member<'_>> {
        let mut members = members(Cursor::over(self.stored.groups.get(at..)?));
        members.find(|member| member.space == space)
    }

    /// A member of the group of `text`, whose members are `group`.
    fn decoded(&self, text: &[u8], group: Members<'_>, member: &Member<'_>) -> Option<&Entry> {
        let number = member.number;
        let make = || member.entry(text, decision_in(group));
        self.decoded.get(number, make)
    }
}

/// An encoded table but for its generation, which is a hash over the rest; in pieces, so that who writes them one by one
/// needs room for no copy of a large table.
#[derive(Debug)]
pub struct TableBody(Vec<Vec<u8>>);

impl TableBody {
    /// Encodes a table with `entries`.
    ///
    /// # Errors
    /// The entries are longer than 4 GiB.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, EnvelopeError> {
        let with_print = |entry: &'a Entry| (Fingerprint::of(entry.key.text()), entry);
        let mut sorted: Vec<_> = entries.into_iter().map(with_print).collect();
        // What is looked up together lies together; decisions first, which are asked for most.
        sorted.sort_unstable_by_key(|(print, entry)| {
            (*print, entry.key.text(), Reverse(entry.key.space()))
        });
        let Groups {
            count,
            starts,
            pieces: mut groups,
            length,
        } = Groups::of(&sorted)?;
        let count = u32::try_from(count).map_err(|_| TOO_LONG)?;
        let present = BloomFilter::new(starts.iter().map(|(print, _)| *print));
        let by_text = FingerprintTable::new(starts).ok_or(TOO_LONG)?;
        // As [`Stored`] is read, from behind the generation up to the bytes of its last field.
        let head = postcard::to_allocvec(&(count, present, by_text, length))
            .map_err(|_| EnvelopeError::Malformed("the table cannot be encoded"))?;
        groups.insert(0, head);
        Ok(Self(groups))
    }

    /// What a generation is a hash of.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The `table.bin` of `generation`, in pieces.
    pub fn seal(self, generation: u64) -> Vec<Vec<u8>> {
        FORMAT.sealed(generation, self.0)
    }
}

/// Groups that are packed one after another.
#[derive(Default)]
struct Groups {
    /// How many entries they have.
    count: usize,
    /// Where each begins, by the fingerprint of its text.
    starts: Vec<(u64, u32)>,
    /// Their bytes.
    pieces: Vec<Vec<u8>>,
    length: usize,
}

impl Groups {
    /// Those of entries that are sorted by the fingerprints of their texts.
    fn of(sorted: &[(u64, &Entry)]) -> Result<Self, EnvelopeError> {
        let mut groups = Self::default();
        let mut piece = Vec::with_capacity(PIECE);
        for group in sorted.chunk_by(|(_, one), (_, other)| one.key.text() == other.key.text()) {
            let start = u32::try_from(groups.length + piece.len()).map_err(|_| TOO_LONG)?;
            groups
                .starts
                .extend(group.first().map(|(print, _)| (*print, start)));
            let entries: Vec<&Entry> = group.iter().map(|(_, entry)| *entry).collect();
            group::push(&mut piece, groups.count, &entries)?;
            groups.count += entries.len();
            if piece.len() >= PIECE - PIECE / 8 {
                groups.add(std::mem::replace(&mut piece, Vec::with_capacity(PIECE)));
            }
        }
        groups.add(piece);
        Ok(groups)
    }

    fn add(&mut self, piece: Vec<u8>) {
        self.length += piece.len();
        self.pieces.push(piece);
    }
}

impl Stored {
    fn len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX)
    }
}

impl Table for EmbeddedTable {
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<&Entry> {
        match self.find(sought.text, Fingerprint::of(sought.text)) {
            Some(at) => self.lookup_at(at, sought),
            None => Lookup::Absent,
        }
    }

    /// Behind the text of its group.
    fn find(&self, text: &[u8], print: u64) -> Option<usize> {
        let Stored {
            present,
            by_text,
            groups,
            ..
        } = &self.stored;
        if !present.may_have(print) {
            return None;
        }
        by_text.find(print).find_map(|start| {
            let mut group = Cursor::over(groups.get(usize::try_from(start).ok()?..)?);
            let is_same = group.text()? == text;
            is_same.then(|| groups.len() - group.rest().len())
        })
    }

    /// An entry whose bytes are no entry (the checksum of the whole file held, so only a file made
    /// to mislead has one) is [`Lookup::Damaged`]: the request is then given up.
    fn lookup_at(&self, at: usize, sought: &Sought<'_>) -> Lookup<&Entry> {
        let Some(member) = self.member(at, sought.space) else {
            return Lookup::Absent;
        };
        let group = members(Cursor::over(
            self.stored.groups.get(at..).unwrap_or_default(),
        ));
        let entry = self.decoded(sought.text, group, &member);
        entry.map_or(Lookup::Damaged, Lookup::Found)
    }

    fn may_have(&self, _filter: &Filter, _sought: &Sought<'_>) -> bool {
        true
    }

    fn decision(&self, at: usize, sought: &Sought<'_>) -> Lookup<DecisionView<'_>> {
        match self.member(at, sought.space) {
            Some(member) => member.decision().map_or(Lookup::Damaged, Lookup::Found),
            None => Lookup::Absent,
        }
    }

    fn redirects(&self, at: usize, sought: &Sought<'_>) -> Lookup<RedirectsView<'_>> {
        match self.member(at, sought.space) {
            Some(member) => member.redirects().map_or(Lookup::Damaged, Lookup::Found),
            None => Lookup::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::key::Key;
    use crate::artefact::table::Content;
    use crate::model::rules::{MapId, Place};
    use crate::model::site::map::MapEntry;

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
