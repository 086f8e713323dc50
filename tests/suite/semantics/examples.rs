//! The examples of the text are requests of cases, with Apache's answers.
//!
//! An example is a row of a table with a request in one cell, `/a?q` or `/a` with `Host: x`, and an answer in the next:
//! a status with what follows, `the file` and a path, or `asks` and a URL.

use std::collections::{BTreeMap, BTreeSet};

use edgewright_test_support::cases;

use super::chapters;

/// How many examples there are at least: a text whose examples are not recognised has none.
const FEWEST: usize = 150;

#[test]
fn every_example_is_a_request_of_a_case() {
    let answers = answers();
    let mut count = 0;
    let mut unknown = Vec::new();
    for path in chapters() {
        let text = std::fs::read_to_string(&path).unwrap();
        for (request, answer) in text.lines().flat_map(examples) {
            count += 1;
            let recorded = answers.get(&request).into_iter().flatten();
            if !recorded.clone().any(|known| begins(known, &answer)) {
                unknown.push(format!("{}: {request}: {answer}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "in no case: {unknown:#?}");
    assert!(count >= FEWEST, "{count} examples are recognised");
}

/// What Apache answered to each request, in any case.
fn answers() -> BTreeMap<String, BTreeSet<String>> {
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let files = cases::all().unwrap().into_iter();
    for exchange in files
        .flat_map(|file| file.cases)
        .flat_map(|case| case.exchanges)
    {
        let known = answers.entry(exchange.written).or_default();
        known.insert(exchange.apache);
    }
    answers
}

/// Is this answer recorded, perhaps with a query string or a cookie after it?
fn begins(recorded: &str, answer: &str) -> bool {
    let rest = recorded.strip_prefix(answer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// The requests and answers of a row, written as in a case.
fn examples(line: &str) -> Vec<(String, String)> {
    let line = line.replace("\\|", "\0");
    let Some(row) = line.strip_prefix('|') else {
        return Vec::new();
    };
    let cells: Vec<String> = row
        .split('|')
        .map(|cell| cell.trim().replace('\0', "|"))
        .collect();
    cells
        .windows(2)
        .filter_map(|pair| Some((request(&pair[0])?, answer(&pair[1])?)))
        .collect()
}

fn request(cell: &str) -> Option<String> {
    let (target, rest) = cell.strip_prefix('`')?.split_once('`')?;
    let starts = ["/", "GET ", "PUT "];
    if !starts.iter().any(|start| target.starts_with(start)) {
        return None;
    }
    let header = rest.trim_start_matches([',', ' ']);
    let header = header.trim_start_matches("with ");
    match header.strip_prefix('`') {
        None if header.is_empty() => Some(localised(target)),
        None => None,
        Some(header) => {
            let header = header.strip_suffix('`')?;
            Some(format!("{} | {header}", localised(target)))
        }
    }
}

fn answer(cell: &str) -> Option<String> {
    let code = |text: &str| Some(localised(text.strip_prefix('`')?.split_once('`')?.0));
    if let Some(file) = cell.strip_prefix("the file ") {
        return Some(format!("serve {}", code(file)?));
    }
    if let Some(url) = cell.strip_prefix("asks ") {
        return Some(format!("proxy {}", code(url)?));
    }
    let text = code(cell)?;
    let is_status = text.len() >= 3 && text.bytes().take(3).all(|byte| byte.is_ascii_digit());
    is_status.then(|| text.replacen(" T", " http://h.test", 1))
}

/// The document root as cases write it.
fn localised(text: &str) -> String {
    text.replace("/DOCROOT", "@ROOT@")
}
