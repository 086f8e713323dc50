//! Which rules and redirects count as redundant, case by case.

use edgewright_compiler::Position;
use edgewright_compiler::redundant::{Cause, Redundant};
use edgewright_engine::model::rules::{RedirectListId, Rule, RuleSetId};
use edgewright_engine::model::site::RewriteOptions;

use crate::site::{Parts, condition, redirect, rule};

type Line = (&'static str, &'static str, &'static [&'static str]);

fn rules(lines: &[Line]) -> Vec<Rule> {
    let numbered = (1..).zip(lines);
    let read = |(line, (pattern, substitution, flags)): (u32, &Line)| {
        rule(line, pattern, substitution, flags)
    };
    numbered.map(read).collect()
}

fn removed(parts: Parts) -> Vec<Position> {
    let site = parts.site();
    let redundant = Redundant::find(&site);
    let sets = (0..).map(RuleSetId).zip(&site.rule_sets);
    let rules =
        sets.flat_map(|(set, rules)| (0..rules.rules.len()).map(move |at| Position::Rule(set, at)));
    let lists = (0..).map(RedirectListId).zip(&site.redirect_lists);
    let redirects = lists.flat_map(|(list, redirects)| {
        (0..redirects.len()).map(move |at| Position::Redirect(list, at))
    });
    let all = rules.chain(redirects);
    all.filter(|position| redundant.contains(*position))
        .collect()
}

/// The rules of one set that are removed, by index.
#[track_caller]
fn check(lines: &[Line], expected: &[usize]) {
    let parts = Parts {
        server: rules(lines),
        ..Parts::default()
    };
    let expected = expected.iter().map(|at| Position::Rule(RuleSetId(0), *at));
    assert_eq!(removed(parts), expected.collect::<Vec<_>>());
}

#[track_caller]
fn check_redirects(paths: &[&str], expected: &[usize]) {
    let numbered = (1..).zip(paths);
    let parts = Parts {
        redirects: numbered
            .map(|(line, path)| redirect(line, path, "http://o/"))
            .collect(),
        ..Parts::default()
    };
    let expected = expected
        .iter()
        .map(|at| Position::Redirect(RedirectListId(0), *at));
    assert_eq!(removed(parts), expected.collect::<Vec<_>>());
}

const ENDS: Line = ("^/a$", "/b", &["R", "L"]);
const BELOW: Line = ("^a$", "/b", &["R", "L"]);

#[test]
fn the_same_rule_again() {
    check(&[ENDS, ENDS, ENDS], &[1, 2]);
    let open: Line = ("a", "/b", &["L"]);
    check(
        &[open, open, ("!a", "/b", &["L"]), ("!a", "/b", &["L"])],
        &[1, 3],
    );
}

#[test]
fn every_way_to_end() {
    for flags in [&["L"], &["END"], &["PT"], &["P"], &["F"]] as [&'static [&'static str]; 5] {
        check(&[("^/a$", "/b", flags), ("^/a$", "/b", flags)], &[1]);
    }
}

#[test]
fn a_rule_that_goes_on() {
    check(&[("^/a$", "-", &["CO"]), ("^/a$", "-", &["CO"])], &[]);
    check(&[("^/a$", "/b", &["R"]), ("^/a$", "/b", &["R"])], &[]);
    check(&[("^/a$", "-", &["S=1"]), ("^/a$", "-", &["S=1"])], &[]);
    check(&[("^/a$", "-", &["E"]), ("^/a$", "-", &["E"])], &[]);
}

#[test]
fn something_between_that_brings_the_path_about() {
    for flags in [&[], &["N"], &["S=1"]] as [&'static [&'static str]; 3] {
        check(&[ENDS, ("^/c", "/a", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "a", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "//A", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "/a?x", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "/$1", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "%{ENV:x}", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "http://h/a", flags), ENDS], &[]);
        check(&[ENDS, ("^/c", "h$1", flags), ENDS], &[]);
    }
    let below: Line = ("^/a/(.*)$", "/b", &["L"]);
    check(&[below, ("^/c", "/a/x", &[]), below], &[]);
    check(&[below, ("^/c", "/a$1", &[]), below], &[]);
    let open: Line = ("x", "/b", &["L"]);
    check(&[open, ("^/c", "/d", &[]), open], &[]);
}

