//! The account as one HTML page, for a person: `report.html`.
//!
//! In: a [`Reading`], its [`Compilation`]. Out: a page that needs no
//! other file and no network. Absent: the same as data; see `report`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use edgewright_parser::diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};

use crate::account::{Class, Verdict};
use crate::compile::Compilation;
use crate::reading::{Reading, Unit};

const PAGE: &str = include_str!("page.html");
/// Where the page expects its data.
const DATA: &str = "@DATA@";
/// A longer directive is cut.
const LONGEST_TEXT: usize = 400;

/// The page.
pub(super) fn page(reading: &Reading, compilation: &Compilation) -> Vec<u8> {
    let account = &compilation.account;
    let mut reasons = Reasons::default();
    let units = reading.units.iter().zip(&account.verdicts);
    let units: Vec<Value> = units
        .map(|(unit, verdict)| line(reading, unit, verdict, &mut reasons))
        .collect();
    let data = json!({
        "account": account.totals,
        "summary": summary(reading),
        "files": reading.site.files,
        "reasons": reasons.texts,
        "units": units,
        "findings": findings(reading, &compilation.diagnostics),
    });
    // `<` cannot end the script element early, whatever a configuration holds.
    PAGE.replacen(DATA, &data.to_string().replace('<', "\\u003c"), 1)
        .into_bytes()
}

/// One array for each line: file, line, class, reason, the line that makes it redundant, text.
fn line(reading: &Reading, unit: &Unit, verdict: &Verdict, reasons: &mut Reasons) -> Value {
    let by = verdict.by.map(|place| [place.file, place.line]);
    let reason = reasons.index(&verdict.reason);
    json!([
        unit.place.file,
        unit.place.line,
        class(verdict.class),
        reason,
        by,
        text(reading, unit)
    ])
}

/// The place of a class in the page's list.
fn class(class: Class) -> u8 {
    match class {
        Class::Keyed => 0,
        Class::Indexed => 1,
        Class::Scanned => 2,
        Class::Removed => 3,
        Class::NotExpressible => 4,
        Class::Ignored => 5,
    }
}

/// The directive as it is written.
fn text(reading: &Reading, unit: &Unit) -> String {
    let span = unit.origin.span;
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    let bytes = reading
        .sources
        .get(span.file)
        .and_then(|source| source.bytes.get(range));
    let bytes = bytes.unwrap_or_default();
    let cut = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    String::from_utf8_lossy(cut).into_owned()
}

/// What was read: only what there was of it.
fn summary(reading: &Reading) -> String {
    let counts = &reading.counts;
    let all = [
        (counts.files, "file"),
        (counts.virtual_hosts, "virtual host"),
        (counts.htaccess_files, ".htaccess file"),
        (counts.rules, "rule"),
        (counts.conditions, "condition"),
        (counts.redirects, "redirect"),
        (counts.map_entries, "line of a map"),
    ];
    let there = all.into_iter().filter(|(count, _)| *count > 0);
    let text = |(count, what)| match (count, what) {
        (1, what) => format!("1 {what}"),
        (count, "line of a map") => format!("{count} lines of maps"),
        (count, what) => format!("{count} {what}s"),
    };
    there.map(text).collect::<Vec<_>>().join(", ")
}

/// Each reason once.
#[derive(Default)]
struct Reasons {
    texts: Vec<String>,
    indexes: BTreeMap<String, usize>,
}

impl Reasons {
    fn index(&mut self, reason: &str) -> usize {
        if let Some(index) = self.indexes.get(reason) {
            return *index;
        }
        let index = self.texts.len();
        self.texts.push(reason.to_owned());
        self.indexes.insert(reason.to_owned(), index);
        index
    }
}

/// What is told apart among diagnostics, the gravest first: severity, code, headline.
type Finding<'a> = (Reverse<Severity>, &'a str, &'a str);

/// Diagnostics by code and headline: severity, code, headline, how many, the first place.
fn findings(reading: &Reading, added: &[Diagnostic]) -> Vec<Value> {
    let mut groups: BTreeMap<Finding<'_>, (usize, Option<String>)> = BTreeMap::new();
    for diagnostic in reading.diagnostics.iter().chain(added) {
        let severity = Reverse(diagnostic.severity);
        let key = (severity, diagnostic.code, &diagnostic.headline[..]);
        let place = || {
            Some(
                reading
                    .sources
                    .display(reading.sources.place(diagnostic.span?)),
            )
        };
        groups.entry(key).or_insert_with(|| (0, place())).0 += 1;
    }
    let row = |((Reverse(severity), code, headline), (count, place)): (Finding<'_>, _)| {
        json!([name(severity), code, headline, count, place])
    };
    groups.into_iter().map(row).collect()
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
