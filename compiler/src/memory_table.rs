//! The entries of a table that is not written yet.
//!
//! In: entries. Out: [`MemoryTable`], a [`Table`] of them, for evaluations while compiling: nothing is encoded
//! and decoded again, and patterns stay compiled. Absent: the table the edge has.

use std::hash::{BuildHasherDefault, Hasher};

use edgewright_engine::artefact::filter::Filter;
use edgewright_engine::artefact::key::Sought;
use edgewright_engine::artefact::table::{Entry, Lookup, Table};

/// Entries by the fingerprints of their keys.
#[derive(Debug)]
pub(crate) struct MemoryTable<'e> {
    entries: HashMap<&'e Entry>,
    /// Those whose fingerprint an earlier one has.
    others: Vec<&'e Entry>,
}

/// A map by numbers that are hashes already.
pub(crate) type HashMap<T> = std::collections::HashMap<u64, T, BuildHasherDefault<Same>>;

impl<'e> MemoryTable<'e> {
    /// A table of these entries.
    pub fn of(entries: &'e [Entry]) -> Self {
        let mut table = Self {
            entries: HashMap::with_capacity_and_hasher(
                entries.len(),
                BuildHasherDefault::default(),
            ),
            others: Vec::new(),
        };
        for entry in entries {
            let first = *table
                .entries
                .entry(entry.key.fingerprint())
                .or_insert(entry);
            if !std::ptr::eq(first, entry) {
                table.others.push(entry);
            }
        }
        table
    }
}

impl Table for MemoryTable<'_> {
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<&Entry> {
        let Some(first) = self.entries.get(&sought.print) else {
            return Lookup::Absent;
        };
        let mut all = std::iter::once(first).chain(&self.others);
        all.find(|entry| sought.is(&entry.key))
            .map_or(Lookup::Absent, |entry| Lookup::Found(entry))
    }

    /// To look is no more work than to ask the filter.
    fn may_have(&self, _filter: &Filter, _sought: &Sought<'_>) -> bool {
        true
    }
}

/// Leaves a fingerprint as it is.
#[derive(Debug, Default)]
pub(crate) struct Same(u64);

impl Hasher for Same {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
