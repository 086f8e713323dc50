//! Manifests are read as they are written, and refused otherwise.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use edgewright_engine::model::marks::Exactness;
use serde_json::json;

use super::*;

fn sample() -> Manifest {
    let readers = Readers {
        count: 2,
        first: Some("/a.conf:3".to_owned()),
    };
    let facts = FileFacts {
        bytes: 7,
        crc32: "00c0ffee".to_owned(),
    };
    Manifest {
        generator: "edgewright 0.0.0".to_owned(),
        generation: 0xff,
        account: Totals::default(),
        removed: BTreeMap::from([("repeated-key".to_owned(), 1)]),
        findings: BTreeMap::new(),
        counts: Counts::default(),
        table: TableSize {
            entries: 1,
            longest_item_bytes: 80,
        },
        precomputed: Decided::default(),
        collapsed_redirects: 0,
        trigger: Trigger::ViewerRequest,
        inputs: BTreeMap::from([
            (Input::Time(Exactness::Hour), readers.clone()),
            (Input::Header("x-y".to_owned()), readers.clone()),
        ]),
        viewer_class: None,
        proxied: BTreeMap::from([
            (Server::Named("app.example".to_owned()), readers.clone()),
            (Server::FromRequest, readers),
        ]),
        files: BTreeMap::from([("rules.bin".to_owned(), facts)]),
        sources: vec!["/a.conf".to_owned()],
    }
}

#[test]
fn what_was_written_is_read() {
    let manifest = sample();
    let bytes = manifest.write().unwrap();
    assert_eq!(Manifest::read(&bytes), Ok(manifest));
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["generation"], "00000000000000ff");
    assert_eq!(value["inputs"]["header x-y"]["count"], 2);
    assert_eq!(value["trigger"], "viewer-request");
    let files: Vec<String> = written_files(&bytes).unwrap().collect();
    assert_eq!(files, ["rules.bin"]);
}

/// What is said of the sample with `change` made to its JSON.
fn check(change: impl FnOnce(&mut Value), expected: &str) {
    let bytes = sample().write().unwrap();
    let mut value = serde_json::from_slice(&bytes).unwrap();
    change(&mut value);
    let said = Manifest::read(value.to_string().as_bytes()).unwrap_err();
    assert!(said.to_string().contains(expected), "{said}");
}

#[test]
fn what_is_no_manifest_is_refused() {
    check(|value| *value = json!("x"), "damaged");
    check(|value| *value = json!({}), "manifest_version");
    check(
        |value| value["manifest_version"] = json!(1),
        "of version 1, and this edgewright reads version 3",
    );
    check(
        |value| value["generation"] = json!("ff"),
        "\"ff\" is no generation",
    );
    check(
        |value| value["inputs"] = json!({ "weather": { "count": 1, "first": null } }),
        "no input is called \"weather\"",
    );
    check(
        |value| value["trigger"] = json!("viewer-response"),
        "viewer-response",
    );
    check(|value| _ = value["table"].take(), "damaged");
    let bytes = sample().write().unwrap();
    for length in 0..bytes.len() - 2 {
        assert!(Manifest::read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn the_files_of_a_build_are_known_whatever_its_version() {
    let files = |text: &str| {
        let names = written_files(text.as_bytes())?;
        Some(names.collect::<Vec<String>>())
    };
    let newer = r#"{"manifest_version":9,"generator":"edgewright 9","files":{"a":1}}"#;
    assert_eq!(files(newer), Some(vec!["a".to_owned()]));
    assert_eq!(files(r#"{"generator":"vite 5"}"#), None);
    assert_eq!(files(r#"{"name":"app"}"#), None);
    assert_eq!(files("{"), None);
}
