//! `edgewright rollback`: an earlier generation is live again.
//!
//! In: a table. Out: its pointer moved. Absent: the items, which are still there.

use anyhow::{Context, Result};
use edgewright_engine::artefact::item;

use super::{Exit, block_on, say};
use crate::args::Rollback;
use crate::dynamodb::roll_back;

/// Moves the pointer back.
///
/// # Errors
/// There is no such generation, somebody else deploys at the same time, or DynamoDB refuses.
pub fn run(arguments: &Rollback) -> Result<Exit> {
    let target = arguments.table.home();
    let wanted = match &arguments.to {
        Some(text) => Some(item::generation_named(text).with_context(|| {
            format!(
                "--to {text}: a generation is sixteen hexadecimal digits; see `edgewright status`"
            )
        })?),
        None => None,
    };
    let (before, live) =
        block_on(roll_back(&target, wanted))?.with_context(|| format!("table {}", target.table))?;
    say(&format!(
        "live         {live:016x}, before it {:016x}\n",
        before.live
    ))?;
    Ok(Exit::Clean)
}
