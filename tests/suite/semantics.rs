//! `docs/semantics.md` says how many cases there are for what; `EDGEWRIGHT_UPDATE=1` counts anew.

use std::collections::BTreeMap;
use std::path::Path;

use edgewright_test_support::cases::{self, Case};
use edgewright_test_support::verdicts;

/// The cases of each file, by its name.
type Files = BTreeMap<String, Vec<Case>>;

#[test]
fn the_document_counts_the_cases() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/semantics.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let (cases, verdicts) = (case_files(), verdict_files());
    let counted: String = written
        .lines()
        .map(|line| counted(line, &cases, &verdicts) + "\n")
        .collect();
    if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
        std::fs::write(&path, &counted).unwrap();
    }
    for (written, counted) in written.lines().zip(counted.lines()) {
        assert_eq!(written, counted, "EDGEWRIGHT_UPDATE=1 counts anew");
    }
    let listed = |name: &String| written.contains(&format!("`{name}`"));
    let unlisted: Vec<_> = cases.keys().filter(|name| !listed(name)).collect();
    assert!(unlisted.is_empty(), "not in the document: {unlisted:?}");
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn case_files() -> Files {
    let files = cases::all().unwrap().into_iter();
    files
        .map(|file| (name_of(&file.path), file.cases))
        .collect()
}

fn verdict_files() -> BTreeMap<String, usize> {
    let files = verdicts::all().unwrap().into_iter();
    files
        .map(|file| {
            let name = format!("verdicts/{}", name_of(&file.path));
            (name, file.verdicts.len())
        })
        .collect()
}

/// A line of the document with the right numbers, if it is a row that has any.
fn counted(line: &str, cases: &Files, verdicts: &BTreeMap<String, usize>) -> String {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let file = |cell: &&str| cell.trim_matches('`').to_owned();
    match cells.as_slice() {
        [what, name, begins, _, _] if cases.contains_key(&file(name)) => {
            let (count, requests) = counts(&cases[&file(name)], begins);
            format!("| {what} | {name} | {begins} | {count} | {requests} |")
        }
        [what, name, _] if verdicts.contains_key(&file(name)) => {
            format!("| {what} | {name} | {} |", verdicts[&file(name)])
        }
        _ => line.to_owned(),
    }
}

/// How many cases have a name that begins so, and how many requests those have.
fn counts(cases: &[Case], begins: &str) -> (usize, usize) {
    let beginning = format!("{begins} ");
    let named: Vec<&Case> = cases
        .iter()
        .filter(|case| begins == "anything" || case.name.starts_with(&beginning))
        .collect();
    let requests = named.iter().map(|case| case.exchanges.len()).sum();
    (named.len(), requests)
}
