//! The cases of `tests/cases/*.txt`, on the Apache at hand. `EDGEWRIGHT_UPDATE=1` writes its answers
//! into the files; new requests need no answer.

use std::collections::BTreeMap;

use edgewright_test_support::apache::{Apache, ServerRoot, Serving, loopback};
use edgewright_test_support::cases::{Case, Place, all};
use edgewright_test_support::sent::Sent;

#[test]
fn apache_answers_as_the_tables_say() {
    let files = all().unwrap();
    let cases: Vec<&Case> = files.iter().flat_map(|file| &file.cases).collect();
    let mut answers = ask_all(&cases).into_iter();
    let mut differences = Vec::new();
    for file in &files {
        let mut by_line = BTreeMap::new();
        for exchange in file.cases.iter().flat_map(|case| &case.exchanges) {
            let answer = answers.next().unwrap();
            if answer != exchange.apache {
                differences.push(format!(
                    "{}:{}: {}\n  recorded {}\n  observed {answer}",
                    file.path.display(),
                    exchange.line + 1,
                    exchange.written,
                    exchange.apache
                ));
            }
            by_line.insert(exchange.line, answer);
        }
        if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
            std::fs::write(&file.path, file.with_answers(&by_line)).unwrap();
        }
    }
    let count = differences.len();
    assert!(
        differences.is_empty(),
        "{count} differ:\n{}",
        differences.join("\n")
    );
}

/// Asks Apache every request; answers come in the order of the requests.
fn ask_all(cases: &[&Case]) -> Vec<String> {
    let mut by_main: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        by_main.entry(&case.main).or_default().push(at);
    }
    let mut answers = BTreeMap::new();
    for places in by_main.values() {
        let group: Vec<&Case> = places.iter().map(|at| cases[*at]).collect();
        answers.extend(places.iter().copied().zip(ask(&group)));
    }
    answers.into_values().flatten().collect()
}

/// Runs cases with the same server-level text in one server, each on an address of its own.
fn ask(cases: &[&Case]) -> Vec<Vec<String>> {
    let root = ServerRoot::new().unwrap();
    let port = ServerRoot::free_port().unwrap();
    let base = root.path().display().to_string();
    let place = |at: usize| Place::new(&base, &at.to_string());
    let mut text = cases[0].main(&place(0)) + "\n";
    for (at, case) in cases.iter().enumerate() {
        let place = place(at);
        for (path, content) in case.files(&place) {
            root.write(path, content).unwrap();
        }
        text += &case.virtual_hosts(&format!("{}:{port}", loopback(at)), &place);
    }
    let addresses: Vec<_> = (0..cases.len()).map(loopback).collect();
    let apache = root
        .start(text, &addresses, port, Serving::Everything)
        .unwrap();
    let numbered = cases.iter().enumerate();
    numbered
        .map(|(at, case)| answers(&apache, at, case, &place(at)))
        .collect()
}

fn answers(apache: &Apache, at: usize, case: &Case, place: &Place) -> Vec<String> {
    let address = loopback(at);
    let roots = [place.root.clone()];
    let answer = |exchange: &edgewright_test_support::cases::Exchange| {
        let answer = apache.answer(address, &exchange.request).unwrap();
        let rendered = place.render(&Sent::from_apache(&answer, &roots));
        // The suite's server is at the address that everyone knows.
        rendered.replace(&address.to_string(), "127.0.0.1")
    };
    case.exchanges.iter().map(answer).collect()
}
