//! What `package` writes beside the zip file, and says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

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
        "a table holds 3 generations of 4 items, with backups",
    ] {
        assert!(
            packed.said.contains(line),
            "{line} is not in {}",
            packed.said
        );
    }
}
