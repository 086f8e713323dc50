//! Precomputed decisions: whatever a request is like, a path's decision says what an evaluation would, or nothing.

use std::collections::BTreeSet;

use edgewright_compiler::lower::{Lowered, lower};
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::artefact::decision::{At, DecisionView, PathDecision, Queried, Step};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::table::Content;
use edgewright_engine::evaluate::Options;
use edgewright_engine::model::request::{Request, Scheme};
use edgewright_engine::model::rules::Rule;
use edgewright_engine::model::site::{EnvAttribute, EnvChange, EnvRule, HostId, HostPattern};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::fetching::Edge;
use crate::site::{self, Parts, condition, redirect, rule};

fn lowered(parts: Parts) -> Lowered {
    lower(&parts.site(), &Redundant::default()).unwrap()
}

fn decision(lowered: &Lowered, path: &str) -> Option<PathDecision> {
    let key = Key::decision(HostId(0), path.as_bytes());
    let entry = lowered.entries.iter().find(|entry| entry.key == key)?;
    match &entry.content {
        Content::Decision(decision) => Some(decision.clone()),
        _ => None,
    }
}

/// How many questions there are on the way from `first` on.
fn questions(decision: &DecisionView<'_>, first: At) -> usize {
    let mut ahead = vec![first];
    let mut seen = BTreeSet::new();
    while let Some(at) = ahead.pop() {
        if let Some(Step::Ask(_, yes, no)) = decision.step(at)
            && seen.insert(at)
        {
            ahead.extend([yes, no]);
        }
    }
    seen.len()
}

/// How many questions remain without and with a query string, or `-`.
fn shown(decision: Option<&PathDecision>) -> String {
    let Some(decision) = decision else {
        return "none".to_owned();
    };
    let decision = decision.view().unwrap();
    let count = |first| questions(&decision, first).to_string();
    let queried = match decision.queried() {
        Queried::Unknown => "-".to_owned(),
        Queried::Appended => "appended".to_owned(),
        Queried::From(first) if Some(first) == decision.bare() => "same".to_owned(),
        Queried::From(first) => count(first),
    };
    let bare = decision.bare().map_or("-".to_owned(), count);
    format!("{bare} {queried}")
}

fn with_conditions(mut rule: Rule, conditions: &[(&str, &str)]) -> Rule {
    let conditions = conditions.iter();
    rule.conditions = conditions
        .map(|(subject, pattern)| condition(subject, pattern))
        .collect();
    rule
}

#[track_caller]
fn check(rules: Vec<Rule>, expected: &str) {
    let lowered = lowered(Parts {
        server: rules,
        ..Parts::default()
    });
    assert_eq!(shown(decision(&lowered, "/p").as_ref()), expected);
}

fn redirected(conditions: &[(&str, &str)], substitution: &str) -> Rule {
    with_conditions(rule(1, "^/p$", substitution, &["R", "L"]), conditions)
}

#[test]
fn an_answer_that_is_always_the_same() {
    check(vec![redirected(&[], "/q")], "0 appended");
    check(vec![redirected(&[], "http://o/q?")], "0 same");
    check(vec![redirected(&[], "/q?k=1")], "0 same");
    check(vec![rule(1, "^/p$", "-", &["F"])], "0 same");
    check(vec![rule(1, "^/p$", "/q", &["L"])], "0 0");
    check(vec![rule(1, "^/p$", "/q?k=1", &["L", "QSA"])], "0 0");
    check(vec![rule(1, "^/p$", "/q", &["P"])], "0 0");
    check(
        vec![redirected(&[("%{REQUEST_URI}", "p")], "/q")],
        "0 appended",
    );
    check(vec![redirected(&[("%{HTTPS}", "off")], "/q")], "0 appended");
    check(
        vec![redirected(&[("%{REQUEST_METHOD}", "GET")], "/q")],
        "0 appended",
    );
}

#[test]
fn questions_that_remain() {
    check(
        vec![redirected(&[("%{HTTP_HOST}", "^www")], "/q")],
        "1 appended",
    );
    check(
        vec![redirected(&[("%{HTTP_USER_AGENT}", "Mobile")], "/q")],
        "1 appended",
    );
    check(
        vec![redirected(&[("%{HTTP:X-Y}", "!z")], "/q")],
        "1 appended",
    );
    check(
        vec![redirected(&[("%{QUERY_STRING}", "^id=1$")], "/q?")],
        "0 1",
    );
    let pages = (1..=40).map(|page| {
        let pattern = format!("^id={page}$");
        redirected(&[("%{QUERY_STRING}", &pattern)], &format!("/q/{page}?"))
    });
    check(pages.collect(), "0 40");
    let twice = redirected(&[("%{HTTP_HOST}", "^www"), ("%{HTTP_HOST}", "^www")], "/q");
    check(vec![twice], "1 appended");
}

