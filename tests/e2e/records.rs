//! The recorded cases, replayed on the Apache at hand: does it still answer as recorded?
//!
//! What the suite compares our engines with is thereby as true here as where it was recorded.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::path::Path;

use edgewright_test_support::apache::{Answer, ServerRoot, Serving, loopback, unescape};
use edgewright_test_support::contract::{Line, Outcome, without_date};
use edgewright_test_support::record::{Folders, OUTSIDE_FILE, Record, from_latin_1, latin_1};

#[test]
fn apache_answers_as_recorded() {
    let records = Record::all();
    let answers = replay_all(&records, Serving::Files);
    let pairs = records
        .iter()
        .zip(&answers)
        .filter(|(record, _)| !record.depends_on_clock());
    let differences: Vec<String> = pairs
        .filter_map(|(record, answer)| difference(record, answer))
        .collect();
    let (count, total) = (differences.len(), records.len());
    assert!(
        differences.is_empty(),
        "{count} of {total} differ:\n{}",
        differences.join("\n")
    );
}

/// These outcomes are what engines are compared with.
/// `EDGEWRIGHT_UPDATE=1` writes them anew to `tests/cases/apache-2.4.71.outcomes.jsonl`.
#[test]
fn apache_gives_the_recorded_outcomes() {
    let mut observed = String::new();
    let records = Record::all();
    let replayed = replay_all(&records, Serving::Everything);
    for (record, replayed) in records.iter().zip(replayed) {
        let folders = &replayed.folders;
        let roots = [folders.document_root.clone(), folders.empty_root()];
        let mut line = Line::from_apache(&replayed.answer, &roots);
        if record.depends_on_clock() {
            line.outcome = Outcome::Unsupported {
                reason: "the clock".to_owned(),
            };
        }
        let text = serde_json::to_string(&line)
            .unwrap()
            .replace(&replayed.address, "127.0.0.1");
        writeln!(observed, "{}", folders.generalise(&text)).unwrap();
    }
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/apache-2.4.71.outcomes.jsonl");
    if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
        std::fs::write(&file, &observed).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap();
    for (number, (expected, observed)) in expected.lines().zip(observed.lines()).enumerate() {
        assert_eq!(expected, observed, "line {} of the file", number + 1);
    }
    assert_eq!(expected.lines().count(), observed.lines().count());
}

/// A record, run again.
struct Replayed {
    answer: Answer,
    folders: Folders,
    /// The address it was asked on; recorded ones are all on 127.0.0.1.
    address: String,
}

/// Runs every record; answers come in the order of the records.
fn replay_all(records: &[Record], serving: Serving) -> Vec<Replayed> {
    let mut by_main: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        by_main.entry(&record.main).or_default().push(at);
    }
    let mut answers = BTreeMap::new();
    for places in by_main.values() {
        let group: Vec<&Record> = places.iter().map(|at| &records[*at]).collect();
        answers.extend(places.iter().copied().zip(replay(&group, serving)));
    }
    answers.into_values().collect()
}

/// Runs records with the same server-level text in one server, each configuration on an address of
/// its own.
fn replay(records: &[&Record], serving: Serving) -> Vec<Replayed> {
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
    let apache = root.start(text, &addresses, port, serving).unwrap();
    let answer = |record: &&Record| {
        let number = numbers[&record.configuration()];
        let folders = folders(apache.root(), number);
        let answer = apache
            .answer(loopback(number), &record.request(&folders))
            .unwrap();
        Replayed {
            answer,
            folders,
            address: loopback(number).to_string(),
        }
    };
    records.iter().map(answer).collect()
}

fn folders(root: &ServerRoot, number: usize) -> Folders {
    let base = root.path().display().to_string();
    Folders {
        document_root: format!("{base}/sites/{number}"),
        base,
    }
}

fn difference(record: &Record, replayed: &Replayed) -> Option<String> {
    let fields = fields(record, &replayed.answer, &replayed.folders).into_iter();
    let differing = fields.filter(|(_, recorded, observed)| {
        *recorded != observed.replace(&replayed.address, "127.0.0.1")
    });
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
            .map(|text| without_date(text) + "\n")
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
