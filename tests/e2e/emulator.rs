//! A stand-in for DynamoDB.
//!
//! In: what `scripts/install-emulator` installed; or, in `EDGEWRIGHT_DYNAMODB_ENDPOINT`, the address
//! of one that runs. Out: [`Emulator`]. Absent: throttling and replicas, which no emulator has.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running emulator. Ends with this value.
pub struct Emulator {
    endpoint: String,
    process: Option<(Child, ChildStdin)>,
}

impl Emulator {
    /// Starts one, unless the environment names one.
    pub fn start() -> Self {
        if let Ok(endpoint) = std::env::var("EDGEWRIGHT_DYNAMODB_ENDPOINT") {
            return Self {
                endpoint,
                process: None,
            };
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let installed = root.join("target/emulator");
        assert!(
            installed.join("node_modules/dynalite").is_dir(),
            "the emulator is not installed: run scripts/install-emulator"
        );
        let mut process = Command::new("node")
            .arg(root.join("scripts/emulator/start.cjs"))
            .arg(&installed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js is needed for the emulator");
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("http://"), "the emulator did not start");
        let input = process.stdin.take().unwrap();
        Self {
            endpoint: line.trim().to_owned(),
            process: Some((process, input)),
        }
    }

    /// Where it answers.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some((mut process, input)) = self.process.take() {
            drop(input);
            _ = process.wait();
        }
    }
}
