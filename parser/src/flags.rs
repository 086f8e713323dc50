//! The flags of rules and conditions.
//!
//! In: the third argument, `[…]`. Out: [`Flag`]s, or [`CondFlag`]s, in the order written. Absent:
//! what a later flag does to an earlier one (the compiler folds them).

use std::ops::Range;

use nom::bytes::complete::take_till;
use nom::character::complete::char;
use nom::combinator::{all_consuming, cut, rest};
use nom::multi::separated_list1;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

use crate::bytes::{atoi, is_space, shown, trim_end, trim_start};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::line::Line;
use crate::source::{Span, Spanned};
use crate::syntax::Flag;

/// A flag of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CondFlag {
    /// `NC`.
    NoCase,
    /// `OR`.
    OrNext,
    /// `NV`.
    NoVary,
}

/// The flags of a rule in `range` of the line's text (`cmd_rewriterule_setflag`).
///
/// # Errors
///
/// Missing brackets, and flags, values or statuses that Apache refuses.
pub(crate) fn rule_flags(
    line: &Line,
    range: Range<usize>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Spanned<Flag>>, Diagnostic> {
    let items = items(line, range)?;
    // As long as it has to be: there is one list for each rule.
    let mut flags = Vec::with_capacity(items.len());
    for item in &items {
        flags.push(rule_flag(item, warnings)?);
    }
    Ok(flags)
}

/// The flags of a condition in `range` of the line's text (`cmd_rewritecond_setflag`).
///
/// # Errors
///
/// Missing brackets and unknown flags.
pub(crate) fn cond_flags(line: &Line, range: Range<usize>) -> Result<Vec<CondFlag>, Diagnostic> {
    items(line, range)?.iter().map(cond_flag).collect()
}

/// What stands between two commas.
struct Item<'a> {
    /// All of it, trimmed.
    text: &'a [u8],
    /// What is before the first `=`.
    name: &'a [u8],
    /// What is after it, empty if there is none.
    value: &'a [u8],
    span: Span,
}

/// Takes the list apart (`cmd_parseflagfield`): commas always separate, nothing quotes them.
fn items(line: &Line, range: Range<usize>) -> Result<Vec<Item<'_>>, Diagnostic> {
    let text = &line.text()[range.clone()];
    let inner = text
        .strip_prefix(b"[")
        .and_then(|text| text.strip_suffix(b"]"));
    let Some(inner) = inner else {
        return Err(bad_delimiters(line, range));
    };
    let start = range.start + 1;
    let (_, parts) = list(inner).unwrap_or((b"", vec![inner]));
    let mut at = start;
    Ok(parts
        .into_iter()
        .map(|part| {
            let item = item(line, at, part);
            at += part.len() + 1;
            item
        })
        .collect())
}

/// Everything between the brackets.
fn list(text: &[u8]) -> IResult<&[u8], Vec<&[u8]>> {
    all_consuming(separated_list1(char(','), take_till(|byte| byte == b','))).parse(text)
}

fn item<'a>(line: &Line, at: usize, part: &'a [u8]) -> Item<'a> {
    let from_name = trim_start(part);
    let text = trim_end(from_name);
    let start = at + part.len() - from_name.len();
    let (name, value) = key_and_value(text).map_or((text, &b""[..]), |(_, pair)| pair);
    Item {
        text,
        name,
        value,
        span: line.span(start..start + text.len()),
    }
}

fn key_and_value(text: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    separated_pair(take_till(|byte| byte == b'='), char('='), cut(rest)).parse(text)
}

fn bad_delimiters(line: &Line, range: Range<usize>) -> Diagnostic {
    let text = &line.text()[range.clone()];
    let headline = "the third argument is not a list of flags in `[` and `]`";
    let error = refused("bad-flags", headline, line.span(range));
    match text {
        [b'[', ..] => {
            error.help("write the flags without spaces, `[R=301,L]`, or put the list in quotes")
        }
        [b'#', ..] => {
            error.help("Apache has no comments at the end of a line; put it on a line of its own")
        }
        _ => error.help("write the flags as `[R=301,L]`; an argument with a space needs quotes"),
    }
}

/// The statuses `R=` may name: those httpd has a status line for (`ap_index_of_response`).
fn is_known_status(status: u16) -> bool {
    matches!(
        status,
        100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=417 | 421..=424 | 426 | 428
            | 429 | 431 | 451 | 500..=508 | 510 | 511
    )
}

