//! `edgewright prune-generations`: old generations are removed from a table.
//!
//! In: a table. Out: its old generations gone. Absent: the live one and the one before, which stay.

use anyhow::{Context, Result};

use super::{Exit, block_on, say};
use crate::args::PruneGenerations;
use crate::dynamodb::{Keep, Unfinished, prune};
use crate::progress;
use crate::summary::thousands;

/// Removes them, and says which.
///
/// # Errors
/// Nothing was ever deployed, or DynamoDB refuses.
pub fn run(arguments: &PruneGenerations) -> Result<Exit> {
    let target = arguments.table.home();
    let keep = Keep {
        newest: arguments.keep,
        unfinished: if arguments.unfinished {
            Unfinished::Goes
        } else {
            Unfinished::Stays
        },
    };
    let spinner = progress::counter("removing");
    let pruned = block_on(prune(&target, keep, |items| {
        spinner.set_position(items as u64);
    }))?
    .with_context(|| format!("table {}", target.table))?;
    spinner.finish_and_clear();
    for generation in &pruned.generations {
        say(&format!("removed      {generation:016x}\n"))?;
    }
    let (generations, items) = (pruned.generations.len(), thousands(pruned.items));
    say(&format!(
        "{generations} generations removed, {items} items\n"
    ))?;
    Ok(Exit::Clean)
}
