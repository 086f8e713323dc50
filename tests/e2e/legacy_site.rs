//! The example site's expected answers come from a real Apache, and still do.
//!
//! `EDGEWRIGHT_UPDATE=1` writes them anew to `tests/cases/legacy-site.jsonl`.

use std::fmt::Write as _;
use std::path::Path;

use edgewright_test_support::legacy_site::{LegacySite, written_requests};

#[test]
fn apache_answers_the_example_site_as_written_down() {
    let site = LegacySite::start().unwrap();
    let mut observed = String::new();
    for (_, request) in written_requests().unwrap() {
        let line = site.answer(&request).unwrap();
        writeln!(observed, "{}", serde_json::to_string(&line).unwrap()).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/legacy-site.jsonl");
    if std::env::var_os("EDGEWRIGHT_UPDATE").is_some() {
        std::fs::write(&file, &observed).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap();
    let pairs = expected.lines().zip(observed.lines()).enumerate();
    for (number, (expected, observed)) in pairs {
        assert_eq!(
            expected,
            observed,
            "request {} of requests.jsonl",
            number + 1
        );
    }
    assert_eq!(expected.lines().count(), observed.lines().count());
}
