//! What `migrate` prints: the account, the number that matters first.
//!
//! In: a reading and its compilation. Out: text. Absent: printing it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use edgewright_compiler::account::Class;
use edgewright_compiler::export::{PROGRAM_FILE, TABLE_FILE};
pub use edgewright_compiler::figures::{count, thousands};
use edgewright_compiler::inputs::Input;
use edgewright_compiler::precompute::PrecomputedCounts;
use edgewright_compiler::{Compilation, Counts, Written};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use crate::args::Migrate;
use crate::findings::Findings;

/// More reasons than this are summed up.
const MOST_REASONS: usize = 12;

/// What was read, in one line or two.
pub fn reading(counts: &Counts) -> String {
    let mut files = vec![count(counts.files, "file")];
    add(&mut files, counts.virtual_hosts, "virtual host");
    add(&mut files, counts.htaccess_files, ".htaccess file");
    let mut rules = Vec::new();
    add(&mut rules, counts.rules, "rule");
    add(&mut rules, counts.conditions, "condition");
    add(&mut rules, counts.redirects, "redirect");
    if counts.maps > 0 {
        let entries = thousands(counts.map_entries);
        rules.push(format!("{} ({entries} entries)", count(counts.maps, "map")));
    }
    if rules.is_empty() {
        rules.push("no rules".to_owned());
    }
    format!(
        "reading      {}\n             {}",
        files.join(", "),
        rules.join(", ")
    )
}

fn add(texts: &mut Vec<String>, number: usize, what: &str) {
    if number > 0 {
        texts.push(count(number, what));
    }
}

