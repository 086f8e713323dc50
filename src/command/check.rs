//! `edgewright check`: diagnostics only.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stdout};

use anyhow::Result;
use edgewright_compiler::{Reading, compile};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::Exit;
use crate::args::{Check, Format};
use crate::input::read_configuration;
use crate::render::{self, TextRenderer};
use crate::summary;

/// Findings of one kind that are shown as text unless all are asked for.
const MOST_SHOWN: usize = 20;

/// Reads the configuration and prints what there is to say about it.
///
/// # Errors
/// The configuration cannot be read at all, or is too large to be compiled.
pub fn run(arguments: &Check) -> Result<Exit> {
    let reading = read_configuration(&arguments.conf, &arguments.reading)?;
    let compilation = compile(&reading)?;
    let mut findings = reading.diagnostics.clone();
    findings.extend(compilation.diagnostics);
    print(&reading, &findings, arguments)?;
    let worst = findings.iter().map(|diagnostic| diagnostic.severity).max();
    Ok(if worst > Some(Severity::Note) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn print(reading: &Reading, findings: &[Diagnostic], arguments: &Check) -> Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    match arguments.format {
        Format::Text => print_text(reading, findings, arguments.all, &mut out)?,
        Format::Json => {
            for diagnostic in findings {
                writeln!(out, "{}", render::to_json(diagnostic, &reading.sources))?;
            }
        }
        Format::Sarif => {
            let document = render::to_sarif(findings, &reading.sources);
            serde_json::to_writer_pretty(&mut out, &document)?;
            writeln!(out)?;
        }
        Format::Github => {
            for diagnostic in findings {
                writeln!(out, "{}", render::to_github(diagnostic, &reading.sources))?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn print_text(
    reading: &Reading,
    findings: &[Diagnostic],
    all: bool,
    out: &mut impl Write,
) -> Result<()> {
    let renderer = TextRenderer::new(super::colour_for(stdout().is_terminal()));
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in findings {
        let count = shown.entry(diagnostic.code).or_default();
        *count += 1;
        if all || *count <= MOST_SHOWN || diagnostic.severity == Severity::Error {
            writeln!(out, "{}\n", renderer.render(diagnostic, &reading.sources))?;
        }
    }
    writeln!(out, "{}", summary::reading(&reading.counts))?;
    writeln!(out, "{}", summary::findings(findings))?;
    if !all && shown.values().any(|count| *count > MOST_SHOWN) {
        writeln!(
            out,
            "             --all shows more than {MOST_SHOWN} of a kind"
        )?;
    }
    Ok(())
}
