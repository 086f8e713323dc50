//! Section `memory`: bytes that stay allocated, and allocations of a request.
//!
//! In: nothing. Out: [`Memory`]. Absent: time; counting would distort it.

use std::collections::BTreeMap;
use std::hint::black_box;

use allocation_counter::measure;
use anyhow::Result;
use edgewright_benches::operation::{decide, event, handle, lookup};
use edgewright_benches::set::{self, Placed, RULES, Set};
use edgewright_benches::site::{Artefact, Site};
use edgewright_engine::model::request::Request;
use serde::{Deserialize, Serialize};

use crate::lookups::{EXACT, MIXED, OURS, Row};

/// The figures of the section.
#[derive(Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Bytes held by each engine, exact set.
    pub exact: BTreeMap<String, i64>,
    /// Bytes held by each engine, mixed set.
    pub mixed: BTreeMap<String, i64>,
    /// The seed-sized site: bytes after loading.
    pub seed_cold: i64,
    /// The same after answering every request once.
    pub seed_warm: i64,
    /// Allocations of one decision: the most among all requests.
    pub decide_hit: u64,
    /// The same for requests that no rule answers.
    pub decide_miss: u64,
    /// Bytes of `rules.bin` and `table.bin`.
    pub files: (usize, usize),
    /// Allocations of one event, requests that a rule answers.
    pub handle_hit: u64,
    /// The same for requests that no rule answers.
    pub handle_miss: u64,
}

/// Runs the section.
pub fn run() -> Result<Memory> {
    let exact = held(EXACT, &set::exact(RULES))?;
    let mixed = held(MIXED, &set::mixed(RULES))?;
    let set = Set::seed_sized(RULES, 13_000);
    let artefact = Artefact::build(&set.config())?;
    let (site, seed_cold) = kept(|| Site::load(&artefact));
    let site = site?;
    let seed_cold = seed_cold + mapped(&site);
    let warm = measure(|| {
        for request in set.hits.iter().chain(&set.misses) {
            black_box(decide(&site, request));
        }
    });
    let allocations = |request: &Request| {
        measure(|| {
            black_box(decide(&site, request));
        })
        .count_total
    };
    let handled = |request: &Request| {
        let event = event(request);
        measure(|| {
            black_box(handle(&site, &event));
        })
        .count_total
    };
    let most = |requests: &[Request], count: &dyn Fn(&Request) -> u64| {
        requests.iter().map(count).max().unwrap_or(0)
    };
    Ok(Memory {
        exact,
        mixed,
        seed_cold,
        seed_warm: seed_cold + warm.bytes_current,
        decide_hit: most(&set.hits, &allocations),
        decide_miss: most(&set.misses, &allocations),
        files: (artefact.program.len(), artefact.table.len()),
        handle_hit: most(&set.hits, &handled),
        handle_miss: most(&set.misses, &handled),
    })
}

/// Bytes each engine of `rows` holds. Ours counts as it is after answering every request: only
/// then is everything decoded.
fn held(rows: &[Row], rules: &[Placed]) -> Result<BTreeMap<String, i64>> {
    let mut bytes = BTreeMap::new();
    for row in rows.iter().filter(|row| row.name != OURS) {
        eprintln!("   {}", row.name);
        let (_engine, held) = kept(|| (row.build)(rules));
        bytes.insert(row.name.to_owned(), held);
    }
    let set = Set::of_rules(rules);
    let artefact = Artefact::build(&set.config())?;
    let (site, cold) = kept(|| Site::load(&artefact));
    let site = site?;
    let warm = measure(|| {
        for request in set.hits.iter().chain(&set.misses) {
            black_box(lookup(&site, request.target.path()));
        }
    });
    let held = cold + mapped(&site) + warm.bytes_current;
    bytes.insert(OURS.to_owned(), held);
    Ok(bytes)
}

/// What counting allocations does not see.
fn mapped(site: &Site) -> i64 {
    i64::try_from(site.table.mapped()).unwrap_or(i64::MAX)
}

/// What `work` gives, and the bytes that it still holds.
fn kept<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let mut result = None;
    let held = measure(|| result = Some(work())).bytes_current;
    match result {
        Some(result) => (result, held),
        None => unreachable!("`measure` calls what it is given"),
    }
}
