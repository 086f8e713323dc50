//! From a line to a directive.
//!
//! In: a [`Line`], already interpolated. Out: a [`Reading`], or the error Apache stops at. Absent:
//! where a directive is allowed, and the compilation of patterns and expressions.

mod redirect;
mod rewrite_cond;
mod rewrite_other;
mod rewrite_rule;

pub(crate) use redirect::is_status;

use std::ops::{Range, RangeInclusive};

use crate::bytes::shown;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::line::Line;
use crate::source::{Span, Spanned};
use crate::syntax::{Arguments, Directive, Kind, Switch, Word};
use crate::words::{self, Words};

/// A directive, and what is worth saying about it although Apache takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reading {
    /// The directive.
    pub directive: Directive,
    /// Warnings and notes, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// A line of which the name was taken.
struct Statement<'a> {
    line: &'a Line,
    /// The name.
    name: Word,
    /// Where the arguments are in the line's text, white space before them skipped.
    arguments: Range<usize>,
    /// What was found that Apache takes.
    warnings: Vec<Diagnostic>,
}

impl Statement<'_> {
    /// All arguments as words.
    fn words(&self) -> Vec<Word> {
        words::split(self.line, self.arguments.clone())
    }

    /// The arguments as words: as many as `counts` says, those that have to be there not empty.
    fn take(&self, counts: RangeInclusive<usize>, example: &str) -> Result<Vec<Word>, Diagnostic> {
        let words = self.words();
        let empty = words
            .iter()
            .take(*counts.start())
            .any(|word| word.value.is_empty());
        if empty || !counts.contains(&words.len()) {
            return Err(self.wrong_count(example));
        }
        Ok(words)
    }

    /// `On` or `Off`; what follows the first word is not read.
    fn switch(&self) -> Result<Switch, Diagnostic> {
        let first = self.words().into_iter().next();
        match first
            .as_ref()
            .map(|word| word.value.to_ascii_lowercase())
            .as_deref()
        {
            Some(b"on") => Ok(Switch::On),
            Some(b"off") => Ok(Switch::Off),
            _ => {
                let span = first.map_or(self.name.span, |word| word.span);
                let headline = format!("{} is either On or Off", shown(&self.name.value));
                Err(refused("bad-switch", headline, span).help("write `On` or `Off`"))
            }
        }
    }

    /// The error for too few or too many arguments.
    fn wrong_count(&self, example: &str) -> Diagnostic {
        let headline = format!("wrong number of arguments for {}", shown(&self.name.value));
        refused("wrong-argument-count", headline, self.arguments_span()).help(format!(
            "write `{example}`; an argument with a space needs quotes"
        ))
    }

    /// Where the arguments stand; the name if there are none.
    fn arguments_span(&self) -> Span {
        if self.arguments.is_empty() {
            self.name.span
        } else {
            self.line.span(self.arguments.clone())
        }
    }

    /// The arguments up to `end` of the text, as they are and as words.
    fn raw_until(&self, end: usize) -> Arguments {
        let range = self.arguments.start..end.max(self.arguments.start);
        Arguments {
            words: words::split(self.line, range.clone()),
            raw: words::raw_word(self.line, range),
        }
    }
}

/// How the arguments of a directive are read.
type Grammar = fn(&mut Statement<'_>) -> Result<Kind, Diagnostic>;

/// The directives with a grammar of their own, in lower case.
const GRAMMARS: [(&[u8], Grammar); 10] = [
    (b"rewritebase", rewrite_other::base),
    (b"rewritecond", rewrite_cond::parse),
    (b"rewriteengine", rewrite_other::engine),
    (b"rewritemap", rewrite_other::map),
    (b"rewriteoptions", rewrite_other::options),
    (b"rewriterule", rewrite_rule::parse),
    (b"redirect", redirect::redirect),
    (b"redirectmatch", redirect::redirect_match),
    (b"redirectpermanent", redirect::redirect_permanent),
    (b"redirecttemp", redirect::redirect_temp),
];

/// Reads a directive from a line that is neither blank nor a comment ([`Line::is_ignored`]).
///
/// A line whose name is empty (`""`, or a variable with an empty value) does nothing in Apache; it
/// is a [`Kind::Other`] with an empty name.
///
/// # Errors
///
/// What makes Apache refuse the configuration, whatever the line's context and its regular
/// expressions (`ap_build_config_sub`, `invoke_cmd`, and the directives' own functions).
pub fn parse_directive(line: &Line) -> Result<Reading, Diagnostic> {
    if let Some(error) = line.too_long(crate::lines::SERVER_LINE_LIMIT) {
        return Err(error);
    }
    let mut statement = statement(line);
    let kind = kind(&mut statement)?;
    let directive = Directive {
        name: statement.name,
        kind,
        origin: line.origin(),
    };
    Ok(Reading {
        directive,
        warnings: statement.warnings,
    })
}

/// Takes the name: the first word, without the `>` at its end unless it closes a section.
fn statement(line: &Line) -> Statement<'_> {
    let mut words = Words::new(line, 0..line.text().len());
    let start = words.rest().start;
    let mut name = words.take().unwrap_or_else(|| Spanned {
        value: Vec::new(),
        span: line.span(start..start),
    });
    if name.value.get(1) != Some(&b'/') && name.value.len() > 1 && name.value.last() == Some(&b'>')
    {
        name.value.pop();
        name.span.end = name.span.end.saturating_sub(1).max(name.span.start);
    }
    Statement {
        line,
        name,
        arguments: words.rest(),
        warnings: Vec::new(),
    }
}

fn kind(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    match statement.name.value.as_slice() {
        [b'<', b'/', ..] => close(statement),
        [b'<', ..] => open(statement),
        name => match grammar(name) {
            Some(grammar) => grammar(statement),
            None => Ok(Kind::Other(statement.raw_until(statement.arguments.end))),
        },
    }
}

fn grammar(name: &[u8]) -> Option<Grammar> {
    let entry = GRAMMARS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    entry.map(|(_, grammar)| *grammar)
}

/// `</Name>`: what follows the `>` is not read.
fn close(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let name = &mut statement.name.value;
    if name.last() != Some(&b'>') {
        return Err(missing_bracket(statement));
    }
    name.pop();
    Ok(Kind::Close)
}

/// `<Name arguments>`: the arguments end at the last `>`, what follows it is not read. Without
/// arguments the `>` is not needed either.
fn open(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let text = &statement.line.text()[statement.arguments.clone()];
    if text.is_empty() {
        return Ok(Kind::Open(statement.raw_until(statement.arguments.start)));
    }
    match text.iter().rposition(|&byte| byte == b'>') {
        Some(last) => Ok(Kind::Open(
            statement.raw_until(statement.arguments.start + last),
        )),
        None => Err(missing_bracket(statement)),
    }
}

fn missing_bracket(statement: &Statement<'_>) -> Diagnostic {
    let name = shown(&statement.name.value);
    let end = statement.line.text().len();
    let headline = format!("`{name}` has no closing `>`");
    refused("missing-bracket", headline, statement.line.span(0..end)).help("end the line with `>`")
}
