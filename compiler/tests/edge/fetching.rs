//! A compiled site as the edge holds it, in both ways it can have its table.

use std::collections::HashMap;
use std::sync::Arc;

use edgewright_compiler::Encoded;
use edgewright_compiler::lower::{Lowered, lower};
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::table::{EmbeddedTable, Entry, Fetched};
use edgewright_engine::budget::Budget;
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::{Decision, MOST_FETCHES, Step, decide, handle, step};
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::Request;
use edgewright_engine::model::site::Site;
use edgewright_engine::source::Sequential;
use proptest::prelude::*;

use crate::site::{Parts, redirect, rule};

pub struct Edge {
    runtime: Runtime,
    table: EmbeddedTable,
    /// Encoded entries by item name, as a database has them.
    items: HashMap<String, Vec<u8>>,
}

impl Edge {
    pub fn new(lowered: Lowered) -> Self {
        let Lowered { parts, entries, .. } = lowered;
        let encoded = Encoded::of(&parts, &entries).unwrap();
        let item = |entry: &Entry| (entry.key.item_name(), entry.encode().unwrap());
        Self {
            runtime: Runtime::load(&encoded.program.concat()).unwrap(),
            table: EmbeddedTable::load(&encoded.table.concat()).unwrap(),
            items: entries.iter().map(item).collect(),
        }
    }

    pub fn with_table_in_memory(&self, request: &Request<'_>, options: &Options) -> Answer {
        handle(&self.runtime, &self.table, request, options)
    }

    pub fn is_left_alone(&self, request: &Request<'_>) -> bool {
        let decision = decide(&self.runtime, &self.table, request, &Options::default());
        decision == Decision::Unchanged
    }

    pub fn with_entries_fetched(&self, request: &Request<'_>, options: &Options) -> Answer {
        self.fetching(request, options).0
    }

    /// With its table in both ways the edge answers as an evaluation of `site` does, where that has an answer.
    pub fn check_evaluation(
        &self,
        site: &Site,
        request: &Request<'_>,
        options: &Options,
    ) -> Result<(), TestCaseError> {
        let expected = evaluate(site, &Sequential::new(site), request, options).unwrap();
        if matches!(expected.outcome, Outcome::Unsupported { .. }) {
            return Ok(());
        }
        let target = request.target.line();
        let asked = request.host.map(String::from_utf8_lossy);
        let asked = (asked, String::from_utf8_lossy(&target));
        let found = self.with_table_in_memory(request, options);
        prop_assert_eq!(&found, &expected, "{:?}", asked);
        let found = self.with_entries_fetched(request, options);
        prop_assert_eq!(&found, &expected, "{:?}, fetched", asked);
        Ok(())
    }

    /// The answer, and how many reads it took.
    pub fn fetching(&self, request: &Request<'_>, options: &Options) -> (Answer, usize) {
        let mut fetched = Fetched::new();
        let budget = Budget::new(options.allowance);
        loop {
            match step(&self.runtime, &fetched, request, options, &budget) {
                Step::Done(decision) => return (decision.into_answer(request), fetched.len()),
                Step::Fetch(key) => fetched.insert(key.clone(), self.read(&key)),
            }
        }
    }

    fn read(&self, key: &Key) -> Option<Arc<Entry>> {
        let bytes = self.items.get(&key.item_name())?;
        Some(Arc::new(Entry::decode(bytes).unwrap()))
    }
}

fn edge(parts: Parts) -> Edge {
    Edge::new(lower(&parts.site(), &Redundant::default()).unwrap())
}

#[track_caller]
fn check(edge: &Edge, target: &str, reads: usize) {
    let request = Request::get(b"h", target.as_bytes());
    assert_eq!(
        edge.fetching(&request, &Options::default()).1,
        reads,
        "{target}"
    );
}

#[test]
fn a_miss_reads_nothing_and_a_hit_reads_one_entry() {
    let edge = edge(Parts {
        server: vec![
            rule(1, "^/old/?$", "/new", &["R", "L"]),
            rule(2, "^/Other$", "/new", &["R", "L", "NC"]),
        ],
        redirects: vec![redirect(3, "/deep/er", "http://o/")],
        ..Parts::default()
    });
    check(&edge, "/", 0);
    check(&edge, "/older", 0);
    check(&edge, "/old", 1);
    check(&edge, "/old/", 1);
    check(&edge, "/oTHER", 1);
    check(&edge, "/deep", 0);
    check(&edge, "/deep/er/and/deeper", 1);
}

#[test]
fn a_request_that_needs_too_many_reads_is_given_up() {
    let path = |depth: u32| "/a".repeat(usize::try_from(depth).unwrap());
    let nested = (1..100).map(|depth| redirect(depth, &path(depth), "http://o/"));
    let edge = edge(Parts {
        redirects: nested.collect(),
        ..Parts::default()
    });
    let target = path(100);
    let request = Request::get(b"h", target.as_bytes());
    let (answer, reads) = edge.fetching(&request, &Options::default());
    assert_eq!(reads, MOST_FETCHES);
    assert!(matches!(answer.outcome, Outcome::Unsupported { .. }));
    let in_memory = edge.with_table_in_memory(&request, &Options::default());
    assert!(matches!(in_memory.outcome, Outcome::Redirect { .. }));
}
