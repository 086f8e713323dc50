//! Random small sites and requests whose rules meet: few words, shared beginnings, everything that
//! jumps (`C`, `S`, `N`), negation, letters of either case.

use edgewright_engine::model::rules::{Redirect, Rule};
use edgewright_engine::model::site::RewriteOptions;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::site::{self, Parts};

const PATTERNS: &[&str] = &[
    "^/a$",
    "^/a/?$",
    "^/a/(b|c)$",
    "^/a/b$",
    "^/(a|b)/c$",
    "^/ab?$",
    "^/a",
    "^/a/",
    "^/a/(.*)$",
    "^/[ab]/c$",
    "^/A$",
    "b$",
    "(.*)",
    "^(.*)$",
    "^/$",
    "!^/a",
    "!b",
    "^/a(?!b)",
    "^/a|c$",
    "^a$",
    "^a/?$",
    "^a/b$",
    "^a/",
    "^http:",
    r"^/a\.b$",
    "^/a.b$",
    "^$",
    "^/a{1,2}$",
    "(?i)^/AB$",
    "^/b",
    "^/c$",
    "^b$",
    "^b",
    "^(?:/a|/c)$",
    "^/a/+b$",
    "^/a++b$",
    "^/(?=a)a$",
    "!^b$",
    "^/docroot",
    "a/b$",
    "/a/b",
    "^/a.*b/c",
    "^/.*/a/?$",
    "(?i)A/[BC]$",
    "b/c.*a|a/b$",
    "(?<!b)/a/b",
];

const SUBSTITUTIONS: &[&str] = &[
    "-",
    "-",
    "/a",
    "/b",
    "/a/c",
    "/ab",
    "/A",
    "/c?x=1",
    "/c?",
    "http://h/a",
    "http://o/x",
    "/b/$1",
    "/%{QUERY_STRING}",
    "/${m:$1|d}",
    "${m:%{REQUEST_URI}|/b}",
    "/${r:b}",
    "b",
    "a/b",
    "/a.b",
];

const FLAGS: &[&str] = &[
    "R", "L", "L", "C", "END", "PT", "P", "NS", "QSA", "NE", "N", "F", "S=1", "S=3", "E", "CO",
    "NC",
];

const CONDITIONS: &[(&str, &str)] = &[
    ("%{QUERY_STRING}", "x"),
    ("%{QUERY_STRING}", "!x"),
    ("%{REQUEST_URI}", "^/a"),
    ("%{ENV:x}", "1"),
    ("%{ENV:x}", "!1"),
    ("${m:%{REQUEST_URI}}", "b"),
    ("${r:b}", "1"),
    ("%{REQUEST_FILENAME}", "-f"),
    ("%{REQUEST_FILENAME}", "!-f"),
    ("%{LA-U:REQUEST_FILENAME}", "b"),
    ("$1", "b"),
];

const REDIRECTS: &[&str] = &[
    "/a",
    "/a/",
    "/ab",
    "/a/b",
    "/a/b/",
    "/b",
    "//a//c",
    "/A",
    "/c/a",
    "/",
    "",
    "^/a/b$",
    "^/a/?$",
    "b$",
    "^/c(.*)$",
    "(?i)^/ab$",
    "^/a/(b|c)",
];

const TARGETS: &[&str] = &["http://o/x", "/b", "/c$1", "http://h/a/b"];

const PATHS: &[&str] = &[
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/c",
    "/a/b/",
    "/ab",
    "/A",
    "/AB",
    "/aB",
    "//a//b",
    "/b",
    "/b/c",
    "/c",
    "/a.b",
    "/axb",
    "/aa",
    "/a%2Fb",
    "/c/a/x",
    "/a/c/b",
    "/b?x=1",
    "/a?x=1",
    "/a/b?x",
    "/nothing",
    "/a%0A",
    "/%61",
    "/a//b",
    "/docroot/a",
];

fn rule() -> impl Strategy<Value = Rule> {
    let flags = subsequence(FLAGS, 0..=3);
    let conditions = subsequence(CONDITIONS, 0..=2);
    (
        select(PATTERNS),
        select(SUBSTITUTIONS),
        flags,
        conditions,
        any::<bool>(),
    )
        .prop_map(|(pattern, substitution, flags, conditions, or_next)| {
            let mut rule = site::rule(0, pattern, substitution, &flags);
            let conditions = conditions.iter().map(|(subject, pattern)| {
                let mut condition = site::condition(subject, pattern);
                condition.or_next = or_next;
                condition
            });
            rule.conditions = conditions.collect();
            rule
        })
}

