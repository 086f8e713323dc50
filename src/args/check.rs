//! The arguments of `edgewright check`.
//!
//! In: words. Out: [`Check`]. Absent: what the command does; see `crate::command::check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reading;

/// How `edgewright check` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright check /etc/apache2/apache2.conf
  edgewright check .htaccess --format json
  edgewright check site.conf --format github          annotations in a GitHub workflow";

/// `edgewright check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every finding as text, not only the first of each kind
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub reading: Reading,
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
