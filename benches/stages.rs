//! Times the stages of a compilation: for each its CPU seconds, its seconds by the clock, and the most
//! memory it needed.
//!
//! ```text
//! stages seed          60,000 rules with 13,000 conditions
//! stages mixed COUNT   that many rules as they are found in the wild
//! ```
//!
//! In: the name of a set. Out: a line a stage, on standard output. Absent: comparisons; the gate
//! counts instructions of a small set, which do not depend on what else the machine does. CPU time
//! and memory are what Linux says about this process.

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Error, Result, bail};
use edgewright_benches::set::{self, RULES, Set};
use edgewright_benches::site::reading as read;
use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_compiler::{Folder, FolderError, compile, emit};
use edgewright_parser::source::FileId;
use mimalloc::MiMalloc;

/// That of the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Conditions of the seed-sized set.
const CONDITIONS: usize = 13_000;

/// What `/proc` counts time in.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let set = match arguments.as_slice() {
        ["seed"] => Set::seed_sized(RULES, CONDITIONS),
        ["mixed", count] => Set::of_rules(&set::mixed(count.parse().context("COUNT")?)),
        _ => bail!("there are `seed` and `mixed COUNT`"),
    };
    let config = set.config();
    drop(set);
    stages(&config)
}

fn stages(config: &str) -> Result<()> {
    let parsed = timed("parse", || {
        edgewright_parser::parse(FileId(0), black_box(config.as_bytes()))
    })?;
    drop(parsed);
    let reading = timed("read", || read(config))?;
    let redundant = timed("  redundant", || Redundant::find(&reading.site))?;
    let lowered = timed("  lower, decisions", || lower(&reading.site, &redundant))?;
    drop((redundant, lowered, reading));
    // Anew: patterns are compiled when they are first used, and kept.
    let reading = read(config);
    let compilation = timed("compile", || compile(&reading))?.context("cannot compile")?;
    let written = timed("emit", || emit(&compilation, &reading, &mut Nowhere))?;
    written
        .map_err(Error::from_boxed)
        .context("cannot be written")?;
    Ok(())
}

/// Where files go that nobody wants.
struct Nowhere;

impl Folder for Nowhere {
    fn begin(&mut self, _name: &'static str) -> Result<(), FolderError> {
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), FolderError> {
        black_box(piece);
        Ok(())
    }
}

/// What `work` gives, once its time and memory are printed.
fn timed<T>(name: &str, work: impl FnOnce() -> T) -> Result<T> {
    // Forgets the peak so far.
    fs::write("/proc/self/clear_refs", "5")?;
    let clock = Instant::now();
    let begun = cpu_seconds()?;
    let done = work();
    let seconds = cpu_seconds()? - begun;
    let passed = clock.elapsed().as_secs_f64();
    let peak = peak_kilobytes()? / 1024;
    println!("{name:16} {seconds:8.2} s {passed:8.2} s {peak:8} MiB");
    Ok(done)
}

/// CPU time of this process, all its threads together.
fn cpu_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<f64> { Ok(fields.get(at).context("stat")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// The most memory since it was last forgotten.
fn peak_kilobytes() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("status")?.parse()?)
}
