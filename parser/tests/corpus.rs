//! Real public configurations: the parser refuses exactly the lines that Apache refuses.
//!
//! In: the corpus beside the repository (`EDGEWRIGHT_SHARED` names another place) and the verdict of
//! Apache 2.4.71 on each of its files. Without a corpus the test says so and passes, except on CI.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::FileId;
use edgewright_parser::{Parsed, parse, tree};
use edgewright_test_support::corpus::corpus;
use serde_json::Value;

/// What Apache says about directives this crate has a grammar for, regular expressions aside.
const OURS: [&str; 12] = [
    "Rewrite",
    "Redirect",
    "URL to redirect to is missing",
    "bad flag delimiters",
    "unknown flag",
    "directive missing closing '>'",
    "RewriteBase takes",
    "RedirectMatch takes",
    "RewriteMap takes",
    "must be On or Off",
    "invalid HTTP response code",
    "wants a list of characters",
];

/// Messages of those directives that need more than the line.
const NOT_OURS: [&str; 5] = [
    "cannot compile",
    "could not be compiled",
    "only valid in per-directory",
    "not allowed",
    "not found",
];

#[test]
fn agrees_with_apache_on_real_files() {
    let Some(corpus) = corpus() else { return };
    let verdicts = std::fs::read(corpus.join("httpd-verdicts.json")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_slice(&verdicts).unwrap();
    let mut differences = Vec::new();
    let (mut judged, mut refused) = (0, 0);
    for verdict in &verdicts {
        let path = corpus
            .join(verdict["source"].as_str().unwrap())
            .join(verdict["file"].as_str().unwrap());
        // Templates were judged too, but only their renderings are in the corpus.
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        judged += 1;
        match compare(verdict, &bytes) {
            Ok(Agreed::Accept) => {}
            Ok(Agreed::Refuse) => refused += 1,
            Err(difference) => differences.push(format!("{}: {difference}", path.display())),
        }
    }
    assert!(judged > 2000, "only {judged} files");
    assert!(refused >= 5, "only {refused} files with an error of ours");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What Apache and we say of a file.
enum Agreed {
    /// Nothing in it that this crate would have to refuse.
    Accept,
    /// The same line is wrong.
    Refuse,
}

fn compare(verdict: &Value, bytes: &[u8]) -> Result<Agreed, String> {
    let parsed = parse(FileId(0), bytes);
    let tree = tree::parse(FileId(0), bytes);
    if tree.print() != bytes {
        return Err("the tree loses bytes".to_owned());
    }
    let is_error = |said: &&Diagnostic| said.severity == Severity::Error;
    let wrong = tree.diagnostics.iter().find(is_error);
    if let Some(error) = wrong.filter(|_| verdict["ok"] == true) {
        return Err(format!("Apache takes it: {error:?}"));
    }
    let error = verdict["error"].as_str().unwrap_or_default();
    let first = first_error(&parsed);
    if verdict["ok"] == true {
        return match first {
            Some(error) => Err(format!("Apache takes it: {error:?}")),
            None => Ok(Agreed::Accept),
        };
    }
    let ours = OURS.iter().any(|text| error.contains(text))
        && !NOT_OURS.iter().any(|text| error.contains(text));
    let line = verdict["line"].as_u64();
    let found = first
        .and_then(|error| error.span)
        .map(|span| line_of(bytes, span.start));
    if !ours {
        return Ok(Agreed::Accept);
    }
    if found == line {
        return Ok(Agreed::Refuse);
    }
    Err(format!(
        "Apache refuses line {line:?} ({error}), we say {first:?}"
    ))
}

fn first_error(parsed: &Parsed) -> Option<&Diagnostic> {
    parsed
        .diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error)
}

fn line_of(bytes: &[u8], at: u32) -> u64 {
    let before = &bytes[..at as usize];
    before.split(|&byte| byte == b'\n').count() as u64
}
