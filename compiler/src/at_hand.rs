//! The entries of a table that is not written yet.
//!
//! In: entries. Out: [`AtHand`], a [`Table`] of them, for evaluations while compiling: nothing is encoded
//! and decoded again, and patterns stay compiled. Absent: the table the edge has.

use edgewright_edge_handler::key::Key;
use edgewright_edge_handler::table::{Entry, Lookup, Table};
use foldhash::HashMap;

/// Entries by their keys.
#[derive(Debug)]
pub(crate) struct AtHand<'e>(HashMap<&'e Key, &'e Entry>);

impl<'e> AtHand<'e> {
    /// These entries.
    pub fn of(entries: &'e [Entry]) -> Self {
        Self(entries.iter().map(|entry| (&entry.key, entry)).collect())
    }
}

impl Table for AtHand<'_> {
    fn lookup(&self, key: &Key) -> Lookup<'_> {
        self.0
            .get(key)
            .map_or(Lookup::Absent, |entry| Lookup::Found(entry))
    }
}
