//! Rules with `N` that replace one byte after another: all rounds at once give the answer of one after another.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::rules::Rule;
use edgewright_engine::source::Sequential;
use proptest::prelude::*;
use proptest::sample::select;

use crate::fetching::Edge;
use crate::site::{Parts, condition, rule};

const PATTERNS: &[&str] = &[
    "^(.*)_(.*)$",
    "^/a(.*)_(.*)$",
    "^/(.+)_(.*)$",
    "^(.*)[_ ]+(.*)$",
    "^/([^_]*)_(.*)$",
    "^/([^_]+)_(.*)",
    "^(.*)/(.*)$",
    "^a(.*)_(.*)$",
];

const SUBSTITUTIONS: &[&str] = &[
    "$1-$2", "/a$1-$2", "/$1-$2", "/$1$2", "$1/$2", "/$1__$2", "/$1--$2", "/a$1-$2x", "$2-$1",
    "a$1-$2", "/$1:$2",
];

fn a_rule() -> impl Strategy<Value = Rule> {
    let flags: &[&[&str]] = &[
        &["N"],
        &["N", "NE"],
        &["N", "L"],
        &["N", "QSA"],
        &["N", "E"],
    ];
    let limit = select(&[3_u32, 6, 40][..]);
    let conditional = prop::bool::weighted(0.1);
    let parts = (select(PATTERNS), select(SUBSTITUTIONS), select(flags));
    (parts, limit, conditional).prop_map(|((pattern, substitution, flags), limit, conditional)| {
        let mut rule = rule(1, pattern, substitution, flags);
        rule.max_rounds = limit;
        if conditional {
            rule.conditions.push(condition("%{REQUEST_URI}", "_"));
        }
        rule
    })
}

/// Both have a limit: a rule that goes on for ever ends in neither.
fn check(parts: Parts, targets: &[String]) {
    let site = parts.site();
    let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
    let options = Options {
        most_steps: 3_000,
        ..Options::default()
    };
    for target in targets {
        let request = Request::get(b"h", target.as_bytes());
        let expected = evaluate(&site, &Sequential::new(&site), &request, &options).unwrap();
        if matches!(expected.outcome, Outcome::Unsupported { .. }) {
            continue;
        }
        let answer = edge.with_table_in_memory(&request, &options);
        assert_eq!(answer.outcome, expected.outcome, "{target}");
    }
}

fn targets() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("/[a_ b/-]{0,9}", 1..6).prop_map(|targets| {
        targets
            .into_iter()
            .map(|target| target.replace(' ', "%20"))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rounds_at_once_are_rounds_one_by_one(
        first in a_rule(), second in a_rule(), below: bool, targets in targets(),
    ) {
        let last = rule(3, "^/?(.*)$", "/done/$1", &["R", "L"]);
        let rules = vec![first, second, last];
        let mut parts = Parts::default();
        if below { parts.root = rules } else { parts.server = rules }
        check(parts, &targets);
    }
}

/// One after another, eight kilobytes of them took a second.
#[test]
fn a_thousand_underscores() {
    let mut rules = vec![
        rule(1, "^(.*)_(.*)$", "$1-$2", &["N"]),
        rule(2, "^/-(.*)$", "/done", &["R", "L"]),
    ];
    rules[0].max_rounds = 32_000;
    let parts = Parts {
        server: rules,
        ..Parts::default()
    };
    check(parts, &[format!("/{}", "_".repeat(1_000))]);
}
