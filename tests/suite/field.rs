//! Configurations as people have them: every engine answers as a real Apache did, or `check` names why not.
//!
//! In: `tests/cases/field`, a folder each. `conf/` has the configuration, where `/ROOT` stands for the server's root;
//! `requests.jsonl` the requests, `apache.txt` an answer a line; `check.txt`, where there is one, a line for each
//! finding that `check` must have: the code and a part of its text. Answers of a folder with `named.txt`, which says why,
//! differ, and one of the findings says so. Out: what differs otherwise. Absent: the Apache that answered.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const ENGINES: [&str; 3] = ["reference", "edge", "cloudfront"];

#[test]
fn field_cases() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/field");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let differing: Vec<String> = folders
        .iter()
        .flat_map(|folder| Case::new(folder).differing())
        .collect();
    let count = differing.len();
    assert_eq!(count, 0, "{count} differ:\n{}", differing.join("\n"));
}

/// One configuration, with its server's root made.
struct Case<'c> {
    folder: &'c Path,
    name: String,
    root: TempDir,
}

impl<'c> Case<'c> {
    fn new(folder: &'c Path) -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["mainroot", "docroot"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        copy(&folder.join("conf"), root.path(), root.path());
        Self {
            folder,
            name: folder.file_name().unwrap().display().to_string(),
            root,
        }
    }

    fn differing(&self) -> Vec<String> {
        let mut differing = self.not_said();
        let Ok(requests) = fs::read_to_string(self.folder.join("requests.jsonl")) else {
            return differing;
        };
        let answers = self.answers();
        let is_named = self.folder.join("named.txt").exists();
        let mut named = 0;
        for engine in ENGINES {
            let output = self.run(&["replay", "httpd.conf", "--engine", engine], &requests);
            let text = String::from_utf8(output.stdout).unwrap();
            let observed: Vec<Value> = text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert_eq!(observed.len(), answers.len(), "{} {engine}", self.name);
            for ((request, apache), ours) in requests.lines().zip(&answers).zip(&observed) {
                if engine == "cloudfront" && !reaches_rules(request) {
                    continue;
                }
                if is_named && !is_same(apache, ours, engine) {
                    named += 1;
                } else if !is_same(apache, ours, engine) {
                    let name = &self.name;
                    differing.push(format!(
                        "{name} {request}\n  apache {apache}\n  {engine} {ours}"
                    ));
                }
            }
        }
        if is_named && (named == 0 || !self.folder.join("check.txt").exists()) {
            let name = &self.name;
            differing.push(format!(
                "{name}: nothing differs, or nothing is said: remove named.txt"
            ));
        }
        differing
    }

    fn answers(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("apache.txt")).unwrap();
        let text = text.replace("/ROOT", &self.root.path().display().to_string());
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Findings that `check` should have and has not.
    fn not_said(&self) -> Vec<String> {
        let Ok(expected) = fs::read_to_string(self.folder.join("check.txt")) else {
            return Vec::new();
        };
        let conf = self.root.path().join("httpd.conf");
        let conf = if conf.exists() { "httpd.conf" } else { "." };
        let output = self.run(&["check", conf, "--all"], "");
        let said = String::from_utf8(output.stdout).unwrap();
        let is_said = |line: &&str| {
            let (code, text) = line.split_once(": ").unwrap();
            let mut findings = said.split("\n\n");
            findings.any(|one| one.contains(&format!("[{code}]")) && one.contains(text))
        };
        let missing = expected.lines().filter(|line| !is_said(line));
        let name = &self.name;
        missing
            .map(|line| format!("{name}: check does not say {line}\n{said}"))
            .collect()
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_edgewright"))
            .args(arguments)
            .current_dir(self.root.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // `check` does not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }
}

fn copy(from: &Path, to: &Path, root: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target, root);
            continue;
        }
        let content = fs::read_to_string(entry.path()).unwrap();
        fs::write(
            target,
            content.replace("/ROOT", &root.display().to_string()),
        )
        .unwrap();
    }
}

/// CloudFront takes no `TRACE`, and keeps `X-Forwarded-Proto` to itself.
fn reaches_rules(request: &str) -> bool {
    let request: Value = serde_json::from_str(request).unwrap();
    request["method"] != "TRACE" && request["headers"]["X-Forwarded-Proto"].is_null()
}

fn is_same(apache: &Value, ours: &Value, engine: &str) -> bool {
    let status = apache["status"].as_u64().unwrap();
    let query = apache["query"].as_str().unwrap();
    // What goes through an event is ASCII.
    let query = if engine == "cloudfront" {
        escaped(query)
    } else {
        query.to_owned()
    };
    match ours["outcome"].as_str().unwrap() {
        "redirect" => ours["status"] == status && ours["location"] == apache["location"],
        "status" => ours["status"] == status,
        // A file that is not there is the origin's 404.
        "serve" => {
            let is_sent = status == 404 || (status == 200 && ours["path"] == apache["path"]);
            is_sent && ours["query"] == query
        }
        _ => false,
    }
}

/// The same with bytes from 0x80 escaped; one letter stands for each byte.
fn escaped(text: &str) -> String {
    let escape = |letter: char| match u32::from(letter) {
        byte @ 0x80.. => format!("%{byte:02X}"),
        _ => letter.to_string(),
    };
    text.chars().map(escape).collect()
}
