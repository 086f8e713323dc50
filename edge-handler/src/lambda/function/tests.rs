//! Events through the whole function: with an embedded table, and with a DynamoDB that fails in
//! every way it can.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

mod fake_dynamodb;
mod faults;
mod generations;
mod odd_events;
mod site;

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;
use crate::lambda::configuration::FILE_NAME;
use fake_dynamodb::{FakeDynamoDb, Items, Turn, items};

const VIEWER_GET: &str = include_str!("../../../tests/events/viewer-get.json");

/// The recorded event with another path.
fn event(path: &str) -> String {
    VIEWER_GET.replace("/old/page.html", path)
}

fn request_of(event: &str) -> String {
    let event = Event::parse(event.as_bytes()).unwrap();
    event.request.get().to_owned()
}

/// `301 https://…` of a generated response.
fn shown(reply: &RawValue) -> String {
    let reply: Value = serde_json::from_str(reply.get()).unwrap();
    let location = reply["headers"]["location"][0]["value"].as_str();
    format!(
        "{} {}",
        reply["status"].as_str().unwrap_or("-"),
        location.unwrap_or("-")
    )
}

/// A journal, and the kinds of what was noted in it.
#[derive(Default, Clone)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn journal(&self) -> Journal {
        let lines = Arc::clone(&self.0);
        Journal::new(move |line| lines.lock().unwrap().push(line.to_owned()))
    }

    fn kinds(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        let kinds = |line: &String| {
            let line: Value = serde_json::from_str(line).unwrap();
            let samples = line["samples"].as_array().unwrap();
            let kind = |sample: &Value| sample["kind"].as_str().unwrap().to_owned();
            samples.iter().map(kind).collect::<Vec<_>>()
        };
        lines.iter().flat_map(kinds).collect()
    }

    /// How often `kind` was counted.
    fn count(&self, kind: &str) -> u64 {
        let lines = self.0.lock().unwrap();
        let count = |line: &String| {
            let line: Value = serde_json::from_str(line).unwrap();
            line[kind].as_u64().unwrap_or_default()
        };
        lines.iter().map(count).sum()
    }
}

fn embedded(notes: &Notes) -> Function {
    let (program, table) = site::embedded();
    Function::embedded(Configuration::default(), program, table, notes.journal())
}

#[test]
fn a_keyed_redirect_is_answered_from_the_embedded_table() {
    let notes = Notes::default();
    let reply = embedded(&notes)
        .handle_at_once(event("/moved").as_bytes())
        .unwrap();
    assert_eq!(shown(&reply), "301 https://www.example.com/new");
    assert!(notes.kinds().is_empty());
}

#[test]
fn what_no_rule_is_for_goes_on_byte_for_byte() {
    let notes = Notes::default();
    let function = embedded(&notes);
    let others = [
        include_str!("../../../tests/events/origin-s3.json"),
        include_str!("../../../tests/events/origin-custom.json"),
        include_str!("../../../tests/events/unknown-fields.json"),
        include_str!("../../../tests/events/viewer-post-body.json"),
        include_str!("../../../tests/events/viewer-options.json"),
        include_str!("../../../tests/events/viewer-head-ipv6.json"),
    ];
    for event in others {
        let reply = function.handle_at_once(event.as_bytes()).unwrap();
        assert_eq!(reply.get(), request_of(event));
    }
    assert!(notes.kinds().is_empty());
}

#[test]
fn a_response_trigger_passes_the_response_on() {
    let notes = Notes::default();
    let event = include_str!("../../../tests/events/origin-response.json");
    let reply = embedded(&notes).handle_at_once(event.as_bytes()).unwrap();
    let reply: Value = serde_json::from_str(reply.get()).unwrap();
    assert_eq!(reply["statusDescription"], "OK");
    assert_eq!(notes.kinds(), ["event"]);
}

#[test]
fn a_request_that_cannot_be_read_goes_on_as_it_came() {
    let notes = Notes::default();
    let event = r#"{"Records":[{"cf":{"request":{"uri":["/"],"method":"GET"}}}]}"#;
    let reply = embedded(&notes).handle_at_once(event.as_bytes()).unwrap();
    assert_eq!(reply.get(), request_of(event));
    assert_eq!(notes.kinds(), ["event"]);
}

#[test]
fn every_cut_of_an_event_has_a_reply() {
    let notes = Notes::default();
    let function = embedded(&notes);
    let request = request_of(VIEWER_GET);
    let whole = VIEWER_GET.find(&request).unwrap() + request.len();
    for length in 0..VIEWER_GET.trim_end().len() {
        let reply = function
            .handle_at_once(&VIEWER_GET.as_bytes()[..length])
            .unwrap();
        let expected = if length < whole { "null" } else { &request };
        assert_eq!(reply.get(), expected, "{length}");
    }
}

