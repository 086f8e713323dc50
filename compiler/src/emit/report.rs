//! What became of every line, as JSON: one unit a line.
//!
//! In: a [`Reading`] and its [`Account`]. Out: the content of `report.json`. Absent: a summary for
//! the terminal.

use serde_json::{Value, json};

use crate::account::{Account, Verdict};
use crate::reading::{Reading, Unit, UnitKind};
use crate::sources::Sources;

/// The whole report.
pub(super) fn report(reading: &Reading, account: &Account) -> Vec<u8> {
    let units = reading.units.iter().zip(&account.verdicts);
    let units = units.map(|(unit, verdict)| line(unit, verdict, &reading.sources).to_string());
    let units: Vec<String> = units.collect();
    let totals = json!(account.totals);
    format!(
        "{{\"account\":{totals},\n\"units\":[\n{}\n]}}\n",
        units.join(",\n")
    )
    .into_bytes()
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
    line
}

fn kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Rule => "rule",
        UnitKind::Redirect => "redirect",
        UnitKind::MapEntry => "map entry",
    }
}
