//! Puts a generation into a table and makes it live.
//!
//! In: a generation, the table in each of its Regions. Out: the generation live, or everything as it
//! was. Absent: the function, which finds out by itself within seconds.
//!
//! The order is what makes it safe: a slot of its own, the items, then proof that each Region has them all, then the ledger
//! says that it is live. A deploy that broke off is simply run again: what is there already is found by comparing, and not
//! written twice.

use std::time::Instant;

use anyhow::{Context, Result};
use edgewright_compiler::export::item::Item;
use edgewright_engine::lambda::ledger::{GenerationId, Ledger};

use super::generation::Generation;
use super::ledger::{self, Ticket};
use super::now;
use super::replica::Replica;
use super::tables::{Tables, before_next_look};

/// What happens, for a progress bar: how far, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Items compared with what is there.
    Comparing(usize),
    /// Items written.
    Writing(usize),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// Items that were not there yet.
    pub written: usize,
    /// The generation that was live before.
    pub before: Option<GenerationId>,
}

/// Puts `generation` into the table, waits until every Region has it, and makes it live.
///
/// # Errors
/// DynamoDB refuses; a Region does not get the items; a [`Refusal`](super::Refusal). The
/// generation that was live still is.
pub async fn deploy<R: Replica>(
    tables: &Tables<R>,
    generation: &Generation,
    mut progress: impl FnMut(Stage),
) -> Result<Deployed> {
    let (id, size) = (generation.id, generation.size());
    let (begun, ticket) = tables
        .change(|ledger| ledger::begin(ledger, id, size, now()))
        .await?;
    tables.wait_for(&begun).await?;
    let items = generation.items_in(ticket.slot);
    let comparing = |done| progress(Stage::Comparing(done));
    let missing = tables.home.differing(&items, comparing).await?;
    let writing = |done| progress(Stage::Writing(done));
    let written = tables.home.write(&missing, writing).await?;
    for replica in [&tables.home].into_iter().chain(&tables.others) {
        wait_until_whole(tables, replica, &items, &ticket).await?;
    }
    finish(tables, &ticket).await?;
    Ok(Deployed {
        written,
        before: begun.live.map(|live| live.generation),
    })
}

async fn finish<R: Replica>(tables: &Tables<R>, ticket: &Ticket) -> Result<()> {
    let finish = |ledger: &Ledger| Ok((ledger::finish(ledger, ticket, now())?, ()));
    let (finished, ()) = tables.change(finish).await?;
    tables.wait_for(&finished).await
}

/// Waits until a Region has all items, or somebody removes them.
async fn wait_until_whole<R: Replica>(
    tables: &Tables<R>,
    replica: &R,
    items: &[Item],
    ticket: &Ticket,
) -> Result<()> {
    let region = replica.region();
    let start = Instant::now();
    let mut left = items.to_vec();
    loop {
        left = replica
            .differing(&left, |_| ())
            .await
            .with_context(|| region.to_owned())?;
        let Some(first) = left.first() else {
            return Ok(());
        };
        ledger::written(&tables.ledger().await?, ticket)?;
        before_next_look(start, || {
            let (count, first) = (left.len(), first.key());
            format!(
                "{region}: {count} items did not arrive, the first of them {first}; run this again"
            )
        })
        .await?;
    }
}

/// Makes `wanted`, or else the generation before, live again. Gives the generation that was live, and the one that is now.
///
/// # Errors
/// A [`Refusal`](super::Refusal), or DynamoDB refuses.
pub async fn roll_back<R: Replica>(
    tables: &Tables<R>,
    wanted: Option<GenerationId>,
) -> Result<(Option<GenerationId>, GenerationId)> {
    let seen = tables.ledger().await?;
    let (after, generation) = tables
        .change(|ledger| ledger::roll_back(ledger, wanted, &seen, now()))
        .await?;
    tables.wait_for(&after).await?;
    Ok((seen.live.map(|live| live.generation), generation))
}
