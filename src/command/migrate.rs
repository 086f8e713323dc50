//! `edgewright migrate`: the one-off job.
//!
//! In: a configuration. Out: a build folder, and the account on standard output. Absent: filling a table, and deploying the
//! function.

use std::io::{IsTerminal, Write, stderr};
use std::time::Instant;

use anyhow::{Context, Error, Result, bail};
use edgewright_compiler::export::emit;
use edgewright_compiler::{Build, Compilation, Hops, Reading, compile_with};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::{Exit, say};
use crate::args::{Force, Migrate};
use crate::broken;
use crate::findings::most_shown;
use crate::folder::Fresh;
use crate::input::{WITHOUT_RULES, read_configuration};
use crate::progress;
use crate::render::TextRenderer;
use crate::summary;

/// More errors than this are counted, not shown.
const MOST_SHOWN: usize = 10;

/// Compiles the configuration and writes the build folder.
///
/// # Errors
/// The configuration cannot be read at all, the folder cannot be written.
pub fn run(arguments: &Migrate) -> Result<Exit> {
    let mut stage = Stage::new();
    let reading = progress::spinner("reading", || {
        read_configuration(&arguments.conf, &arguments.reading)
    })?;
    if let Some(said) = broken::refuse(&reading.site, Force::of(arguments.force))? {
        say(&said)?;
    }
    if let Some(what) = reading.without_rules() {
        show_diagnostics(&reading, &[], arguments)?;
        bail!("{what}: {WITHOUT_RULES}");
    }
    stage.done(&summary::reading(&reading.counts))?;
    let (compilation, build) = progress::spinner("compiling", || build(&reading, arguments))?;
    stage.done(&summary::compiling(&compilation, &build.files))?;
    show_diagnostics(&reading, &compilation.diagnostics, arguments)?;
    say(&summary::account(&compilation, arguments))?;
    say(&summary::next(arguments))?;
    let refused = reading.first_error().is_some();
    let open = compilation.account.totals.not_expressible > 0;
    Ok(if refused || open {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn build(reading: &Reading, arguments: &Migrate) -> Result<(Compilation, Build)> {
    let hops = if arguments.collapse_chains {
        Hops::Collapsed
    } else {
        Hops::Kept
    };
    let compilation =
        compile_with(reading, hops).context("the configuration cannot be compiled")?;
    let mut folder = Fresh::begin(&arguments.out)?;
    let written = emit(&compilation, reading, &mut folder).map_err(Error::from_boxed);
    let written = written.context("the build cannot be written")?;
    folder.finish()?;
    Ok((compilation, written))
}

/// Prints a line a stage, with its time.
struct Stage {
    begun: Instant,
}

impl Stage {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
        }
    }

    fn done(&mut self, text: &str) -> Result<()> {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.begun = Instant::now();
        say(&format!("{text:<72} {seconds:>6.2} s\n"))
    }
}

/// Errors in full on standard error; the rest only with `--verbose`.
fn show_diagnostics(
    reading: &Reading,
    of_compiling: &[Diagnostic],
    arguments: &Migrate,
) -> Result<()> {
    let mut out = stderr().lock();
    let renderer = TextRenderer::new(super::colour_for(out.is_terminal()));
    let all = reading.diagnostics.iter().chain(of_compiling);
    let wanted =
        all.filter(|diagnostic| arguments.verbose || diagnostic.severity == Severity::Error);
    let limit = if arguments.verbose {
        most_shown(&reading.limits)
    } else {
        MOST_SHOWN
    };
    let mut left_out = 0;
    for (number, diagnostic) in wanted.enumerate() {
        if number < limit {
            writeln!(out, "\n{}", renderer.render(diagnostic, &reading.sources))?;
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let paths = summary::paths(&arguments.conf);
        if arguments.verbose {
            let rest = reading.limits.not_shown(left_out);
            writeln!(out, "\n{}: {}", rest.headline, rest.help.join("; "))?;
        } else {
            writeln!(
                out,
                "\nand {left_out} more errors: edgewright check {paths}"
            )?;
        }
    }
    Ok(())
}
