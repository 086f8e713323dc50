//! The function's binary, as cargo builds it for tests.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The function's binary. Built with the features of the whole workspace, as this test is, so that
/// its dependencies need not be built once more.
pub static BOOTSTRAP: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells this test about its package; build scripts would take it for theirs, and run
    // again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args(["build", "--locked", "--message-format=json"])
        .args(["--workspace", "--bin", "bootstrap"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the function cannot be built");
    let text = String::from_utf8(output.stdout).unwrap();
    let messages = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut executables =
        messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    executables.next().unwrap()
});

/// The same without symbols: what is packed is a fifth of its size.
pub static STRIPPED: LazyLock<PathBuf> = LazyLock::new(|| {
    let stripped = BOOTSTRAP.with_extension("stripped");
    let status = Command::new("strip")
        .args([BOOTSTRAP.as_os_str(), "-o".as_ref(), stripped.as_os_str()])
        .status();
    assert!(status.unwrap().success(), "strip, of binutils, is needed");
    stripped
});
