//! What became of every line, as JSON: one unit a line.
//!
//! In: a [`Reading`] and its [`Compilation`]. Out: the content of `report.json`: the units, then every
//! finding with its places and its witness. Absent: a summary for the terminal.

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;
use serde_json::{Value, json};

use crate::account::Verdict;
use crate::compile::Compilation;
use crate::reading::{Reading, Unit, UnitKind};
use crate::sources::Sources;

/// The whole report.
pub(super) fn report(reading: &Reading, compilation: &Compilation) -> Vec<u8> {
    let account = &compilation.account;
    let units = reading.units.iter().zip(&account.verdicts);
    let units = units.map(|(unit, verdict)| line(unit, verdict, &reading.sources).to_string());
    let units: Vec<String> = units.collect();
    let findings = reading.diagnostics.iter().chain(&compilation.diagnostics);
    let findings: Vec<String> = findings
        .map(|finding| self::finding(finding, &reading.sources).to_string())
        .collect();
    let totals = json!(account.totals);
    let removed = json!(account.removed);
    format!(
        "{{\"account\":{totals},\n\"removed\":{removed},\n\"units\":[\n{}\n],\n\"findings\":[\n{}\n]}}\n",
        units.join(",\n"),
        findings.join(",\n")
    )
    .into_bytes()
}

fn finding(finding: &Diagnostic, sources: &Sources) -> Value {
    let at = |span: Span| match sources.get(span.file) {
        Some(source) => {
            let (line, column) = source.line_column(span.start);
            json!(format!("{}:{line}:{column}", source.name))
        }
        None => Value::Null,
    };
    let others = finding.others.iter();
    json!({
        "code": finding.code,
        "at": finding.span.map(at),
        "headline": finding.headline,
        "others": others.map(|(span, what)| json!([at(*span), what])).collect::<Vec<_>>(),
        "witness": finding.witness,
    })
}

fn line(unit: &Unit, verdict: &Verdict, sources: &Sources) -> Value {
    let mut line = json!({
        "at": sources.display(unit.place),
        "kind": kind(unit.kind),
        "class": verdict.class,
        "reason": verdict.reason,
    });
    if let (Some(by), Some(fields)) = (verdict.by, line.as_object_mut()) {
        fields.insert("by".to_owned(), json!(sources.display(by)));
    }
    if let (Some(code), Some(fields)) = (verdict.code, line.as_object_mut()) {
        fields.insert("code".to_owned(), json!(code));
    }
    line
}

fn kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Rule => "rule",
        UnitKind::Redirect => "redirect",
        UnitKind::MapEntry => "map entry",
    }
}
