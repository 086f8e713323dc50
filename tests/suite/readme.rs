//! The transcripts of the README and of documents are what the program prints.
//!
//! Each block of `$ edgewright …` (or `$ cargo run --release -- …`) with an output below is run on
//! the example site; times, ports and the width of gaps may differ.

use std::path::Path;
use std::process::{Command, Stdio};

/// Documents with transcripts, and how many each has at least.
const DOCUMENTS: &[(&str, usize)] = &[("README.md", 3), ("docs/check.md", 3)];

/// A command and what a document says it prints.
struct Transcript {
    command: String,
    output: String,
}

/// The transcripts of a document: the output stands in the same block as the command, or in a block
/// of plain text after it.
fn transcripts(document: &str) -> Vec<Transcript> {
    let mut found: Vec<Transcript> = Vec::new();
    let mut blocks = document.split("\n```").skip(1);
    while let Some(block) = blocks.next() {
        let (kind, text) = block.split_once('\n').unwrap_or((block, ""));
        match (kind, text.strip_prefix("$ ")) {
            ("console", Some(text)) => {
                let (command, output) = text.split_once('\n').unwrap_or((text, ""));
                let (command, output) = (command.to_owned(), output.to_owned());
                found.push(Transcript { command, output });
            }
            ("text", _) => {
                if let Some(last) = found.last_mut().filter(|last| last.output.is_empty()) {
                    text.clone_into(&mut last.output);
                }
            }
            _ => {}
        }
        // What follows is the text up to the next block.
        blocks.next();
    }
    // A block of several commands shows none of their outputs.
    let is_output = |text: &str| !text.is_empty() && !text.starts_with("$ ");
    found.retain(|transcript| is_output(&transcript.output));
    found
}

/// The arguments of a command line, quotes undone.
fn arguments(command: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    for (at, part) in command.split('\'').enumerate() {
        if at % 2 == 1 {
            arguments.push(part.to_owned());
        } else {
            arguments.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    arguments
}

/// What stays the same from run to run: no times, no port, one blank for each gap.
fn settled(text: &str) -> Vec<String> {
    let words = |line: &str| {
        let words = line.split_whitespace();
        let kept = words.filter(|word| !word.starts_with("127.0.0.1:") && !is_time(word));
        let text = kept.collect::<Vec<_>>().join(" ");
        text.strip_suffix(" s").map(str::to_owned).unwrap_or(text)
    };
    let lines = text.lines().map(words);
    lines.filter(|line| !line.is_empty()).collect()
}

/// `0.21`, as in `0.21 s`.
fn is_time(word: &str) -> bool {
    word.contains('.')
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Runs `command` in a copy of the repository's root as a user sees it. `None` for a command that is
/// not ours alone.
fn run(command: &str, folder: &Path) -> Option<String> {
    let (input, command) = match command.split_once(" | ") {
        Some((input, command)) => (Some(input.strip_prefix("echo ")?), command),
        None => (None, command),
    };
    let rest = command
        .strip_prefix("edgewright ")
        .or(command.strip_prefix("cargo run --release -- "))?;
    if rest.starts_with("verify ") {
        // Needs an Apache: tests/e2e/verify.rs compares its numbers.
        return None;
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(arguments(rest))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = input.map(|input| arguments(input).concat());
    std::io::Write::write_all(
        &mut child.stdin.take().unwrap(),
        text.unwrap_or_default().as_bytes(),
    )
    .unwrap();
    let output = child.wait_with_output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    Some(String::from_utf8(both).unwrap())
}

#[test]
fn transcripts_are_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root.join("examples"), place.path().join("examples")).unwrap();
    for (name, least) in DOCUMENTS {
        let document = std::fs::read_to_string(root.join(name)).unwrap();
        let mut checked = 0;
        for Transcript { command, output } in transcripts(&document) {
            let Some(printed) = run(&command, place.path()) else {
                continue;
            };
            let equal = settled(&printed) == settled(&output);
            assert!(
                equal,
                "{name} shows something else for `{command}`, which prints:\n{printed}"
            );
            checked += 1;
        }
        assert!(
            checked >= *least,
            "only {checked} transcripts were found in {name}"
        );
    }
}

/// The transcripts are run with the program that is at hand; this is how a user comes to it.
#[test]
fn cargo_run_is_the_command_line() {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--offline", "--", "--version"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(output.stdout.starts_with(b"edgewright "), "{said}");
}

#[test]
fn the_index_lists_every_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_document = path.extension().is_some_and(|kind| kind == "md") && name != "README.md";
        let is_listed = index.contains(&format!("]({name})"));
        assert!(
            is_listed || !is_document,
            "docs/README.md has no line for {name}"
        );
    }
}
