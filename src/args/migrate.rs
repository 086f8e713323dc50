//! The arguments of `edgewright migrate`.
//!
//! In: words. Out: [`Migrate`]. Absent: what the command does; see `crate::command::migrate`.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

/// How `edgewright migrate` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright migrate /etc/apache2/apache2.conf --out build/
  edgewright migrate site.conf --docroot /var/www/html=./htdocs --out build/
  edgewright migrate ./htdocs --out build/            a folder with .htaccess files";

/// `edgewright migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The configuration: a file, several that are read in order, a document root, or an archive of `collect`
    #[arg(required = true, value_name = "CONF")]
    pub conf: Vec<PathBuf>,
    /// Where the build folder is written
    #[arg(long, short, value_name = "DIR", default_value = "build")]
    pub out: PathBuf,
    /// Let redirects that follow one another on this site be one hop, where the end is always the same
    #[arg(long)]
    pub collapse_chains: bool,
    /// Print every diagnostic, not only the summary of each kind
    #[arg(long, short)]
    pub verbose: bool,
    /// Build a site even if Apache answers all its requests with 500
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub reading: Reading,
}
