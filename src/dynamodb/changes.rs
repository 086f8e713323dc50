//! What a generation would change, against the one that is live.
//!
//! In: a generation, the table. Out: [`Changes`]. Absent: whether somebody wants that.

use std::collections::HashSet;

use anyhow::Result;
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::Slot;
use edgewright_engine::lambda::ledger::{GenerationId, Ledger};

use super::generation::Generation;
use super::replica::Replica;
use super::tables::Tables;
use super::verify::There;

/// So many examples of each are named.
const EXAMPLES: usize = 3;

/// Entries by what becomes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The generation that is live.
    pub live: GenerationId,
    /// How many entries that has.
    pub entries: u64,
    /// Entries that it has not.
    pub added: Listed,
    /// Entries that answer otherwise.
    pub changed: Listed,
    /// Entries that only it has.
    pub removed: Listed,
}

/// A number of entries, and the names of the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many.
    pub count: u64,
    /// Names, a few.
    pub examples: Vec<String>,
}

impl Listed {
    fn of<'i>(items: impl Iterator<Item = &'i Item>) -> Self {
        let mut listed = Self::default();
        for item in items {
            listed.count += 1;
            if listed.examples.len() < EXAMPLES {
                listed.examples.push(shown(item.key()));
            }
        }
        listed
    }
}

impl Changes {
    /// How many of the live entries go, in percent.
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub fn removed_percent(&self) -> f64 {
        100.0 * self.removed.count as f64 / self.entries.max(1) as f64
    }
}

/// What `generation` would change; `None` where none is live, or the same.
///
/// # Errors
/// The table cannot be read.
pub async fn changes<R: Replica>(
    tables: &Tables<R>,
    ledger: &Ledger,
    generation: &Generation,
) -> Result<Option<Changes>> {
    let Some(live) = ledger.live.as_ref().map(|live| live.generation) else {
        return Ok(None);
    };
    let Some(known) = ledger.whole(live).filter(|_| live != generation.id) else {
        return Ok(None);
    };
    let mut items = generation.items_in(known.slot);
    items.truncate(generation.entries);
    let there = tables.home.compare(&items, |_| ()).await?;
    let which = |wanted: There| {
        let both = items.iter().zip(&there);
        Listed::of(
            both.filter(move |(_, there)| **there == wanted)
                .map(|(item, _)| item),
        )
    };
    let (added, changed) = (which(There::Missing), which(There::Changed));
    let kept = generation.entries as u64 - added.count;
    let mut removed = Listed {
        count: known.entries.saturating_sub(kept),
        examples: Vec::new(),
    };
    if removed.count > 0 {
        removed.examples = only_there(&tables.home, known.slot, &items).await?;
    }
    Ok(Some(Changes {
        live,
        entries: known.entries,
        added,
        changed,
        removed,
    }))
}

/// Names of entries in a slot that are not among `items`.
async fn only_there<R: Replica>(replica: &R, slot: Slot, items: &[Item]) -> Result<Vec<String>> {
    let ours: HashSet<&str> = items.iter().map(Item::key).collect();
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let (names, next) = replica.names(from).await?;
        let is_gone = |name: &&String| {
            let is_entry = Slot::of(name) == Some(slot) && !name.contains("/@");
            is_entry && !ours.contains(name.as_str())
        };
        found.extend(names.iter().filter(is_gone).map(|name| shown(name)));
        from = next;
        if from.is_none() || found.len() >= EXAMPLES {
            found.truncate(EXAMPLES);
            return Ok(found);
        }
    }
}

/// The name without its slot.
fn shown(name: &str) -> String {
    let name = name.split_once('/').map_or(name, |(_, name)| name);
    name.to_owned()
}
