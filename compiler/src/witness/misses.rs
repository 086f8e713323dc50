//! Requests that differ from one that hits by little.
//!
//! In: a request in the making that should reach its rule. Out: near misses, and requests that differ in how they
//! are written, in the files they lead to, or in a number. Absent: which of them reach it.

use std::collections::BTreeMap;

use edgewright_engine::model::rules::{Place, Rule, Test};
use edgewright_engine::model::site::{FileKind, Site};

use super::constraint::{Slot, constraints};
use super::draft::{Draft, below, encoded};
use super::number::around;
use super::sample::{Groups, sample};
use super::scope::Scope;
use super::{MOST_ORDINARY, Request, in_scope};

/// What a client writes in more than one way: bytes of UTF-8, the query's mark, a slash, a space, a percent sign.
const WRITTEN: [(&str, &[u8]); 5] = [
    ("%C3%A9", b"\xc3\xa9"),
    ("%3F", b"?"),
    ("%2F", b"/"),
    ("%20", b" "),
    ("%25", b"%"),
];

/// How many of [`WRITTEN`] are tried with one rule.
const WRITTEN_EACH: usize = 2;

/// Places from the end of a path where an escape is tried.
const MOST_PLACES: usize = 16;

/// Files that are looked at for one of each kind.
const MOST_FILES: usize = 1_000;

/// The requests of `drafts`, and near misses of the first. Which misses come first depends on the
/// rule's place, so that all kinds occur.
pub(super) fn with_misses(drafts: &[Draft], place: Place, most: usize) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut push = |request: Request| {
        if requests.len() < most.min(MOST_ORDINARY) && !requests.contains(&request) {
            requests.push(request);
        }
    };
    for draft in drafts {
        push(draft.finish());
    }
    let misses = drafts.first().map(misses).unwrap_or_default();
    let first = usize::try_from(place.line).unwrap_or(0) % misses.len().max(1);
    for request in misses.iter().cycle().skip(first).take(misses.len()) {
        push(request.clone());
    }
    requests
}

/// Requests that differ from `hit` by little.
fn misses(hit: &Draft) -> Vec<Request> {
    let with_path = |path: Vec<u8>| hit.with_path(path).finish();
    let path = hit.path.as_slice();
    let mut found = vec![
        with_path([path, b"x"].concat()),
        with_path(match path.strip_suffix(b"/") {
            Some(bare) if !bare.is_empty() => bare.to_vec(),
            _ => [path, b"/"].concat(),
        }),
        with_path([b"/", path].concat()),
    ];
    if let Some((_, shorter)) = path.split_last().filter(|(_, shorter)| !shorter.is_empty()) {
        found.push(with_path(shorter.to_vec()));
    }
    if let Some(at) = path.iter().rposition(u8::is_ascii_alphabetic) {
        let mut flipped = path.to_vec();
        flipped[at] ^= 0x20;
        found.push(with_path(flipped));
        let escape = format!("%{:02x}", path[at]);
        let (before, after) = (encoded(&path[..at]), encoded(&path[at + 1..]));
        found.push(hit.with_target([&before, escape.as_bytes(), &after].concat()));
    }
    let query = hit.query.as_deref().unwrap_or_default();
    let joined = if query.is_empty() {
        b"a=1".to_vec()
    } else {
        [query, b"&a=1"].concat()
    };
    found.push(
        Draft {
            query: Some(joined),
            ..hit.clone()
        }
        .finish(),
    );
    found.push(
        Draft {
            query: None,
            headers: BTreeMap::new(),
            ..hit.clone()
        }
        .finish(),
    );
    found
}

/// Requests for files of every kind where a condition asks for files, for numbers beyond the limit of a condition,
/// and for a path with something in it that is written in more than one way.
pub(super) fn others<'r>(
    site: &'r Site,
    scope: &'r Scope<'_>,
    rule: &'r Rule,
    hit: &'r Draft,
) -> impl Iterator<Item = Request> + 'r {
    let with_path = |path| hit.with_path(path).finish();
    let files = files(site, scope, rule).into_iter().map(with_path);
    let numbers = beyond(scope, rule).into_iter().map(with_path);
    files.chain(numbers).chain(written(scope, rule, hit))
}

/// A file, an empty one, a directory, and nothing; rather those that the pattern matches.
fn files(site: &Site, scope: &Scope<'_>, rule: &Rule) -> Vec<Vec<u8>> {
    let mut conditions = rule.conditions.iter();
    if !conditions.any(|condition| matches!(condition.test, Test::File(_))) {
        return Vec::new();
    }
    let root = scope.host.document_root.as_slice();
    let from = [root, &scope.base, b"/"].concat();
    let entries = site.tree.entries.range(from.clone()..).take(MOST_FILES);
    let entries: Vec<_> = entries
        .take_while(|(path, _)| path.starts_with(&from))
        .filter_map(|(path, kind)| Some((path.get(root.len()..)?, *kind)))
        .collect();
    let matches = |path: &[u8]| {
        let subject = below(scope, path);
        subject.is_some_and(|subject| rule.pattern.is_match(&subject))
    };
    let of_kind = |kind: FileKind| {
        let all = || {
            entries
                .iter()
                .filter(move |one| one.1 == kind)
                .map(|one| one.0)
        };
        all().find(|path| matches(path)).or_else(|| all().next())
    };
    let kinds = [FileKind::File, FileKind::Empty, FileKind::Directory];
    let there = kinds.into_iter().filter_map(of_kind).map(<[u8]>::to_vec);
    let missing = [&scope.base, &b"/edgewright"[..]].concat();
    there.chain([missing]).collect()
}

/// Paths for which a group is a number, or a text, that a condition just excludes.
fn beyond(scope: &Scope<'_>, rule: &Rule) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for constraint in constraints(scope.host, &rule.conditions, 0) {
        let (Slot::Group(number), Some(operand)) = (&constraint.slot, constraint.operand()) else {
            continue;
        };
        let mut outside = around(operand)
            .into_iter()
            .filter(|value| !constraint.holds(value))
            .map(|value| sample(&rule.pattern, 0, &Groups::from([(*number, value)])));
        let path = outside.find(|text| rule.pattern.is_match(text));
        found.extend(path.map(|text| in_scope(scope, &text)));
    }
    found
}

/// `hit` with something in its path that is written in more than one way, where the pattern still matches.
fn written(scope: &Scope<'_>, rule: &Rule, hit: &Draft) -> Vec<Request> {
    let first = usize::try_from(rule.place.line).unwrap_or(0);
    let kinds = (0..WRITTEN.len()).filter_map(|at| WRITTEN.get((first + at) % WRITTEN.len()));
    let path = hit.path.as_slice();
    let places = || (1..=path.len()).rev().take(MOST_PLACES);
    let matches = |at: usize, bytes: &[u8]| {
        let (before, after) = path.split_at(at);
        let changed = [before, bytes, after].concat();
        let subject = below(scope, &changed);
        subject.is_some_and(|subject| rule.pattern.is_match(&subject))
    };
    let request = |(escape, bytes): &(&str, &[u8])| {
        let at = places().find(|at| matches(*at, bytes))?;
        let (before, after) = path.split_at(at);
        let target = [&encoded(before), escape.as_bytes(), &encoded(after)].concat();
        Some(hit.with_target(hit.with_query(target)))
    };
    kinds.filter_map(request).take(WRITTEN_EACH).collect()
}