#[test]
fn something_between_that_leads_elsewhere() {
    check(&[ENDS, ("^/c", "/d", &[]), ENDS], &[2]);
    check(&[ENDS, ("^/c", "/d/$1", &[]), ENDS], &[2]);
    check(&[ENDS, ("^/c", "/a", &["R"]), ENDS], &[]);
    check(&[ENDS, ("^/c", "/d", &["R"]), ENDS], &[2]);
    check(
        &[
            ("http", "/b", &["L"]),
            ("^/c", "/d", &["R"]),
            ("http", "/b", &["L"]),
        ],
        &[],
    );
    check(&[ENDS, ("^/c", "/a", &["L"]), ENDS], &[2]);
    check(&[ENDS, ("^/c", "-", &["CO"]), ENDS], &[2]);
    check(&[ENDS, ("^/c", "-", &["S=1"]), ENDS], &[2]);
}

#[test]
fn something_between_that_conditions_can_see() {
    let with_condition = |line: u32| {
        let mut rule = rule(line, "^/a$", "/b", &["L"]);
        rule.conditions = vec![condition("%{ENV:x}", "1")];
        rule
    };
    let check = |flags: &[&str], expected: usize| {
        let between = rule(2, "^/", "-", flags);
        let parts = Parts {
            server: vec![with_condition(1), between, with_condition(3)],
            ..Parts::default()
        };
        assert_eq!(removed(parts).len(), expected, "{flags:?}");
    };
    check(&["E"], 0);
    check(&["CO"], 1);
    check(&["E", "L"], 1);
}

#[test]
fn behind_a_rule_without_conditions() {
    let hides: Line = ("^/old/(.*)$", "/new/$1", &["R", "L"]);
    check(
        &[
            hides,
            ("^/old/x$", "/y", &["R", "L"]),
            ("^/older$", "/y", &["R", "L"]),
        ],
        &[1],
    );
    check(
        &[
            hides,
            ("^/old/(x|y)$", "/y", &["R"]),
            ("^/(old|new)/x$", "/y", &["R"]),
        ],
        &[1],
    );
    check(&[ENDS, ("^/a/?$", "/y", &["R", "L"])], &[]);
    check(
        &[
            ENDS,
            ("^/a/$", "/y", &["R", "L"]),
            ("^/a/?$", "/y", &["R", "L"]),
        ],
        &[2],
    );
    check(
        &[(r"\.bak$", "-", &["F"]), (r"^/x\.bak$", "/y", &["R", "L"])],
        &[1],
    );
    check(
        &[
            hides,
            ("^/c", "/old/x", &[]),
            ("^/old/x$", "/y", &["R", "L"]),
        ],
        &[],
    );
    check(
        &[
            ("^/old/(.*)$", "/new/$1", &["R"]),
            ("^/old/x$", "/y", &["R", "L"]),
        ],
        &[],
    );
    check(
        &[("!^/new", "-", &["F"]), ("^/old/x$", "/y", &["R", "L"])],
        &[],
    );
}

#[test]
fn letters_of_either_case() {
    let hides: Line = ("^/Old$", "/new", &["R", "L", "NC"]);
    let exact: Line = ("^/old$", "/y", &["R", "L"]);
    check(
        &[hides, exact, ("^/OLD$", "/y", &["R", "L", "NC"])],
        &[1, 2],
    );
    check(&[exact, ("^/old$", "/y", &["L", "R", "NC"])], &[]);
}

#[test]
fn subrequests_leave_out_redirects() {
    check(&[("^/a$", "/b", &["R", "L"]), ("^/a$", "/c", &["L"])], &[]);
    check(&[("^/a$", "/b", &["L"]), ("^/a$", "/c", &["R", "L"])], &[1]);
    check(
        &[("^/a$", "/b", &["L", "NS"]), ("^/a$", "/c", &["R", "L"])],
        &[1],
    );
}

