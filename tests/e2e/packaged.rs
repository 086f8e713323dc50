//! The package as Lambda runs it: unpacked, loaded by Lambda's own runtime client in every Node.js
//! that Lambda@Edge takes, and fed through the Runtime API. Its answers are the reference's, also
//! while generations are switched under it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use edgewright_engine::cloudfront::event;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::model::outcome::Answer;
use edgewright_engine::model::trigger::Trigger;
use edgewright_test_engines::{Engine as _, Reference, line, reading_folder, with_request};
use edgewright_test_support::contract::{Line, Outcome};
use edgewright_test_support::legacy_site;
use edgewright_test_support::wire::Request;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bootstrap::STRIPPED;
use crate::emulator::Emulator;
use crate::lambda::{Lambda, NODES, Start, permit};

/// The function looks this often which generation is live, and one look takes less.
const SWITCH_DELAY: Duration = Duration::from_secs(7);

/// Runs the command line, which must say that all is well.
fn edgewright(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
}

/// A site with its build, its package and what the reference answers.
struct Packaged {
    folder: TempDir,
    reference: Reference,
}

impl Packaged {
    /// Builds and packs `site`; `options` are for `package`.
    fn new(site: &Path, options: &[&str]) -> Self {
        let packaged = Self::built(site);
        let (build, zip) = (packaged.path("build"), packaged.path("function.zip"));
        let mut line = vec!["package", text(&build), "--out", text(&zip)];
        line.extend(["--bootstrap", text(&STRIPPED)]);
        line.extend(options);
        edgewright(&line);
        packaged
    }

