//! Entries of the table, from memory where they were read before.
//!
//! In: a generation and a key. Out: its entry, or why it cannot be had. Absent: what is done then.

use std::sync::Arc;
use std::time::Instant;

use super::breaker::Breaker;
use super::cache::Cache;
use super::dynamodb::{Consistency, DynamoDb, Fault, FaultKind};
use super::ledger::GenerationId;
use crate::artefact::item::{self, Slot};
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

    /// The entry of `key` in the slot of `generation`; `None` when there is none.
    ///
    /// That an item is missing is believed of a whole generation only. The item is read once more, and the ledger after it:
    /// whoever removes a generation says so in the ledger of every Region before the first item goes.
    ///
    /// # Errors
    /// See [`FaultKind`]; [`FaultKind::Pruned`] where the slot is no longer that of a whole generation.
    pub async fn entry(
        &self,
        (generation, slot): (GenerationId, Slot),
        key: &Key,
    ) -> Result<Option<Arc<Entry>>, Fault> {
        let name = item::name(slot, key);
        if let Some(known) = self.cache.get(&name, Instant::now()) {
            return Ok(known);
        }
        let mut bytes = self.read(&name, Consistency::Eventual).await?;
        if bytes.is_none() {
            bytes = self.read(&name, Consistency::Strong).await?;
        }
        if bytes.is_none() && self.slot(generation).await? != slot {
            return Err(removed(generation));
        }
        let entry = bytes.as_deref().map(Entry::decode).transpose();
        let entry =
            entry.map_err(|error| Fault::new(FaultKind::Item, format!("the item {name}: {error}")));
        let entry = entry?.map(Arc::new);
        let size = bytes.map_or(0, |bytes| bytes.len());
        self.cache.insert(name, entry.clone(), size, Instant::now());
        Ok(entry)
    }

    /// Where a whole generation lies, as the Region has it by now.
    ///
    /// # Errors
    /// See [`FaultKind`]; [`FaultKind::Pruned`] where it is not whole.
    pub async fn slot(&self, generation: GenerationId) -> Result<Slot, Fault> {
        let ledger = self.guarded(self.table.ledger(Consistency::Strong)).await?;
        let whole = ledger.as_ref().and_then(|ledger| ledger.whole(generation));
        whole
            .map(|known| known.slot)
            .ok_or_else(|| removed(generation))
    }

    /// A request gave up waiting.
    pub fn gave_up(&self) {
        self.breaker.failed(Instant::now());
    }

    async fn read(&self, name: &str, consistency: Consistency) -> Result<Option<Vec<u8>>, Fault> {
        self.guarded(self.table.get(name, consistency)).await
    }

    /// Asks, unless the table failed before.
    async fn guarded<T>(&self, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        if !self.breaker.allows(Instant::now()) {
            let message = "the table failed before and is left alone for a while";
            return Err(Fault::new(FaultKind::Paused, message));
        }
        let answer = asked.await;
        match &answer {
            Err(fault) if fault.kind.is_of_the_table() => self.breaker.failed(Instant::now()),
            _ => self.breaker.succeeded(),
        }
        answer
    }
}

fn removed(generation: GenerationId) -> Fault {
    let message = format!("generation {generation} is not whole in the table, or was removed");
    Fault::new(FaultKind::Pruned, message)
}