#[test]
fn in_a_directory_every_change_counts() {
    let between = |substitution| {
        let parts = Parts {
            root: rules(&[BELOW, ("^c", substitution, &[]), BELOW]),
            ..Parts::default()
        };
        removed(parts).len()
    };
    assert_eq!((between("/d"), between("-")), (0, 1));
}

#[test]
fn the_first_may_be_skipped() {
    check(&[("^/c", "-", &["S=1"]), ENDS, ENDS], &[]);
    check(&[("^/c", "-", &["S=3"]), ENDS, ENDS, ENDS, ENDS], &[]);
    check(&[("^/c", "-", &["S=1"]), ENDS, ENDS, ENDS], &[3]);
}

#[test]
fn the_first_may_be_skipped_from_another_set() {
    let parts = Parts {
        root: rules(&[("^c", "-", &["S=1"])]),
        directory: rules(&[BELOW, BELOW, BELOW]),
        ..Parts::default()
    };
    assert_eq!(removed(parts), [Position::Rule(RuleSetId(2), 2)]);
}

#[test]
fn chains_stay_whole() {
    check(&[ENDS, ("^/c", "-", &["C"]), ENDS], &[]);
    check(&[("^/c", "-", &["C"]), ENDS, ENDS], &[]);
}

/// The rules of one set that are removed, each with its cause.
#[track_caller]
fn check_causes(rules: Vec<Rule>, expected: &[(usize, Cause)]) {
    let parts = Parts {
        server: rules,
        ..Parts::default()
    };
    let redundant = Redundant::find(&parts.site());
    let found = redundant
        .iter()
        .filter_map(|(position, removal)| match position {
            Position::Rule(RuleSetId(0), at) => Some((at, removal.cause)),
            _ => None,
        });
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn a_pattern_within_an_earlier_one() {
    let shadowed =
        |earlier: Line, later: Line, expected: &[usize]| check(&[earlier, later], expected);
    let broad: Line = ("^/old/(.*)$", "/new/$1", &["R", "L"]);
    shadowed(broad, ("^/old/a(.*)$", "/x", &["L", "R"]), &[1]);
    shadowed(broad, (r"^/old/[0-9]+\.html$", "/x", &["R"]), &[1]);
    shadowed(broad, ("^/(old|older)/x", "/x", &["R"]), &[]);
    shadowed(broad, ("^/old/a(.*)$", "/x", &["L"]), &[]);
    shadowed(
        (r"\.php$", "-", &["F"]),
        (r"^/(.*)/index\.php$", "/x", &["L"]),
        &[1],
    );
    shadowed(
        (r"\.php$", "-", &["F"]),
        (r"^/(.*)/index\.php", "/x", &["L"]),
        &[],
    );
    shadowed(
        ("^/A/", "/x", &["L", "NC"]),
        ("^/a/b(.*)", "/y", &["L"]),
        &[1],
    );
    shadowed(
        ("^/a/", "/x", &["L"]),
        ("^/a/b(.*)", "/y", &["L", "NC"]),
        &[],
    );
    shadowed(
        ("^/a/(b+)+c", "/x", &["L"]),
        ("^/a/bbc(.*)", "/y", &["L"]),
        &[],
    );
    shadowed(("!^/a", "/x", &["L"]), ("^/b(.*)$", "/y", &["L"]), &[1]);
    shadowed(("!^/a", "/x", &["L"]), ("^/a/b(.*)$", "/y", &["L"]), &[]);
}

#[test]
fn conditions_of_the_earlier_rule_follow_from_those_of_the_later() {
    let check =
        |earlier: &[(&str, &str)], later: &[(&str, &str)], patterns: [&str; 2], expected| {
            let with = |line: u32, pattern: &str, target: &str, conditions: &[(&str, &str)]| {
                let mut rule = rule(line, pattern, target, &["R", "L"]);
                let each = conditions.iter();
                rule.conditions = each
                    .map(|(subject, test)| condition(subject, test))
                    .collect();
                rule
            };
            let parts = Parts {
                server: vec![
                    with(1, patterns[0], "/x", earlier),
                    with(2, patterns[1], "/y", later),
                ],
                ..Parts::default()
            };
            assert_eq!(removed(parts).len(), expected, "{earlier:?} {later:?}");
        };
    let (query, host) = ("%{QUERY_STRING}", "%{HTTP_HOST}");
    for patterns in [
        ["^/a$", "^/a$"],
        ["^/a", "^/a/b$"],
        ["^/a/(.*)$", "^/a/b(.*)$"],
    ] {
        check(&[(query, "x")], &[(query, "^x=1$")], patterns, 1);
        check(&[(query, "x")], &[(query, "^x"), (host, "h")], patterns, 1);
        check(&[(query, "x"), (host, "h")], &[(query, "x")], patterns, 0);
        check(&[(query, "!y")], &[(query, "^x*$")], patterns, 1);
        check(&[(query, "!y")], &[(query, "x")], patterns, 0);
        check(&[(query, "^x=1$")], &[(query, "x")], patterns, 0);
        check(&[(query, "x")], &[(host, "x")], patterns, 0);
        check(
            &[("%{TIME_SEC}", "1")],
            &[("%{TIME_SEC}", "1")],
            patterns,
            0,
        );
    }
    check(
        &[("$1", "x")],
        &[("$1", "^x")],
        ["^/a/(.*)$", "^/a/(.*)$"],
        1,
    );
    check(
        &[("$1", "x")],
        &[("$1", "^x")],
        ["^/a/(.*)$", "^/a/b(.*)$"],
        0,
    );
}

#[test]
fn after_a_rule_for_everything() {
    let rules = rules(&[
        ("^/a$", "/b", &["R", "L"]),
        ("^(.*)$", "/c", &["R", "L"]),
        ("^/d$", "/e", &["R", "L"]),
        ("x", "/e", &["L"]),
        ("!^/f", "/e", &["R", "L"]),
    ]);
    let expected = [(2, Cause::Unreachable), (4, Cause::Unreachable)];
    check_causes(rules, &expected);
}

#[test]
fn skipped_rules() {
    let all: Line = ("^/c", "-", &["S=1"]);
    let causes = |lines: &[Line], expected: &[(usize, Cause)]| check_causes(rules(lines), expected);
    causes(
        &[all, ("^/c/x", "/y", &["L"]), ("^/c/x", "/y", &["L"])],
        &[(1, Cause::Skipped)],
    );
    causes(&[all, ("^/d/x", "/y", &["L"])], &[]);
    causes(&[("^/q", "-", &["S=1"]), all, ("^/c/x", "/y", &["L"])], &[]);
    causes(&[all, ("^/e", "/c", &[]), ("^/c/x", "/y", &["L"])], &[]);
}

#[test]
fn conditions_that_exclude_each_other() {
    let check = |conditions: &[(&str, &str)], expected: usize| {
        let mut contradictory = rule(1, "^/a$", "/b", &[]);
        let each = conditions.iter();
        contradictory.conditions = each
            .map(|(subject, test)| condition(subject, test))
            .collect();
        let causes = [(0, Cause::Contradiction)];
        check_causes(vec![contradictory], &causes[..expected]);
    };
    let (query, host, file) = ("%{QUERY_STRING}", "%{HTTP_HOST}", "%{REQUEST_FILENAME}");
    check(&[(query, "^id=1$"), (query, "^id=2$")], 1);
    check(&[(query, "^id=1"), (query, "id=2")], 0);
    check(&[(query, "a"), (query, "!a")], 1);
    check(&[(query, "^ab"), (query, "!^a")], 1);
    check(&[(query, "a"), (host, "!a")], 0);
    check(&[(file, "-f"), (file, "!-f")], 1);
    check(&[(query, "!")], 1);
    check(&[("fixed", "^other$")], 1);
    check(&[("fixed", "^fix")], 0);
    check(&[("%1", "^id=1$"), ("%1", "^id=2$")], 0);
    check(&[("${r:b}", "^1$"), ("${r:b}", "^2$")], 0);
}

#[test]
fn a_group_of_conditions_needs_one_member() {
    let check = |last_is_open: bool, expected: usize| {
        let mut grouped = rule(1, "^/a$", "/b", &[]);
        grouped.conditions = vec![
            condition("%{QUERY_STRING}", "^a"),
            condition("%{QUERY_STRING}", "^b"),
            condition("%{QUERY_STRING}", "^c"),
        ];
        grouped.conditions[0].or_next = true;
        grouped.conditions[2].or_next = last_is_open;
        check_causes(vec![grouped], &[(0, Cause::Contradiction)][..expected]);
    };
    check(false, 1);
    check(true, 0);
}

#[test]
fn patterns_that_nothing_can_match() {
    let impossible = |lines: &[Line], expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|at| (*at, Cause::Impossible)).collect();
        check_causes(rules(lines), &expected);
    };
    impossible(&[("^old$", "/new", &["R", "L"])], &[0]);
    impossible(&[("^old/(.*)$", "/new", &["R", "L"])], &[0]);
    impossible(&[("^(old|older)[0-9]", "/new", &["R", "L"])], &[0]);
    impossible(&[("^$", "/new", &["R", "L"])], &[0]);
    impossible(
        &[("^/?old", "/new", &["R", "L"]), ("old", "/new", &[])],
        &[],
    );
    impossible(&[("^/c", "http://o/", &[]), ("^http", "/new", &["L"])], &[]);
    impossible(&[("^/c", "/d$1", &[]), ("^http", "/new", &["L"])], &[1]);
    impossible(
        &[("^http", "/new", &["L"]), ("^/c", "/d", &["R", "N"])],
        &[],
    );
    let below = |pattern: &'static str, options, expected: usize| {
        let parts = Parts {
            directory: rules(&[(pattern, "/new", &["L"])]),
            directory_options: options,
            ..Parts::default()
        };
        assert_eq!(removed(parts).len(), expected, "{pattern}");
    };
    below("^/old", RewriteOptions::empty(), 1);
    below("^/?old", RewriteOptions::empty(), 0);
    below("^/old", RewriteOptions::INHERIT, 0);
    below("^/old", RewriteOptions::ALLOW_NO_SLASH, 0);
}

