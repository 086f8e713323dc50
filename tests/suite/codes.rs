//! Every code has a page in `docs/codes.md`, whose lines cause it, and whose mended lines do not.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::architecture::{root, rust_files};
use crate::cli::Place;

/// A page: its code, and its blocks of lines, each with the name of the file they stand in.
struct Page {
    code: String,
    blocks: Vec<(String, String)>,
}

fn pages() -> Vec<Page> {
    let text = fs::read_to_string(root().join("docs/codes.md")).unwrap();
    let pages = text.split("\n### ").skip(1);
    let page = |page: &str| {
        let (code, text) = page.split_once('\n').unwrap();
        let blocks = text.split("```apache").skip(1).map(|block| {
            let (kind, lines) = block.split_once('\n').unwrap();
            let name = if kind.trim().is_empty() {
                "site.conf"
            } else {
                kind.trim()
            };
            let (lines, _) = lines.split_once("```").unwrap();
            let needs_engine = lines.contains("Rewrite") && !lines.contains("RewriteEngine");
            let engine = if needs_engine {
                "RewriteEngine On\n"
            } else {
                ""
            };
            (name.to_owned(), format!("{engine}{lines}"))
        });
        let blocks = blocks.collect();
        let code = code.to_owned();
        Page { code, blocks }
    };
    pages.map(page).collect()
}

/// The codes that `check` finds in lines of a file.
fn codes(name: &str, lines: &str) -> BTreeSet<String> {
    let place = Place::new().with(name, lines);
    let ran = place.run(&["check", name, "--format", "json"]);
    let code = |line: &str| {
        let json: Value = serde_json::from_str(line).unwrap();
        json["code"].as_str().unwrap().to_owned()
    };
    assert!(ran.code < 2, "{lines}\n{}", ran.err);
    ran.out.lines().map(code).collect()
}

#[test]
fn examples_cause_their_code_and_mended_lines_do_not() {
    let mut wrong = Vec::new();
    let mut examples = 0;
    for Page { code, blocks } in pages() {
        for ((name, lines), expected) in blocks.iter().zip([true, false]) {
            examples += 1;
            let found = codes(name, lines);
            if found.contains(&code) != expected {
                wrong.push(format!(
                    "{code}: expected {expected}, found {found:?} in\n{lines}"
                ));
            }
        }
        assert!(blocks.len() <= 2, "{code} has more than two blocks");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(examples > 150, "only {examples} examples");
}

/// Calls that make a finding with a code written out.
const CALLS: &[&str] = &[
    "Diagnostic::error(",
    "Diagnostic::warning(",
    "Diagnostic::note(",
    "Diagnostic::error_anywhere(",
    "Diagnostic::new(severity,",
    "Diagnostic::without_place(Severity::Warning,",
    "Diagnostic::without_place(Severity::Note,",
    "Finding::warning(",
    "Finding::note(",
    "refused(",
    "self.error(",
];

#[test]
fn every_code_has_a_page() {
    let pages: BTreeSet<String> = pages().into_iter().map(|page| page.code).collect();
    let mut count = BTreeSet::new();
    for folder in ["parser/src", "compiler/src", "src"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let behind = CALLS.iter().flat_map(|call| text.split(call).skip(1));
            let code = |rest: &str| {
                let rest = rest.trim_start().strip_prefix('"')?;
                Some(rest.split('"').next()?.to_owned())
            };
            for code in behind.filter_map(code) {
                assert!(
                    pages.contains(&code),
                    "{}: {code} has no page",
                    file.display()
                );
                count.insert(code);
            }
        }
    }
    assert!(count.len() > 80, "only {} codes", count.len());
}
