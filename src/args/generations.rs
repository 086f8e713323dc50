//! The arguments of the commands about generations in a table.
//!
//! In: words. Out: [`TableOptions`], and what each command has beside. Absent: what the commands do; see `crate::dynamodb`.

use std::path::PathBuf;

use clap::Args;

use crate::dynamodb::Target;

/// How `edgewright deploy` is used.
pub const DEPLOY_EXAMPLES: &str = "\
Examples:
  edgewright deploy build/ --table redirects --dry-run
  edgewright deploy build/ --table redirects --region us-east-1 --region eu-west-1
  edgewright deploy build/ --table redirects --s3-import import/   files, for a table of millions
  edgewright status --table redirects
  edgewright rollback --table redirects";

/// How `edgewright prune-generations` is used.
pub const PRUNE_EXAMPLES: &str = "\
Examples:
  edgewright prune-generations --table redirects
  edgewright prune-generations --table redirects --keep 1 --unfinished

Functions look every few seconds which generation is live, but one that slept may answer a first
request from the one before: keep those of the last hours.";

/// A table that holds generations.
#[derive(Debug, Args)]
pub struct TableOptions {
    /// The table
    #[arg(long, value_name = "NAME")]
    pub table: String,
    /// A Region that holds the table; of several, the first is written to and the others copy it
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: Vec<String>,
    /// Where DynamoDB answers, for an emulator
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

impl TableOptions {
    /// The table in `region`.
    pub fn target(&self, region: &str) -> Target {
        Target {
            table: self.table.clone(),
            region: region.to_owned(),
            endpoint_url: self.endpoint_url.clone(),
        }
    }

    /// The table in the Region that is written to.
    pub fn home(&self) -> Target {
        self.target(self.region.first().map_or("us-east-1", String::as_str))
    }
}

/// `edgewright deploy`.
#[derive(Debug, Args)]
pub struct Deploy {
    /// A build folder
    #[arg(value_name = "BUILD")]
    pub build: PathBuf,
    /// Only say what would be written, and what that costs
    #[arg(long)]
    pub dry_run: bool,
    /// Write the items into this folder as DynamoDB imports them from S3 into a new table; send nothing
    #[arg(long, value_name = "DIR", conflicts_with = "dry_run")]
    pub s3_import: Option<PathBuf>,
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The generation to make live [default: the one before]
    #[arg(long, value_name = "GENERATION")]
    pub to: Option<String>,
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright status`.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub table: TableOptions,
}

/// `edgewright prune-generations`.
#[derive(Debug, Args)]
pub struct PruneGenerations {
    /// Keep so many of the newest; the live one and the one before stay in any case
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub keep: usize,
    /// Also what deploys left that broke off; not while one is at work
    #[arg(long)]
    pub unfinished: bool,
    #[command(flatten)]
    pub table: TableOptions,
}
