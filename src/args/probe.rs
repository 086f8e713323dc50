//! The arguments of `edgewright probe`.
//!
//! In: words. Out: [`Probe`]. Absent: what the command does; see `crate::command::probe`.

use std::path::PathBuf;

use clap::Args;

use super::{Reading, ResultFormat};

/// How `edgewright probe` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright probe https://www.example.com --build build/
  edgewright probe https://www.example.com --build build/ --resolve d111111abcdef8.cloudfront.net
  edgewright probe https://www.example.com --build build/ --log access.log --limit 5000

Only GET and HEAD are sent, without a body. The exit code is 1 where an answer is not as the rules say.";

/// `edgewright probe`.
#[derive(Debug, Args)]
pub struct Probe {
    /// The deployed site: https://HOST
    #[arg(value_name = "URL")]
    pub url: String,
    /// The build that is deployed, or a configuration
    #[arg(long, value_name = "BUILD")]
    pub build: PathBuf,
    /// Connect with this name or address in place of what DNS says: with a distribution before the site's name points to it
    #[arg(long, value_name = "HOST[:PORT]")]
    pub resolve: Option<String>,
    /// Also the requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Send at most so many requests
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub limit: usize,
    /// Send at most so many requests a second
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Trust these certificate authorities, too: a PEM file
    #[arg(long, value_name = "FILE")]
    pub authorities: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}
