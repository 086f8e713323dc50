//! The entries fetched for one request.
//!
//! In: entries as they arrive. Out: a [`Table`] over them. Absent: fetching, and keeping entries
//! for the next request.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Lookup, Table};
use crate::artefact::key::{Key, Sought};

/// What was fetched, and what was looked for and is not there.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    entries: HashMap<Key, Option<Arc<Entry>>>,
}

impl Fetched {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what stands under `key`. An entry of another key (two long keys may share an item's
    /// name) means that there is none.
    pub fn insert(&mut self, key: Key, entry: Option<Arc<Entry>>) {
        let entry = entry.filter(|entry| entry.key == key);
        self.entries.insert(key, entry);
    }

    /// True when `key` was asked for before.
    pub fn knows(&self, key: &Key) -> bool {
        self.entries.contains_key(key)
    }

    /// How many keys were asked for.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when none was.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Table for Fetched {
    fn lookup(&self, sought: &Sought<'_>) -> Lookup<&Entry> {
        match self.entries.get(&sought.key()) {
            Some(Some(entry)) => Lookup::Found(entry),
            Some(None) => Lookup::Absent,
            None => Lookup::Missing,
        }
    }
}
