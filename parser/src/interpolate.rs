//! Variables in a line.
//!
//! In: a [`Line`] and a way to look names up. Out: the line with the values in it, and the names
//! that have none. Absent: `Define` and the environment (the compiler).

use std::ops::Range;

use nom::bytes::complete::{tag, take_until};
use nom::sequence::delimited;
use nom::{IResult, Parser};

use crate::bytes::shown;
use crate::diagnostic::Diagnostic;
use crate::line::{Line, LineBuilder};

/// Puts values in the place of every `${NAME}` for which `lookup` has one (`ap_resolve_env`).
///
/// Values are not looked at again. A name without a value stays as it stands, with a warning
/// unless it contains a colon: then it is a map lookup of mod_rewrite. The result is not trimmed
/// again, and whether a line is a comment is asked before ([`Line::is_ignored`]).
pub fn interpolate(
    line: Line,
    mut lookup: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> (Line, Vec<Diagnostic>) {
    let found: Vec<_> = references(line.text()).collect();
    if found.is_empty() {
        return (line, Vec::new());
    }
    let mut warnings = Vec::new();
    let mut builder = LineBuilder::like(&line);
    let mut copied = 0;
    for range in found {
        let name = &line.text()[range.start + 2..range.end - 1];
        if let Some(value) = lookup(name) {
            builder.copy(&line, copied..range.start);
            builder.replace(&line, range.clone(), &value);
            copied = range.end;
        } else if !name.contains(&b':') {
            warnings.push(undefined(&line, name, range));
        }
    }
    builder.copy(&line, copied..line.text().len());
    (builder.finish_untrimmed(), warnings)
}

/// How many bytes the values of all `${NAME}` in `text` have together; `length` tells how many one has.
pub fn added_by_values(text: &[u8], mut length: impl FnMut(&[u8]) -> Option<usize>) -> usize {
    let lengths = references(text).filter_map(|range| {
        let name = text.get(range.start + 2..range.end - 1)?;
        length(name)
    });
    lengths.fold(0, usize::saturating_add)
}

/// Where each `${NAME}` is: from `${` to the next `}`.
fn references(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (left, name) = reference(&text[at..]).ok()?;
        at = text.len() - left.len();
        Some(at - name.len() - 3..at)
    })
}

/// Everything before the first `${`, then the name up to the next `}`.
fn reference(text: &[u8]) -> IResult<&[u8], &[u8]> {
    let name = delimited(tag("${"), take_until("}"), tag("}"));
    (take_until("${"), name).map(|(_, name)| name).parse(text)
}

fn undefined(line: &Line, name: &[u8], range: Range<usize>) -> Diagnostic {
    let headline = format!("variable `{}` is not defined", shown(name));
    Diagnostic::warning("undefined-variable", headline, line.span(range))
        .label("Apache leaves this text as it is")
        .help("add a `Define` before this line, or start Apache and edgewright with the same environment")
}
