//! The arguments of `edgewright prune`.
//!
//! In: words. Out: [`Prune`]. Absent: what the command does; see `crate::command::prune`.

use std::path::PathBuf;

use clap::Args;

use super::{Reading, ResultFormat};

/// How `edgewright prune` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright prune /etc/apache2/apache2.conf --log /var/log/apache2/access.log
  edgewright prune site.conf --log access.log --log access.log.2.gz
  cat cloudfront/*.gz | edgewright prune site.conf --log -
  edgewright prune site.conf --log access.log --unused

A log tells the request line, the referrer and the browser. A rule that asks for another header, for
a cookie or for the client's address may be in use without a trace here.";

/// `edgewright prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// An access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, required = true, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// List the rules that no request used
    #[arg(long)]
    pub unused: bool,
    /// Clients came over TLS
    #[arg(long)]
    pub https: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}
