//! Every case, on every engine: what they answer is what a real Apache answered.
//!
//! The answers in `tests/cases` come from a real Apache; `tests/e2e` asks it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgewright_test_engines::{Engine, engines, reading, reading_folder};
use edgewright_test_support::contract::Line;
use edgewright_test_support::legacy_site;
use edgewright_test_support::record::{Folders, OUTSIDE_FILE, Record};

/// Cases that an engine cannot answer: the host, the target, and why. A case that is answered after
/// all fails until it is taken off this list.
const EXEMPT: &[(&str, &str, &str)] = &[];

#[test]
fn recorded_cases() {
    let expected = include_str!("../../../cases/apache-2.4.71.outcomes.jsonl").lines();
    let expected = expected.map(|line| serde_json::from_str::<Line>(line).unwrap());
    let mut engines: BTreeMap<_, Vec<Box<dyn Engine>>> = BTreeMap::new();
    let mut failures = Vec::new();
    let records = Record::all();
    let cases = records.iter().zip(expected);
    for (record, expected) in cases.filter(|(record, _)| !record.depends_on_clock()) {
        let engines = engines
            .entry(record.configuration())
            .or_insert_with(|| prepare(record));
        for engine in engines.iter() {
            let observed = engine.answer(&record.request(&Folders::recorded()));
            let exempt = EXEMPT.iter().find(|(host, target, _)| {
                (*host, *target) == (&record.host_header, &record.target)
            });
            if (observed == expected) != exempt.is_none() {
                failures.push(describe(record, engine.name(), &expected, &observed));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

/// The engines, with a record's configuration.
fn prepare(record: &Record) -> Vec<Box<dyn Engine>> {
    let folders = Folders::recorded();
    let config = format!(
        "ServerName main.test:80\n{}\n{}",
        record.main,
        record.virtual_hosts("*:80", &folders)
    );
    let own = record.files.iter();
    let own = own.map(|(name, content)| {
        (
            format!("{}/{name}", folders.document_root),
            folders.localise(content),
        )
    });
    let outside = [
        (
            format!("{}/{}", folders.base, OUTSIDE_FILE.0),
            OUTSIDE_FILE.1.to_owned(),
        ),
        (
            format!("{}/nothing-else", folders.empty_root()),
            String::new(),
        ),
        ("/etc/passwd".to_owned(), "root".to_owned()),
    ];
    engines(reading(&config, own.chain(outside)))
}

fn describe(record: &Record, engine: &str, expected: &Line, observed: &Line) -> String {
    let Record {
        main,
        vhost,
        directory,
        host_header,
        target,
        ..
    } = record;
    let mut htaccess = String::new();
    for (name, text) in record
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".htaccess"))
    {
        writeln!(htaccess, "--- {name}\n{text}").unwrap();
    }
    let json = |line: &Line| serde_json::to_string(line).unwrap();
    format!(
        "{main}{vhost}\n{directory}\n{htaccess}>>> {host_header} {target} {:?}\nexpected {}\n{engine:8} {}\n",
        record.req_headers,
        json(expected),
        json(observed)
    )
}

#[test]
fn example_site() {
    let folder = legacy_site::folder();
    let expected = include_str!("../../../cases/legacy-site.jsonl").lines();
    let engines = engines(reading_folder(&folder));
    let mut failures = Vec::new();
    for ((written, request), expected) in legacy_site::written_requests()
        .unwrap()
        .iter()
        .zip(expected)
    {
        let expected: Line = serde_json::from_str(expected).unwrap();
        for engine in &engines {
            let observed = engine.answer(request);
            if observed != expected {
                failures.push(format!(
                    "{written}\nexpected {expected:?}\n{} {observed:?}",
                    engine.name()
                ));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
