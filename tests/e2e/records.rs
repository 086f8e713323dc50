//! The recorded cases, replayed on the Apache at hand: does it still answer as recorded?
//!
//! What the suite compares our engines with is thereby as true here as where it was recorded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use edgewright_test_support::apache::{Answer, Apache, ServerRoot, Serving, loopback, unescape};
use edgewright_test_support::record::{Folders, OUTSIDE_FILE, Record, from_latin_1, latin_1};

#[test]
fn apache_answers_as_recorded() {
    let mut by_main: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    let records = Record::all();
    let total = records.len();
    for record in records {
        by_main.entry(record.main.clone()).or_default().push(record);
    }
    let differences: Vec<String> = by_main.values().flat_map(|group| replay(group)).collect();
    assert!(
        differences.is_empty(),
        "{} of {total} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Runs records with the same server-level text in one server, each configuration on an address of
/// its own, and describes every difference.
fn replay(records: &[Record]) -> Vec<String> {
    let root = ServerRoot::new().unwrap();
    let port = ServerRoot::free_port().unwrap();
    let mut numbers = BTreeMap::new();
    let mut text = records[0].main.clone() + "\n";
    root.write(OUTSIDE_FILE.0, OUTSIDE_FILE.1).unwrap();
    std::fs::create_dir_all(root.path().join("empty")).unwrap();
    for record in records {
        let number = numbers.len();
        let Entry::Vacant(entry) = numbers.entry(record.configuration()) else {
            continue;
        };
        entry.insert(number);
        let folders = folders(&root, number);
        std::fs::create_dir_all(&folders.document_root).unwrap();
        for (name, content) in &record.files {
            root.write(format!("sites/{number}/{name}"), folders.localise(content))
                .unwrap();
        }
        text += &record.virtual_hosts(&format!("{}:{port}", loopback(number)), &folders);
    }
    let addresses: Vec<_> = (0..numbers.len()).map(loopback).collect();
    let apache = root.start(text, &addresses, port, Serving::Files).unwrap();
    let number = |record: &Record| numbers[&record.configuration()];
    records
        .iter()
        .filter_map(|record| difference(&apache, number(record), record))
        .collect()
}

fn folders(root: &ServerRoot, number: usize) -> Folders {
    let base = root.path().display().to_string();
    Folders {
        document_root: format!("{base}/sites/{number}"),
        base,
    }
}

fn difference(apache: &Apache, number: usize, record: &Record) -> Option<String> {
    let folders = folders(apache.root(), number);
    let answer = apache
        .answer(loopback(number), &record.request(&folders))
        .unwrap();
    let pairs = fields(record, &answer, &folders);
    // Recorded on one address only.
    let address = loopback(number).to_string();
    let differing = pairs
        .into_iter()
        .filter(|(_, recorded, observed)| *recorded != observed.replace(&address, "127.0.0.1"));
    let lines: Vec<String> = differing
        .map(|(field, recorded, observed)| {
            format!("  {field}: recorded {recorded:?}, observed {observed:?}")
        })
        .collect();
    let Record {
        vhost,
        host_header,
        target,
        ..
    } = record;
    (!lines.is_empty()).then(|| format!("{vhost}\n{host_header} {target}\n{}", lines.join("\n")))
}

/// Every field that was recorded: its name, as recorded, as observed.
fn fields(
    record: &Record,
    answer: &Answer,
    folders: &Folders,
) -> Vec<(&'static str, String, String)> {
    let local = |text: &str| folders.localise(text);
    let location = answer
        .location
        .as_deref()
        .map(from_latin_1)
        .unwrap_or_default();
    let recorded_location = local(record.location.as_deref().unwrap_or_default());
    let dateless = |cookies: Vec<String>| {
        cookies
            .iter()
            .map(|text| without_date(text))
            .collect::<String>()
    };
    let cookies = answer
        .cookies
        .iter()
        .map(|cookie| from_latin_1(cookie))
        .collect();
    let vary: Vec<String> = answer.vary.iter().map(|name| from_latin_1(name)).collect();
    let mut fields = vec![
        (
            "status",
            record.status.to_string(),
            answer.status.to_string(),
        ),
        ("location", recorded_location, location),
        (
            "cookies",
            dateless(record.set_cookie.clone()),
            dateless(cookies),
        ),
        ("vary", record.vary.join(","), vary.join(",")),
    ];
    let recorded = [
        &record.final_uri_escaped,
        &record.final_args_escaped,
        &record.final_filename_escaped,
    ];
    let observed = answer
        .end
        .as_ref()
        .map(|end| [&end.uri, &end.query, &end.filename]);
    if let ([Some(uri), Some(query), Some(filename)], Some(observed)) = (recorded, observed) {
        let recorded =
            [uri, query, filename].map(|text| local(&from_latin_1(&unescape(&latin_1(text)))));
        let observed = observed.map(|bytes| from_latin_1(bytes));
        let pairs = recorded.into_iter().zip(observed);
        let named = ["uri", "query", "filename"].into_iter().zip(pairs);
        fields.extend(named.map(|(name, (recorded, observed))| (name, recorded, observed)));
    }
    // The first bytes of a served file; Apache's own error pages were not recorded.
    let body = record.body.clone().unwrap_or_default();
    let observed = from_latin_1(&answer.body)
        .chars()
        .take(body.chars().count())
        .collect();
    fields.push(("body", body, observed));
    fields
}

/// A cookie without the moment it ends, which depends on the clock.
fn without_date(cookie: &str) -> String {
    let parts = cookie.split("; ").map(|part| {
        if part.starts_with("expires=") {
            "expires"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("; ") + "\n"
}