#[test]
fn conditions_have_to_be_the_same_and_steady() {
    let with = |subject: &str, line: u32| {
        let mut rule = rule(line, "^/a$", "/b", &["L"]);
        rule.conditions = vec![condition(subject, "x")];
        rule
    };
    let check = |first: &str, second: &str, expected: usize| {
        let parts = Parts {
            server: vec![with(first, 1), with(second, 2)],
            ..Parts::default()
        };
        assert_eq!(removed(parts).len(), expected, "{first} {second}");
    };
    check("%{QUERY_STRING}", "%{QUERY_STRING}", 1);
    check("%{QUERY_STRING}", "%{HTTP_HOST}", 0);
    check("${r:b}", "${r:b}", 0);
}

#[test]
fn redirects_below_an_earlier_one() {
    check_redirects(&["/x", "/x", "/x/y", "/x/", "//x//y"], &[1, 2, 3, 4]);
    check_redirects(&["/x/y", "/x", "/xy", "/X"], &[]);
    check_redirects(&["/x/", "/x", "/x/y", "/x/"], &[2, 3]);
    check_redirects(&["/", "/x", "^/y$"], &[1, 2]);
    check_redirects(&["", "/x"], &[]);
}

#[test]
fn expressions_below_an_earlier_redirect() {
    check_redirects(
        &["/x", "^/x$", "^/x/(.*)$", "^/x(.*)$", "^/x(/.*)?$", "x"],
        &[1, 2, 4],
    );
    check_redirects(&["^/x(.*)$", "/x", "^/x(.*)$", "(?i)^/x$"], &[2]);
    check_redirects(&["^/+x", "/x", "/x/y", "/y", "^/x", "^/y"], &[1, 2, 4]);
    check_redirects(
        &["(?i)^/old/", "^/OLD/x", "^/Old/[0-9]+", "^/older/"],
        &[1, 2],
    );
    check_redirects(&["/a", "/b", "^/(a|b)/c$", "^/(a|c)/c$"], &[2]);
}
