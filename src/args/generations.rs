//! The arguments of the commands about generations in a table.
//!
//! In: words. Out: [`TableOptions`], and what each command has beside. Absent: what the commands do; see `crate::dynamodb`.

use std::path::PathBuf;

use clap::Args;

use crate::dynamodb::{DAY, Target};

/// How `edgewright deploy` is used.
pub const DEPLOY_EXAMPLES: &str = "\
Examples:
  edgewright deploy build/ --table redirects --dry-run
  edgewright deploy build/ --table redirects
  edgewright deploy build/ --table redirects --create-table --endpoint-url http://127.0.0.1:8000
  edgewright deploy build/ --table redirects --s3-import import/   files, for a table of millions
  edgewright status --table redirects
  edgewright rollback --table redirects";

/// How `edgewright prune-generations` is used.
pub const PRUNE_EXAMPLES: &str = "\
Examples:
  edgewright prune-generations --table redirects
  edgewright prune-generations --table redirects --dry-run
  edgewright prune-generations --table redirects --keep 1 --unfinished --younger-than 1h

What was live within the last day stays unless --younger-than says otherwise: a function that slept may know it.";

/// A table that holds generations.
#[derive(Debug, Args)]
pub struct TableOptions {
    /// The table
    #[arg(long, value_name = "NAME")]
    pub table: String,
    /// The Region that is written to; those that are named beside it have to hold copies of the table
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

    /// The Regions named, each once.
    pub fn regions(&self) -> Vec<&str> {
        let mut regions: Vec<&str> = self.region.iter().map(String::as_str).collect();
        regions.sort_unstable();
        regions.dedup();
        regions
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
    /// Make the table where there is none
    #[arg(long)]
    pub create_table: bool,
    /// Ask nobody
    #[arg(long)]
    pub yes: bool,
    /// Where nobody can be asked, refuse to remove more of the live entries than this, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    pub max_removed: f64,
    /// Write to the Region named from now on, in place of the one that was written to before
    #[arg(long)]
    pub move_home: bool,
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
    /// Keep what was live, or changed, no longer ago than this: 90s, 30m, 12h, 7d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = seconds)]
    pub younger_than: u64,
    /// Also what deploys left that broke off
    #[arg(long)]
    pub unfinished: bool,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub table: TableOptions,
}

/// `30m` in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let units = [('s', 1), ('m', 60), ('h', 60 * 60), ('d', DAY)];
    let mut seconds = units.into_iter().filter_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(seconds)
    });
    seconds
        .next()
        .ok_or_else(|| "a number and s, m, h or d: 90s, 30m, 12h, 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        };
        check("90s", Some(90));
        check("2m", Some(120));
        check("0h", Some(0));
        check("1d", Some(86_400));
        check("1", None);
        check("d", None);
        check("-1d", None);
        check("99999999999999999999d", None);
        check("999999999999999999d", None);
        check("1ä", None);
        check("", None);
    }
}
