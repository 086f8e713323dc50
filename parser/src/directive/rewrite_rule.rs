//! `RewriteRule Pattern Substitution [flags]` (`cmd_rewriterule`).
//!
//! In: its arguments. Out: [`Kind::RewriteRule`]. Absent: compiling the pattern, and what the
//! flags and a trailing `?` do together.

use super::Statement;
use crate::bytes::shown;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::flags;
use crate::syntax::{Kind, RewriteRule};
use crate::words::{self, RawArguments};

pub(super) fn parse(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let line = statement.line;
    let arguments = raw_arguments(statement, "a pattern and a substitution", "^/old$ /new")?;
    let flags = match arguments.third {
        Some(range) => flags::rule_flags(line, range, &mut statement.warnings)?,
        None => Vec::new(),
    };
    let negated = line.text()[arguments.first.clone()].starts_with(b"!");
    let pattern = arguments.first.start + usize::from(negated)..arguments.first.end;
    Ok(Kind::RewriteRule(Box::new(RewriteRule {
        negated,
        pattern: words::raw_word(line, pattern),
        substitution: words::raw_word(line, arguments.second),
        flags,
    })))
}

/// The arguments, as `RewriteRule` and `RewriteCond` take them.
pub(super) fn raw_arguments(
    statement: &mut Statement<'_>,
    needed: &str,
    example: &str,
) -> Result<RawArguments, Diagnostic> {
    let range = statement.arguments.clone();
    let name = shown(&statement.name.value);
    let Some(arguments) = words::raw_arguments(statement.line, range) else {
        let headline = format!("{name} needs {needed}");
        return Err(refused("bad-argument-line", headline, statement.arguments_span())
            .help(format!("write two arguments, as in `{name} {example}`; `\\` before a space joins, quotes must be closed")));
    };
    if let Some(left) = words::after_raw_arguments(statement.line, &arguments) {
        let span = statement.line.span(left);
        statement.warnings.push(
            Diagnostic::warning(
                "ignored-text",
                format!("what follows the flags of {name} is not read"),
                span,
            )
            .label("Apache ignores this")
            .help("put a comment on a line of its own"),
        );
    }
    Ok(arguments)
}
