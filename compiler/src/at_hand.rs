//! The entries of a table that is not written yet.
//!
//! In: entries. Out: [`AtHand`], a [`Table`] of them, for evaluations while compiling: nothing is encoded
//! and decoded again, and patterns stay compiled. Absent: the table the edge has.

use edgewright_edge_handler::key::{KeySpace, Sought};
use edgewright_edge_handler::table::{Entry, Lookup, Table};
use foldhash::HashMap;

/// Entries by their keys.
#[derive(Debug)]
pub(crate) struct AtHand<'e>(HashMap<(KeySpace, &'e [u8]), &'e Entry>);

impl<'e> AtHand<'e> {
    /// These entries.
    pub fn of(entries: &'e [Entry]) -> Self {
        let by_key = |entry: &'e Entry| ((entry.key.space(), entry.key.text()), entry);
        Self(entries.iter().map(by_key).collect())
    }
}

impl Table for AtHand<'_> {
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<'_> {
        self.0
            .get(&(sought.space, sought.text))
            .map_or(Lookup::Absent, |entry| Lookup::Found(entry))
    }
}
