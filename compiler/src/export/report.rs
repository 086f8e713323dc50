//! What became of every line, as JSON: one unit a line.
//!
//! In: a [`Reading`] and its [`Compilation`]. Out: the content of `report.json`: the units, then every
//! finding with its places and its witness. Absent: a summary for the terminal.

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::{LineColumn, Span};
use serde::Serialize;

use super::folder::{Files, FolderError};
use crate::account::{Class, Verdict};
use crate::compile::Compilation;
use crate::reading::{Reading, Unit, UnitKind};
use crate::sources::Sources;
use crate::spans::in_text;

/// Writes the whole report.
pub(super) fn write(
    reading: &Reading,
    compilation: &Compilation,
    files: &mut Files<'_>,
) -> Result<(), FolderError> {
    let (account, sources) = (&compilation.account, &reading.sources);
    files.bytes(b"{\"account\":")?;
    files.json(&account.totals)?;
    files.bytes(b",\n\"removed\":")?;
    files.json(&account.removed)?;
    files.bytes(b",\n\"units\":[\n")?;
    let units = reading.units.iter().zip(&account.verdicts);
    let lines = units.map(|(unit, verdict)| Line::of(unit, verdict, sources));
    files.all_json(lines, b",\n")?;
    files.bytes(b"\n],\n\"findings\":[\n")?;
    let findings = reading.diagnostics.iter().chain(&compilation.diagnostics);
    let findings = findings.map(|finding| Finding::of(finding, sources));
    files.all_json(findings, b",\n")?;
    files.bytes(b"\n]}\n")
}

/// A finding as the report has it.
#[derive(Serialize)]
struct Finding<'r> {
    code: &'static str,
    at: Option<String>,
    headline: &'r str,
    others: Vec<(Option<String>, &'r str)>,
    witness: Option<&'r str>,
}

impl<'r> Finding<'r> {
    fn of(finding: &'r Diagnostic, sources: &Sources) -> Self {
        let at = |span: Span| {
            let source = sources.get(span.file)?;
            let LineColumn { line, column } = source.line_column(span.start);
            Some(format!("{}:{line}:{column}", source.name))
        };
        let others = finding.others.iter();
        Self {
            code: finding.code,
            at: finding.span.and_then(at),
            headline: &finding.headline,
            others: others.map(|(span, what)| (at(*span), &**what)).collect(),
            witness: finding.witness.as_deref(),
        }
    }
}

/// A unit as the report has it.
#[derive(Serialize)]
struct Line<'r> {
    at: String,
    kind: &'static str,
    class: Class,
    reason: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl<'r> Line<'r> {
    fn of(unit: &Unit, verdict: &'r Verdict, sources: &Sources) -> Self {
        Self {
            at: sources.display(in_text(unit.place)),
            kind: kind(unit.kind),
            class: verdict.class,
            reason: &verdict.reason,
            by: verdict.by.map(|by| sources.display(in_text(by))),
            code: verdict.code,
        }
    }
}

fn kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Rule => "rule",
        UnitKind::Redirect => "redirect",
        UnitKind::MapEntry => "map entry",
    }
}
