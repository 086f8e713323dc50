//! Anything told to the user about a configuration.
//!
//! In: nothing. Out: [`Diagnostic`]. Absent: carets, colours, JSON; see the command line's `render`.

use std::fmt;

use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant, or not the same at the edge.
    Warning,
    /// Apache refuses to start (or answers 500 for the directory).
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One message, made by [`Diagnostic::error`] and its like: a code that never changes, a headline, the place, what else is involved, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Diagnostic {
    /// Its weight.
    pub severity: Severity,
    /// Kebab-case noun, stable: `bad-flags`.
    pub code: &'static str,
    /// Lower-case, one line, no full stop.
    pub headline: String,
    /// The place; `None` when it is about a file or the whole run.
    pub span: Option<Span>,
    /// What the caret line says.
    pub label: String,
    /// Other places that are involved, each with what it has to do with it.
    pub others: Vec<(Span, String)>,
    /// What to type, or to know.
    pub help: Vec<String>,
    /// A URL that shows it, for one that is about certain requests.
    pub witness: Option<String>,
    /// Other lines of which the same would be said, for the same cause.
    pub same: Option<Box<Same>>,
}

/// Lines that one message stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Same {
    /// The headline about one line.
    pub headline: String,
    /// What the headline goes on with, `{}` standing for the number of other lines.
    pub more: &'static str,
    /// What is said at another line.
    pub label: &'static str,
    /// The other lines.
    pub spans: Vec<Span>,
}

/// So many other lines are named; the rest is counted.
const MOST_NAMED: usize = 5;

impl Diagnostic {
    /// A diagnostic at `span`.
    pub fn new(
        severity: Severity,
        code: &'static str,
        headline: impl Into<String>,
        span: Span,
    ) -> Self {
        Self::without_place(severity, code, headline).at(span)
    }

    /// A diagnostic about a file or the whole run, which has no place.
    pub fn without_place(
        severity: Severity,
        code: &'static str,
        headline: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code,
            headline: headline.into(),
            span: None,
            label: String::new(),
            others: Vec::new(),
            help: Vec::new(),
            witness: None,
            same: None,
        }
    }

    /// An error at `span`, if it has a place.
    pub(crate) fn error_anywhere(
        code: &'static str,
        headline: impl Into<String>,
        span: Option<Span>,
    ) -> Self {
        Self::without_place(Severity::Error, code, headline).at(span)
    }

    /// One message for this line and those of `same`, which names some of them and counts all.
    #[must_use]
    pub fn with_same(mut self, same: Same) -> Self {
        self.others.retain(|(_, what)| what != same.label);
        self.headline.clone_from(&same.headline);
        if same.spans.is_empty() {
            self.same = None;
            return self;
        }
        let lines = match same.spans.len() {
            1 => "1 more line".to_owned(),
            more => format!("{more} more lines"),
        };
        self.headline.push_str(&same.more.replace("{}", &lines));
        let named = same.spans.iter().take(MOST_NAMED);
        self.others
            .extend(named.map(|span| (*span, same.label.to_owned())));
        self.same = Some(Box::new(same));
        self
    }

    /// The same at another place.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>) -> Self {
        self.span = span.into();
        self
    }

    /// The same, weighing otherwise.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// An error at `span`.
    pub fn error(code: &'static str, headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Error, code, headline, span)
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Warning, code, headline, span)
    }

    /// A note at `span`.
    pub fn note(code: &'static str, headline: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Note, code, headline, span)
    }

    /// The same, saying `label` at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same, also naming `span`.
    #[must_use]
    pub fn other(mut self, span: Span, what: impl Into<String>) -> Self {
        self.others.push((span, what.into()));
        self
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same, with a URL that shows it.
    #[must_use]
    pub fn witness(mut self, url: Option<String>) -> Self {
        self.witness = url;
        self
    }
}

/// In one line: its weight, the headline, the code. Where that is, [`Sources`](crate::sources::Sources) knows.
impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            headline,
            code,
            ..
        } = self;
        write!(out, "{severity}: {headline} [{code}]")
    }
}

impl std::error::Error for Diagnostic {}

/// An error Apache stops at.
pub(crate) fn refused(code: &'static str, headline: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(code, headline, span).label("Apache refuses to start with this line")
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, Severity};

    #[test]
    fn a_diagnostic_is_an_error_in_one_line() {
        let diagnostic = Diagnostic::without_place(Severity::Warning, "no-rules", "nothing here")
            .help("not in this line");
        let error: Box<dyn std::error::Error> = Box::new(diagnostic);
        assert_eq!(error.to_string(), "warning: nothing here [no-rules]");
    }
}
