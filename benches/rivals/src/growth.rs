//! Section `growth`: the mixed set from a thousand to a million rules.
//!
//! In: a number of rules. Out: [`Growth`] of that number, in a process of its own. Absent: the plot.

use anyhow::Result;
use edgewright_benches::set::{self, Placed, Set};
use edgewright_benches::site::{Artefact, Site};
use serde::{Deserialize, Serialize};

use crate::apache;
use crate::compiling;
use crate::decide::{clock, decisions};
use crate::lookup::paths;
use crate::lookups::{GROWING, Row};
use crate::timing::race;

/// Numbers of rules.
pub const SIZES: &[usize] = &[1_000, 10_000, 100_000, 1_000_000];

/// Apache needs a millisecond for ten thousand rules: beyond this it would time out.
const MOST_FOR_APACHE: usize = 100_000;

/// The figures of one number of rules.
#[derive(Debug, Serialize, Deserialize)]
pub struct Growth {
    /// How many.
    pub rules: usize,
    /// Nanoseconds from request to outcome, half of the requests; a rule matches.
    pub hit: f64,
    /// The same; none matches.
    pub miss: f64,
    /// Seconds of the processor to read.
    pub read: f64,
    /// Seconds of the processor to compile what was read.
    pub compile: f64,
    /// The most memory the process needed for both, in MiB.
    pub peak: f64,
    /// Bytes of `rules.bin` and `table.bin`.
    pub files: (usize, usize),
    /// Nanoseconds, half of the requests, a rule matches; by rival.
    pub rivals: Vec<(String, f64)>,
}

/// Where a size's figures lie.
pub fn name(rules: usize) -> String {
    format!("growth-{rules}")
}

/// Runs the section for one size.
pub fn run(count: usize) -> Result<Growth> {
    let rules = set::mixed(count);
    let set = Set::of_rules(&rules);
    let config = set.config();
    let spent = compiling::of(&["mixed", &count.to_string()])?;
    let artefact = Artefact::build(&config)?;
    let site = Site::load(&artefact)?;
    let contenders = [
        clock(set.hits.len()),
        decisions(&site, &set.hits),
        decisions(&site, &set.misses),
    ];
    let times = race(&contenders);
    drop(contenders);
    let mut rivals: Vec<_> = GROWING
        .iter()
        .filter(|(_, most)| count <= *most)
        .map(|(row, _)| (row.name.to_owned(), rival(row, &rules, &set)))
        .collect();
    if count <= MOST_FOR_APACHE {
        let apache = apache::run(&set)?;
        rivals.push((APACHE.to_owned(), apache.hit.p50));
    }
    Ok(Growth {
        rules: count,
        hit: times[1].p50 - times[0].p50,
        miss: times[2].p50 - times[0].p50,
        read: spent.read,
        compile: spent.compile,
        peak: spent.peak,
        files: (artefact.program.len(), artefact.table.len()),
        rivals,
    })
}

/// The name of Apache's line.
pub const APACHE: &str = "Apache, whole request";

fn rival(row: &Row, rules: &[Placed], set: &Set) -> f64 {
    eprintln!("   {}", row.name);
    let hits = paths(&set.hits);
    let engine = (row.build)(rules);
    let chunk = if row.limit < hits.len() { 1 } else { 32 };
    let (contender, _) = engine.contender(&hits, row.limit, chunk);
    race(&[contender])[0].p50
}
