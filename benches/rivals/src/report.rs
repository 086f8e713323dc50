//! `docs/benchmarks.md` and `docs/growth.svg`, from what the sections left.
//!
//! In: a [`Store`]. Out: files. Absent: measuring. A section that has not run is left out.

mod budgets;
mod tables;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::building::Building;
use crate::decide::Decisions;
use crate::growth::{self, Growth};
use crate::lookup::Lookups;
use crate::memory::Memory;
use crate::plot::{Emphasis, Line, svg};
use crate::stages::Stages;
use crate::store::{Store, root};
use crate::worst::Worst;

/// Everything that was measured.
struct Figures {
    lookups: Option<Lookups>,
    memory: Option<Memory>,
    decisions: Option<Decisions>,
    stages: Option<Stages>,
    worst: Option<Vec<Worst>>,
    growth: Vec<Growth>,
    building: Option<Building>,
}

/// Writes both documents.
pub fn write(store: &Store) -> Result<()> {
    let figures = Figures::load(store)?;
    let text = document(&figures)?;
    print!("{text}");
    fs::write(root().join("docs/benchmarks.md"), text).context("docs/benchmarks.md")?;
    fs::write(root().join("docs/growth.svg"), plot(&figures.growth)).context("docs/growth.svg")
}

impl Figures {
    fn load(store: &Store) -> Result<Self> {
        let sizes = growth::SIZES.iter();
        let growth = sizes.filter_map(|size| store.load(&growth::name(*size)).transpose());
        Ok(Self {
            lookups: store.load("lookup")?,
            memory: store.load("memory")?,
            decisions: store.load("decide")?,
            stages: store.load("stages")?,
            worst: store.load("worst")?,
            growth: growth.collect::<Result<_>>()?,
            building: store.load("building")?,
        })
    }
}

fn document(figures: &Figures) -> Result<String> {
    let (date, commit, machine) = (
        said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?,
        said("git", &["rev-parse", "--short", "HEAD"])?,
        machine(),
    );
    let mut text = format!(
        "# Benchmarks

`scripts/bench table` measures all of this and writes this page and its plot. {date}, commit {commit}, {machine}.

The machine is shared, so trust ratios more than nanoseconds. Contenders take turns within one run; each request counts
with the median of seven rounds; p50 and p99 are over the requests. Reading, compiling and loading are processor
time. A section that was not measured is left out. What a row does is in `benches/src/operation.rs` and
`benches/rivals/src/lookups/`.

"
    );
    budgets::write(&mut text, figures);
    tables::write(&mut text, figures);
    Ok(text)
}

fn said(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("{program} cannot be run"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The processor, as Linux names it.
fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names = processors
        .lines()
        .filter_map(|line| line.strip_prefix("model name"));
    let mut names = names.filter_map(|line| line.split(':').nth(1));
    let count = processors
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let name = names
        .next()
        .unwrap_or(" unknown processor")
        .trim()
        .to_owned();
    format!("{count} cores of {name}")
}

fn plot(growth: &[Growth]) -> String {
    let mut lines = vec![
        line("edgewright, rule matches", Emphasis::Ours, growth, |size| {
            Some(size.hit)
        }),
        line("edgewright, none matches", Emphasis::Ours, growth, |size| {
            Some(size.miss)
        }),
    ];
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in growth.iter().flat_map(|size| &size.rivals) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        lines.push(line(name, Emphasis::Other, growth, |size| {
            let rival = size.rivals.iter().find(|(rival, _)| rival == name);
            rival.map(|(_, time)| *time)
        }));
    }
    svg("Time for one request, mixed rules", &lines)
}

fn line(
    name: &str,
    emphasis: Emphasis,
    growth: &[Growth],
    time: impl Fn(&Growth) -> Option<f64>,
) -> Line {
    #[expect(clippy::cast_precision_loss, reason = "a million rules at most")]
    let point = |size: &Growth| Some((size.rules as f64, time(size)?));
    Line {
        name: name.to_owned(),
        emphasis,
        points: growth.iter().filter_map(point).collect(),
    }
}

/// A duration for people: `212 ns`, `4.1 µs`, `53 ms`.
fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    match value {
        v if v < 10.0 => format!("{v:.1} {unit}"),
        v => format!("{v:.0} {unit}"),
    }
}

/// Bytes for people.
fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1024.0 * 1024.0 => format!("{:.0} KiB", b / 1024.0),
        b => format!("{:.1} MiB", b / 1024.0 / 1024.0),
    }
}

/// A ratio for people: `0.8`, `41`, `5,300`.
fn ratio(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.1}"),
        v => thousands(v),
    }
}

/// A whole number with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        let _ = write!(text, "{digit}");
    }
    text
}
