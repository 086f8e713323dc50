//! `edgewright deploy`: a build becomes the live generation of a table.
//!
//! In: a build folder and a table. Out: the generation live in it. Absent: the function.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use super::{Exit, block_on, say};
use crate::args::Deploy;
use crate::dynamodb::{Estimate, Generation, Stage, Target, deploy, import};
use crate::progress;
use crate::summary::thousands;

/// Writes what is missing, proves it, moves the pointer.
///
/// # Errors
/// The build cannot be read, DynamoDB refuses, a Region does not get the items, or somebody else
/// deploys at the same time.
pub fn run(arguments: &Deploy) -> Result<Exit> {
    let generation = Generation::open(&arguments.build)?;
    let targets = targets(arguments);
    // A reader that goes away, as `head` does, is no reason to leave half a generation.
    _ = say(&account(&generation, &targets)?);
    if let Some(folder) = &arguments.s3_import {
        return write_import(folder, &generation, arguments);
    }
    let Some((home, others)) = targets.split_first() else {
        return Ok(Exit::Clean);
    };
    if arguments.dry_run {
        return Ok(Exit::Clean);
    }
    let begun = Instant::now();
    let bar = progress::bar("comparing", generation.items.len());
    let deployed = block_on(deploy(home, others, &generation, |stage| match stage {
        Stage::Comparing(done) => bar.set_position(done as u64),
        Stage::Writing(done) => {
            bar.set_message("writing");
            bar.set_position(done as u64);
        }
    }))?
    .with_context(|| format!("table {}", home.table))?;
    bar.finish_and_clear();
    let found = generation.items.len() - deployed.written;
    say(&format!(
        "deploying    {} items written, {} were there, {:.2} s\n",
        thousands(deployed.written),
        thousands(found),
        begun.elapsed().as_secs_f64()
    ))?;
    let before = match deployed.before {
        Some(before) if before == generation.id => "as before".to_owned(),
        Some(before) => format!(
            "before it {before:016x}: `edgewright rollback --table {}` takes it back",
            home.table
        ),
        None => "the first of this table".to_owned(),
    };
    say(&format!("live         {:016x}, {before}\n", generation.id))?;
    Ok(Exit::Clean)
}

/// What would be written, and what that costs.
fn account(generation: &Generation, targets: &[Target]) -> Result<String> {
    let regions: Vec<&str> = targets
        .iter()
        .map(|target| target.region.as_str())
        .collect();
    let estimate = Estimate::of(generation, &regions)?;
    Ok(format!(
        "generation   {:016x}: {} entries, program in {}\n\
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
    let files = import::files(&generation.items)?;
    for (name, bytes) in &files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (id, table) = (generation.id, &arguments.table.table);
    let home = arguments.table.home().region;
    say(&format!(
        "written      {} file{} in {}\n\n  \
         next: aws s3 sync {} s3://BUCKET/{id:016x}/\n        \
         aws dynamodb import-table --region {home} --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix={id:016x}/ \\\n          \
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

/// The table in each Region; the first is written to, the others get it from there.
fn targets(arguments: &Deploy) -> Vec<Target> {
    let target = |region: &String| arguments.table.target(region);
    let mut targets: Vec<Target> = arguments.table.region.iter().map(target).collect();
    targets.dedup_by(|one, other| one.region == other.region);
    targets
}