#[test]
fn a_path_of_any_bytes_has_a_reply() {
    let function = embedded(&Notes::default());
    for byte in 0_u8..=255 {
        for path in [
            format!("/%{byte:02x}"),
            format!("/old/{}", char::from(byte).escape_unicode()),
        ] {
            let event = event(&path.replace("\\u{", "\\u00").replace('}', ""));
            let reply = function.handle_at_once(event.as_bytes()).unwrap();
            assert!(
                reply.get().starts_with('{') || reply.get() == "null",
                "{path}"
            );
        }
    }
}

/// A folder as the function's package has it, with a table in `dynamodb`.
fn packaged(dynamodb: Option<&FakeDynamoDb>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let (program, table) = site::encoded();
    write("rules.bin", &program);
    match dynamodb {
        None => write("table.bin", &table),
        Some(dynamodb) => write(
            FILE_NAME,
            format!(
                r#"{{"journal_interval":0,"table":{{"dynamodb":{{"name":"redirects","endpoint_url":"{}",
                "timeouts":{{"connect":200,"attempt":200,"operation":500,"warm_up":300}}}}}}}}"#,
                dynamodb.url()
            )
            .as_bytes(),
        ),
    }
    folder
}

fn lambda_variable(name: &str) -> Option<String> {
    let value = match name {
        "AWS_REGION" => "eu-west-1",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => "test",
        _ => return None,
    };
    Some(value.to_owned())
}

#[test]
fn the_files_of_a_folder_make_a_function() {
    let notes = Notes::default();
    let folder = packaged(None);
    let function = Function::load(folder.path(), |_| None, notes.journal());
    let reply = function.handle_at_once(event("/moved").as_bytes()).unwrap();
    assert_eq!(shown(&reply), "301 https://www.example.com/new");
    assert!(notes.kinds().is_empty());
}

#[test]
fn a_function_that_can_be_loaded_passes_its_check() {
    let dynamodb = FakeDynamoDb::start(&items(Vec::new()), &[Turn::Hang]);
    let check = |folder: &tempfile::TempDir, expected: bool| {
        let function = Function::load(folder.path(), lambda_variable, Notes::default().journal());
        assert_eq!(function.check().is_ok(), expected, "{:?}", function.check());
    };
    check(&packaged(None), true);
    // The table is not asked.
    check(&packaged(Some(&dynamodb)), true);
    assert_eq!(dynamodb.calls(), 0);
    let damaged = packaged(None);
    std::fs::write(damaged.path().join("rules.bin"), "x").unwrap();
    check(&damaged, false);
}

#[test]
fn files_that_cannot_be_used_make_a_function_that_passes_everything_on() {
    type Damage = fn(&Path);
    let damages: [(Damage, &str); 7] = [
        (
            |folder| std::fs::remove_file(folder.join("rules.bin")).unwrap(),
            "rules.bin",
        ),
        (
            |folder| std::fs::remove_file(folder.join("table.bin")).unwrap(),
            "table.bin",
        ),
        (
            |folder| std::fs::write(folder.join("rules.bin"), "short").unwrap(),
            "rules.bin",
        ),
        (
            |folder| {
                std::fs::write(folder.join("table.bin"), site::table_of_generation(8)).unwrap();
            },
            "another build",
        ),
        (
            |folder| std::fs::write(folder.join(FILE_NAME), "{").unwrap(),
            FILE_NAME,
        ),
        (
            |folder| {
                let text = r#"{"table":{"dynamodb":{"name":"x"}}}"#;
                std::fs::write(folder.join(FILE_NAME), text).unwrap();
            },
            "AWS_REGION",
        ),
        (
            |folder| {
                let text = r#"{"program":"/dev/zero"}"#;
                std::fs::write(folder.join(FILE_NAME), text).unwrap();
            },
            "not a regular file",
        ),
    ];
    for (damage, named) in damages {
        let notes = Notes::default();
        let folder = packaged(None);
        damage(folder.path());
        let function = Function::load(folder.path(), |_| None, notes.journal());
        let event = event("/moved");
        let reply = function.handle_at_once(event.as_bytes()).unwrap();
        assert_eq!(reply.get(), request_of(&event));
        let lines = notes.0.lock().unwrap();
        assert!(
            matches!(&lines[..], [line] if line.contains("not-loaded") && line.contains(named)),
            "{lines:?}"
        );
    }
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work);
}
