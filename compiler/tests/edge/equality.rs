//! The property everything rests on: whatever the rules and the request, the compiled form answers
//! as the configuration does, with the table in memory and with every entry fetched.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::{Options, Trace, evaluate};
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::Request;
use edgewright_engine::model::site::Site;
use edgewright_engine::source::Sequential;
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

/// The outcome alone first: a message a person can read. A rule that was left out asked about files
/// in vain.
fn same(answer: &Answer, expected: &Answer, target: &str) {
    assert_eq!(answer.outcome, expected.outcome, "{target}");
    let mut asked = answer.assumed_absent.iter();
    assert!(
        asked.all(|path| expected.assumed_absent.contains(path)),
        "{target}"
    );
    let without_files = |answer: &Answer| Answer {
        assumed_absent: Vec::new(),
        ..answer.clone()
    };
    assert_eq!(without_files(answer), without_files(expected), "{target}");
}

/// `EDGEWRIGHT_CASES` asks for more.
static CASES: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| {
    let number = std::env::var("EDGEWRIGHT_CASES").ok();
    number.map_or(600, |number| number.parse().unwrap())
});

proptest! {
    #![proptest_config(ProptestConfig { cases: *CASES, failure_persistence: None, ..ProptestConfig::default() })]

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

    /// The same for rules that lie within each other.
    #[test]
    fn shadowed_rules_are_not_missed(parts in samples::overlapping_parts()) {
        let site = parts.site();
        let redundant = Redundant::find(&site);
        check(&site, &redundant, samples::OVERLAPPING, Trace::Off);
    }
}
