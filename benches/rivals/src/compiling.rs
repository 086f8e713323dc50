//! What reading and compiling take, with the allocator of the command line.
//!
//! In: a set, as the benches' program `stages` names it. Out: [`Compiling`]. Absent: measuring; this
//! program counts its allocations, and another one measures for it.

use std::process::Command;

use anyhow::{Context, Result, bail};

/// Seconds of the processor, all threads together, and memory.
#[derive(Debug, Clone, Copy)]
pub struct Compiling {
    /// Text to a settled configuration.
    pub read: f64,
    /// A settled configuration to program and table.
    pub compile: f64,
    /// The most memory the process had, in MiB.
    pub peak: f64,
}

/// The figures of one run.
pub fn of(set: &[&str]) -> Result<Compiling> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new("cargo")
        .args(["run", "--quiet", "--locked", "--profile", "bench"])
        .args(["-p", "edgewright-benches", "--bin", "stages", "--"])
        .args(set)
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        bail!("stages: {}", String::from_utf8_lossy(&output.stderr));
    }
    let told = String::from_utf8(output.stdout)?;
    let (read, read_peak) = stage(&told, "read")?;
    let (compile, compile_peak) = stage(&told, "compile")?;
    Ok(Compiling {
        read,
        compile,
        peak: read_peak.max(compile_peak),
    })
}

/// `name  1.23 s of the processor  0.98 s by the clock  123 MiB`, without the words.
fn stage(told: &str, name: &str) -> Result<(f64, f64)> {
    let mut lines = told.lines().map(str::split_whitespace);
    let line = lines.find_map(|mut words| (words.next() == Some(name)).then_some(words));
    let words: Vec<&str> = line.context("a stage is missing")?.collect();
    match words[..] {
        [seconds, "s", _, "s", peak, "MiB"] => Ok((seconds.parse()?, peak.parse()?)),
        _ => bail!("stages: {}", words.join(" ")),
    }
}
