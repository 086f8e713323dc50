//! Real public configurations: what Apache refuses is refused, on the same line.
//!
//! In: the corpus beside the repository (`EDGEWRIGHT_SHARED` names another place) and the verdict of
//! Apache 2.4.71 on each of its files. Without a corpus the test says so and passes, except on CI.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use edgewright_compiler::{
    Entry, EntryKind, Input, LoadError, Loader, ReadOptions, Reading, UnitStatus,
    UnknownDirectives, guess, read,
};
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_test_support::corpus::corpus;
use serde_json::Value;

/// Apache's words for what depends on its machine, or on what is in a directive of no interest here.
const ELSEWHERE: [(&str, &str); 6] = [
    (
        "SSLCertificateFile",
        "the certificate is not on that machine",
    ),
    (
        "SSLProxyCACertificateFile",
        "the certificate is not on that machine",
    ),
    ("SSLOpenSSLConfCmd", "asks the TLS library"),
    (
        "is not a directory",
        "the document root is not on that machine",
    ),
    ("Cannot load modules/", "the module is not on that machine"),
    (
        "Unknown Authn provider",
        "the provider's module is not loaded there",
    ),
];

/// Files of the machine that are missing on either side.
const MISSING_HERE: [&str; 2] = ["unreadable-file", "docroot-unknown"];

struct Disk;

impl Loader for Disk {
    fn read(&self, path: &[u8], _most: u64) -> Result<Vec<u8>, LoadError> {
        let path = local(path);
        if path.is_dir() {
            return Err(LoadError::IsDirectory);
        }
        std::fs::read(path).map_err(|error| LoadError::Other(error.to_string()))
    }

    fn list(&self, path: &[u8], _most: u64) -> Result<Vec<Entry>, LoadError> {
        let entries = std::fs::read_dir(local(path)).map_err(|_| LoadError::NotFound)?;
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_encoded_bytes();
            let kind = kind(&entry.path())?;
            Some(Entry { name, kind })
        };
        Ok(entries.filter_map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        kind(&local(path))
    }
}

fn local(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

fn kind(path: &Path) -> Option<EntryKind> {
    let meta = std::fs::metadata(path).ok()?;
    Some(match (meta.is_dir(), meta.len()) {
        (true, _) => EntryKind::Directory,
        (false, 0) => EntryKind::Empty,
        (false, _) => EntryKind::File,
    })
}

#[test]
fn agrees_with_apache_on_real_files() {
    let Some(corpus) = corpus() else { return };
    let verdicts = std::fs::read(corpus.join("httpd-verdicts.json")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_slice(&verdicts).unwrap();
    let mut differences = Vec::new();
    let (mut judged, mut refused) = (0, 0);
    for verdict in &verdicts {
        let source = verdict["source"].as_str().unwrap();
        let path = corpus.join(source).join(verdict["file"].as_str().unwrap());
        if !path.is_file() {
            continue;
        }
        let reading = read_one(&path, verdict["context"].as_str().unwrap());
        accounts_for_everything(&reading, &path);
        judged += 1;
        refused += usize::from(verdict["ok"] != true);
        if let Some(difference) = difference(verdict, &reading) {
            differences.push(format!("{}: {difference}", path.display()));
        }
    }
    let different = differences.len();
    println!("{judged} files, {refused} of them refused by Apache: {different} verdicts differ");
    assert!(judged > 2000, "only {judged} files");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn guesses_what_real_files_are() {
    let Some(corpus) = corpus() else { return };
    let verdicts = std::fs::read(corpus.join("httpd-verdicts.json")).unwrap();
    let verdicts: Vec<Value> = serde_json::from_slice(&verdicts).unwrap();
    let mut wrong = Vec::new();
    for verdict in &verdicts {
        let source = verdict["source"].as_str().unwrap();
        let path = corpus.join(source).join(verdict["file"].as_str().unwrap());
        if !path.is_file() {
            continue;
        }
        let context = verdict["context"].as_str().unwrap();
        let guessed = guess(&Disk, &[path.as_os_str().as_encoded_bytes().to_vec()]);
        // What the manifest calls `vhost` may be a part of one. One `.htaccess` file is written
        // for a virtual host, whatever its name.
        let per_directory = matches!(guessed, Input::Htaccess(_) | Input::DocumentRoot(_));
        let right = per_directory == context.starts_with("htaccess") || source == "project-babel";
        if !right {
            wrong.push(format!("{} ({context})", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn read_one(path: &Path, context: &str) -> Reading {
    let path = path.as_os_str().as_encoded_bytes().to_vec();
    let input = if context.starts_with("htaccess") {
        Input::Htaccess(path)
    } else if context == "vhost-include" {
        Input::VirtualHostInclude(vec![path])
    } else {
        Input::MainConfig(vec![path])
    };
    // The Apache that was asked had no modules but its own.
    let options = ReadOptions {
        unknown_directives: UnknownDirectives::Refused,
        ..ReadOptions::default()
    };
    read(&input, &Disk, &options)
}

/// Every unit has a status, and everything placed is where it says.
fn accounts_for_everything(reading: &Reading, path: &Path) {
    for unit in &reading.units {
        if let UnitStatus::Placed(positions) = &unit.status {
            assert!(!positions.is_empty(), "{}: {unit:?}", path.display());
        }
    }
}

fn difference(verdict: &Value, reading: &Reading) -> Option<String> {
    let refusal = refusal(verdict);
    let ours = first_error(reading);
    match (refusal, ours) {
        (None, None) => None,
        (None, Some(ours)) => Some(format!("Apache takes it: {ours:?}")),
        (Some((line, text)), ours) => {
            let elsewhere = ELSEWHERE.iter().any(|(words, _)| text.contains(words));
            let place = ours.and_then(|error| error.span);
            let place = place.map(|span| u64::from(reading.sources.place(span).line));
            let agreed = if elsewhere {
                place.is_none_or(|place| place > line)
            } else {
                place == Some(line)
            };
            (!agreed).then(|| format!("Apache refuses line {line} ({text}), we say {ours:?}"))
        }
    }
}

/// The line and the words of Apache's refusal; of an included file, not of what includes it.
fn refusal(verdict: &Value) -> Option<(u64, String)> {
    if verdict["ok"] == true {
        return None;
    }
    let text = verdict["error"].as_str().unwrap_or_default();
    let after = text.rsplit("ine ").find(|part| {
        let digits = part.split(' ').next().unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let line = after.and_then(|part| part.split(' ').next()?.parse().ok());
    let closed = text.contains("was not closed");
    let unclosed = text
        .rsplit(": <")
        .nth(1)
        .and_then(|part| part.rsplit(':').next()?.parse().ok());
    let line = if closed { unclosed.or(line) } else { line };
    Some((
        line.or(verdict["line"].as_u64()).unwrap_or(0),
        text.to_owned(),
    ))
}

fn first_error(reading: &Reading) -> Option<&Diagnostic> {
    let error = reading.first_error()?;
    // What is missing here was missing there, or the verdict says so.
    (!MISSING_HERE.contains(&error.code) || error.span.is_some()).then_some(error)
}
