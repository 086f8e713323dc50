//! Joined redirects end where they ended hop by hop.

use edgewright_compiler::Limits;
use edgewright_compiler::lower::{Hops, lower, lower_with};
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::Options;
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::Request;
use proptest::prelude::*;

use crate::fetching::Edge;
use crate::samples;
use crate::site::{Parts, redirect, rule};

/// The site as it is, and with chains joined; how many were.
fn both(parts: Parts) -> (Edge, Edge, usize) {
    let site = parts.site();
    let redundant = Redundant::find(&site);
    let kept = lower(&site, &redundant).unwrap();
    let collapsed = lower_with(&site, &redundant, Hops::Collapsed, &Limits::default()).unwrap();
    let count = collapsed.collapsed;
    (Edge::new(kept), Edge::new(collapsed), count)
}

fn ask(edge: &Edge, target: &[u8]) -> Answer {
    let options = Options {
        most_steps: 3_000,
        ..Options::default()
    };
    edge.with_table_in_memory(&Request::get(b"h", target), &options)
}

/// Everything a client meets that starts at `target`: redirects of this site, then the end.
fn follow(edge: &Edge, target: &str) -> Vec<Outcome> {
    let mut met = Vec::new();
    let mut target = target.as_bytes().to_vec();
    while met.len() < 25 {
        let outcome = ask(edge, &target).outcome;
        met.push(outcome.clone());
        match outcome {
            Outcome::Redirect { location, .. } if location.starts_with(b"http://h/") => {
                target = location[8..].to_vec();
            }
            _ => break,
        }
    }
    met
}

#[track_caller]
fn check(redirects: &[(&str, &str)], target: &str, hops: [usize; 2]) {
    let numbered = (1..).zip(redirects);
    let (kept, collapsed, _) = both(Parts {
        redirects: numbered
            .map(|(line, (from, to))| redirect(line, from, to))
            .collect(),
        ..Parts::default()
    });
    let (before, after) = (follow(&kept, target), follow(&collapsed, target));
    assert_eq!([before.len(), after.len()], hops, "{before:?} {after:?}");
    assert_eq!(before.last(), after.last());
}

#[test]
fn chains_become_one_hop() {
    let chain = [
        ("^/p$", "/q"),
        ("^/q$", "http://h/r"),
        ("^/r$", "http://o/x"),
    ];
    check(&chain, "/p", [3, 1]);
    check(&chain, "/p?k=1", [3, 1]);
    check(&chain, "/%70", [3, 2]);
    check(&[("^/p$", "/q?k=1"), ("^/q$", "http://o/x")], "/p", [2, 2]);
    check(
        &[("^/p$", "/q"), ("^/q$", "http://o/x?k=1")],
        "/p?l=2",
        [2, 1],
    );
    check(&[("^/p$", "/q"), ("^/q$", "/p")], "/p", [25, 25]);
    check(&[("^/p$", "/q"), ("^/q$", "/q")], "/p", [25, 25]);
}

#[test]
fn what_depends_on_the_request_stays() {
    let with_cookie = |flags: &[&str]| Parts {
        server: vec![
            rule(1, "^/p$", "/q", &["R", "L"]),
            rule(2, "^/q$", "http://o/x", flags),
        ],
        ..Parts::default()
    };
    let hops = |flags: &[&str]| {
        let (_, collapsed, count) = both(with_cookie(flags));
        (follow(&collapsed, "/p").len(), count)
    };
    assert_eq!(hops(&["R", "L"]), (1, 1));
    assert_eq!(hops(&["R", "L", "CO"]), (2, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the rules: the same end, and no more hops than before.
    #[test]
    fn the_end_is_the_same(parts in samples::overlapping_parts()) {
        let (kept, collapsed, _) = both(parts);
        for target in samples::OVERLAPPING {
            let (before, after) = (follow(&kept, target), follow(&collapsed, target));
            prop_assert!(after.len() <= before.len(), "{} {:?} {:?}", target, before, after);
            if before.len() < 25 {
                prop_assert_eq!(before.last(), after.last(), "{}", target);
            }
        }
    }
}