#[test]
fn what_only_an_evaluation_can_tell() {
    check(
        vec![redirected(&[("%{REMOTE_ADDR}", "^127")], "/q")],
        "none",
    );
    check(vec![redirected(&[("%{TIME_HOUR}", "^0")], "/q")], "none");
    check(vec![redirected(&[("x%{HTTP_HOST}", "^x")], "/q")], "none");
    check(vec![redirected(&[("%{HTTP_HOST}", "^(.)")], "/%1")], "none");
    check(vec![redirected(&[], "http://%{HTTP_HOST}/q")], "none");
    check(vec![redirected(&[], "/%{QUERY_STRING}")], "0 -");
    check(
        vec![redirected(&[("%{QUERY_STRING}", "^(.*)$")], "/%1")],
        "0 -",
    );
    check(vec![redirected(&[], "/${r:b}")], "none");
    let seen_again = vec![
        rule(1, "^/p$", "/q", &["R"]),
        with_conditions(rule(2, "h", "-", &["F"]), &[]),
    ];
    check(seen_again, "none");
    let pages = (1..=200).map(|page| {
        let pattern = format!("^id={page}$");
        redirected(&[("%{QUERY_STRING}", &pattern)], "/q")
    });
    check(pages.collect(), "0 -");
}

#[test]
fn directories_and_redirects_have_decisions_too() {
    let lowered = lowered(Parts {
        directory: vec![rule(1, "^p$", "http://o/", &["R", "L"])],
        redirects: vec![redirect(2, "/p/q", "/r")],
        ..Parts::default()
    });
    assert_eq!(shown(decision(&lowered, "/a/p").as_ref()), "0 appended");
    assert_eq!(shown(decision(&lowered, "/p/q").as_ref()), "0 appended");
}

#[test]
fn one_read_tells_the_decision() {
    let edge = Edge::new(lowered(Parts {
        server: vec![
            redirected(&[("%{HTTP_HOST}", "^www")], "/q"),
            rule(2, "^/P$", "/r", &["R", "L", "NC"]),
        ],
        redirects: vec![redirect(3, "/p", "/s")],
        ..Parts::default()
    }));
    for host in ["www.h", "h"] {
        let request = Request::get(host.as_bytes(), b"/p?x");
        assert_eq!(edge.fetching(&request, &Options::default()).1, 1, "{host}");
    }
}

const PATTERNS: &[&str] = &[
    "^/a$",
    "^/a$",
    "^/a/?$",
    "^/b$",
    "^/a/b$",
    "^/a",
    "^/A$",
    "b$",
    "^(.*)$",
    "!^/a",
    "^a$",
    "^b$",
    "h",
    "^/a/(b|c)$",
    "^/ab$",
];

const SUBSTITUTIONS: &[&str] = &[
    "-",
    "-",
    "/a",
    "/b",
    "/c",
    "/c?k=1",
    "/c?",
    "http://o/x",
    "http://h/a",
    "http://www.h/b",
    "/%1",
    "/$1",
    "/x/%{HTTP_HOST}",
    "http://%{HTTP_HOST}/b",
    "/%{QUERY_STRING}",
    "/c?%{QUERY_STRING}",
    "/%{SERVER_NAME}",
    "/%{HTTP_USER_AGENT}",
    "/${m:$1|d}",
    "/${r:b}",
    "/%{TIME}",
    "b",
    "/%{ENV:x}",
    "/%{SCRIPT_URI}",
];

const FLAGS: &[&str] = &[
    "R", "R", "L", "L", "C", "END", "PT", "P", "QSA", "NE", "N", "F", "S=1", "E", "CO", "NC",
];

const CONDITIONS: &[(&str, &str)] = &[
    ("%{QUERY_STRING}", "x"),
    ("%{QUERY_STRING}", "!x=1"),
    ("%{QUERY_STRING}", "^x=(.*)$"),
    ("%{HTTP_HOST}", "^www"),
    ("%{HTTP_HOST}", "!^www"),
    ("%{HTTP_HOST}", "^(.)"),
    ("%{HTTP:Host}", "^h$"),
    ("%{HTTP_USER_AGENT}", "Mobile"),
    ("%{HTTP_USER_AGENT}", "!Mobile"),
    ("%{HTTP:X-Y}", "^$"),
    ("%{REQUEST_URI}%{QUERY_STRING}", "x"),
    ("%{THE_REQUEST}", "x=1"),
    ("%{REQUEST_METHOD}", "!GET"),
    ("%{SERVER_NAME}", "^www"),
    ("%{ENV:x}", "1"),
    ("%{REMOTE_ADDR}", "^127"),
    ("%{LA-U:REQUEST_FILENAME}", "b"),
    ("%{REQUEST_FILENAME}", "-f"),
    ("%1", "w"),
];

