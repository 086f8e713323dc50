//! `edgewright check`: diagnostics only.

use std::io::{IsTerminal, Write, stdout};

use anyhow::Result;
use edgewright_compiler::Reading;
use edgewright_parser::diagnostic::Severity;

use super::Exit;
use crate::args::{Check, Format};
use crate::input::read_configuration;
use crate::render::{self, TextRenderer};
use crate::summary;

/// Reads the configuration and prints what there is to say about it.
///
/// # Errors
/// The configuration cannot be read at all.
pub fn run(arguments: &Check) -> Result<Exit> {
    let reading = read_configuration(&arguments.conf, &arguments.reading)?;
    print(&reading, arguments.format)?;
    let worst = reading
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.severity)
        .max();
    Ok(if worst > Some(Severity::Note) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn print(reading: &Reading, format: Format) -> Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    match format {
        Format::Text => print_text(reading, &mut out)?,
        Format::Json => {
            for diagnostic in &reading.diagnostics {
                writeln!(out, "{}", render::to_json(diagnostic, &reading.sources))?;
            }
        }
        Format::Sarif => {
            let document = render::to_sarif(&reading.diagnostics, &reading.sources);
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        Format::Github => {
            for diagnostic in &reading.diagnostics {
                writeln!(out, "{}", render::to_github(diagnostic, &reading.sources))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn print_text(reading: &Reading, out: &mut impl Write) -> Result<()> {
    let renderer = TextRenderer::new(super::colour_for(stdout().is_terminal()));
    for diagnostic in &reading.diagnostics {
        writeln!(out, "{}\n", renderer.render(diagnostic, &reading.sources))?;
    }
    let count = |severity| {
        reading
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    writeln!(out, "{}", summary::reading(&reading.counts))?;
    writeln!(
        out,
        "findings     {}, {}, {}",
        summary::count(count(Severity::Error), "error"),
        summary::count(count(Severity::Warning), "warning"),
        summary::count(count(Severity::Note), "note"),
    )?;
    Ok(())
}