/// Rules, some of them twice.
fn rules(first_line: u32) -> impl Strategy<Value = Vec<Rule>> {
    let copies = prop::collection::vec(any::<prop::sample::Index>(), 0..5);
    (prop::collection::vec(rule(), 0..8), copies).prop_map(move |(mut rules, copies)| {
        for copy in copies {
            if !rules.is_empty() {
                let again = copy.get(&rules).clone();
                rules.insert(copy.index(rules.len() + 1), again);
            }
        }
        for (line, rule) in (first_line..).zip(&mut rules) {
            rule.place = site::place(line);
        }
        rules
    })
}

/// Few rules, each of them several times, most of them ending the list or changing the request: what
/// decides whether a copy is redundant.
fn repeated_rules(first_line: u32) -> impl Strategy<Value = Vec<Rule>> {
    let pool = prop::collection::vec(repeatable_rule(), 2..6);
    let picks = prop::collection::vec(any::<prop::sample::Index>(), 2..9);
    (pool, picks).prop_map(move |(pool, picks)| {
        let mut rules: Vec<Rule> = picks.iter().map(|pick| pick.get(&pool).clone()).collect();
        for (line, rule) in (first_line..).zip(&mut rules) {
            rule.place = site::place(line);
        }
        rules
    })
}

fn repeatable_rule() -> impl Strategy<Value = Rule> {
    let patterns = &[
        "^/a$", "^/a", "^/(a|b)$", "^/b$", "b$", "^/?a$", "^/A$", "^h",
    ][..];
    let substitutions = &["-", "-", "/a", "/b", "/c", "a", "http://h/b", "/$0", "/a?x"][..];
    let flags: &[&[&str]] = &[
        &["L"],
        &["L"],
        &["R", "L"],
        &["L", "NC"],
        &["F"],
        &["E", "L"],
        &[],
        &[],
        &["R"],
        &["S=1"],
        &["S=3"],
        &["C"],
        &["E"],
        &["N"],
    ];
    let conditions = prop_oneof![
        3 => Just(Vec::new()),
        2 => select(&CONDITIONS[..5]).prop_map(|condition| vec![condition]),
    ];
    let parts = (
        select(patterns),
        select(substitutions),
        select(flags),
        conditions,
    );
    parts.prop_map(|(pattern, substitution, flags, conditions)| {
        let mut rule = site::rule(0, pattern, substitution, flags);
        let conditions = conditions.into_iter();
        let conditions = conditions.map(|(subject, pattern)| site::condition(subject, pattern));
        rule.conditions = conditions.collect();
        rule
    })
}

/// Rules whose patterns lie within each other, with conditions that do too, and rules that skip.
fn overlapping_rule() -> impl Strategy<Value = Rule> {
    let patterns = &[
        "^/a",
        "^/a/",
        "^/a/(.*)$",
        "^/a/b(.*)$",
        "^/a/[bc]$",
        "^/[ab]/c",
        "^(.*)$",
        "^",
        "b$",
        "^/(a|b)",
        "!^/a",
        "!b$",
        "^a",
        "^a/",
        "^b$",
        "^/?a/(.*)$",
        "^/A/",
        "^http:",
        "^/b",
        "^/a//b",
        "//",
        "^/a/b$",
    ][..];
    let substitutions = &[
        "-",
        "-",
        "/a/b",
        "/b",
        "/c",
        "a/c",
        "http://h/b",
        "/a/$1",
        "/c?x=1",
        "$1",
    ][..];
    let flags: &[&[&str]] = &[
        &["L"],
        &["L"],
        &["L"],
        &["R", "L"],
        &["R", "L"],
        &["L", "NC"],
        &["F"],
        &["END"],
        &["NS", "L"],
        &[],
        &[],
        &["R"],
        &["S=1"],
        &["S=1"],
        &["S=3"],
        &["C"],
        &["E"],
        &["N"],
        &["PT"],
    ];
    let conditions = &[
        ("%{QUERY_STRING}", "x"),
        ("%{QUERY_STRING}", "^x"),
        ("%{QUERY_STRING}", "^x=1$"),
        ("%{QUERY_STRING}", "!x"),
        ("%{QUERY_STRING}", "!^x"),
        ("%{QUERY_STRING}", "^$"),
        ("%{REQUEST_URI}", "^/a"),
        ("%{REQUEST_URI}", "^/a/b"),
        ("%{ENV:x}", "1"),
        ("%{ENV:x}", "!1"),
        ("$1", "b"),
        ("$1", "^b"),
        ("%{REQUEST_FILENAME}", "-f"),
        ("%{REQUEST_FILENAME}", "!-f"),
        ("%{REQUEST_FILENAME}", "-d"),
    ][..];
    let conditions = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(select(conditions), 1..3),
    ];
    let parts = (
        select(patterns),
        select(substitutions),
        select(flags),
        conditions,
        0..8_usize,
    );
    parts.prop_map(|(pattern, substitution, flags, conditions, or_next)| {
        let mut rule = site::rule(0, pattern, substitution, flags);
        let conditions = conditions.into_iter();
        let conditions = conditions.map(|(subject, pattern)| site::condition(subject, pattern));
        rule.conditions = conditions.collect();
        for (at, condition) in rule.conditions.iter_mut().enumerate() {
            condition.or_next = or_next == at;
        }
        rule
    })
}