/// How many findings of which weight, and of which kind.
pub fn findings<'f>(findings: &(impl Iterator<Item = &'f Diagnostic> + Clone)) -> String {
    let of = |severity| {
        let same = findings.clone().filter(|one| one.severity == severity);
        same.count()
    };
    let mut text = format!(
        "findings     {}, {}, {}",
        count(of(Severity::Error), "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Note), "note"),
    );
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings.clone() {
        *kinds.entry(finding.code).or_default() += 1;
    }
    for (kind, number) in by_number(kinds) {
        let _ = write!(text, "\n{:>12} {kind}", thousands(number));
    }
    text
}

/// How many findings are not shown because of a comment or the baseline; `None` where there is none.
pub fn silenced(findings: &Findings) -> Option<String> {
    let (by_comments, by_baseline) = findings.silenced();
    let mut parts = Vec::new();
    if by_comments > 0 {
        parts.push(format!("{} by comments", count(by_comments, "finding")));
    }
    if by_baseline > 0 {
        parts.push(format!("{} by the baseline", count(by_baseline, "finding")));
    }
    let mut lines = Vec::new();
    if !parts.is_empty() {
        lines.push(format!("silenced     {}", parts.join(", ")));
    }
    if let Some(gone) = findings.gone.filter(|gone| *gone > 0) {
        let gone = count(gone, "finding");
        let help = "--write-baseline leaves out what is gone";
        lines.push(format!("gone         {gone} of the baseline: {help}"));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The largest number first.
fn by_number(counts: BTreeMap<&str, usize>) -> Vec<(&str, usize)> {
    let mut rows: Vec<(&str, usize)> = counts.into_iter().collect();
    rows.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    rows
}

/// What was built, in one line.
pub fn compiling(compilation: &Compilation, build: &[Written]) -> String {
    let size = |name: &str| {
        let mut files = build.iter();
        bytes(
            files
                .find(|file| file.name == name)
                .map_or(0, |file| file.bytes),
        )
    };
    format!(
        "compiling    program {}, table {} entries, {}{}",
        size(PROGRAM_FILE),
        thousands(compilation.entries.len()),
        size(TABLE_FILE),
        precomputed(&compilation.precomputed),
    ) + &collapsed(compilation.collapsed)
}

/// How many redirects have fewer hops than they had, on a line of its own.
fn collapsed(count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    format!(
        "\n             {} in one hop instead of several",
        self::count(count, "redirect")
    )
}

/// How many paths need nothing more than their entry, on a line of its own.
fn precomputed(counts: &PrecomputedCounts) -> String {
    let undecided: usize = counts.undecided.values().sum();
    let all = counts.decided() + undecided;
    if all == 0 {
        return String::new();
    }
    format!(
        "\n             {} of {} paths precomputed, {} of them always the same",
        thousands(counts.decided()),
        thousands(all),
        thousands(counts.constant),
    )
}

/// Where every directive went, and what needs a decision.
pub fn account(compilation: &Compilation, arguments: &Migrate) -> String {
    let totals = compilation.account.totals;
    let width = thousands(totals.read).len().max(5);
    let noun = if totals.read == 1 {
        "directive"
    } else {
        "directives"
    };
    let mut text = format!("\n  {} {noun} read\n", thousands(totals.read));
    let report = arguments.out.join("report.html");
    let rows = [
        (totals.keyed, "keyed        one lookup".to_owned()),
        (
            totals.indexed,
            "indexed      found by a text in the path".to_owned(),
        ),
        (
            totals.scanned,
            "scanned      tried on every request".to_owned(),
        ),
        (
            totals.removed,
            format!(
                "removed      {}: {}",
                removed(compilation),
                report.display()
            ),
        ),
        (
            totals.not_expressible,
            "not expressible at the edge: see below".to_owned(),
        ),
        (
            totals.ignored,
            "ignored      Apache never consults them".to_owned(),
        ),
    ];
    let mut sign = '=';
    for (number, what) in rows.into_iter().filter(|(number, _)| *number > 0) {
        let _ = writeln!(text, "   {sign} {:>width$} {what}", thousands(number));
        sign = '+';
    }
    text + &decisions(compilation) + &inputs(compilation)
}

/// What was removed, by its kind.
fn removed(compilation: &Compilation) -> String {
    let kinds = by_number(compilation.account.removed.clone());
    let each = kinds.into_iter().map(|(kind, number)| {
        let kind = kind.trim_end_matches("-rule").replace('-', " ");
        format!("{} {kind}", thousands(number))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// Reasons of what cannot be expressed, the most frequent first.
fn decisions(compilation: &Compilation) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let open = compilation
        .account
        .verdicts
        .iter()
        .filter(|verdict| verdict.class == Class::NotExpressible);
    for verdict in open {
        *reasons.entry(&verdict.reason).or_default() += 1;
    }
    if reasons.is_empty() {
        return String::new();
    }
    let total: usize = reasons.values().sum();
    let rows = by_number(reasons);
    let verb = if total == 1 {
        "line needs"
    } else {
        "lines need"
    };
    let mut text = format!("\n  {} {verb} a decision from you:\n", thousands(total));
    for (reason, number) in rows.iter().take(MOST_REASONS) {
        let _ = writeln!(text, "  {:>6}  {reason}", thousands(*number));
    }
    if rows.len() > MOST_REASONS {
        let _ = writeln!(
            text,
            "          and {} more reasons",
            rows.len() - MOST_REASONS
        );
    }
    text
}

fn inputs(compilation: &Compilation) -> String {
    let named = |inputs: &mut dyn Iterator<Item = &Input>| {
        let names: Vec<String> = inputs.map(Input::to_string).collect();
        names.join(", ")
    };
    let class = compilation.viewer_class.as_ref();
    let is_raw = |input: &&Input| class.is_none_or(|class| class.raw.contains(input));
    let trigger = compilation.trigger().name();
    let mut key = named(&mut compilation.inputs.cache_key().filter(is_raw));
    if class.is_some() {
        key += if key.is_empty() { "" } else { ", " };
        key += "class of viewers";
    }
    if key.is_empty() {
        "the path".clone_into(&mut key);
    }
    let mut text = format!("\n  trigger {trigger} · cache key {key}\n");
    let uncacheable = named(&mut compilation.inputs.uncacheable().filter(is_raw));
    if !uncacheable.is_empty() {
        let _ = writeln!(
            text,
            "  not cacheable, because answers depend on {uncacheable}"
        );
    }
    text
}

/// What to type next.
pub fn next(arguments: &Migrate) -> String {
    let build = arguments.out.display();
    format!(
        "  next: edgewright explain {build} URL      one request, rule by rule\n        \
         edgewright serve {build}            try it on http://127.0.0.1:8080\n"
    )
}

/// Paths as typed.
pub fn paths(paths: &[PathBuf]) -> String {
    let texts: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    texts.join(" ")
}

/// A longer directive is cut.
const WIDEST_DIRECTIVE: usize = 72;

/// A directive, cut when it is long.
pub fn shorten(text: &str) -> String {
    if text.chars().count() <= WIDEST_DIRECTIVE {
        return text.to_owned();
    }
    text.chars()
        .take(WIDEST_DIRECTIVE - 1)
        .chain(['…'])
        .collect()
}

/// A size in human units.
fn bytes(number: usize) -> String {
    match number {
        0..1_000 => format!("{number} B"),
        1_000..1_000_000 => format!("{}.{} kB", number / 1_000, number % 1_000 / 100),
        _ => format!("{}.{} MB", number / 1_000_000, number % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(1_150_000), "1.1 MB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(count(1, "rule"), "1 rule");
    }
}