    /// Builds `site`, and packs nothing.
    fn built(site: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let packaged = Self {
            folder,
            reference: Reference(reading_folder(site)),
        };
        let (configuration, build) = (site.join("httpd.conf"), packaged.path("build"));
        edgewright(&["migrate", text(&configuration), "--out", text(&build)]);
        packaged
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the viewer should see, or the origin get.
    fn expected(&self, request: &Request) -> Seen {
        let Line { outcome, cookies } = self.reference.answer(request);
        match outcome {
            Outcome::Proxy { .. } | Outcome::Unsupported { .. } => Seen::Untouched,
            // Only a response can carry cookies.
            Outcome::Serve { path, query } => Seen::Line(Line {
                outcome: Outcome::Serve {
                    path,
                    query: encoded(&query),
                },
                cookies: Vec::new(),
            }),
            Outcome::Redirect { status, location } => Seen::Line(Line {
                outcome: Outcome::Redirect {
                    status,
                    location: encoded(&location),
                },
                cookies,
            }),
            Outcome::Status { .. } => Seen::Line(Line { outcome, cookies }),
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What comes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// It goes on as it came, byte for byte.
    Untouched,
    Line(Line),
}

/// A location or query as CloudFront can send it.
fn encoded(text: &str) -> String {
    let byte = |character: char| match character {
        '!'..='~' => character.to_string(),
        _ => format!("%{:02X}", character as u32),
    };
    text.chars().map(byte).collect()
}

/// What `reply` does with `event`, in the form of `expected`.
fn seen(event: &str, reply: &str, expected: &Seen) -> Seen {
    if *expected == Seen::Untouched && reply == request_of(event) {
        return Seen::Untouched;
    }
    let reply: Box<RawValue> = serde_json::from_str(reply).unwrap();
    let effect = event::effect(&reply).expect("CloudFront would answer 502");
    let answer = Answer {
        cookies: effect.cookies,
        ..Answer::of(effect.outcome)
    };
    let mut seen = line(&answer);
    if let Outcome::Serve { query, .. } = &mut seen.outcome {
        *query = encoded(query);
    }
    Seen::Line(seen)
}

fn request_of(event: &str) -> &str {
    Event::parse(event.as_bytes()).unwrap().request.get()
}

/// The requests of the example site, and others near them, that CloudFront can tell.
fn requests() -> Vec<Request> {
    let written = legacy_site::written_requests().unwrap();
    let written: Vec<Request> = written.into_iter().map(|(_, request)| request).collect();
    let mut all: BTreeSet<Request> = written.iter().cloned().collect();
    let alterations: [fn(&mut Request); 7] = [
        |request| request.target.push(b'/'),
        |request| request.target.extend(b"?a=%41&b"),
        |request| request.target.make_ascii_uppercase(),
        |request| request.target.insert(0, b'/'),
        |request| request.target.extend(b"%2Fx"),
        |request| request.method = b"POST".to_vec(),
        |request| request.host = Some(b"shop.harbourbooks.example".to_vec()),
    ];
    for alter in alterations {
        let mut altered = written.clone();
        altered.iter_mut().for_each(alter);
        all.extend(altered);
    }
    // Bytes from 0x80 become UTF-8 on the way: what Apache would have read is not in the event.
    let is_told = |request: &Request| request.target.is_ascii();
    all.into_iter().filter(is_told).collect()
}

/// The events CloudFront could make of `request`: one for each trigger and kind of origin.
fn events(request: &Request) -> Vec<String> {
    let Some(viewer) = with_request(request, |request| {
        event::event(request, Trigger::OriginRequest)
    }) else {
        return Vec::new();
    };
    let origins = [
        json!({"custom": {"customHeaders": {}, "domainName": "www.example.org", "keepaliveTimeout": 5,
            "path": "", "port": 443, "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"]}}),
        json!({"s3": {"authMethod": "none", "customHeaders": {}, "domainName": "bucket.s3.amazonaws.com",
            "path": "", "region": "us-east-1"}}),
    ];
    let at_origin = origins.map(|origin| {
        let mut event: Value = serde_json::from_str(&viewer).unwrap();
        let cf = &mut event["Records"][0]["cf"];
        cf["config"]["eventType"] = json!("origin-request");
        cf["request"]["origin"] = origin;
        event.to_string()
    });
    let viewer = viewer.replacen("origin-request", "viewer-request", 1);
    [viewer].into_iter().chain(at_origin).collect()
}

/// Viewers come in the clear, which no event at viewer-request tells.
const PLAIN: [&str; 2] = ["--scheme", "http"];

static SITE: LazyLock<Packaged> = LazyLock::new(|| Packaged::new(&legacy_site::folder(), &PLAIN));

fn check_answers(lambda: &Lambda, packaged: &Packaged) -> usize {
    let mut invocations = 0;
    for request in requests() {
        let expected = packaged.expected(&request);
        for event in events(&request) {
            let reply = lambda.answer(&event);
            assert_eq!(seen(&event, &reply, &expected), expected, "{event}");
            invocations += 1;
        }
    }
    invocations
}

#[test]
fn every_node_answers_as_the_reference() {
    for node in NODES {
        let begun = Instant::now();
        let lambda = Lambda::start(&SITE.path("function.zip"), node, Start::InPlace);
        let invocations = check_answers(&lambda, &SITE);
        assert_eq!(lambda.program(), "bootstrap");
        println!(
            "{node:?}: {invocations} invocations, all as the reference, {:?}",
            begun.elapsed()
        );
        assert!(invocations > 2000, "{invocations}");
    }
}

#[test]
fn a_node_that_cannot_be_replaced_runs_the_binary_as_its_child() {
    for node in NODES {
        let lambda = Lambda::start(&SITE.path("function.zip"), node, Start::AsChild);
        check_answers(&lambda, &SITE);
        assert_eq!(lambda.program(), "node");
    }
}

/// What becomes of a binary on its way to Lambda, or there.
type Damage = fn(&Path);

/// A program in the binary's place.
fn replaced(binary: &Path, text: &str) {
    fs::write(binary, text).unwrap();
}

#[test]
fn a_binary_that_cannot_run_lets_every_request_through() {
    let damages: [(&str, Damage); 6] = [
        ("ENOENT", |binary| fs::remove_file(binary).unwrap()),
        ("ended with 3: lost a library", |binary| {
            replaced(binary, "#!/bin/sh\necho lost a library >&2; exit 3\n");
        }),
        ("ended with SIGSEGV", |binary| {
            replaced(binary, "#!/bin/sh\nkill -SEGV $$\n");
        }),
        ("ETIMEDOUT", |binary| {
            replaced(binary, "#!/bin/sh\nexec sleep 60\n");
        }),
        ("the check ended with", |binary| {
            replaced(binary, "\x7fELF no more");
        }),
        ("the function cannot be loaded", |binary| {
            fs::write(binary.with_file_name("rules.bin"), "damaged").unwrap();
        }),
    ];
    for (reason, damage) in damages {
        for node in NODES {
            let lambda = Lambda::start_damaged(&SITE.path("function.zip"), node, damage);
            for event in requests().iter().take(20).flat_map(events) {
                let reply: Value = serde_json::from_str(&lambda.answer(&event)).unwrap();
                let request: Value = serde_json::from_str(request_of(&event)).unwrap();
                assert_eq!(reply, request);
            }
            let log = lambda.log();
            assert!(log.contains("not-started") && log.contains(reason), "{log}");
            assert_eq!(lambda.program(), "node");
            println!("{node:?}, {reason}: untouched requests");
        }
    }
}

#[test]
fn a_binary_that_lost_its_permissions_answers_all_the_same() {
    for node in NODES {
        let lambda = Lambda::start_damaged(&SITE.path("function.zip"), node, |binary| {
            permit(binary, 0o644);
        });
        check_answers(&lambda, &SITE);
        assert_eq!(lambda.program(), "bootstrap");
        assert!(lambda.log().contains("\"copied\""), "{}", lambda.log());
        println!("{node:?}: answers as the reference, from a copy");
    }
}

/// The example site with other statuses and another target.
fn changed_site() -> TempDir {
    let changed = tempfile::tempdir().unwrap();
    copy(&legacy_site::folder(), changed.path());
    for file in ["conf/www.conf", "httpd.conf"] {
        let path = changed.path().join(file);
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let text = text.replace("[R=301", "[R=308").replace("permanent", "302");
        fs::write(path, text).unwrap();
    }
    changed
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

/// What of a running function's answers agrees with which generation.
#[derive(Debug, Default, PartialEq, Eq)]
struct Agreement {
    old_only: usize,
    new_only: usize,
}

#[test]
fn generations_are_switched_while_requests_run() {
    let emulator = Emulator::start();
    let table = ["--table", "switched", "--endpoint-url", emulator.endpoint()];
    let changed = changed_site();
    let old = Packaged::new(&legacy_site::folder(), &table);
    let new = Packaged::built(changed.path());
    let deploy = |packaged: &Packaged| {
        let build = packaged.path("build");
        edgewright(&[&["deploy", text(&build), "--create-table"], &table[..]].concat());
    };
    deploy(&old);
    let lambda = Lambda::start(&old.path("function.zip"), NODES[1], Start::InPlace);
    let cases: Vec<(String, Seen, Seen)> = requests()
        .iter()
        .filter_map(|request| Some((events(request).pop()?, request)))
        .map(|(event, request)| (event, old.expected(request), new.expected(request)))
        .collect();
    // Every answer is that of one of the two generations.
    let round = || {
        let mut agreement = Agreement::default();
        for (event, old, new) in &cases {
            let reply = lambda.answer(event);
            let as_old = seen(event, &reply, old) == *old;
            let as_new = seen(event, &reply, new) == *new;
            assert!(as_old || as_new, "{event}\n{reply}\n{old:?}\n{new:?}");
            agreement.old_only += usize::from(!as_new);
            agreement.new_only += usize::from(!as_old);
        }
        agreement
    };
    let differing = round().old_only;
    assert!(differing > 20, "{differing}");
    // Meanwhile somebody deploys; then, after a moment, only the new answers are given.
    let mut rounds = 0;
    let mut during = |work: &(dyn Fn() + Sync)| {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                work();
                thread::sleep(SWITCH_DELAY);
                done.store(true, Ordering::SeqCst);
            });
            while !done.load(Ordering::SeqCst) {
                round();
                rounds += 1;
            }
        });
        round()
    };
    let only_new = Agreement {
        old_only: 0,
        new_only: differing,
    };
    let only_old = Agreement {
        old_only: differing,
        new_only: 0,
    };
    assert_eq!(during(&|| deploy(&new)), only_new);
    assert_eq!(
        during(&|| edgewright(&[&["rollback"], &table[..]].concat())),
        only_old
    );
    assert_eq!(
        during(&|| edgewright(&[&["rollback"], &table[..]].concat())),
        only_new
    );
    println!(
        "{} requests, {differing} of them answered differently, {rounds} rounds during three switches",
        cases.len()
    );
    assert_eq!(lambda.log(), "");
}
