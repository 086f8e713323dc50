//! The arguments of `edgewright verify`, and of the cage in which it starts Apache.
//!
//! In: words. Out: [`Verify`]. Absent: what the command does; see `crate::command::verify`.

use std::path::PathBuf;

use clap::Args;

use super::{Engine, Reading, ResultFormat};

/// How `edgewright verify` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright verify /etc/apache2/apache2.conf
  edgewright verify site.conf --log /var/log/apache2/access.log
  edgewright verify ./htdocs --unreached              rules that answered no request, and why
  edgewright verify httpd.conf --format json | jq '.differences[]'

Apache is started on a free loopback port with a copy of the configuration: without its ports, logs,
TLS, and modules that start programs or open connections. Nothing leaves this machine.";

/// `edgewright verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Also the requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// What is compared with Apache
    #[arg(long, value_enum, default_value_t = Engine::Edge)]
    pub engine: Engine,
    /// At most so many requests from the rules, and as many from the logs
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// List the rules that answered no request, with the reason
    #[arg(long)]
    pub unreached: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// `edgewright cage`, which is for `verify` only.
#[derive(Debug, Args)]
pub struct Cage {
    /// The folder that the program runs in
    #[arg(long)]
    pub folder: PathBuf,
    /// The process that the program ends with
    #[arg(long)]
    pub parent: i32,
    /// The user that the program runs as
    #[arg(long)]
    pub user: Option<u32>,
    /// The group of that user
    #[arg(long)]
    pub group: Option<u32>,
    /// What the program may read besides what any program reads
    #[arg(long)]
    pub readable: Vec<PathBuf>,
    /// The ports that the program may listen on
    #[arg(long = "port")]
    pub ports: Vec<u16>,
    /// The program
    pub program: PathBuf,
    /// What the program is given
    #[arg(last = false, trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<std::ffi::OsString>,
}
