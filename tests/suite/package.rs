//! What `package` writes beside the zip file, and says of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::architecture::root;

/// The head of a program for Linux on x86-64 that needs nothing: enough to be packed.
fn program() -> [u8; 64] {
    let mut head = [0; 64];
    head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    head[16] = 2;
    head[18] = 62;
    head[20] = 1;
    head[52] = 64;
    head
}

/// A packed build, and what was said.
struct Packed {
    folder: TempDir,
    said: String,
}

impl Packed {
    fn new(rules: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("site.conf"), rules).unwrap();
        fs::write(folder.path().join("bootstrap"), program()).unwrap();
        let mut said = String::new();
        let package = ["package", "build", "--bootstrap", "bootstrap"];
        for line in [
            vec!["migrate", "site.conf", "--out", "build"],
            [&package[..], options].concat(),
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_edgewright"));
            let output = command.args(&line).current_dir(folder.path()).output();
            let output = output.unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            said = String::from_utf8(output.stdout).unwrap();
        }
        Self { folder, said }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn a_module_for_terraform_is_whole_by_itself() {
    let packed = Packed::new("Redirect /old /new\n", &["--terraform", "infra/redirects"]);
    let folder = packed.path("infra/redirects");
    let expected = [
        "function.zip",
        "main.tf.json",
        "outputs.tf.json",
        "variables.tf.json",
        "versions.tf.json",
    ];
    assert_eq!(names(&folder), expected);
    let [ours, theirs] = [packed.path("function.zip"), folder.join("function.zip")];
    assert_eq!(fs::read(ours).unwrap(), fs::read(theirs).unwrap());
    let main: Value =
        serde_json::from_slice(&fs::read(folder.join("main.tf.json")).unwrap()).unwrap();
    assert_eq!(
        main["resource"]["aws_lambda_function"]["function"]["publish"],
        true
    );
    assert!(
        packed.said.contains("the module infra/redirects"),
        "{}",
        packed.said
    );
}

#[test]
fn a_month_is_priced() {
    let packed = Packed::new("Redirect /old /new\n", &["--table", "redirects"]);
    for line in [
        "  a month in US dollars, for 10 / 100 million requests, where the cache answers:\n",
        "  as packed: origin-request, entries in a table\n",
        "  without --table: origin-request, entries in the package\n",
        "  --trigger viewer-request: viewer-request, entries in a table\n",
        "a table holds 3 generations of 3 items, with backups",
    ] {
        assert!(
            packed.said.contains(line),
            "{line} is not in {}",
            packed.said
        );
    }
}

/// The actions of `….permissions.json` are those that the documents name, and the other way round.
#[test]
fn the_documents_name_every_permission() {
    let documents = fs::read_to_string(root().join("docs/deploy.md")).unwrap();
    let (_, section) = documents.split_once("\n## Permissions\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let quoted = section.split('`').skip(1).step_by(2);
    let services = ["lambda:", "iam:", "cloudfront:", "dynamodb:"];
    let is_action = |text: &&str| services.iter().any(|service| text.starts_with(service));
    let named: BTreeSet<String> = quoted.filter(is_action).map(str::to_owned).collect();
    let phones =
        "RewriteEngine on\nRewriteCond %{HTTP_USER_AGENT} Phone\nRewriteRule ^/old$ /m [R]\n";
    let mut needed = BTreeSet::new();
    for options in [
        &["--table", "t"][..],
        &["--origin", "bucket"],
        &["--function-only"],
    ] {
        let packed = Packed::new(phones, options);
        let document = fs::read(packed.path("function.permissions.json")).unwrap();
        let document: Value = serde_json::from_slice(&document).unwrap();
        for statement in document["Statement"].as_array().unwrap() {
            let actions = statement["Action"].as_array().unwrap().iter();
            needed.extend(actions.map(|action| action.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(named, needed);
}

#[test]
fn regions_are_added_one_at_a_time() {
    let several = [
        "--table",
        "t",
        "--region",
        "us-east-1",
        "--region",
        "eu-west-1",
    ];
    for (options, expected) in [(&several[..], true), (&several[..4], false)] {
        let packed = Packed::new("Redirect /old /new\n", options);
        let says = packed.said.contains("one Region at a time");
        assert_eq!(says, expected, "{options:?}");
    }
}
