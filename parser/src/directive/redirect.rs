//! `Redirect` and kin (`add_redirect_internal`).
//!
//! In: their arguments. Out: [`Kind::Redirect`]. Absent: whether the section form stands in a section.

use std::ops::RangeInclusive;

use super::Statement;
use crate::bytes::{atoi, shown};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::syntax::{Kind, Redirect, RedirectFrom, Word};

/// What sets the four directives apart.
struct Form {
    arguments: RangeInclusive<usize>,
    status: u16,
    from: fn(Word) -> RedirectFrom,
    example: &'static str,
}

/// `Redirect [status] [path] [URL]`.
pub(super) fn redirect(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let example = "Redirect 301 /old https://example.com/new";
    parse(
        statement,
        &Form {
            arguments: 1..=3,
            status: 302,
            from: RedirectFrom::Path,
            example,
        },
    )
}

/// `RedirectMatch [status] regex [URL]`.
pub(super) fn redirect_match(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let example = "RedirectMatch 301 ^/old/(.*)$ https://example.com/new/$1";
    parse(
        statement,
        &Form {
            arguments: 2..=3,
            status: 302,
            from: RedirectFrom::Regex,
            example,
        },
    )
}

/// `RedirectPermanent path URL`.
pub(super) fn redirect_permanent(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let example = "RedirectPermanent /old https://example.com/new";
    parse(
        statement,
        &Form {
            arguments: 2..=2,
            status: 301,
            from: RedirectFrom::Path,
            example,
        },
    )
}

/// `RedirectTemp path URL`.
pub(super) fn redirect_temp(statement: &mut Statement<'_>) -> Result<Kind, Diagnostic> {
    let example = "RedirectTemp /old https://example.com/new";
    parse(
        statement,
        &Form {
            arguments: 2..=2,
            status: 302,
            from: RedirectFrom::Path,
            example,
        },
    )
}

/// The arguments in their roles.
struct Roles {
    status: u16,
    /// `None`: the section form.
    from: Option<Word>,
    target: Option<Word>,
}

fn parse(statement: &mut Statement<'_>, form: &Form) -> Result<Kind, Diagnostic> {
    let words = statement.take(form.arguments.clone(), form.example)?;
    let mut words = words.into_iter();
    let Some(first) = words.next() else {
        return Err(statement.wrong_count(form.example));
    };
    let roles = roles(first, words.next(), words.next(), form)?;
    check_target(statement, &roles, form)?;
    let from = roles.from.map_or(RedirectFrom::Section, form.from);
    Ok(Kind::Redirect(Redirect {
        status: roles.status,
        from,
        target: roles.target,
    }))
}

/// Tells status, path and target apart by their number and by whether the first is a status.
fn roles(
    first: Word,
    second: Option<Word>,
    third: Option<Word>,
    form: &Form,
) -> Result<Roles, Diagnostic> {
    Ok(match (named_status(&first.value), second, third) {
        (None, _, Some(_)) => return Err(bad_first(&first, form)),
        (None, None, None) => Roles {
            status: form.status,
            from: None,
            target: Some(first),
        },
        (None, second, None) => Roles {
            status: form.status,
            from: Some(first),
            target: second,
        },
        (Some(status), second, None) if is_redirect(status) => Roles {
            status,
            from: None,
            target: second,
        },
        (Some(status), second, third) => Roles {
            status,
            from: second,
            target: third,
        },
    })
}

/// The status a first argument stands for. Any number goes; one no answer can have is kept as
/// 65535, which no server knows either.
fn named_status(word: &[u8]) -> Option<u16> {
    match word.to_ascii_lowercase().as_slice() {
        b"permanent" => Some(301),
        b"temp" => Some(302),
        b"seeother" => Some(303),
        b"gone" => Some(410),
        digits @ [b'0'..=b'9', ..] => Some(u16::try_from(atoi(digits)).unwrap_or(u16::MAX)),
        _ => None,
    }
}

/// Whether Apache takes a first argument for a status rather than for a path.
pub(crate) fn is_status(word: &[u8]) -> bool {
    named_status(word).is_some()
}

fn is_redirect(status: u16) -> bool {
    (300..400).contains(&status)
}

/// `scheme:…` (`ap_is_url`).
fn is_url(text: &[u8]) -> bool {
    let in_scheme =
        |&&byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let scheme = text.iter().take_while(in_scheme).count();
    scheme > 0 && text.get(scheme) == Some(&b':')
}

fn check_target(statement: &Statement<'_>, roles: &Roles, form: &Form) -> Result<(), Diagnostic> {
    let name = shown(&statement.name.value);
    match (&roles.target, &roles.from) {
        (None, _) if is_redirect(roles.status) => {
            let headline = format!("{name} with status {} needs a target URL", roles.status);
            Err(refused(
                "redirect-needs-target",
                headline,
                statement.arguments_span(),
            )
            .help(format!("add the target, as in `{}`", form.example)))
        }
        (Some(target), _) if !is_redirect(roles.status) => {
            let headline = format!("{name} with status {} takes no target URL", roles.status);
            Err(refused("redirect-takes-no-target", headline, target.span)
                .help("remove the target, or write a status from 300 to 399"))
        }
        (Some(target), Some(from))
            if matches!((form.from)(from.clone()), RedirectFrom::Path(_)) =>
        {
            check_url(target)
        }
        _ => Ok(()),
    }
}

fn check_url(target: &Word) -> Result<(), Diagnostic> {
    if is_url(&target.value) || target.value.starts_with(b"/") {
        return Ok(());
    }
    let headline = format!("`{}` is neither a URL nor a path", shown(&target.value));
    Err(refused("redirect-to-non-url", headline, target.span)
        .help("begin the target with `https://` or with `/`"))
}

fn bad_first(first: &Word, form: &Form) -> Diagnostic {
    let headline = format!("`{}` is no status", shown(&first.value));
    refused("bad-redirect-status", headline, first.span).help(format!(
        "of three arguments the first is a status, as in `{}`; an argument with a space needs quotes",
        form.example
    ))
}
