//! Findings as annotations of a GitHub workflow.
//!
//! In: findings and their files. Out: workflow commands, one a line, and a table for the summary of the step. Absent: writing
//! them.
//!
//! GitHub shows ten annotations of each kind for a step, and silently drops the others. So the last of ten says how many there
//! are more, and these stand in the log.

use std::fmt::Write as _;

use edgewright_compiler::Sources;
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::Findings;
use super::fingerprint::Folder;
use super::region::Region;
/// Annotations of one kind that GitHub shows for a step.
const MOST_SHOWN: usize = 10;

/// Rows of the table in the summary of a step, which may have 1 MiB.
const MOST_ROWS: usize = 200;

/// The workflow commands for all findings. Names of files are seen from `folder`, the root of the repository.
pub fn commands(findings: &Findings, sources: &Sources, folder: &Folder) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let same = findings.open().filter(|one| one.severity == severity);
        let all: Vec<&Diagnostic> = same.collect();
        let shown = if all.len() > MOST_SHOWN {
            MOST_SHOWN - 1
        } else {
            all.len()
        };
        let (shown, rest) = all.split_at(shown);
        for diagnostic in shown {
            text += &annotation(diagnostic, sources, folder);
        }
        if !rest.is_empty() {
            let more = several(rest.len(), &format!("more {severity}"));
            let kind = kind(severity);
            let _ = writeln!(
                text,
                "::{kind} title=edgewright::{more}: the log of this step has them"
            );
            let _ = writeln!(text, "::group::{more}");
            for diagnostic in rest {
                text += &line(diagnostic, sources, folder);
            }
            text += "::endgroup::\n";
        }
    }
    text
}

/// A table of the findings in Markdown.
pub fn step_summary(findings: &Findings, sources: &Sources, folder: &Folder) -> String {
    let total = findings.open().count();
    let mut text = format!("### edgewright: {}\n\n", several(total, "finding"));
    if total > 0 {
        text += "| | Code | Place | Finding |\n|---|---|---|---|\n";
    }
    for diagnostic in findings.open().take(MOST_ROWS) {
        let place = place(diagnostic, sources, folder).unwrap_or_default();
        let Diagnostic {
            severity,
            code,
            headline,
            ..
        } = diagnostic;
        let cells = [&place, headline].map(|cell| cell_of(cell));
        let [place, headline] = cells;
        let _ = writeln!(text, "| {severity} | `{code}` | {place} | {headline} |");
    }
    if total > MOST_ROWS {
        let _ = writeln!(text, "\nand {} more", total - MOST_ROWS);
    }
    text
}

fn several(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Text that ends no cell of a table, and is no HTML.
fn cell_of(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('&', "&amp;");
    text.replace('<', "&lt;").replace('|', "\\|")
}

fn annotation(diagnostic: &Diagnostic, sources: &Sources, folder: &Folder) -> String {
    let region = diagnostic
        .span
        .and_then(|span| Region::of(span, sources, folder));
    let place = region.map(|Region { file, start, end }| {
        let file = escape_property(&file);
        let mut place = format!(
            "file={file},line={},endLine={},col={},",
            start.line, end.line, start.column
        );
        // Columns of several lines mean nothing to GitHub.
        if start.line == end.line {
            let _ = write!(place, "endColumn={},", end.column);
        }
        place
    });
    let mut message = diagnostic.headline.clone();
    for help in &diagnostic.help {
        message = message + "\n" + help;
    }
    if let Some(url) = &diagnostic.witness {
        message = message + "\nfor example " + url;
    }
    format!(
        "::{} {}title={}::{}\n",
        kind(diagnostic.severity),
        place.unwrap_or_default(),
        diagnostic.code,
        escape_data(&message)
    )
}

/// A finding in one line of the log.
fn line(diagnostic: &Diagnostic, sources: &Sources, folder: &Folder) -> String {
    let place = place(diagnostic, sources, folder);
    let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
    let text = format!("{place}{diagnostic}").replace(['\n', '\r'], " ");
    // A line that begins so would be a command.
    text.trim_start_matches(':').to_owned() + "\n"
}

fn place(diagnostic: &Diagnostic, sources: &Sources, folder: &Folder) -> Option<String> {
    let Region { file, start, .. } = Region::of(diagnostic.span?, sources, folder)?;
    Some(format!("{file}:{}:{}", start.line, start.column))
}

fn kind(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use std::path::Path;

    use edgewright_parser::source::Span;

    use super::*;
    use crate::findings::Finding;

    /// As many findings of each weight, on lines of `conf/a,b.conf`.
    fn findings(numbers: [usize; 3]) -> (Findings, Sources) {
        let mut sources = Sources::default();
        let text = "é x\n".repeat(99);
        let file = sources.add(b"conf/a,b.conf", text.into_bytes());
        let severities = [Severity::Error, Severity::Warning, Severity::Note];
        let each = severities.into_iter().zip(numbers);
        let all = each.flat_map(|(severity, number)| {
            (0..number).map(move |line| {
                let start = u32::try_from(line).unwrap() * 5 + 3;
                let span = Span {
                    file,
                    start,
                    end: start + 1,
                };
                Finding::open(Diagnostic::new(severity, "no-rules", "100% |\n::x", span))
            })
        });
        let findings = Findings {
            all: all.collect(),
            gone: None,
        };
        (findings, sources)
    }

    #[test]
    fn no_kind_has_more_than_ten_annotations() {
        let check = |numbers: [usize; 3], annotations: [usize; 3], listed: usize| {
            let (findings, sources) = findings(numbers);
            let text = commands(&findings, &sources, &Folder::new(Path::new("")).unwrap());
            let begins = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
            let found = ["::error ", "::warning ", "::notice "].map(begins);
            assert_eq!(found, annotations, "{text}");
            assert_eq!(begins("conf/a,b.conf:"), listed, "{text}");
        };
        check([1, 0, 0], [1, 0, 0], 0);
        check([10, 10, 10], [10, 10, 10], 0);
        check([11, 3, 40], [10, 3, 10], 2 + 31);
    }

    #[test]
    fn a_finding_is_one_line() {
        let (findings, sources) = findings([0, 1, 0]);
        let folder = Folder::new(Path::new("")).unwrap();
        assert_eq!(
            commands(&findings, &sources, &folder),
            "::warning file=conf/a%2Cb.conf,line=1,endLine=1,col=3,endColumn=4,title=no-rules::100%25 |%0A::x\n"
        );
        let table = step_summary(&findings, &sources, &folder);
        assert!(
            table.contains("| warning | `no-rules` | conf/a,b.conf:1:3 | 100% \\| ::x |\n"),
            "{table}"
        );
    }
}
