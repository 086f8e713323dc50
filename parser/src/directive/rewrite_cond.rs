//! `RewriteCond TestString CondPattern [flags]` (`cmd_rewritecond`).
//!
//! In: its arguments. Out: [`Kind::RewriteCond`]. Absent: compiling patterns and expressions.

use super::Statement;
use super::rewrite_rule::raw_arguments;
use crate::cond_pattern::classify;
use crate::diagnostic::Diagnostic;
use crate::flags::{self, CondFlag};
use crate::source::Span;
use crate::syntax::{CondPattern, Kind, RewriteCond};
use crate::words;

pub(super) fn parse(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let line = statement.line;
    let needed = "a test string and a condition pattern";
    let arguments = raw_arguments(statement, needed, "%{HTTP_HOST} ^www")?;
    let flags = match arguments.third {
        Some(range) => flags::cond_flags(line, range)?,
        None => Vec::new(),
    };
    let test_string = words::raw_word(line, arguments.first);
    let written = words::raw_word(line, arguments.second);
    let after_mark = written.value.strip_prefix(b"!");
    let cond = RewriteCond {
        negated: after_mark.is_some(),
        pattern: classify(&test_string.value, after_mark.unwrap_or(&written.value)),
        test_string,
        no_case: flags.contains(&CondFlag::NoCase),
        or_next: flags.contains(&CondFlag::OrNext),
        no_vary: flags.contains(&CondFlag::NoVary),
        written,
    };
    if cond.no_case && !heeds_case(&cond.pattern) {
        statement.warnings.push(no_case_ignored(cond.written.span));
    }
    Ok(Kind::RewriteCond(cond))
}

fn heeds_case(pattern: &CondPattern) -> bool {
    matches!(pattern, CondPattern::Regex(_) | CondPattern::Text(..))
}

fn no_case_ignored(span: Span) -> Diagnostic {
    Diagnostic::warning("ignored-flag", "`NC` has no effect on this condition", span)
        .label("neither a regular expression nor a text comparison")
        .help("remove `NC`")
}
