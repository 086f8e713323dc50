//! Diagnostics as a person, a program or a service reads them.
//!
//! In: diagnostics and the files they are about. Out: text. Absent: printing it, exit codes.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use edgewright_compiler::Sources;
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::{LineColumn, Span};
use serde_json::{Value, json};

/// A longer line is shown only around the place.
const EXCERPT: u32 = 160;

/// Draws diagnostics with the line and a caret.
#[derive(Debug)]
pub struct TextRenderer {
    renderer: Renderer,
}

/// Whether text may carry colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    Allowed,
    /// For a file or a pipe.
    None,
}

impl TextRenderer {
    /// A renderer.
    pub fn new(colour: Colour) -> Self {
        let renderer = match colour {
            Colour::Allowed => Renderer::styled(),
            Colour::None => Renderer::plain(),
        };
        Self {
            renderer: renderer.decor_style(DecorStyle::Ascii),
        }
    }

    /// One diagnostic, without a final line break.
    pub fn render(&self, diagnostic: &Diagnostic, sources: &Sources) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let excerpts = Excerpts::of(diagnostic, sources);
        let title = level
            .primary_title(&diagnostic.headline)
            .id(diagnostic.code);
        let mut group: Group<'_> = match excerpts.as_slice() {
            [] => Group::with_title(title),
            all => title.elements(all.iter().map(Excerpt::snippet)),
        };
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        if let Some(url) = &diagnostic.witness {
            group = group.element(Level::NOTE.message(format!("for example {url}")));
        }
        self.renderer.render(&[group])
    }
}

/// One line of a file as it is shown: text instead of bytes, cut when very long.
struct Excerpt {
    name: String,
    line: usize,
    text: String,
    range: std::ops::Range<usize>,
    label: String,
    kind: AnnotationKind,
}

struct Excerpts;

impl Excerpts {
    fn of(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Excerpt> {
        let main = diagnostic
            .span
            .map(|span| (span, &diagnostic.label, AnnotationKind::Primary));
        let others = diagnostic
            .others
            .iter()
            .map(|(span, label)| (*span, label, AnnotationKind::Context));
        main.into_iter()
            .chain(others)
            .filter_map(|(span, label, kind)| Excerpt::new(span, label, kind, sources))
            .collect()
    }
}

impl Excerpt {
    fn new(span: Span, label: &str, kind: AnnotationKind, sources: &Sources) -> Option<Self> {
        let source = sources.get(span.file)?;
        let line = source.line_column(span.start).line;
        let (line_start, line_end) = source.line_range(line)?;
        let end = span.end.clamp(span.start, line_end.max(span.start));
        let first = if span.start - line_start > EXCERPT {
            span.start - EXCERPT / 2
        } else {
            line_start
        };
        let last = line_end
            .min(end.min(span.start + EXCERPT) + EXCERPT / 2)
            .max(first);
        let slice = |from: u32, to: u32| {
            let bytes = source
                .bytes
                .get(from as usize..to as usize)
                .unwrap_or_default();
            String::from_utf8_lossy(bytes).replace('\r', " ")
        };
        let before = slice(first, span.start.min(last));
        let marked = slice(span.start.min(last), end.min(last));
        let after = slice(end.min(last), last);
        let range = before.len()..before.len() + marked.len();
        Some(Self {
            name: source.name.clone(),
            line: line as usize,
            text: before + &marked + &after,
            range,
            label: label.to_owned(),
            kind,
        })
    }

    fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let annotation = self.kind.span(self.range.clone());
        let annotation = if self.label.is_empty() {
            annotation
        } else {
            annotation.label(self.label.as_str())
        };
        Snippet::source(self.text.as_str())
            .line_start(self.line)
            .path(self.name.as_str())
            .fold(false)
            .annotation(annotation)
    }
}

/// One diagnostic as a JSON object.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let others: Vec<Value> = diagnostic
        .others
        .iter()
        .map(|(span, what)| {
            let mut place = place_to_json(*span, sources);
            place["message"] = json!(what);
            place
        })
        .collect();
    json!({
        "severity": severity_name(diagnostic.severity),
        "code": diagnostic.code,
        "headline": diagnostic.headline,
        "place": diagnostic.span.map(|span| place_to_json(span, sources)),
        "label": diagnostic.label,
        "others": others,
        "help": diagnostic.help,
        "witness": diagnostic.witness,
    })
}

fn place_to_json(span: Span, sources: &Sources) -> Value {
    let Some(source) = sources.get(span.file) else {
        return Value::Null;
    };
    let LineColumn { line, column } = source.line_column(span.start);
    let end = source.line_column(span.end);
    json!({"file": source.name, "line": line, "column": column, "end_line": end.line, "end_column": end.column})
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, mark: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add(b"conf/redirects.conf", text.as_bytes().to_vec());
        let start = u32::try_from(text.find(mark).unwrap_or(0)).unwrap_or(0);
        let end = start + u32::try_from(mark.len()).unwrap_or(0);
        let diagnostic = Diagnostic::error(
            "bad-flags",
            "flags end without `]`",
            Span { file, start, end },
        )
        .label("Apache refuses to start with this line")
        .help("close it: `[R=301,L]`");
        TextRenderer::new(Colour::None).render(&diagnostic, &sources)
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let shown = check(
            "# one\nRewriteRule ^/old$ https://example.org/new [R=301,L\n",
            "[R=301,L",
        );
        assert_eq!(
            shown,
            "\
error[bad-flags]: flags end without `]`
 --> conf/redirects.conf:2:44
  |
2 | RewriteRule ^/old$ https://example.org/new [R=301,L
  |                                            ^^^^^^^^ Apache refuses to start with this line
  |
  = help: close it: `[R=301,L]`"
        );
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let long = "x".repeat(1_000_000) + " here " + &"y".repeat(1_000_000);
        assert!(check(&long, "here").len() < 2_000);
    }
}
