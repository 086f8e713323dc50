//! The arguments of `edgewright serve`.
//!
//! In: words. Out: [`Serve`]. Absent: what the command does; see `crate::command::serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Engine, Reading};

/// How `edgewright serve` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright serve build/
  edgewright serve build/ --docroot htdocs           also the files, for what no rule answers
  edgewright serve build/ --host www.example.com     then open http://127.0.0.1:8080/old
  curl -si -H 'Host: www.example.com' http://127.0.0.1:8080/old";

/// `edgewright serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// A configuration or a build folder
    #[arg(value_name = "CONF-or-BUILD")]
    pub source: PathBuf,
    /// Where to listen; loopback unless you say otherwise
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Answer as this host, whatever the client asks for, and keep its redirects on the local
    /// address: for a browser
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Answer as if clients came over TLS
    #[arg(long)]
    pub https: bool,
    /// What answers
    #[arg(long, value_enum, default_value_t = Engine::CloudFront)]
    pub engine: Engine,
    #[command(flatten)]
    pub reading: Reading,
}
