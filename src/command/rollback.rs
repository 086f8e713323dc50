//! `edgewright rollback`: an earlier generation is live again.
//!
//! In: a table. Out: another generation live. Absent: the items, which are still there.

use anyhow::{Context, Result};
use edgewright_engine::artefact::item;
use edgewright_engine::lambda::ledger::GenerationId;

use super::{Exit, block_on, say};
use crate::args::Rollback;
use crate::dynamodb::{Absent, open, roll_back};

/// Makes it live.
///
/// # Errors
/// There is no such generation, somebody else deploys at the same time, or DynamoDB refuses.
pub fn run(arguments: &Rollback) -> Result<Exit> {
    let options = &arguments.table;
    let wanted = arguments.to.as_deref().map(named).transpose()?;
    let work = async {
        let tables = open(&options.home(), &options.region, Absent::Refuse).await?;
        roll_back(&tables, wanted).await
    };
    let (before, live) = block_on(work)?.with_context(|| format!("table {}", options.table))?;
    let before = before.map(|before| format!(", before it {before}"));
    say(&format!(
        "live         {live}{}\n",
        before.unwrap_or_default()
    ))?;
    Ok(Exit::Clean)
}

fn named(text: &str) -> Result<GenerationId> {
    let named = item::generation_named(text).map(GenerationId);
    named.with_context(|| {
        format!("--to {text}: a generation is sixteen hexadecimal digits; see `edgewright status`")
    })
}
