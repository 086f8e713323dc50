//! The arguments of `edgewright debug`.
//!
//! In: words. Out: [`struct@Debug`]. Absent: what the command does; see `crate::command::debug`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Reading, ResultFormat};

/// How `edgewright debug` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright debug site examples/legacy-site/httpd.conf
  edgewright debug rules build/ --format json
  edgewright debug decision build/ https://www.example.com/old";

/// `edgewright debug`.
#[derive(Debug, Args)]
pub struct Debug {
    /// What is shown.
    #[command(subcommand)]
    pub stage: Stage,
}

/// A stage of the compiler.
#[derive(Debug, Subcommand)]
pub enum Stage {
    /// Hosts, sections, rule sets and maps after reading
    Site(Staged),
    /// Each rule with what it was compiled to, and by what text it is found
    Rules(Staged),
    /// How large the parts of rules.bin and table.bin are, and their versions
    Program(Staged),
    /// What was precomputed for the path of a URL, or why nothing was
    Decision(DebugDecision),
}

/// What every stage is shown of.
#[derive(Debug, Args)]
pub struct Staged {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright debug decision`.
#[derive(Debug, Args)]
pub struct DebugDecision {
    #[command(flatten)]
    pub staged: Staged,
    /// The URL, or only its path
    pub url: String,
}
