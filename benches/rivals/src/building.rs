//! Section `building`: the README's first command, in an empty target folder.
//!
//! In: nothing. Out: [`Building`]. Absent: downloading crates, which takes no processor.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::store::root;

/// What stands between a clone and the first output. `times` says what the processor spent on whatever ran before.
const SCRIPT: &str = "cargo run --quiet --release --locked -- migrate examples/legacy-site/httpd.conf --out \"$CARGO_TARGET_DIR/build\" >&2 && times";

/// The figures of the section.
#[derive(Debug, Serialize, Deserialize)]
pub struct Building {
    /// Seconds of the processor, all of them together.
    pub processor: f64,
    /// Seconds that a person waits.
    pub elapsed: f64,
}

/// Runs the section.
///
/// # Errors
/// The command fails, or the folder cannot be removed.
pub fn run() -> Result<Building> {
    let folder = root().join("target/bench/first-command");
    let begun = Instant::now();
    let output = Command::new("sh")
        .args(["-c", SCRIPT])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &folder)
        .stderr(Stdio::null())
        .output()?;
    let elapsed = begun.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    ensure!(output.status.success(), "{SCRIPT}: {}", output.status);
    let text = String::from_utf8_lossy(&output.stdout);
    // The first line is of the shell itself.
    let children = text.lines().nth(1).context("`times` says nothing")?;
    let spent: Option<Vec<f64>> = children.split_whitespace().map(seconds).collect();
    Ok(Building {
        processor: spent.context(children.to_owned())?.iter().sum(),
        elapsed,
    })
}

/// `5m26.390s` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}
