//! Counts the instructions of the hot paths and compares them with a baseline.
//!
//! ```text
//! gate --save FILE        counts, and writes them down
//! gate --profile PATH     counts, and says which functions a path's instructions went to
//! gate --baseline FILE    counts, and compares: exit 1 when a path became more than 1 % longer,
//!                         exit 3 when this machine counts otherwise than the baseline's
//! gate --growth           counts compiling configurations of two lengths: exit 1 when the work grows
//!                         faster than they do
//! ```
//!
//! In: nothing but the code. Out: instructions for each path, the same in every run. Absent: time;
//! `scripts/bench` has it. The program runs itself under valgrind: counts do not depend on what
//! else a machine does, so one percent can be told from noise.

mod baseline;
mod calibration;
mod callgrind;
mod growth;
mod paths;
mod profile;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use baseline::{Counts, Verdict};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gate: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (command, file) = (arguments.next(), arguments.next());
    match (command.as_deref(), file) {
        (Some("--save"), Some(file)) => save(Path::new(&file)),
        (Some("--baseline"), Some(file)) => compare(Path::new(&file)),
        (Some("--profile"), Some(path)) => show(&path),
        (Some("--growth"), None) => grow(),
        (Some("grow"), Some(shape)) => {
            let count = arguments.next().context("grow SHAPE COUNT")?;
            growth::grow(&shape, &count).map(done)
        }
        // The two sides of `callgrind::count`.
        (Some("prepare"), Some(folder)) => paths::prepare(Path::new(&folder)).map(done),
        (Some("measure"), Some(folder)) => measure(Path::new(&folder)).map(done),
        _ => bail!("there are --save FILE, --baseline FILE, --profile PATH and --growth"),
    }
}

fn grow() -> Result<ExitCode> {
    let folder = std::env::temp_dir();
    let found = growth::check(&folder)?;
    if found.is_empty() {
        println!("no work grows faster than its configuration");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "look for a loop over all in a loop over all: {}",
        found.join(", ")
    );
    Ok(ExitCode::FAILURE)
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

fn save(file: &Path) -> Result<ExitCode> {
    let counts = count()?;
    let text = serde_json::to_string_pretty(&counts)? + "\n";
    std::fs::write(file, text).with_context(|| file.display().to_string())?;
    for (path, instructions) in &counts.paths {
        println!("{path:24} {instructions:>12}");
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(file: &Path) -> Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let before: Counts = serde_json::from_str(&text).context("the baseline")?;
    let now = count()?;
    let comparison = baseline::compare(&before, &now);
    print!("{}", comparison.text);
    for path in &comparison.longer {
        profile(path, HEAVIEST)?;
    }
    Ok(match comparison.verdict {
        Verdict::Holds => ExitCode::SUCCESS,
        Verdict::Longer => ExitCode::from(1),
        Verdict::OtherMachine => ExitCode::from(3),
    })
}

fn show(path: &str) -> Result<ExitCode> {
    count()?;
    profile(path, 4 * HEAVIEST).map(done)
}

/// Functions shown of a path that became longer.
const HEAVIEST: usize = 8;

/// Where the instructions of a path that was counted went.
fn profile(path: &str, most: usize) -> Result<()> {
    let position = paths::NAMES.iter().position(|(name, _)| *name == path);
    let position = position.with_context(|| format!("{path}: there is no such path"))?;
    let operations = paths::NAMES[position].1;
    println!("{path} spends them in");
    for (instructions, function) in callgrind::heaviest(&folder()?, position + 1, most)? {
        println!("{:>12}  {function}", instructions / operations);
    }
    Ok(())
}

/// Instructions of each path, per operation.
fn count() -> Result<Counts> {
    let totals = callgrind::count(&folder()?)?;
    let paths = paths::NAMES;
    if totals.len() != paths.len() {
        bail!("{} paths, but {} counts", paths.len(), totals.len());
    }
    let each = paths.iter().zip(totals);
    Ok(Counts {
        rustc: callgrind::version("rustc")?,
        valgrind: callgrind::version("valgrind")?,
        paths: each
            .map(|((name, operations), total)| ((*name).to_owned(), total / operations))
            .collect(),
    })
}

/// Beside this program: `target/…/gate-counts`.
fn folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let beside = program.parent().context("the program has no folder")?;
    let folder = beside.join("gate-counts");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs every path, each within [`callgrind::counted`].
fn measure(folder: &Path) -> Result<()> {
    paths::run(folder, &mut |work| callgrind::counted(work))
}
