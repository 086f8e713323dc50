//! Findings as SARIF 2.1.0, which code scanning services read.
//!
//! In: findings and their files. Out: one JSON document. Absent: writing it.

use edgewright_compiler::Sources;
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Span;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::codes;
use super::fingerprint::{Fingerprint, Folder, Ordinals};
use super::region::Region;
use super::{Finding, Findings, Silenced};

/// What a path of a URI may hold as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// All findings as one document. Names of files are seen from `folder`, the root of the repository.
pub fn document(findings: &Findings, sources: &Sources, folder: &Folder) -> Value {
    let mut writer = Writer {
        sources,
        folder,
        rules: Vec::new(),
        ordinals: Ordinals::default(),
        has_baseline: findings.gone.is_some(),
    };
    let results: Vec<Value> = findings.all.iter().map(|one| writer.result(one)).collect();
    let rules: Vec<Value> = writer.rules.into_iter().map(rule).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "edgewright",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "invocations": [{"executionSuccessful": true}],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What is written of a code that was found.
fn rule(code: &'static str) -> Value {
    let Some(page) = codes::page(code) else {
        return json!({"id": code});
    };
    json!({
        "id": code,
        "shortDescription": {"text": page.summary()},
        "fullDescription": {"text": page.summary()},
        "help": {"text": page.text, "markdown": page.text},
        "properties": {"tags": [page.group.name]},
    })
}

struct Writer<'f> {
    sources: &'f Sources,
    folder: &'f Folder,
    /// The codes that were found, in order.
    rules: Vec<&'static str>,
    ordinals: Ordinals,
    has_baseline: bool,
}

impl Writer<'_> {
    fn result(&mut self, finding: &Finding) -> Value {
        let Finding {
            diagnostic,
            silenced,
        } = finding;
        let fingerprint = Fingerprint::of(diagnostic, self.sources, self.folder);
        let ordinal = self.ordinals.next(&fingerprint);
        let location = diagnostic.span.and_then(|span| self.location(span));
        let mut result = json!({
            "ruleId": diagnostic.code,
            "ruleIndex": self.rule_index(diagnostic.code),
            "level": level(diagnostic.severity),
            "message": {"text": message(diagnostic)},
            "locations": location.into_iter().collect::<Vec<_>>(),
            "partialFingerprints": {"primaryLocationLineHash": fingerprint.hash(ordinal)},
            "suppressions": self.suppression(silenced.as_ref()),
        });
        let related = self.related(diagnostic);
        if !related.is_empty() {
            result["relatedLocations"] = Value::Array(related);
        }
        if self.has_baseline {
            let is_known = silenced == &Some(Silenced::Baseline);
            result["baselineState"] = json!(if is_known { "unchanged" } else { "new" });
        }
        if let Some(url) = &diagnostic.witness {
            result["properties"] = json!({"request": url});
        }
        result
    }

    fn rule_index(&mut self, code: &'static str) -> usize {
        let known = self.rules.iter().position(|known| *known == code);
        known.unwrap_or_else(|| {
            self.rules.push(code);
            self.rules.len() - 1
        })
    }

    /// Why nobody has to look at it: a list of one, or none.
    fn suppression(&self, silenced: Option<&Silenced>) -> Value {
        match silenced {
            None => json!([]),
            Some(Silenced::Baseline) => {
                json!([{"kind": "external", "justification": "known: it is in the baseline"}])
            }
            Some(Silenced::Comment { at, reason }) => {
                let mut suppression = json!({"kind": "inSource", "justification": reason});
                if let Some(location) = self.location(*at) {
                    suppression["location"] = location;
                }
                json!([suppression])
            }
        }
    }

    fn related(&self, diagnostic: &Diagnostic) -> Vec<Value> {
        let others = (1..).zip(&diagnostic.others);
        let location = |(id, (span, what)): (usize, &(Span, String))| {
            let mut location = self.location(*span)?;
            location["id"] = json!(id);
            location["message"] = json!({"text": what});
            Some(location)
        };
        others.filter_map(location).collect()
    }

    fn location(&self, span: Span) -> Option<Value> {
        let Region { file, start, end } = Region::of(span, self.sources, self.folder)?;
        let mut artifact = Map::new();
        let path = utf8_percent_encode(&file, PATH);
        if file.starts_with('/') {
            artifact.insert("uri".to_owned(), json!(format!("file://{path}")));
        } else {
            artifact.insert("uri".to_owned(), json!(path.to_string()));
            artifact.insert("uriBaseId".to_owned(), json!("%SRCROOT%"));
        }
        Some(json!({"physicalLocation": {
            "artifactLocation": artifact,
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}))
    }
}

/// What is said, what to do, and a request that shows it.
fn message(diagnostic: &Diagnostic) -> String {
    let request = diagnostic.witness.iter();
    let request = request.map(|url| format!("for example {url}"));
    let rest = diagnostic.help.iter().cloned().chain(request);
    [diagnostic.headline.clone()]
        .into_iter()
        .chain(rest)
        .collect::<Vec<_>>()
        .join("\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
