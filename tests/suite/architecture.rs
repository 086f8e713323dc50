//! The structure that ARCHITECTURE.md promises: which crate may depend on what, which module on which.

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
    /// Direct dependencies, without features; nothing else is allowed.
    direct: &'static [&'static str],
    /// Names that must not be reached, however indirectly.
    never: &'static [&'static str],
}

const CRATES: &[CrateRule] = &[
    CrateRule {
        name: "edgewright-parser",
        direct: &["bitflags", "nom"],
        never: &["regex", "regex-automata", "pcre2", "serde"],
    },
    CrateRule {
        name: "edgewright-edge-handler",
        direct: EDGE_HANDLER,
        never: &["nom", "edgewright-parser", "edgewright-compiler", "clap"],
    },
    CrateRule {
        name: "edgewright-compiler",
        direct: COMPILER,
        never: &["clap", "edgewright"],
    },
];

const EDGE_HANDLER: &[&str] = &[
    "bitflags",
    "pcre2",
    "postcard",
    "serde",
    "regex-automata",
    "regex-syntax",
    "memchr",
    "crc32fast",
    "xorf",
];

const COMPILER: &[&str] = &[
    "base64",
    "edgewright-parser",
    "edgewright-edge-handler",
    "pcre2",
    "regex-syntax",
    "serde",
    "serde_json",
    "postcard",
];

#[test]
fn crates_depend_on_what_the_table_allows() {
    let metadata = metadata();
    for rule in CRATES {
        let direct = direct_dependencies(&metadata, rule.name);
        let allowed: BTreeSet<String> = rule.direct.iter().map(|name| (*name).to_owned()).collect();
        let surplus: Vec<_> = direct.difference(&allowed).collect();
        assert!(surplus.is_empty(), "{} depends on {surplus:?}", rule.name);
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

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
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
        place: "edge-handler/src/evaluate",
        never: &[
            "crate::index",
            "crate::table",
            "crate::program",
            "crate::handler",
            "crate::lambda",
        ],
        why: "the evaluator never sees an index",
    },
    ImportRule {
        place: "edge-handler/src/rules",
        never: &["crate::evaluate", "crate::source", "crate::program"],
        why: "the rule model is data",
    },
    ImportRule {
        place: "edge-handler/src/site",
        never: &["crate::evaluate", "crate::source", "crate::program"],
        why: "the site is data",
    },
    ImportRule {
        place: "edge-handler/src/index",
        never: &["crate::evaluate", "crate::outcome"],
        why: "an index never decides an outcome",
    },
    ImportRule {
        place: "compiler/src/analysis",
        never: &["crate::lower", "crate::emit"],
        why: "the analyses and the lowering do not know one another",
    },
    ImportRule {
        place: "compiler/src/lower",
        never: &["crate::analysis", "edgewright_parser::syntax"],
        why: "the lowering sees the settled site only",
    },
    ImportRule {
        place: "compiler/src/resolve",
        never: &["crate::analysis", "crate::lower", "crate::emit"],
        why: "a stage does not know the later ones",
    },
];

#[test]
fn modules_import_what_the_table_allows() {
    let mut broken = Vec::new();
    for rule in IMPORTS {
        for file in rust_files(&root().join(rule.place)) {
            let text = fs::read_to_string(&file).unwrap();
            let lines = text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"));
            for (number, line) in lines {
                if rule.never.iter().any(|name| line.contains(name)) {
                    broken.push(format!(
                        "{}:{}: {}: {line}",
                        file.display(),
                        number + 1,
                        rule.why
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The files of a folder and everything below it, and the file of the module of that name.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
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

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
