//! The arguments of `edgewright check`.
//!
//! In: words. Out: [`Check`]. Absent: what the command does; see `crate::command::check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reading;
use crate::findings::select::Selector;

/// How `edgewright check` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright check /etc/apache2/apache2.conf
  edgewright check .htaccess --format json
  edgewright check site.conf --select security --min-severity warning
  edgewright check site.conf --format github          annotations in a GitHub workflow
  edgewright check                                   as edgewright.toml says";

/// `edgewright check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`;
    /// without one, that of edgewright.toml
    #[arg(value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every finding as text, not only the first of each kind
    #[arg(long)]
    pub all: bool,
    /// What to check and how, as TOML [default: edgewright.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub choice: Choice,
    /// Findings that are known: only others fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write all findings into a file for --baseline, and fail for none
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Delete lines that are proved to change no answer: repeated rules, redirects and keys of maps
    #[arg(long)]
    pub fix: bool,
    #[command(flatten)]
    pub reading: Reading,
}

/// Which findings are wanted.
#[derive(Debug, Args, Default)]
pub struct Choice {
    /// Look for these codes or groups only; `edgewright rule` lists them
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = Selector::named)]
    pub select: Vec<Selector>,
    /// Do not look for these codes or groups; a code outweighs a group
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = Selector::named)]
    pub ignore: Vec<Selector>,
    /// Leave out what weighs less
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub min_severity: Option<Weight>,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Weight {
    /// Worth knowing
    Note,
    /// Probably not what was meant, or not the same at the edge
    Warning,
    /// Apache refuses to start
    Error,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With the line and a caret
    Text,
    /// One JSON object a line
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// GitHub workflow annotations
    Github,
}
