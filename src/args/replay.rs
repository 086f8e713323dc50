//! The arguments of `edgewright replay`.
//!
//! In: words. Out: [`Replay`]. Absent: what the command does; see `crate::command::replay`.

use std::path::PathBuf;

use clap::Args;

use super::{Engine, Reading};

/// How `edgewright replay` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright replay build/ --requests requests.jsonl
  echo '{\"target\":\"/old?x=1\"}' | edgewright replay httpd.conf --engine reference";

/// `edgewright replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// The requests, one JSON object a line [default: standard input]
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// What answers
    #[arg(long, value_enum, default_value_t = Engine::Edge)]
    pub engine: Engine,
    #[command(flatten)]
    pub reading: Reading,
}
