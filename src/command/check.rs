//! `edgewright check`: diagnostics only.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stdout};

use anyhow::Result;
use edgewright_compiler::limits::LIMIT_REACHED;
use edgewright_compiler::{Reading, compile};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::Exit;
use crate::args::{Check, Format};
use crate::input::{WITHOUT_RULES, read_to_limit};
use crate::render::{self, TextRenderer};
use crate::summary;

/// Findings of one kind that are shown as text unless all are asked for.
const MOST_SHOWN: usize = 20;

/// Reads the configuration and prints what there is to say about it.
///
/// # Errors
/// The configuration cannot be read at all, or is too large to be compiled.
pub fn run(arguments: &Check) -> Result<Exit> {
    let mut reading = read_to_limit(&arguments.conf, &arguments.reading)?;
    let mut findings = std::mem::take(&mut reading.diagnostics);
    let is_whole = findings.iter().all(|said| said.code != LIMIT_REACHED);
    if is_whole {
        findings.extend(compile(&reading)?.diagnostics);
        findings.extend(no_rules(&reading, &findings));
    }
    print(&reading, &findings, arguments)?;
    let worst = findings.iter().map(|diagnostic| diagnostic.severity).max();
    Ok(if worst > Some(Severity::Note) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// A configuration without a rule is seldom what was meant. Where reading it met errors, these say more.
fn no_rules(reading: &Reading, findings: &[Diagnostic]) -> Option<Diagnostic> {
    let has_error = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let what = reading.without_rules().filter(|_| !has_error)?;
    Some(Diagnostic::without_place(Severity::Warning, "no-rules", what).help(WITHOUT_RULES))
}

fn print(reading: &Reading, findings: &[Diagnostic], arguments: &Check) -> Result<()> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    if arguments.format == Format::Text {
        print_text(reading, findings, arguments.all, &mut out)?;
        return Ok(out.flush()?);
    }
    let most = render::most_shown(&reading.limits);
    let some = (findings.len() > most).then(|| render::heaviest(findings, most, &reading.limits));
    let findings = some.as_deref().unwrap_or(findings);
    match arguments.format {
        Format::Text => {}
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
    let mut room = render::most_shown(&reading.limits);
    let mut left_out = 0;
    for diagnostic in findings {
        let count = shown.entry(diagnostic.code).or_default();
        *count += 1;
        let wanted = all || *count <= MOST_SHOWN || diagnostic.severity == Severity::Error;
        if wanted && room == 0 && diagnostic.code != LIMIT_REACHED {
            left_out += 1;
        } else if wanted {
            room = room.saturating_sub(1);
            writeln!(out, "{}\n", renderer.render(diagnostic, &reading.sources))?;
        }
    }
    writeln!(out, "{}", summary::reading(&reading.counts))?;
    writeln!(out, "{}", summary::findings(findings))?;
    if left_out > 0 {
        let rest = reading.limits.not_shown(left_out);
        writeln!(
            out,
            "             {}: {}",
            rest.headline,
            rest.help.join("; ")
        )?;
    }
    if !all && shown.values().any(|count| *count > MOST_SHOWN) {
        writeln!(
            out,
            "             --all shows more than {MOST_SHOWN} of a kind"
        )?;
    }
    Ok(())
}