fn rule_flag(item: &Item<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Spanned<Flag>, Diagnostic> {
    let value = || item.value.to_vec();
    let flag = match item.name.to_ascii_lowercase().as_slice() {
        b"b" | b"backrefescaping" => {
            Flag::EscapeBackreferences((!item.value.is_empty()).then(value))
        }
        b"bne" if item.value.is_empty() => return Err(missing_characters(item)),
        b"bne" => Flag::EscapeExcept(value()),
        b"bnp" | b"backrefernoplus" => Flag::EscapeNoPlus,
        b"bctls" => Flag::EscapeControls,
        b"c" | b"chain" => Flag::Chain,
        b"co" | b"cookie" => Flag::Cookie(value()),
        b"d" | b"dpi" | b"discardpath" => Flag::DiscardPathInfo,
        [b'd', ..] => {
            warnings.push(ignored_flag(item));
            Flag::Ignored
        }
        b"e" | b"env" => Flag::Environment(value()),
        b"end" => Flag::End,
        b"f" | b"forbidden" => Flag::Forbidden,
        b"g" | b"gone" => Flag::Gone,
        b"h" | b"handler" => Flag::Handler(value()),
        b"l" | b"last" => Flag::Last,
        b"n" | b"next" => Flag::Next((!item.value.is_empty()).then(|| count(item.value))),
        b"nc" | b"nocase" => Flag::NoCase,
        b"ne" | b"noescape" => Flag::NoEscape,
        b"ns" | b"nosubreq" => Flag::NoSubrequest,
        b"p" | b"proxy" => Flag::Proxy,
        b"pt" | b"passthrough" => Flag::PassThrough,
        b"qsa" | b"qsappend" => Flag::QueryAppend,
        b"qsd" | b"qsdiscard" => Flag::QueryDiscard,
        b"qsl" | b"qslast" => Flag::QueryLast,
        b"r" | b"redirect" => Flag::Redirect(redirect_status(item, warnings)?),
        b"s" | b"skip" => Flag::Skip(count(item.value)),
        b"t" | b"type" => Flag::MimeType(value()),
        b"unsafeprefixstat" => Flag::UnsafePrefixStat,
        b"unsafeallow3f" => Flag::UnsafeAllow3F,
        b"unc" => Flag::Unc,
        _ => return Err(unknown_flag(item, "RewriteRule")),
    };
    Ok(Spanned {
        value: flag,
        span: item.span,
    })
}

/// The number of `S=` or `N=`; what is below zero does what zero does.
fn count(value: &[u8]) -> u32 {
    u32::try_from(atoi(value)).unwrap_or(0)
}

/// The status of `R=…`. A word Apache does not know is status 0: a redirect with it is a 302, but
/// a request that goes on with it is a 500.
fn redirect_status(
    item: &Item<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<u16>, Diagnostic> {
    match item.value.to_ascii_lowercase().as_slice() {
        b"" => Ok(None),
        b"permanent" => Ok(Some(301)),
        b"temp" => Ok(Some(302)),
        b"seeother" => Ok(Some(303)),
        digits @ [b'0'..=b'9', ..] => u16::try_from(atoi(digits))
            .ok()
            .filter(|status| is_known_status(*status))
            .map(Some)
            .ok_or_else(|| bad_status(item)),
        _ => {
            warnings.push(unknown_status_word(item));
            Ok(Some(0))
        }
    }
}

fn cond_flag(item: &Item<'_>) -> Result<CondFlag, Diagnostic> {
    match item.name.to_ascii_lowercase().as_slice() {
        b"nc" | b"nocase" => Ok(CondFlag::NoCase),
        b"or" | b"ornext" => Ok(CondFlag::OrNext),
        b"nv" | b"novary" => Ok(CondFlag::NoVary),
        _ => Err(unknown_flag(item, "RewriteCond")),
    }
}

fn unknown_flag(item: &Item<'_>, directive: &str) -> Diagnostic {
    let name = shown(item.name);
    let headline = format!("`{name}` is no flag of {directive}");
    let error = refused("unknown-flag", headline, item.span);
    match (item.name.to_ascii_lowercase().as_slice(), directive) {
        (b"", _) => error.help("remove the comma, or the brackets if there are no flags"),
        (b"or" | b"ornext" | b"nv" | b"novary", "RewriteRule") => {
            error.help(format!("`{name}` is a flag of RewriteCond"))
        }
        (b"bnoplus" | b"backrefnoplus", _) => error.help("write `BNP`"),
        (b"qs", _) => error.help("write `QSA`, `QSD` or `QSL`"),
        ([b'r', digits @ ..], "RewriteRule") if atoi(digits) > 0 => {
            error.help(format!("write `R={}`", shown(digits)))
        }
        (spaced, _) if spaced.iter().any(|&byte| is_space(byte)) => {
            error.help("separate flags by commas, and put no space before `=`")
        }
        (_, "RewriteCond") => error.help("conditions take `NC`, `OR` and `NV`"),
        _ => error.help(
            "see https://httpd.apache.org/docs/2.4/rewrite/flags.html for the flags there are",
        ),
    }
}

fn bad_status(item: &Item<'_>) -> Diagnostic {
    let headline = format!("`{}` is no status that Apache knows", shown(item.value));
    refused("bad-status", headline, item.span)
        .help("write `R=301`, `R=302`, `R=303`, `R=307` or `R=308` for a redirect")
}

fn missing_characters(item: &Item<'_>) -> Diagnostic {
    refused(
        "flag-needs-value",
        "`BNE` has no list of characters",
        item.span,
    )
    .help("write the characters after it: `BNE=/`")
}

fn ignored_flag(item: &Item<'_>) -> Diagnostic {
    let headline = format!("`{}` has no effect", shown(item.text));
    Diagnostic::warning("ignored-flag", headline, item.span)
        .label("Apache takes every flag that begins with D, and knows only `DPI`")
        .help("remove it, or write `DPI`")
}

fn unknown_status_word(item: &Item<'_>) -> Diagnostic {
    let headline = format!("`{}` is no name of a status", shown(item.value));
    Diagnostic::warning("unknown-status-name", headline, item.span)
        .label("Apache answers 302")
        .help("write the number, as in `R=301`; a space after `=` is part of the value")
}
