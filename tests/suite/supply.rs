//! What is linked in: every crate from crates.io or from here, under a licence that `deny.toml` allows.
//!
//! `cargo deny` checks more, where it is installed (`scripts/deny`). This needs nothing but Cargo.

use std::collections::BTreeSet;
use std::fs;

use crate::architecture::{cargo, root};

/// The licences of the list `allow` in `deny.toml`.
fn allowed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = text.split_once("allow = [").unwrap().1;
    let list = list.split_once(']').unwrap().0;
    let licences = list.split('"').skip(1).step_by(2);
    licences.map(str::to_owned).collect()
}

/// True if a licence expression can be met with `allowed` licences. An old `MIT/Apache-2.0` is an `OR`.
/// Parentheses are taken apart at the outermost level only, which is as deep as they are nested.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let parts = |text: &str, operator: &str| -> Vec<String> {
        let (mut depth, mut found) = (0, vec![String::new()]);
        for word in text
            .replace('(', " ( ")
            .replace(')', " ) ")
            .split_whitespace()
        {
            depth += i32::from(word == "(") - i32::from(word == ")");
            if depth == 0 && word == operator {
                found.push(String::new());
            } else if let Some(last) = found.last_mut() {
                let joined = format!("{last} {word}");
                joined.trim().clone_into(last);
            }
        }
        found
    };
    let any = parts(&expression, "OR");
    if any.len() > 1 {
        return any.iter().any(|part| is_met(part, allowed));
    }
    let all = parts(&expression, "AND");
    if all.len() > 1 {
        return all.iter().all(|part| is_met(part, allowed));
    }
    let inner = expression.trim().strip_prefix("( ");
    match inner.and_then(|inner| inner.strip_suffix(" )")) {
        Some(inner) => is_met(inner, allowed),
        None => allowed.contains(expression.trim()),
    }
}

#[test]
fn every_licence_is_allowed_and_every_crate_from_crates_io() {
    let allowed = allowed();
    let arguments =
        "tree --workspace --all-features --locked --offline --prefix none --format {l}|{p}";
    let output = cargo(&arguments.split(' ').collect::<Vec<_>>());
    let own = format!("({}", root().display());
    let mut crates = 0;
    for line in output.lines().filter(|line| !line.is_empty()) {
        let (licence, package) = line.split_once('|').unwrap();
        // A source other than crates.io stands in parentheses: a folder, or the URL of a repository.
        let is_foreign = package.contains("(/") || package.contains("://");
        assert!(
            !is_foreign || package.contains(&own),
            "{package} is not from crates.io"
        );
        assert!(is_met(licence, &allowed), "{package}: {licence}");
        crates += 1;
    }
    assert!(crates > 200, "{output}");
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = BTreeSet::from(["A".to_owned(), "B WITH x".to_owned()]);
    for (expression, expected) in [
        ("A", true),
        ("C", false),
        ("none", false),
        ("A OR C", true),
        ("C/A", true),
        ("A AND C", false),
        ("A AND B WITH x", true),
        ("(C OR A) AND B WITH x", true),
        ("(A OR C) AND C", false),
        ("C AND (A OR C)", false),
        ("A OR C AND C", true),
        ("", false),
    ] {
        assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    }
}
