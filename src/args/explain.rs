//! The arguments of `edgewright explain`.
//!
//! In: words. Out: [`Explain`]. Absent: what the command does; see `crate::command::explain`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Reading;

/// How `edgewright explain` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright explain build/ 'https://www.example.com/news/2014/spring?id=7'
  edgewright explain httpd.conf /old -H 'Accept-Language: it'
  edgewright explain httpd.conf /old --rule www.conf:56      why that line did not answer";

/// `edgewright explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// The URL, or only its path
    pub url: String,
    /// Show every rule that was tried, with the text its pattern was compared with
    #[arg(long, conflicts_with = "rule")]
    pub all: bool,
    /// Say why this line did or did not answer; the end of the file's name suffices
    #[arg(long, value_name = "FILE:LINE")]
    pub rule: Option<String>,
    /// Follow redirects as long as they lead to hosts of the configuration
    #[arg(long, conflicts_with = "rule")]
    pub follow: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text, conflicts_with = "rule")]
    pub format: ExplainFormat,
    /// A request header; may be given more than once
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// The method
    #[arg(short = 'X', long, default_value = "GET")]
    pub method: String,
    /// The client's address
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub client: IpAddr,
    #[command(flatten)]
    pub reading: Reading,
}

/// What `explain` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// Lines for a person.
    Text,
    /// One JSON object.
    Json,
}
