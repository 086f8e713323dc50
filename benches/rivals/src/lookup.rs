//! Section `lookup`: does a rule match this path? 60,000 rules, exact and mixed.
//!
//! In: nothing. Out: [`Lookups`]. Absent: what is built; see [`crate::lookups`].

use std::time::Instant;

use anyhow::{Result, ensure};
use edgewright_benches::set::{self, Placed, RULES, Set};
use edgewright_engine::model::request::Request;
use serde::{Deserialize, Serialize};

use crate::lookups::{EXACT, MIXED, OURS, Row};
use crate::node;
use crate::timing::{Times, nanoseconds, race};

/// Lookups timed together: a clock costs as much as one.
pub const CHUNK: usize = 32;

/// The figures of the section.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lookups {
    /// The exact set.
    pub exact: Vec<Figures>,
    /// The mixed set.
    pub mixed: Vec<Figures>,
}

/// The figures of one engine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figures {
    /// Which.
    pub name: String,
    /// What to know about it.
    pub note: String,
    /// Milliseconds to build it from rules in memory.
    pub build_ms: f64,
    /// Paths that a rule matches.
    pub hit: Times,
    /// Paths that none matches.
    pub miss: Times,
    /// Of the paths that a rule matches, the share it found, in percent.
    pub found: usize,
}

/// Runs the section.
pub fn run() -> Result<Lookups> {
    let mut exact = timed(EXACT, &set::exact(RULES))?;
    exact.extend(node::run(&set::exact(RULES))?);
    let mixed = timed(MIXED, &set::mixed(RULES))?;
    Ok(Lookups { exact, mixed })
}

fn timed(rows: &[Row], rules: &[Placed]) -> Result<Vec<Figures>> {
    let set = Set::of_rules(rules);
    let (hits, misses) = (paths(&set.hits), paths(&set.misses));
    let (mut contenders, mut figures) = (Vec::new(), Vec::new());
    for row in rows {
        eprintln!("   {}", row.name);
        let begun = Instant::now();
        let engine = (row.build)(rules);
        let build_ms = nanoseconds(begun.elapsed()) / 1e6;
        let chunk = if row.limit < hits.len() { 1 } else { CHUNK };
        let (hit, found) = engine.contender(&hits, row.limit, chunk);
        let (miss, surplus) = engine.contender(&misses, row.limit, chunk);
        let found = found * 100 / hit.requests;
        ensure!(
            row.name != OURS || (found, surplus) == (100, 0),
            "ours found {found} % of the hits and {surplus} of the misses"
        );
        contenders.extend([hit, miss]);
        figures.push((row, build_ms, found));
    }
    let times = race(&contenders);
    let with_times = figures.into_iter().zip(times.chunks(2));
    Ok(with_times
        .map(|((row, build_ms, found), times)| Figures {
            name: row.name.to_owned(),
            note: row.note.to_owned(),
            build_ms,
            hit: times[0],
            miss: times[1],
            found,
        })
        .collect())
}

/// The targets of requests, as text.
pub fn paths(requests: &[Request]) -> Vec<String> {
    let text = |request: &Request| String::from_utf8_lossy(&request.target.line()).into_owned();
    requests.iter().map(text).collect()
}
