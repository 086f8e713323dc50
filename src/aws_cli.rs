//! AWS's own command line, which knows the user's credentials, profiles and newest settings.
//!
//! In: the words of a call. Out: its JSON. Absent: what is asked.
//!
//! What belongs to a distribution goes through it and not through a library of types: a field that such a library does not
//! know yet would be lost on the way back.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// How AWS is asked.
#[derive(Debug, Clone, Default)]
pub struct AwsCli {
    /// Where AWS answers, for an emulator.
    pub endpoint_url: Option<String>,
}

impl AwsCli {
    /// Calls `aws` and reads what it answers; `input` is its standard input, as `file:///dev/stdin`.
    ///
    /// # Errors
    /// There is no `aws`, it refuses (its own words), or its answer is no JSON.
    pub fn call(&self, words: &[&str], input: &[u8]) -> Result<Value> {
        let mut command = Command::new("aws");
        command
            .args(words)
            .args(["--output", "json", "--region", "us-east-1"])
            .env("AWS_PAGER", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(url) = &self.endpoint_url {
            command.args(["--endpoint-url", url]);
        }
        let mut running = command.spawn().context(
            "cannot start `aws`: install AWS's command line (https://aws.amazon.com/cli/), and log in",
        )?;
        if let Some(mut standard_input) = running.stdin.take() {
            // A call that does not read it may be over by now.
            _ = standard_input.write_all(input);
        }
        let output = running.wait_with_output().context("aws")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`aws {}` refuses: {}", words.join(" "), said.trim());
        }
        if output.stdout.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`aws {}` did not answer JSON", words.join(" ")))
    }
}
