//! Removes old generations from a table.
//!
//! In: a table, which generations stay. Out: the others removed. Absent: deciding when; the
//! functions that still answer from an old generation are why some are kept.
//!
//! First the ledger says what goes: from then on nobody can make that live. When every Region knows, the items go, found by
//! a scan; a function that misses one asks the ledger of its Region and learns why. Last the ledger forgets them. This may
//! break off and be run again. The slots of what was removed are not used again.

use std::collections::BTreeMap;

use anyhow::Result;
use edgewright_engine::artefact::item::Slot;
use edgewright_engine::lambda::ledger::{GenerationId, Ledger};

use super::ledger::{self, Keep, forget, is_abandoned, mark};
use super::now;
use super::replica::Replica;
use super::tables::Tables;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Generations that were removed.
    pub generations: BTreeMap<Slot, GenerationId>,
    /// How many items.
    pub items: usize,
}

/// Removes what `keep` does not keep. `progress` gets the number of items
/// removed so far.
///
/// # Errors
/// DynamoDB refuses, or a Region does not get to know. Then it may be run again.
pub async fn prune<R: Replica>(
    tables: &Tables<R>,
    keep: Keep,
    mut progress: impl FnMut(usize),
) -> Result<Pruned> {
    let mark = |ledger: &Ledger| Ok((mark(ledger, &keep, now()), ()));
    let (marked, ()) = tables.change(mark).await?;
    tables.wait_for(&marked).await?;
    let generations = ledger::going(&marked);
    let goes = |name: &String| {
        let slot = Slot::of(name);
        slot.is_some_and(|slot| generations.contains_key(&slot) || is_abandoned(&marked, slot))
    };
    let (mut items, mut from) = (0, None);
    loop {
        let (mut names, next) = tables.home.names(from).await?;
        names.retain(goes);
        items += tables.home.delete(&names).await?;
        progress(items);
        from = next;
        if from.is_none() {
            break;
        }
    }
    tables
        .change(|ledger| Ok((forget(ledger, &generations), ())))
        .await?;
    Ok(Pruned { generations, items })
}
