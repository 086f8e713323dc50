//! The arguments of `edgewright rule`.
//!
//! In: words. Out: [`Rule`]. Absent: what the command does; see `crate::command::rule`.

use clap::Args;

/// How `edgewright rule` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright rule shadowed-rule
  edgewright rule                    every code, with what it means";

/// `edgewright rule`.
#[derive(Debug, Args)]
pub struct Rule {
    /// A code that `check` prints, or a group of codes
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}
