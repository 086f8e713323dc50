//! Redirects that need no evaluation: they lead where an evaluation leads, byte by byte.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::evaluate::{Options, Trace};
use edgewright_engine::model::outcome::Answer;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::rules::{Redirect, Rule, RuleFlags};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::fetching::Edge;
use crate::site::{Parts, condition, redirect, rule};

/// None of these is a text, so none has a key.
const PATTERNS: &[&str] = &[
    "^/a/(.*)$",
    "^/a/([^/]+)/(.*)$",
    "^/(a|b)/",
    "(.*)",
    "c$",
    "!^/a/b",
    "^/b/.+",
];

const SUBSTITUTIONS: &[&str] = &[
    "/c/$1",
    "/c/$1?",
    "/c d/$1",
    "/c/$1?k=$2",
    "/c?a=1?b=$1",
    r"/c\?k=$1",
    "/%1/$1",
    "/c?%{QUERY_STRING}",
    "/c/%{QUERY_STRING}",
    "c",
    "$1",
    "//c",
    "",
    "?",
    "-",
    "http://o",
    "http://o/c d$1",
    "http://o?k=$1",
    "HTTPS://%{HTTP_HOST}%{REQUEST_URI}",
    "https://%{SERVER_NAME}/c",
    "http://h/é\u{1}",
    " /c",
    "/c ",
    "ftp://o/a?b",
    "ldap://o/a b?c d",
    "mailto:a b@c?d",
    "proxy:http://o/",
    "%{REQUEST_METHOD}:%{HTTPS}",
    "/%{HTTP_USER_AGENT}",
    "/${m:$1|d}",
];

const FLAGS: &[RuleFlags] = &[
    RuleFlags::QUERY_APPEND,
    RuleFlags::QUERY_DISCARD,
    RuleFlags::QUERY_LAST,
    RuleFlags::NO_ESCAPE,
    RuleFlags::ESCAPE_BACKREFERENCES,
    RuleFlags::UNSAFE_ALLOW_3F,
    RuleFlags::UNC,
    RuleFlags::CHAIN,
    RuleFlags::PASS_THROUGH,
    RuleFlags::END,
];

const CONDITIONS: &[(&str, &str)] = &[
    ("%{QUERY_STRING}", "^x=(.*)$"),
    ("%{QUERY_STRING}", "!^x=(.*)$"),
    ("%{HTTP_HOST}", "^(h)"),
    ("%{HTTP_USER_AGENT}", "(Mob)(ile)?"),
    ("%{REQUEST_URI}", "^/(.)"),
    ("%{HTTPS}", "off"),
    ("%{ENV:x}", "1"),
];

const TARGETS: &[&str] = &[
    "/a/b",
    "/a/b/c",
    "/a/b/c?x=1",
    "/a/x~y+z;?x=a&b=c",
    "/b/c",
    "/b/",
    "/a/{b}/\"c\"",
    "/c",
    "/d/e?y",
];

const REDIRECTS: &[(&str, &str)] = &[
    ("/a", "/c"),
    ("/a/", "http://o/c?d"),
    ("/b", "http://o/c"),
    ("/d/e", "other:c"),
    ("/d", "c"),
    ("^/a/(.*)$", "/c d/$1"),
];

fn a_rule() -> impl Strategy<Value = Rule> {
    let conditions = subsequence(CONDITIONS, 0..=2);
    let ends = prop::bool::weighted(0.9);
    let rule = (
        select(PATTERNS),
        select(SUBSTITUTIONS),
        subsequence(FLAGS, 0..=2),
        conditions,
        (ends, any::<bool>(), select(&[301, 302, 308][..])),
    );
    rule.prop_map(
        |(pattern, substitution, flags, conditions, (ends, or_next, status))| {
            let mut rule = rule_of(pattern, substitution, ends);
            rule.flags |= flags.into_iter().collect();
            rule.status = status;
            rule.conditions = conditions
                .iter()
                .map(|(subject, pattern)| condition(subject, pattern))
                .collect();
            if let Some(first) = rule.conditions.first_mut() {
                first.or_next = or_next;
            }
            rule
        },
    )
}

fn rule_of(pattern: &str, substitution: &str, ends: bool) -> Rule {
    let flags: &[&str] = if ends { &["R", "L"] } else { &["R"] };
    rule(1, pattern, substitution, flags)
}

fn redirects() -> impl Strategy<Value = Vec<Redirect>> {
    let redirects = subsequence(REDIRECTS, 0..=3).prop_shuffle();
    redirects.prop_map(|redirects| {
        let placed = (300..).zip(redirects);
        placed
            .map(|(line, (from, to))| redirect(line, from, to))
            .collect()
    })
}

/// The answer without a trace, which may be straight, is that of an evaluation, which has one.
pub fn check(edge: &Edge, request: &Request<'_>) -> Result<(), TestCaseError> {
    let options = |trace| Options {
        trace,
        ..Options::default()
    };
    let expected = Answer {
        trace: Vec::new(),
        assumed_absent: Vec::new(),
        ..edge.with_table_in_memory(request, &options(Trace::On))
    };
    let target = request.target.line();
    let target = String::from_utf8_lossy(&target);
    let found = edge.with_table_in_memory(request, &options(Trace::Off));
    prop_assert_eq!(&found, &expected, "{}", target);
    let fetched = edge.with_entries_fetched(request, &options(Trace::Off));
    prop_assert_eq!(&fetched, &expected, "{}, fetched", target);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_straight_answer_is_that_of_an_evaluation(
        server in prop::collection::vec(a_rule(), 0..3),
        redirects in redirects(),
    ) {
        let site = Parts { server, redirects, ..Parts::default() }.site();
        let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
        let mobile: &[(&[u8], &[u8])] = &[(b"User-Agent", b"Mobile")];
        for target in TARGETS {
            for headers in [&[], mobile] {
                let request = Request { headers, ..Request::get(b"h", target.as_bytes()) };
                check(&edge, &request)?;
            }
        }
    }
}