const HOSTS: &[&str] = &[
    "h",
    "www.h",
    "H",
    "www.h:81",
    "other.test",
    "www.h.",
    "192.0.2.1",
    "",
];

const TARGETS: &[&str] = &[
    "/a",
    "/a",
    "/b",
    "/a/",
    "/a/b",
    "/A",
    "/ab",
    "/c",
    "/a?x=1",
    "/b?x=1",
    "/a?y",
    "/a?x&",
    "/a?",
    "/%61",
    "//a",
    "/a?%20",
    "http://www.h/a",
    "/a/b?k=1&x=1",
    "/a/../b",
    "/b?x=%2f",
    "/nothing",
    "/x/y?x=1",
    "/b/z",
    "/index.html",
    "/e/f",
    "/s/t",
    "/",
];

const HEADERS: &[(&[u8], &[u8])] = &[
    (b"User-Agent", b"Mobile"),
    (b"user-agent", b"Desktop"),
    (b"X-Y", b""),
    (b"x-y", b"z"),
];

fn rules(first_line: u32) -> impl Strategy<Value = Vec<Rule>> {
    let rule = (
        select(PATTERNS),
        select(SUBSTITUTIONS),
        subsequence(FLAGS, 0..=3),
        subsequence(CONDITIONS, 0..=2),
        any::<bool>(),
    );
    let rule = rule.prop_map(|(pattern, substitution, flags, conditions, or_next)| {
        let mut rule = site::rule(0, pattern, substitution, &flags);
        rule = with_conditions(rule, &conditions);
        if let Some(first) = rule.conditions.first_mut() {
            first.or_next = or_next;
        }
        rule
    });
    prop::collection::vec(rule, 0..6).prop_map(move |mut rules| {
        for (line, rule) in (first_line..).zip(&mut rules) {
            rule.place = site::place(line);
        }
        rules
    })
}

pub fn parts() -> impl Strategy<Value = Parts> {
    let redirects = prop::collection::vec(select(&["/a", "/b", "/a/b", "^/b$"][..]), 0..3);
    let directories = prop_oneof![3 => Just(Vec::new()).boxed(), 1 => rules(200).boxed()];
    (rules(100), directories, redirects).prop_map(|(server, root, redirects)| Parts {
        server,
        root,
        redirects: redirects
            .into_iter()
            .map(|from| redirect(300, from, "/c"))
            .collect(),
        ..Parts::default()
    })
}

pub type Sent = (
    &'static str,
    &'static str,
    Vec<(&'static [u8], &'static [u8])>,
    bool,
);

pub fn requests() -> impl Strategy<Value = Vec<Sent>> {
    let one = (
        select(HOSTS),
        select(TARGETS),
        subsequence(HEADERS, 0..=2),
        prop::bool::weighted(0.1),
    );
    prop::collection::vec(one, 1..16)
}

/// `SetEnvIf` as rules see it: variables that headers and addresses decide.
fn environment() -> impl Strategy<Value = Vec<EnvRule>> {
    let attributes = [
        EnvAttribute::Header(b"User-Agent".to_vec()),
        EnvAttribute::Header(b"Host".to_vec()),
        EnvAttribute::HeaderPattern(Pattern::new("^x", PatternOptions::CASELESS)),
        EnvAttribute::Uri,
        EnvAttribute::Method,
        EnvAttribute::ClientAddress,
        EnvAttribute::Variable(b"x".to_vec()),
    ];
    let change = (
        select(&["x", "y"][..]),
        select(&[Some("1"), Some("$0"), None][..]),
    );
    let patterns = &["o", "^/a", ".", "(.)", "1"][..];
    let rule = (select(attributes.to_vec()), select(patterns), change);
    let rule = rule.prop_map(|(attribute, pattern, (name, value))| EnvRule {
        place: site::place(600),
        attribute,
        pattern: Pattern::new(pattern, PatternOptions::default()),
        changes: vec![EnvChange {
            name: name.into(),
            value: value.map(Into::into),
        }],
    });
    prop_oneof![2 => Just(Vec::new()).boxed(), 1 => prop::collection::vec(rule, 1..4).boxed()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decision_is_what_an_evaluation_says(
        parts in parts(),
        environment in environment(),
        requests in requests(),
    ) {
        let mut site = parts.site();
        site.hosts[0].environment = environment;
        site.hosts[0].aliases = vec![HostPattern::Exact(b"www.h".to_vec())];
        let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
        let options = Options { most_steps: 3_000, random: 7, now: 1_700_000_000, ..Options::default() };
        for (host, target, headers, head) in requests {
            let request = Request {
                method: if head { b"HEAD" } else { b"GET" },
                headers: &headers,
                scheme: Scheme::Http,
                ..Request::get(host.as_bytes(), target.as_bytes())
            };
            edge.check_evaluation(&site, &request, &options)?;
        }
    }
}
