//! The arguments of `edgewright collect`.
//!
//! In: words. Out: [`Collect`]. Absent: what the command does; see `crate::command::collect`.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

/// How `edgewright collect` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright collect                                  the usual places, into site.tar.gz
  edgewright collect -o shop.tar.gz /etc/httpd/conf/httpd.conf
  edgewright check site.tar.gz                        then, on another machine

The archive has configuration files, .htaccess files, maps, the names and sizes of files in document roots,
modules and the time zone. Pages, comments, passwords, certificates and keys stay on the server.";

/// `edgewright collect`.
#[derive(Debug, Args)]
pub struct Collect {
    /// The configuration [default: apache2.conf or httpd.conf in the usual places]
    #[arg(value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Where the archive is written
    #[arg(long, short, value_name = "FILE", default_value = "site.tar.gz")]
    pub out: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
}
