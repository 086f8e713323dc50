//! Entries of the table, from memory where they were read before.
//!
//! In: a generation and a key. Out: its entry, or why it cannot be had. Absent: what is done then.

use std::sync::Arc;
use std::time::Instant;

use super::breaker::Breaker;
use super::cache::Cache;
use super::dynamodb::{DynamoDb, Fault, FaultKind};
use crate::artefact::item;
use crate::artefact::key::Key;
use crate::artefact::table::Entry;

/// A table, what is remembered of it, and whether it is being asked.
#[derive(Debug)]
pub struct Store {
    table: DynamoDb,
    cache: Cache,
    breaker: Breaker,
}

impl Store {
    /// Remembers at most `memory` bytes of `table`.
    pub fn new(table: DynamoDb, memory: usize) -> Self {
        Self {
            table,
            cache: Cache::new(memory),
            breaker: Breaker::default(),
        }
    }

    /// The table.
    pub fn table(&self) -> &DynamoDb {
        &self.table
    }

    /// The entry of `key` in `generation`; `None` when there is none.
    ///
    /// # Errors
    /// See [`FaultKind`].
    pub async fn entry(&self, generation: u64, key: &Key) -> Result<Option<Arc<Entry>>, Fault> {
        let name = item::name(generation, key);
        if let Some(known) = self.cache.get(&name, Instant::now()) {
            return Ok(known);
        }
        let bytes = self.read(&name).await?;
        let entry = bytes.as_deref().map(Entry::decode).transpose();
        let entry =
            entry.map_err(|error| Fault::new(FaultKind::Item, format!("the item {name}: {error}")));
        let entry = entry?.map(Arc::new);
        let size = bytes.map_or(0, |bytes| bytes.len());
        self.cache.insert(name, entry.clone(), size, Instant::now());
        Ok(entry)
    }

    /// A request gave up waiting.
    pub fn gave_up(&self) {
        self.breaker.failed(Instant::now());
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        if !self.breaker.allows(Instant::now()) {
            let message = "the table failed before and is left alone for a while";
            return Err(Fault::new(FaultKind::Paused, message));
        }
        let answer = self.table.get(name).await;
        match &answer {
            Err(fault) if fault.kind.is_of_the_table() => self.breaker.failed(Instant::now()),
            _ => self.breaker.succeeded(),
        }
        answer
    }
}
