//! How many rules are tried for a request, whatever the number of rules: counted in steps, because
//! time depends on the machine.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::Options;
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::request::Request;

use crate::fetching::Edge;
use crate::site::{Parts, redirect, rule};

const RULES: u32 = 3_000;

/// `parts` must answer `target` with at most `most_steps` rules tried.
fn check(edge: &Edge, target: &str, most_steps: u64, redirected: bool) {
    let options = Options {
        most_steps,
        ..Options::default()
    };
    let answer = edge.with_table_in_memory(&Request::get(b"h", target.as_bytes()), &options);
    let is_redirect = matches!(answer.outcome, Outcome::Redirect { .. });
    assert_eq!(is_redirect, redirected, "{target}: {:?}", answer.outcome);
    let gave_up = matches!(answer.outcome, Outcome::Unsupported { .. });
    assert!(!gave_up, "{target}: {:?}", answer.outcome);
}

fn edge(pattern: impl Fn(u32) -> String) -> Edge {
    let rules = (0..RULES).map(|number| rule(number, &pattern(number), "http://o/$1", &["R", "L"]));
    let parts = Parts {
        server: rules.collect(),
        ..Parts::default()
    };
    Edge::new(lower(&parts.site(), &Redundant::default()).unwrap())
}

#[test]
fn rules_that_share_a_prefix() {
    let edge = edge(|number| format!(r"^/shop/([^/]+)-{number}\.html$"));
    check(&edge, "/shop/thing-1234.html", 2, true);
    check(&edge, "/shop/thing-98765.html", 0, false);
    check(&edge, "/assets/thing.png", 0, false);
}

#[test]
fn rules_without_an_anchor() {
    let edge = edge(|number| format!("/old{number}-shop/"));
    check(&edge, "/a/old2999-shop/b", 2, true);
    check(&edge, "/a/old-shop/b", 0, false);
    check(&edge, &"/old1-sho".repeat(800), 0, false);
}

#[test]
fn rules_for_endings() {
    let edge = edge(|number| format!(r"page{number}\.(?:php|asp)$"));
    check(&edge, "/a/page17.php", 2, true);
    check(&edge, "/a/page17.php/b", 0, false);
}

#[test]
fn rules_that_ignore_case() {
    let edge = edge(|number| format!("(?i)/Old{number}-Shop/"));
    check(&edge, "/a/OLD2999-shop/b", 2, true);
    check(&edge, "/a/old-shop/b", 0, false);
}

#[test]
fn redirects_by_pattern() {
    let list =
        (0..RULES).map(|number| redirect(number, &format!("(.*)/p{number}-x$"), "http://o$1"));
    let parts = Parts {
        redirects: list.collect(),
        ..Parts::default()
    };
    let edge = Edge::new(lower(&parts.site(), &Redundant::default()).unwrap());
    check(&edge, "/a/p99-x", 2, true);
    check(&edge, "/a/p99-xy", 0, false);
}

#[test]
fn rules_found_by_what_few_of_them_share() {
    let edge = edge(|number| format!("^/[a-z]+/same/.*{}$", number % 10));
    // Nothing tells these apart but a digit: those with the word in common are tried.
    check(&edge, "/assets/thing-1.png", 0, false);
    check(&edge, "/a/same/x1", u64::from(RULES), true);
}
