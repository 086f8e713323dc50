//! Puts a generation into a table and makes it live.
//!
//! In: a generation, the table in each of its Regions. Out: the generation live, or everything as it
//! was. Absent: the function, which finds out by itself within seconds.
//!
//! The order is what makes it safe: the items, then proof that each Region has them all, then the
//! record, then the pointer. A deploy that broke off is simply run again: what is there already is
//! found by comparing, and not written twice.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use aws_sdk_dynamodb::Client;

use super::generation::Generation;
use super::pointer::{Book, Pointer, now};
use super::write::{self, Backoff, Batches};
use super::{Target, client, table, verify};

/// Another Region has what was written here after a second or so; rarely after minutes.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

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
    pub before: Option<u64>,
}

/// Puts `generation` into the table of `home`, waits until `others` have it too, and makes it live.
///
/// # Errors
/// DynamoDB refuses; a Region does not get the items; somebody else deploys at the same time. The
/// generation that was live still is.
pub async fn deploy(
    home: &Target,
    others: &[Target],
    generation: &Generation,
    mut progress: impl FnMut(Stage),
) -> Result<Deployed> {
    let client = client(home)?;
    table::ensure(&client, &home.table).await?;
    let book = Book {
        client: &client,
        table: &home.table,
    };
    let seen = book.pointer().await?;
    let items = &generation.items;
    let comparing = |done| progress(Stage::Comparing(done));
    let missing = verify::differing(&client, &home.table, items, comparing).await?;
    let batches = Batches {
        client: client.clone(),
        table: home.table.clone(),
    };
    let writing = |done| progress(Stage::Writing(done));
    let written = write::all(&batches, &missing, Backoff::default(), writing).await?;
    for target in [home].into_iter().chain(others) {
        wait_until_whole(target, generation).await?;
    }
    let record = [generation.record(now())];
    write::all(&batches, &record, Backoff::default(), |_| ()).await?;
    for target in others {
        wait_for_record(target, generation.id).await?;
    }
    book.list(generation.id).await?;
    if seen.map(|seen| seen.live) != Some(generation.id) {
        book.make_live(generation.id, seen).await?;
    }
    Ok(Deployed {
        written,
        before: seen.map(|seen| seen.live),
    })
}

async fn wait_until_whole(target: &Target, generation: &Generation) -> Result<()> {
    let client = client(target)?;
    let start = Instant::now();
    let mut left = generation.items.clone();
    loop {
        left = verify::differing(&client, &target.table, &left, |_| ())
            .await
            .with_context(|| target.region.clone())?;
        let Some(first) = left.first() else {
            return Ok(());
        };
        if start.elapsed() > LONGEST_WAIT {
            bail!(
                "{}: {} items did not arrive, the first of them {}; run this again",
                target.region,
                left.len(),
                first.key()
            );
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn wait_for_record(target: &Target, generation: u64) -> Result<()> {
    let client = client(target)?;
    let book = Book {
        client: &client,
        table: &target.table,
    };
    let start = Instant::now();
    while book.record(generation).await?.is_none() {
        if start.elapsed() > LONGEST_WAIT {
            bail!(
                "{}: the record did not arrive; run this again",
                target.region
            );
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// Makes `wanted`, or else the generation before, live again. Gives the pointer as it was, and the
/// generation that is live now.
///
/// # Errors
/// Nothing was ever deployed, there is none before, or it is not whole; somebody else deploys at the
/// same time; DynamoDB refuses.
pub async fn roll_back(target: &Target, wanted: Option<u64>) -> Result<(Pointer, u64)> {
    let client = client(target)?;
    let book = Book {
        client: &client,
        table: &target.table,
    };
    let Some(seen) = book.pointer().await? else {
        bail!("nothing was ever deployed into table {}", target.table);
    };
    let Some(generation) = wanted.or(seen.previous) else {
        bail!(
            "generation {:016x} is the first: there is none before",
            seen.live
        );
    };
    if book.record(generation).await?.is_none() {
        bail!(
            "generation {generation:016x} is not whole in table {}: see `edgewright status`",
            target.table
        );
    }
    if generation != seen.live {
        book.make_live(generation, Some(seen)).await?;
    }
    Ok((seen, generation))
}

/// A generation in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its number.
    pub id: u64,
    /// How many entries it has.
    pub entries: u64,
    /// When it was whole, in seconds since 1970.
    pub since: u64,
}

/// The pointer, and every whole generation, the oldest first.
///
/// # Errors
/// DynamoDB refuses.
pub async fn status(target: &Target) -> Result<(Option<Pointer>, Vec<Known>)> {
    let client: Client = client(target)?;
    let book = Book {
        client: &client,
        table: &target.table,
    };
    let pointer = book.pointer().await?;
    let mut known = Vec::new();
    for id in book.generations().await? {
        if let Some(record) = book.record(id).await? {
            known.push(Known {
                id,
                entries: record.entries,
                since: record.since,
            });
        }
    }
    known.sort_by_key(|known| known.since);
    Ok((pointer, known))
}
