//! Random rule sets: every engine must answer as the Apache at hand does.
//!
//! `EDGEWRIGHT_RANDOM_SETS` says how many rule sets (400), `EDGEWRIGHT_SEED` which ones. Without it the
//! same ones run every time: about one request in 50,000 is still answered otherwise (what becomes of
//! `[P]` is told from outside by signs that are not sure), and a change should not fail by chance.
//! Every difference is made small before it is shown.

use std::fmt::Write as _;

use edgewright_test_support::apache::{Apache, ServerRoot, Serving, loopback};
use edgewright_test_support::contract::Line;
use edgewright_test_support::random::Random;
use edgewright_test_support::rule_sets::{MAP, RuleSet, request};
use edgewright_test_support::wire::Request;

use crate::engine::{engines, reading};

/// Which rule sets run when nobody says.
const SEED: u64 = 20_261_123;
/// Rule sets in one server.
const BATCH: usize = 200;
/// Requests for each.
const REQUESTS: usize = 50;
/// Differences after which a run ends: what comes later mostly has the same reasons.
const ENOUGH: usize = 12;

/// A rule set with one request that shows a difference.
#[derive(Debug, Clone)]
struct Difference {
    set: RuleSet,
    request: Request,
    apache: Line,
    engine: &'static str,
    ours: Line,
}

#[test]
fn random_rule_sets_are_answered_as_apache_does() {
    let sets = number("EDGEWRIGHT_RANDOM_SETS").unwrap_or(400);
    let seed = number("EDGEWRIGHT_SEED").unwrap_or(SEED);
    println!("EDGEWRIGHT_SEED={seed} EDGEWRIGHT_RANDOM_SETS={sets}");
    let mut random = Random::new(seed);
    let mut differences = Vec::new();
    let (mut compared, mut done) = (0, 0);
    while done < sets && differences.len() < ENOUGH {
        let size = usize::try_from(sets - done).unwrap().min(BATCH);
        let cases = (0..size).map(|_| (RuleSet::random(&mut random), requests(&mut random)));
        let cases: Vec<_> = cases.collect();
        differences.extend(compare(&cases));
        compared += size * REQUESTS;
        done += size as u64;
    }
    println!("{compared} requests to {done} rule sets");
    differences.truncate(ENOUGH);
    let shown: Vec<String> = differences
        .into_iter()
        .map(|one| show(&shrink(one)))
        .collect();
    assert!(
        shown.is_empty(),
        "seed {seed}: {} differences\n\n{}",
        shown.len(),
        shown.join("\n\n")
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|value| value.parse().unwrap())
}

fn requests(random: &mut Random) -> Vec<Request> {
    (0..REQUESTS).map(|_| request(random)).collect()
}

/// Runs every rule set with its requests on one server and on every engine. At most one difference
/// is kept for each rule set.
fn compare(cases: &[(RuleSet, Vec<Request>)]) -> Vec<Difference> {
    if cases.is_empty() {
        return Vec::new();
    }
    let root = ServerRoot::new().unwrap();
    let base = root.path().display().to_string();
    let map_file = format!("{base}/m.txt");
    root.write("m.txt", MAP).unwrap();
    let port = ServerRoot::free_port().unwrap();
    let mut text = String::new();
    for (at, (set, _)) in cases.iter().enumerate() {
        let document_root = format!("{base}/{at}");
        for (name, content) in set.files(&document_root) {
            root.write(format!("{at}/{name}"), content).unwrap();
        }
        text += &set.virtual_host(
            &format!("{}:{port}", loopback(at)),
            &document_root,
            &map_file,
        );
    }
    let addresses: Vec<_> = (0..cases.len()).map(loopback).collect();
    let apache = root
        .start(text, &addresses, port, Serving::Everything)
        .unwrap();
    let found = cases.iter().enumerate();
    found
        .filter_map(|(at, (set, requests))| difference(&apache, at, set, requests))
        .collect()
}

fn difference(
    apache: &Apache,
    at: usize,
    set: &RuleSet,
    requests: &[Request],
) -> Option<Difference> {
    let base = apache.root().path().display().to_string();
    let document_root = format!("{base}/{at}");
    let map_file = format!("{base}/m.txt");
    let files = set
        .files(&document_root)
        .into_iter()
        .map(|(name, content)| (format!("{document_root}/{name}"), content));
    let files = files.chain([(map_file.clone(), MAP.to_owned())]);
    let engines = engines(reading(
        &set.virtual_host("*:80", &document_root, &map_file),
        files,
    ));
    let roots = [document_root.clone()];
    requests.iter().find_map(|request| {
        let apache = Line::from_apache(&apache.answer(loopback(at), request).unwrap(), &roots);
        let mut answers = engines
            .iter()
            .map(|engine| (engine.name(), engine.answer(request)));
        let (engine, ours) = answers.find(|(_, ours)| *ours != apache)?;
        Some(Difference {
            set: set.clone(),
            request: request.clone(),
            apache,
            engine,
            ours,
        })
    })
}

/// The smallest rule set that still shows a difference, found by leaving out piece after piece.
fn shrink(mut difference: Difference) -> Difference {
    loop {
        let mut requests = simpler(&difference.request);
        requests.insert(0, difference.request.clone());
        let smaller = difference
            .set
            .smaller()
            .into_iter()
            .map(|set| (set, requests[..1].to_vec()));
        let same = requests[1..]
            .iter()
            .map(|request| (difference.set.clone(), vec![request.clone()]));
        let candidates: Vec<_> = smaller.chain(same).collect();
        match compare(&candidates).into_iter().next() {
            Some(smaller) => difference = smaller,
            None => return difference,
        }
    }
}

/// The request with one thing less.
fn simpler(request: &Request) -> Vec<Request> {
    let mut all = Vec::new();
    for at in 0..request.headers.len() {
        let mut less = request.clone();
        less.headers.remove(at);
        all.push(less);
    }
    if let Some(mark) = request.target.iter().position(|byte| *byte == b'?') {
        all.push(Request {
            target: request.target[..mark].to_vec(),
            ..request.clone()
        });
    }
    if request.method != b"GET" {
        all.push(Request {
            method: b"GET".to_vec(),
            ..request.clone()
        });
    }
    if request.host.as_deref() != Some(b"h.test") {
        all.push(Request {
            host: Some(b"h.test".to_vec()),
            ..request.clone()
        });
    }
    all
}

fn show(difference: &Difference) -> String {
    let Difference {
        set,
        request,
        apache,
        engine,
        ours,
    } = difference;
    let mut text = set.host.join("\n");
    for (directory, lines) in &set.htaccess {
        write!(text, "\n--- {directory}.htaccess\n{}", lines.join("\n")).unwrap();
    }
    let json = |line: &Line| serde_json::to_string(line).unwrap();
    format!(
        "{text}\n>>> {}\napache {}\n{engine} {}",
        request.to_bytes().escape_ascii(),
        json(apache),
        json(ours)
    )
}
