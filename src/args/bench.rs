//! The arguments of `edgewright bench`.
//!
//! In: words. Out: [`Bench`]. Absent: what the command does; see `crate::command::bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Reading, ResultFormat};

/// How `edgewright bench` is used.
pub const EXAMPLES: &str = "\
Examples:
  edgewright bench build/                             requests made from its rules
  edgewright bench build/ --log access.log --max-p99 50us
  edgewright bench build/ --save fast.json
  edgewright bench build/ --baseline fast.json --tolerance 20

Times differ from run to run by some percent, and more on a busy machine. A baseline is compared in units
of a fixed computation timed beside the requests, so that a slower machine is no regression.";

/// `edgewright bench`.
#[derive(Debug, Args)]
pub struct Bench {
    /// A build folder, or a configuration
    #[arg(value_name = "BUILD-or-CONF")]
    pub source: PathBuf,
    /// These requests, one JSON object a line [default: made from the rules]
    #[arg(long, value_name = "FILE")]
    pub requests: Option<PathBuf>,
    /// The requests of an access log, `-` for standard input, see docs/logs.md; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub log: Vec<PathBuf>,
    /// Fail when one request in a hundred takes longer, for example 800ns, 50us, 1ms
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_p99: Option<Duration>,
    /// Fail when p50 or p99 is worse than in this file by more than --tolerance
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// How much worse than the baseline is allowed, in percent
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 25,
        requires = "baseline"
    )]
    pub tolerance: u32,
    /// Keep the figures in this file, as a baseline
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = ResultFormat::Text)]
    pub format: ResultFormat,
    #[command(flatten)]
    pub reading: Reading,
}

/// A whole number with `ns`, `us`, `ms` or `s`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let number = digits
        .parse()
        .map_err(|_| "a number with ns, us, ms or s")?;
    match &text[digits.len()..] {
        "ns" => Ok(Duration::from_nanos(number)),
        "us" | "µs" => Ok(Duration::from_micros(number)),
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err("a number with ns, us, ms or s".to_owned()),
    }
}
