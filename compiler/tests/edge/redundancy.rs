//! Which rules and redirects count as redundant, case by case.

use edgewright_compiler::Position;
use edgewright_compiler::redundant::Redundant;
use edgewright_edge_handler::rules::{RedirectListId, Rule, RuleSetId};

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
            ("^http", "/b", &["L"]),
            ("^/c", "/d", &["R"]),
            ("^http", "/b", &["L"]),
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
            root: rules(&[ENDS, ("^c", substitution, &[]), ENDS]),
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
        directory: rules(&[ENDS, ENDS, ENDS]),
        ..Parts::default()
    };
    assert_eq!(removed(parts), [Position::Rule(RuleSetId(2), 2)]);
}

#[test]
fn chains_stay_whole() {
    check(&[ENDS, ("^/c", "-", &["C"]), ENDS], &[]);
    check(&[("^/c", "-", &["C"]), ENDS, ENDS], &[]);
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
        &[1, 2],
    );
    check_redirects(&["^/x(.*)$", "/x", "^/x(.*)$", "(?i)^/x$"], &[2]);
    check_redirects(&["/a", "/b", "^/(a|b)/c$", "^/(a|c)/c$"], &[2]);
}
