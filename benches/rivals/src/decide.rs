//! Section `decide`: from a request to its outcome, and from an event to its reply, on the
//! seed-sized site; and the same requests to Apache.
//!
//! In: nothing. Out: [`Decisions`]. Absent: loading and compiling; see [`crate::stages`].

use std::hint::black_box;

use anyhow::{Context as _, Result};
use edgewright_benches::operation::{decide, event, handle};
use edgewright_benches::set::{self, Placed, RULES, Set};
use edgewright_benches::site::Site;
use edgewright_engine::artefact::table::{EmbeddedTable, Fetched, Lookup, Table as _};
use edgewright_engine::budget::Budget;
use edgewright_engine::handler::{Step, step};
use edgewright_engine::model::request::Request;
use serde::{Deserialize, Serialize};

use crate::apache;
use crate::lookup::{CHUNK, paths};
use crate::lookups::{EXACT, EXACT_HIT_FLOOR, EXACT_MISS_FLOOR, MANY};
use crate::timing::{Contender, Times, nothing_to_read, race};

/// The figures of the section.
#[derive(Debug, Serialize, Deserialize)]
pub struct Decisions {
    /// Requests that a rule was written for.
    pub hit: Times,
    /// Requests for paths no rule is about.
    pub miss: Times,
    /// Events of requests that a rule was written for.
    pub handle_hit: Times,
    /// Events of requests for paths no rule is about.
    pub handle_miss: Times,
    /// Whole requests to Apache with the same rules.
    pub apache_hit: Times,
    /// The same for paths no rule is about.
    pub apache_miss: Times,
    /// The floor of a hit: one of 60,000 exact keys is found.
    pub floor_hit: Times,
    /// The floor of a miss: none is found.
    pub floor_miss: Times,
    /// Reads of a DynamoDB table.
    pub reads_hit: Reads,
    /// The same for paths no rule is about.
    pub reads_miss: Reads,
}

/// How many entries a request has to fetch.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Reads {
    /// All requests together.
    pub total: usize,
    /// How many requests there were.
    pub requests: usize,
    /// Requests that need none.
    pub none: usize,
    /// Requests that need one.
    pub one: usize,
    /// The request that needs most.
    pub most: usize,
}

/// Runs the section.
pub fn run() -> Result<Decisions> {
    let set = Set::seed_sized(RULES, 13_000);
    let site = Site::build(&set.config())?;
    let events = |requests: &[Request]| requests.iter().map(event).collect::<Vec<_>>();
    let (hits, misses) = (events(&set.hits), events(&set.misses));
    let deciding = |requests: &'static [Request<'static>]| decisions(&site, requests);
    let (hit, miss) = (set.hits.leak(), set.misses.leak());
    let rules = set::exact(RULES);
    let exact = Set::of_rules(&rules);
    let contenders = [
        clock(hit.len()),
        deciding(hit),
        deciding(miss),
        replies(&site, &hits),
        replies(&site, &misses),
        floor(EXACT_HIT_FLOOR, &rules, &exact.hits)?,
        floor(EXACT_MISS_FLOOR, &rules, &exact.misses)?,
    ];
    let times = race(&contenders);
    let (clock, floor_hit, floor_miss) = (times[0].p50, times[5], times[6]);
    let times: Vec<Times> = times.iter().map(|times| times.less(clock)).collect();
    let apache = apache::run(&Set {
        directives: set.directives,
        hits: hit.to_vec(),
        misses: miss.to_vec(),
    })?;
    Ok(Decisions {
        hit: times[1],
        miss: times[2],
        handle_hit: times[3],
        handle_miss: times[4],
        apache_hit: apache.hit,
        apache_miss: apache.miss,
        floor_hit,
        floor_miss,
        reads_hit: Reads::of(&site, hit),
        reads_miss: Reads::of(&site, miss),
    })
}

/// The row of the exact set that is called `name`, asked for each of `requests`.
fn floor(name: &str, rules: &[Placed], requests: &[Request]) -> Result<Contender<'static>> {
    let row = EXACT.iter().find(|row| row.name == name);
    let engine = (row.context("there is no such row")?.build)(rules);
    Ok(engine.contender(&paths(requests), MANY, CHUNK).0)
}

/// Nothing at all: what reading the clock takes.
pub fn clock(requests: usize) -> Contender<'static> {
    Contender {
        requests,
        chunk: 1,
        read: nothing_to_read(),
        pass: Box::new(|range| {
            black_box(range);
        }),
    }
}

/// Decides each request by itself.
pub fn decisions<'a>(site: &'a Site, requests: &'a [Request<'static>]) -> Contender<'a> {
    Contender {
        requests: requests.len(),
        chunk: 1,
        read: Box::new(move |range| requests[range].iter().for_each(read)),
        pass: Box::new(move |range| {
            for request in &requests[range] {
                black_box(decide(site, black_box(request)));
            }
        }),
    }
}

/// Reads what a request says.
fn read(request: &Request) {
    let headers = request
        .headers
        .iter()
        .flat_map(|(name, value)| [*name, *value]);
    let parts = [
        request.method,
        request.target.path(),
        request.client,
        request.protocol,
    ];
    let parts = parts
        .into_iter()
        .chain(request.target.query())
        .chain(request.host)
        .chain(headers);
    parts.for_each(read_bytes);
}

/// One byte of each line of memory will do.
fn read_bytes(bytes: &[u8]) {
    let read = bytes.iter().step_by(16).chain(bytes.last());
    black_box(read.fold(0, |read, byte| read ^ byte));
}

fn replies<'a>(site: &'a Site, events: &'a [Vec<u8>]) -> Contender<'a> {
    Contender {
        requests: events.len(),
        chunk: 1,
        read: Box::new(move |range| events[range].iter().for_each(|event| read_bytes(event))),
        pass: Box::new(move |range| {
            for event in &events[range] {
                black_box(handle(site, black_box(event)));
            }
        }),
    }
}

impl Reads {
    fn of(site: &Site, requests: &[Request]) -> Self {
        let mut reads = Self::default();
        for request in requests {
            let fetched = fetches(site, request);
            reads.total += fetched;
            reads.requests += 1;
            reads.none += usize::from(fetched == 0);
            reads.one += usize::from(fetched == 1);
            reads.most = reads.most.max(fetched);
        }
        reads
    }
}

/// As the function does it: fetch what is missing, ask again.
fn fetches(site: &Site, request: &Request) -> usize {
    let mut fetched = Fetched::new();
    let options = edgewright_engine::evaluate::Options::default();
    let budget = Budget::new(options.allowance);
    while let Step::Fetch(key) = step(&site.runtime, &fetched, request, &options, &budget) {
        let entry = entry(&site.table, &key);
        fetched.insert(key, entry.map(std::sync::Arc::new));
    }
    fetched.len()
}

fn entry(
    table: &EmbeddedTable,
    key: &edgewright_engine::artefact::key::Key,
) -> Option<edgewright_engine::artefact::table::Entry> {
    match table.lookup(&key.sought()) {
        Lookup::Found(entry) => Some(entry.clone()),
        Lookup::Absent | Lookup::Missing | Lookup::Damaged => None,
    }
}
