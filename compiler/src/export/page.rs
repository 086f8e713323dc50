//! The account as one HTML page, for a person: `report.html`.
//!
//! In: a [`Reading`], its [`Compilation`]. Out: a page that needs no
//! other file and no network. Absent: the same as data; see `report`.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use edgewright_engine::model::rules::Place;
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use super::folder::{Files, FolderError, write_json};
use crate::account::{Class, Verdict};
use crate::compile::Compilation;
use crate::reading::{Reading, Unit};

const PAGE: &str = include_str!("page.html");
/// Where the page expects its data.
const DATA: &str = "@DATA@";
/// A longer directive is cut.
const LONGEST_TEXT: usize = 400;

/// Writes the page.
pub(super) fn write(
    reading: &Reading,
    compilation: &Compilation,
    files: &mut Files<'_>,
) -> Result<(), FolderError> {
    let (before, after) = PAGE.split_once(DATA).unwrap_or((PAGE, ""));
    files.bytes(before.as_bytes())?;
    data(reading, compilation, files)?;
    files.bytes(after.as_bytes())
}

/// The page's data: an object, its fields in their order.
fn data(
    reading: &Reading,
    compilation: &Compilation,
    files: &mut Files<'_>,
) -> Result<(), FolderError> {
    let account = &compilation.account;
    let mut reasons = Reasons::default();
    for verdict in &account.verdicts {
        reasons.add(&verdict.reason);
    }
    let fields = [
        ("{\"account\":", json!(account.totals)),
        (",\"summary\":", json!(summary(reading))),
        (",\"files\":", json!(reading.site.files)),
        (",\"reasons\":", json!(reasons.texts)),
    ];
    for (name, value) in &fields {
        files.bytes(name.as_bytes())?;
        in_script(value, files)?;
    }
    files.bytes(b",\"units\":[")?;
    let units = reading.units.iter().zip(&account.verdicts);
    for (at, (unit, verdict)) in units.enumerate() {
        if at > 0 {
            files.bytes(b",")?;
        }
        in_script(&line(reading, unit, verdict, &reasons), files)?;
    }
    files.bytes(b"],\"findings\":")?;
    in_script(&findings(reading, &compilation.diagnostics), files)?;
    files.bytes(b"}")
}

/// Adds `value` as JSON in which no `<` can end the script element early, whatever a configuration holds.
fn in_script(value: &impl Serialize, files: &mut Files<'_>) -> Result<(), FolderError> {
    let mut json = Vec::new();
    write_json(&mut json, value)?;
    for (at, part) in json.split(|byte| *byte == b'<').enumerate() {
        if at > 0 {
            files.bytes(b"\\u003c")?;
        }
        files.bytes(part)?;
    }
    Ok(())
}

/// One array for each line: file, line, class, reason, the line that makes it redundant, text.
fn line<'r>(
    reading: &'r Reading,
    unit: &Unit,
    verdict: &Verdict,
    reasons: &Reasons<'_>,
) -> impl Serialize + use<'r> {
    let by = verdict.by.map(|place| [place.file, place.line]);
    let Place { file, line } = unit.place;
    let class = class(verdict.class);
    let reason = reasons.index(&verdict.reason);
    (file, line, class, reason, by, text(reading, unit))
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
fn text<'r>(reading: &'r Reading, unit: &Unit) -> Cow<'r, str> {
    let span = unit.origin.span;
    let range = usize::try_from(span.start).unwrap_or(0)..usize::try_from(span.end).unwrap_or(0);
    let bytes = reading
        .sources
        .get(span.file)
        .and_then(|source| source.bytes.get(range));
    let bytes = bytes.unwrap_or_default();
    let cut = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    String::from_utf8_lossy(cut)
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

/// Each reason once, in the order they come up.
#[derive(Default)]
struct Reasons<'r> {
    texts: Vec<&'r str>,
    indexes: BTreeMap<&'r str, usize>,
}

impl<'r> Reasons<'r> {
    fn add(&mut self, reason: &'r str) {
        if !self.indexes.contains_key(reason) {
            self.indexes.insert(reason, self.texts.len());
            self.texts.push(reason);
        }
    }

    fn index(&self, reason: &str) -> Option<usize> {
        self.indexes.get(reason).copied()
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
