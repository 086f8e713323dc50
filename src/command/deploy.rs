//! `edgewright deploy`: a build becomes the live generation of a table.
//!
//! In: a build folder and a table. Out: the generation live in it. Absent: the function.

use std::time::Instant;

use anyhow::{Context, Result};

use super::{Exit, block_on, say};
use crate::args::Deploy;
use crate::dynamodb::{Generation, Stage, Target, deploy};
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
    _ = say(&account(&generation, targets.len()));
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

/// What would be written, and what that costs: one write unit for each kilobyte begun.
fn account(generation: &Generation, regions: usize) -> String {
    let sizes = || generation.items.iter().map(crate::dynamodb::Item::size);
    let bytes: usize = sizes().sum();
    let units: usize = sizes().map(|size| size.div_ceil(1024)).sum();
    format!(
        "generation   {:016x}: {} entries, program in {}; {} bytes, at most {} write units in each of {regions} Region{}\n",
        generation.id,
        thousands(generation.entries),
        generation.pieces,
        thousands(bytes),
        thousands(units),
        if regions == 1 { "" } else { "s" },
    )
}

/// The table in each Region; the first is written to, the others get it from there.
fn targets(arguments: &Deploy) -> Vec<Target> {
    let target = |region: &String| arguments.table.target(region);
    let mut targets: Vec<Target> = arguments.table.region.iter().map(target).collect();
    targets.dedup_by(|one, other| one.region == other.region);
    targets
}
