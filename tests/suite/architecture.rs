//! The structure that ARCHITECTURE.md promises: which crate may depend on what, which stage must not know which. The
//! floors of each crate are held by `rooms`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Crates that must never be reached from somewhere: they do I/O, or belong to another stage.
const NETWORK: &[&str] = &[
    "tokio",
    "hyper",
    "lambda_runtime",
    "aws-sdk-dynamodb",
    "aws-config",
];

struct CrateRule {
    name: &'static str,
    /// The only direct dependencies allowed without features; `None` for any.
    direct: Option<&'static [&'static str]>,
    /// Names that must not be reached, however indirectly.
    never: &'static [&'static str],
}

const CRATES: &[CrateRule] = &[
    CrateRule {
        name: "edgewright-parser",
        direct: Some(&["aho-corasick", "bitflags", "foldhash", "nom"]),
        never: &[
            "regex",
            "regex-automata",
            "pcre2",
            "serde",
            "edgewright-engine",
            "edgewright-compiler",
        ],
    },
    CrateRule {
        name: "edgewright-engine",
        direct: None,
        never: &["nom", "edgewright-parser", "edgewright-compiler", "clap"],
    },
    CrateRule {
        name: "edgewright-compiler",
        direct: None,
        // What a package takes of a disk, a zip file or a binary is the command line's.
        never: &["clap", "edgewright", "object", "tempfile", "zip"],
    },
];

#[test]
fn crates_depend_on_what_the_table_allows() {
    let metadata = metadata();
    for rule in CRATES {
        if let Some(allowed) = rule.direct {
            let direct = direct_dependencies(&metadata, rule.name);
            let surplus: Vec<_> = direct
                .iter()
                .filter(|name| !allowed.contains(&name.as_str()))
                .collect();
            assert!(surplus.is_empty(), "{} depends on {surplus:?}", rule.name);
        }
        let reached = tree(rule.name);
        let forbidden = rule
            .never
            .iter()
            .chain(NETWORK)
            .filter(|name| reached.contains(**name));
        let forbidden: Vec<_> = forbidden.collect();
        assert!(forbidden.is_empty(), "{} reaches {forbidden:?}", rule.name);
    }
}

fn metadata() -> Value {
    let output = cargo(&[
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--locked",
        "--offline",
    ]);
    serde_json::from_str(&output).unwrap()
}

/// Dependencies that are there without any feature asked for.
fn direct_dependencies(metadata: &Value, package: &str) -> BTreeSet<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let found = packages
        .iter()
        .find(|candidate| candidate["name"] == package)
        .unwrap();
    let dependencies = found["dependencies"].as_array().unwrap().iter();
    let always = dependencies.filter(|one| one["kind"].is_null() && one["optional"] == false);
    always
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Every crate reached from `package` without its default features.
fn tree(package: &str) -> BTreeSet<String> {
    let arguments = [
        "tree",
        "-p",
        package,
        "-e",
        "normal",
        "--no-default-features",
        "--prefix",
        "none",
    ];
    let output = cargo(
        &[
            &arguments[..],
            &["--format", "{p}", "--locked", "--offline"],
        ]
        .concat(),
    );
    let names = output.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

/// What Cargo prints.
pub fn cargo(arguments: &[&str]) -> String {
    printed(
        Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(root()),
    )
}

/// What a command prints that has to succeed.
pub fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

struct ImportRule {
    /// A file or folder, from the root of the repository.
    place: &'static str,
    /// What no line there may name.
    never: &'static [&'static str],
    why: &'static str,
}

const IMPORTS: &[ImportRule] = &[
    ImportRule {
        place: "parser/src",
        never: &["std::fs", "std::net", "std::process"],
        why: "the parser does no I/O",
    },
    ImportRule {
        place: "compiler/src",
        never: &["std::fs", "std::net", "std::process"],
        why: "files come in through Loader",
    },
    ImportRule {
        place: "compiler/src/analysis",
        never: &["crate::lower", "crate::export"],
        why: "the analyses and the lowering do not know one another",
    },
    ImportRule {
        place: "compiler/src/lower",
        never: &["crate::analysis", "edgewright_parser::syntax"],
        why: "the lowering sees the settled site only",
    },
    ImportRule {
        place: "compiler/src/resolve",
        never: &["crate::analysis", "crate::lower", "crate::export"],
        why: "a stage does not know the later ones",
    },
];

#[test]
fn modules_import_what_the_table_allows() {
    let mut broken = Vec::new();
    for rule in IMPORTS {
        for file in rust_files(&root().join(rule.place)) {
            for path in imports(&fs::read_to_string(&file).unwrap()) {
                if rule.never.iter().any(|name| is_below(&path, name)) {
                    broken.push(format!("{}: uses {path}: {}", file.display(), rule.why));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn is_below(path: &str, name: &str) -> bool {
    let rest = path.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Every path that a `use` line names, groups in braces written out.
pub fn imports(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut statement = String::new();
    for line in text.lines().map(str::trim) {
        let begins = line.starts_with("use ")
            || line.starts_with("pub use ")
            || line.starts_with("pub(crate) use ");
        if begins || !statement.is_empty() {
            statement += line;
        }
        if statement.ends_with(';') {
            let tree = statement.split_once("use ").map_or("", |(_, tree)| tree);
            expand("", tree.trim_end_matches(';'), &mut paths);
            statement.clear();
        }
    }
    paths
}

fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, group)) = tree.split_once('{') else {
        paths.push(format!("{prefix}{}", tree.trim()));
        return;
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut depth, mut start) = (0, 0);
    for (at, character) in group.char_indices().chain([(group.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = group[start..at].trim();
                if !part.is_empty() {
                    expand(&format!("{prefix}{}", head.trim()), part, paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

#[test]
fn groups_are_written_out() {
    let text =
        "use a::{b, c::{d, e}};\nuse crate::{\n    f,\n    g::*,\n};\nlet x = 1;\npub use h as i;";
    let expected = [
        "a::b",
        "a::c::d",
        "a::c::e",
        "crate::f",
        "crate::g::*",
        "h as i",
    ];
    assert_eq!(imports(text), expected);
}

/// The files of a folder and everything below it, and the file of the module of that name.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = [folder.with_extension("rs")]
        .into_iter()
        .filter(|file| file.exists())
        .collect();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// A page of documentation shows one item without its neighbours: a short sentence about a pronoun says nothing there.
fn leans_on_its_neighbours(doc: &str) -> bool {
    let words: Vec<&str> = doc.split(' ').collect();
    let pronouns = ["It", "They", "This", "That", "These", "Those", "So"];
    let begins_so = pronouns.contains(&words[0].trim_end_matches('.'));
    doc == "The same." || begins_so && words.len() <= 4 && doc.ends_with('.')
}

#[test]
fn no_doc_comment_leans_on_its_neighbours() {
    for doc in ["It.", "They do not.", "Those of a pattern.", "The same."] {
        assert!(leans_on_its_neighbours(doc), "{doc}");
    }
    assert!(!leans_on_its_neighbours("The samples of a pattern."));
    let mut found = Vec::new();
    for folder in ["parser/src", "compiler/src", "edge-handler/src", "src"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let mut docs = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("/// "));
            if let Some(doc) = docs.find(|doc| leans_on_its_neighbours(doc)) {
                found.push(format!("{}: {doc}", file.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The folder of the workspace.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
