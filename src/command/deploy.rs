//! `edgewright deploy`: a build becomes the live generation of a table.
//!
//! In: a build folder and a table. Out: the generation live in it. Absent: the function.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use edgewright_engine::artefact::item::Slot;

use super::{Confirmed, Exit, block_on, confirmed, say};
use crate::args::Deploy;
use crate::dynamodb::{
    Absent, Changes, Deployed, Estimate, Generation, Listed, Stage, changes, deploy, import, open,
};
use crate::progress;
use crate::summary::thousands;

/// Writes what is missing, proves it, makes it live.
///
/// # Errors
/// The build cannot be read, DynamoDB refuses, a Region does not get the items, or somebody else
/// deploys at the same time.
pub fn run(arguments: &Deploy) -> Result<Exit> {
    let generation = Generation::open(&arguments.build)?;
    // A reader that goes away, as `head` does, is no reason to leave half a generation.
    _ = say(&account(&generation, &arguments.table.regions())?);
    if let Some(folder) = &arguments.s3_import {
        return write_import(folder, &generation, arguments);
    }
    if arguments.dry_run {
        return Ok(Exit::Clean);
    }
    let table = &arguments.table.table;
    let begun = Instant::now();
    let deployed =
        block_on(deployed(arguments, &generation))?.with_context(|| format!("table {table}"))?;
    let Some(deployed) = deployed else {
        say("nothing was changed\n")?;
        return Ok(Exit::Clean);
    };
    let found = generation.items.len() - deployed.written;
    say(&format!(
        "deploying    {} items written, {} were there, {:.2} s\n",
        thousands(deployed.written),
        thousands(found),
        begun.elapsed().as_secs_f64()
    ))?;
    let before = match deployed.before {
        Some(before) if before == generation.id => "as before".to_owned(),
        Some(before) => {
            format!("before it {before}: `edgewright rollback --table {table}` takes it back")
        }
        None => "the first of this table".to_owned(),
    };
    say(&format!("live         {}, {before}\n", generation.id))?;
    Ok(Exit::Clean)
}

/// Deploys, unless somebody does not want what that changes.
async fn deployed(arguments: &Deploy, generation: &Generation) -> Result<Option<Deployed>> {
    let absent = if arguments.create_table {
        Absent::Create
    } else {
        Absent::Refuse
    };
    let options = &arguments.table;
    let tables = open(&options.home(), &options.region, absent).await?;
    if arguments.move_home {
        tables.move_home().await?;
    }
    let ledger = tables.ledger().await?;
    if let Some(changes) = changes(&tables, &ledger, generation).await?
        && !is_wanted(&changes, arguments)?
    {
        return Ok(None);
    }
    let bar = progress::bar("comparing", generation.items.len());
    let deployed = deploy(&tables, generation, |stage| match stage {
        Stage::Comparing(done) => bar.set_position(done as u64),
        Stage::Writing(done) => {
            bar.set_message("writing");
            bar.set_position(done as u64);
        }
    });
    let deployed = deployed.await?;
    bar.finish_and_clear();
    Ok(Some(deployed))
}

/// Shows what changes. Asks on a terminal; elsewhere too much must not go.
fn is_wanted(changes: &Changes, arguments: &Deploy) -> Result<bool> {
    let percent = changes.removed_percent();
    let row = |what: &str, listed: &Listed, more: &str| {
        let examples = match &listed.examples[..] {
            [] => String::new(),
            some => format!(
                ": {}{}",
                some.join(", "),
                if listed.count > some.len() as u64 {
                    ", …"
                } else {
                    ""
                }
            ),
        };
        format!("  {what:<9}  {}{more}{examples}\n", thousands(listed.count))
    };
    let of = format!(" of {} ({percent:.1} %)", thousands(changes.entries));
    say(&format!(
        "changes      against {}, which is live\n{}{}{}",
        changes.live,
        row("added", &changes.added, ""),
        row("changed", &changes.changed, ""),
        row("removed", &changes.removed, &of),
    ))?;
    if arguments.yes {
        return Ok(true);
    }
    Ok(match confirmed("make it live?")? {
        Confirmed::Yes => true,
        Confirmed::No => false,
        Confirmed::NobodyThere if percent <= arguments.max_removed => true,
        Confirmed::NobodyThere => bail!(
            "{percent:.1} % of the live entries would be removed: is this the right build? Give --yes, or --max-removed {}",
            percent.ceil()
        ),
    })
}

/// What would be written, and what that costs.
fn account(generation: &Generation, regions: &[&str]) -> Result<String> {
    let estimate = Estimate::of(generation, regions)?;
    Ok(format!(
        "generation   {}: {} entries, program in {}\n\
         at most      {} items, {} bytes, {} write units and {} read units in each of {} Region{}\n\
         cost         {}\n",
        generation.id,
        thousands(generation.entries),
        generation.pieces,
        thousands(estimate.items),
        thousands(estimate.bytes),
        thousands(estimate.write_units),
        thousands(estimate.read_units),
        regions.len(),
        if regions.len() == 1 { "" } else { "s" },
        estimate.line(),
    ))
}

/// Writes the files of a table import, and says what to do with them.
fn write_import(folder: &Path, generation: &Generation, arguments: &Deploy) -> Result<Exit> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    // A new table: its first deploy gets this slot.
    let files = import::files(&generation.items_in(Slot(1)))?;
    for (name, bytes) in &files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (id, table) = (generation.id, &arguments.table.table);
    let home = arguments.table.home().region;
    say(&format!(
        "written      {} file{} in {}\n\n  \
         next: aws s3 sync {} s3://BUCKET/{id}/\n        \
         aws dynamodb import-table --region {home} --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix={id}/ \\\n          \
         --input-format DYNAMODB_JSON --input-compression-type GZIP --table-creation-parameters \\\n          \
         'TableName={table},BillingMode=PAY_PER_REQUEST,AttributeDefinitions=[{{AttributeName=pk,AttributeType=S}}],KeySchema=[{{AttributeName=pk,KeyType=HASH}}]'\n        \
         edgewright deploy {} --table {table} --region {home}      compares it, and makes it live\n",
        files.len(),
        if files.len() == 1 { "" } else { "s" },
        folder.display(),
        folder.display(),
        arguments.build.display(),
    ))?;
    Ok(Exit::Clean)
}
