//! `RewriteEngine`, `RewriteOptions`, `RewriteBase`, `RewriteMap`.
//!
//! In: their arguments. Out: their [`Kind`]s. Absent: the files and programs that maps name.

use super::Statement;
use crate::bytes::{is_space, shown};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::line::Line;
use crate::source::{FileId, Spanned};
use crate::syntax::{Kind, RewriteMap, Word};
use crate::words;

/// `RewriteEngine On|Off`.
pub(super) fn engine(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    statement.switch().map(Kind::RewriteEngine)
}

/// `RewriteBase /path/` (`cmd_rewritebase`).
pub(super) fn base(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let words = statement.take(1..=1, "RewriteBase /path/")?;
    match words.into_iter().next() {
        Some(base) if base.value.starts_with(b"/") => Ok(Kind::RewriteBase(base)),
        other => {
            let span = other.map_or(statement.name.span, |base| base.span);
            Err(
                refused("bad-base", "the base URL does not begin with `/`", span)
                    .help("write the URL-path of this directory, as in `RewriteBase /shop/`"),
            )
        }
    }
}

/// `RewriteMap name type:source [user:group]` (`cmd_rewritemap`).
pub(super) fn map(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let words = statement.take(2..=3, "RewriteMap name txt:/path/to/map")?;
    let mut words = words.into_iter();
    let (Some(name), Some(source)) = (words.next(), words.next()) else {
        return Err(statement.wrong_count("RewriteMap name txt:/path/to/map"));
    };
    check_source(&source)?;
    Ok(Kind::RewriteMap(RewriteMap {
        name,
        source,
        options: words.next(),
    }))
}

/// What can be said about a map's source without looking at files.
fn check_source(source: &Word) -> Result<(), Diagnostic> {
    let bad = |what: &str, help: &str| {
        let headline = format!("`{}` {what}", shown(&source.value));
        Err(refused("bad-map", headline, source.span).help(help))
    };
    let lower = source.value.to_ascii_lowercase();
    if lower.starts_with(b"int:") {
        return match &source.value[b"int:".len()..] {
            b"toupper" | b"tolower" | b"escape" | b"unescape" => Ok(()),
            _ => bad(
                "is no internal map",
                "write `int:tolower`, `int:toupper`, `int:escape` or `int:unescape`",
            ),
        };
    }
    match lower.strip_prefix(b"dbm") {
        Some([b':', ..]) | None => Ok(()),
        Some([b'=', file @ ..]) if file.contains(&b':') => Ok(()),
        Some(_) => bad(
            "names no file",
            "write `dbm:/path/to/file` or `dbm=type:/path/to/file`",
        ),
    }
}

/// `RewriteOptions option…`: until an empty word, after which nothing is read.
pub(super) fn options(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let words = statement.words();
    let given = words.iter().take_while(|word| !word.value.is_empty());
    let options: Vec<Word> = given.flat_map(within).collect();
    if options.is_empty() {
        return Err(statement.wrong_count("RewriteOptions Inherit"));
    }
    if let Some(option) = options
        .iter()
        .find(|option| !is_known_option(&option.value))
    {
        return Err(unknown_option(option));
    }
    let removed = options
        .iter()
        .filter(|option| is_max_redirects(&option.value));
    statement
        .warnings
        .extend(removed.map(max_redirects_removed));
    Ok(Kind::RewriteOptions(options))
}

/// The words of a word: Apache splits each one again, so `"Inherit MergeBase"` is two options.
fn within(word: &Word) -> Vec<Word> {
    let splits = |&byte: &u8| matches!(byte, b'"' | b'\'' | b'\\') || is_space(byte);
    if !word.value.iter().any(splits) {
        return vec![word.clone()];
    }
    let inner = Line::from_text(FileId(0), &word.value);
    let words = words::split(&inner, 0..inner.text().len());
    let replaced = |inner: Word| Spanned {
        value: inner.value,
        span: word.span,
    };
    let blank = || {
        vec![Spanned {
            value: Vec::new(),
            span: word.span,
        }]
    };
    if words.is_empty() {
        blank()
    } else {
        words.into_iter().map(replaced).collect()
    }
}

fn is_known_option(option: &[u8]) -> bool {
    let lower = option.to_ascii_lowercase();
    is_max_redirects(option)
        || matches!(
            lower.as_slice(),
            b"inherit"
                | b"inheritbefore"
                | b"inheritdown"
                | b"inheritdownbefore"
                | b"ignoreinherit"
                | b"allownoslash"
                | b"allowanyuri"
                | b"mergebase"
                | b"ignorecontextinfo"
                | b"legacyprefixdocroot"
                | b"unsafeprefixstat"
        )
}

fn is_max_redirects(option: &[u8]) -> bool {
    option.to_ascii_lowercase().starts_with(b"maxredirects=")
}

fn max_redirects_removed(option: &Word) -> Diagnostic {
    Diagnostic::warning("ignored-option", "MaxRedirects has no effect", option.span)
        .label("Apache 2.4 ignores it")
        .help("use LimitInternalRecursion")
}

fn unknown_option(option: &Word) -> Diagnostic {
    let headline = format!("`{}` is no option of RewriteOptions", shown(&option.value));
    let error = refused("unknown-option", headline, option.span);
    if option.value.eq_ignore_ascii_case(b"LongURLOptimization") {
        return error.help("remove it: only the development version of Apache knows it");
    }
    error.help("see https://httpd.apache.org/docs/2.4/mod/mod_rewrite.html#rewriteoptions")
}
