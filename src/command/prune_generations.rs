//! `edgewright prune-generations`: old generations are removed from a table.
//!
//! In: a table. Out: its old generations gone. Absent: the live one and the one before, which stay.

use anyhow::{Context, Result};

use super::{Exit, block_on, say};
use crate::args::PruneGenerations;
use crate::dynamodb::{Absent, Keep, Unfinished, chosen, now, open, prune};
use crate::progress;
use crate::summary::count;

/// Removes them, and says which.
///
/// # Errors
/// DynamoDB refuses, or a Region does not get to know what goes.
pub fn run(arguments: &PruneGenerations) -> Result<Exit> {
    let options = &arguments.table;
    let keep = Keep {
        newest: arguments.keep,
        younger_than: arguments.younger_than,
        unfinished: if arguments.unfinished {
            Unfinished::Goes
        } else {
            Unfinished::Stays
        },
    };
    let work = async {
        let tables = open(&options.home(), &options.region, Absent::Refuse).await?;
        if arguments.dry_run {
            let ledger = tables.ledger().await?;
            let lines = chosen(&ledger, &keep, now()).into_iter();
            let lines: String = lines.map(|one| format!("would go     {one}\n")).collect();
            return Ok(lines + "nothing was removed\n");
        }
        let spinner = progress::counter("removing");
        let pruned = prune(&tables, keep, |items| spinner.set_position(items as u64)).await?;
        spinner.finish_and_clear();
        let lines = pruned.generations.values();
        let lines: String = lines.map(|one| format!("removed      {one}\n")).collect();
        let generations = count(pruned.generations.len(), "generation");
        let items = count(pruned.items, "item");
        Ok::<_, anyhow::Error>(lines + &format!("{generations} removed, {items}\n"))
    };
    say(&block_on(work)?.with_context(|| format!("table {}", options.table))?)?;
    Ok(Exit::Clean)
}
