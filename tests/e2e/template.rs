//! The template that `package` writes, as cfn-lint reads it.

use std::path::{Path, PathBuf};
use std::process::Command;

use edgewright_test_support::legacy_site;

/// `cfn-lint`, installed by `scripts/test` unless the system has it.
fn cfn_lint(templates: &[PathBuf]) -> Command {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cfn-lint");
    if folder.is_dir() {
        let mut command = Command::new("python3");
        command
            .args(["-m", "cfnlint"])
            .args(templates)
            .env("PYTHONPATH", folder);
        return command;
    }
    let mut command = Command::new("cfn-lint");
    command.args(templates);
    command
}

/// The head of a program for Linux on x86-64 that needs nothing: enough to be packed.
pub fn program() -> [u8; 64] {
    let mut head = [0; 64];
    head[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    head[16] = 2;
    head[18] = 62;
    head[20] = 1;
    head[52] = 64;
    head
}

fn edgewright(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_edgewright"))
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// Every kind of stack, for the example site and for rules whose answers CloudFront keeps.
#[test]
fn cfn_lint_has_nothing_to_say() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(
        path("plain.conf"),
        "RewriteEngine on\nRewriteCond %{HTTP:Accept-Language} ^de\nRewriteCond %{HTTP_COOKIE} x=1\n\
         RewriteCond %{HTTPS} off\nRewriteRule ^/a$ https://%{HTTP_HOST}/b [R]\n",
    )
    .unwrap();
    let legacy = legacy_site::folder().join("httpd.conf");
    edgewright(&[
        "migrate",
        legacy.to_str().unwrap(),
        "--out",
        &path("legacy"),
    ]);
    edgewright(&["migrate", &path("plain.conf"), "--out", &path("plain")]);
    std::fs::write(path("bootstrap"), program()).unwrap();
    let options: [&[&str]; 6] = [
        &[],
        &["--origin", "bucket"],
        &["--function-only"],
        &["--table", "redirects"],
        &["--table", "redirects", "--existing-table"],
        &[
            "--table",
            "redirects",
            "--region",
            "us-east-1",
            "--region",
            "eu-west-1",
        ],
    ];
    let mut templates: Vec<PathBuf> = Vec::new();
    for build in ["legacy", "plain"] {
        for (number, options) in options.iter().enumerate() {
            let zip = path(&format!("{build}{number}.zip"));
            let build = path(build);
            let bootstrap = path("bootstrap");
            let line = ["package", &build, "--out", &zip, "--bootstrap", &bootstrap];
            edgewright(&[&line[..], options].concat());
            let zip = Path::new(&zip);
            templates.push(zip.with_extension("template.json"));
            let table = zip.with_extension("table.template.json");
            let is_made = options.contains(&"--table") && !options.contains(&"--existing-table");
            assert_eq!(table.is_file(), is_made, "{options:?}");
            templates.extend(is_made.then_some(table));
        }
    }
    let lint = cfn_lint(&templates).output().expect("cfn-lint is needed");
    let said = String::from_utf8_lossy(&lint.stdout);
    assert!(lint.status.success(), "{said}");
}
