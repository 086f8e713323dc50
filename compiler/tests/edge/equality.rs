//! The property everything rests on: whatever the rules and the request, the compiled form answers
//! as the configuration does, with the table in memory and with every entry fetched.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_edge_handler::evaluate::{Options, Trace, evaluate};
use edgewright_edge_handler::outcome::{Answer, Outcome};
use edgewright_edge_handler::request::Request;
use edgewright_edge_handler::site::Site;
use edgewright_edge_handler::source::Sequential;
use proptest::prelude::*;

use crate::fetching::Edge;
use crate::samples;

fn options(trace: Trace) -> Options {
    Options {
        trace,
        random: 7,
        most_steps: 3_000,
        ..Options::default()
    }
}

fn reference(site: &Site, request: &Request<'_>, options: &Options) -> Answer {
    evaluate(site, &Sequential::new(site), request, options).unwrap()
}

fn check(site: &Site, redundant: &Redundant, targets: &[&str], trace: Trace) {
    let edge = Edge::new(lower(site, redundant).unwrap());
    let options = options(trace);
    for target in targets {
        let request = Request::get(b"h", target.as_bytes());
        let expected = reference(site, &request, &options);
        if matches!(expected.outcome, Outcome::Unsupported { .. }) {
            // It ran into the limit of steps. The edge asks fewer rules and may get further.
            continue;
        }
        same(
            &edge.with_table_in_memory(&request, &options),
            &expected,
            target,
        );
        same(
            &edge.with_entries_fetched(&request, &options),
            &expected,
            target,
        );
    }
}

/// The outcome alone first: a message a person can read.
fn same(answer: &Answer, expected: &Answer, target: &str) {
    assert_eq!(answer.outcome, expected.outcome, "{target}");
    assert_eq!(answer, expected, "{target}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rule by rule: even the trace is the same.
    #[test]
    fn the_index_leaves_nothing_out(parts in samples::parts(), targets in samples::targets()) {
        check(&parts.site(), &Redundant::default(), &targets, Trace::On);
    }

    /// What was found redundant never had a say.
    #[test]
    fn redundant_rules_are_not_missed(parts in samples::repeating_parts()) {
        let site = parts.site();
        let redundant = Redundant::find(&site);
        check(&site, &redundant, samples::REPEATED, Trace::Off);
    }
}
