//! The arguments of `edgewright diff`.
//!
//! In: words. Out: [`Diff`]. Absent: what the command does; see `crate::command::diff`.

use std::path::PathBuf;

use clap::Args;

use super::{Reading, ResultFormat};

/// How `edgewright diff` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright diff build-of-last-week/ /etc/apache2/apache2.conf
  edgewright diff old.conf new.conf --log /var/log/apache2/access.log
  edgewright diff old/ new/ --requests regression.jsonl --format json

Requests are made from every rule of both sides.";

/// `edgewright diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// A configuration or a build folder: as it was
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// A configuration or a build folder: as it is now
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Also the requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Also these requests, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}