fn overlapping_rules(first_line: u32) -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec(overlapping_rule(), 0..8).prop_map(move |mut rules| {
        for (line, rule) in (first_line..).zip(&mut rules) {
            rule.place = site::place(line);
        }
        rules
    })
}

/// Sites whose rules lie within each other; paths have their slashes merged in half of them.
pub fn overlapping_parts() -> impl Strategy<Value = Parts> {
    let rules = (
        overlapping_rules(100),
        overlapping_rules(200),
        overlapping_rules(300),
    );
    let redirects = prop::collection::vec((select(OVERLAPPING_REDIRECTS), select(TARGETS)), 0..6);
    (rules, rest(), redirects, any::<bool>()).prop_map(|(rules, rest, redirects, merge_slashes)| {
        let numbered = (400..).zip(redirects);
        let redirect =
            |(line, (from, target)): (u32, (&str, &str))| site::redirect(line, from, target);
        with_rules((
            rules.0,
            rules.1,
            rules.2,
            Parts {
                redirects: numbered.map(redirect).collect(),
                merge_slashes,
                ..rest
            },
        ))
    })
}

const OVERLAPPING_REDIRECTS: &[&str] = &[
    "/a",
    "/a/",
    "/a/b",
    "^/a",
    "^/a/(.*)$",
    "^/+a(/.*)?$",
    "^/a/b$",
    "^/a/[bc]",
    "(?i)^/A",
    "b$",
    "^/",
];

/// Requests that overlapping rules are about.
pub const OVERLAPPING: &[&str] = &[
    "/a",
    "/a/",
    "/a/b",
    "/a/b?x=1",
    "/a/b?x",
    "/a/b?y",
    "/a/c",
    "/a/c?x=1",
    "/b",
    "/b/c",
    "/b/c?x",
    "/c",
    "/ab",
    "/A/b",
    "//a//b",
    "/a%2Fb",
    "/a/b/c",
    "/c/b",
    "/a/index.html",
    "/a/%2Fb",
    "/%2Fa/b?x=1",
    "/x?x=1",
];

/// Requests that the rules above are about.
pub const REPEATED: &[&str] = &["/a", "/b", "/a?x=1", "/b?x=1", "/A", "/ab", "/c"];

fn redirects(first_line: u32) -> impl Strategy<Value = Vec<Redirect>> {
    let one = (select(REDIRECTS), select(TARGETS));
    prop::collection::vec(one, 0..5).prop_map(move |all| {
        let numbered = (first_line..).zip(all);
        let redirect =
            |(line, (from, target)): (u32, (&str, &str))| site::redirect(line, from, target);
        numbered.map(redirect).collect()
    })
}

fn options() -> impl Strategy<Value = RewriteOptions> {
    prop_oneof![
        Just(RewriteOptions::empty()),
        Just(RewriteOptions::INHERIT),
        Just(RewriteOptions::INHERIT_BEFORE),
    ]
}

pub fn parts() -> impl Strategy<Value = Parts> {
    (rules(100), rules(200), rules(300), rest()).prop_map(with_rules)
}

/// Sites whose rules repeat themselves, most of them in server context.
pub fn repeating_parts() -> impl Strategy<Value = Parts> {
    let directories = prop_oneof![
        3 => Just((Vec::new(), Vec::new())),
        1 => (repeated_rules(200), repeated_rules(300)),
    ];
    (repeated_rules(100), directories, rest())
        .prop_map(|(server, (root, directory), rest)| with_rules((server, root, directory, rest)))
}

fn rest() -> impl Strategy<Value = Parts> {
    (options(), redirects(400), redirects(500)).prop_map(
        |(directory_options, redirects, root_redirects)| Parts {
            directory_options,
            redirects,
            root_redirects,
            ..Parts::default()
        },
    )
}

fn with_rules((server, root, directory, rest): (Vec<Rule>, Vec<Rule>, Vec<Rule>, Parts)) -> Parts {
    Parts {
        server,
        root,
        directory,
        ..rest
    }
}

pub fn targets() -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(PATHS, 1..=8)
}
