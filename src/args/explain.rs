//! The arguments of `edgewright explain`.
//!
//! In: words. Out: [`Explain`]. Absent: what the command does; see `crate::command::explain`.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

/// How `edgewright explain` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright explain build/ 'https://www.example.com/news/2014/spring?id=7'
  edgewright explain httpd.conf /old -H 'Accept-Language: it'";

/// `edgewright explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// The URL, or only its path
    pub url: String,
    /// Also show rules whose pattern matched but whose conditions did not hold
    #[arg(long)]
    pub all: bool,
    /// A request header; may be given more than once
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// The method
    #[arg(short = 'X', long, default_value = "GET")]
    pub method: String,
    /// The client's address
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub client: String,
    #[command(flatten)]
    pub reading: Reading,
}
