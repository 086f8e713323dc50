//! `Header`, `RequestHeader` and the lines of `mod_expires`.
//!
//! In: their words. Out: lines and lifetimes of a section. Absent: what they make of an answer; see the engine's
//! `evaluate::headers`.

use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::Settings;
use edgewright_engine::model::site::headers::{
    HeaderAction, HeaderCondition, HeaderLine, HeaderPart, HeaderTable, HeaderValue, Lifetime,
    LifetimeFrom,
};
use edgewright_engine::pattern::PatternOptions;

use super::asked_types::line_asks;
use super::values;

/// Carries out a line of `mod_expires`; `None` when it is none.
pub(crate) fn expires(
    name: &[u8],
    words: &[&[u8]],
    settings: &mut Settings,
) -> Option<Result<(), String>> {
    let first = words.first().copied().unwrap_or_default();
    let mut own = settings.expires.take().unwrap_or_default();
    let done = match name {
        b"expiresactive" => {
            own.active = Some(first.eq_ignore_ascii_case(b"on"));
            Ok(())
        }
        b"expiresdefault" => lifetime(first).map(|lifetime| own.default = Some(lifetime)),
        b"expiresbytype" if !first.contains(&b'/') => {
            Err("a type of `ExpiresByType` has a slash".to_owned())
        }
        b"expiresbytype" => {
            let code = words.get(1).copied().unwrap_or_default();
            lifetime(code).map(|lifetime| own.set_type(first, lifetime))
        }
        _ => {
            settings.expires = Some(own).filter(|own| **own != <_>::default());
            return None;
        }
    };
    settings.expires = Some(own);
    Some(done)
}

/// `check_code`: `access plus 1 month`, or `A2592000`.
fn lifetime(code: &[u8]) -> Result<Lifetime, String> {
    let from = |letter: u8| match letter {
        b'M' => LifetimeFrom::Modification,
        _ => LifetimeFrom::Access,
    };
    if let [letter @ (b'A' | b'M'), seconds @ ..] = code {
        return Ok(Lifetime {
            from: from(*letter),
            seconds: seconds_of(seconds),
        });
    }
    let mut words = code
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .peekable();
    let base = words.next().unwrap_or_default();
    let from = match base.to_ascii_lowercase().first() {
        Some(b'n' | b'a') => LifetimeFrom::Access,
        Some(b'm') => LifetimeFrom::Modification,
        _ => {
            return Err(format!(
                "a time begins with `access` or `modification`, not `{}`",
                values::shown(base)
            ));
        }
    };
    words.next_if(|word| matches!(word.first(), Some(b'p' | b'P')));
    let mut seconds = 0_i32;
    while let Some(number) = words.next() {
        if !number.first().is_some_and(u8::is_ascii_digit) {
            let shown = values::shown(number);
            return Err(format!("a number of a time is expected, not `{shown}`"));
        }
        let unit = words.next().ok_or("a time ends with a unit")?;
        // `int` in Apache, which wraps around.
        let added = seconds_of(number).wrapping_mul(unit_of(unit)?);
        seconds = seconds.wrapping_add(added);
    }
    Ok(Lifetime { from, seconds })
}

/// Seconds of a unit: its first letters tell.
fn unit_of(unit: &[u8]) -> Result<i32, String> {
    const DAY: i32 = 24 * 60 * 60;
    Ok(match unit.to_ascii_lowercase().as_slice() {
        [b'y', ..] => 365 * DAY,
        [b'm', b'o', ..] => 30 * DAY,
        [b'w', ..] => 7 * DAY,
        [b'd', ..] => DAY,
        [b'h', ..] => 60 * 60,
        [b'm', b'i', ..] => 60,
        [b's', ..] => 1,
        _ => {
            let shown = values::shown(unit);
            return Err(format!("`{shown}` is no unit of time"));
        }
    })
}

/// `atoi`
fn seconds_of(text: &[u8]) -> i32 {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    sign * i32::try_from(values::leading_number(digits)).unwrap_or(i32::MAX)
}

/// A `Header` line (`header_cmd`); `None` for one whose value nobody can know at the edge.
///
/// # Errors
/// What Apache says to its arguments.
pub(crate) fn header(
    words: &[&[u8]],
    place: Place,
    regex: PatternOptions,
) -> Result<Option<HeaderLine>, String> {
    let is = |word: Option<&&[u8]>, text: &str| {
        word.is_some_and(|word| word.eq_ignore_ascii_case(text.as_bytes()))
    };
    let (table, words) = match words.first() {
        first if is(first, "always") => (HeaderTable::Always, &words[1..]),
        first if is(first, "onsuccess") => (HeaderTable::OnSuccess, &words[1..]),
        _ => (HeaderTable::OnSuccess, words),
    };
    line(table, words, place, regex)
}

/// A `RequestHeader` line; `None` for one whose value nobody can know at the edge.
///
/// # Errors
/// What Apache says to its arguments.
pub(crate) fn request_header(
    words: &[&[u8]],
    place: Place,
    regex: PatternOptions,
) -> Result<Option<HeaderLine>, String> {
    let action = words.first().copied().unwrap_or_default();
    let of_answers: [&[u8]; 2] = [b"echo", b"note"];
    if of_answers
        .iter()
        .any(|own| action.eq_ignore_ascii_case(own))
    {
        let shown = values::shown(action);
        return Err(format!("`RequestHeader` has no action `{shown}`"));
    }
    line(HeaderTable::Request, words, place, regex)
}

/// What both kinds of lines have behind the table.
fn line(
    table: HeaderTable,
    words: &[&[u8]],
    place: Place,
    regex: PatternOptions,
) -> Result<Option<HeaderLine>, String> {
    let [action, name, arguments @ ..] = words else {
        return Err("`Header` needs an action and a name".to_owned());
    };
    let action = action.to_ascii_lowercase();
    let takes = match action.as_slice() {
        b"set" | b"setifempty" | b"add" | b"append" | b"merge" | b"note" => 1,
        b"edit" | b"edit*" => 2,
        b"unset" | b"echo" => 0,
        _ => {
            return Err(format!(
                "`Header` has no action `{}`",
                values::shown(&action)
            ));
        }
    };
    let (Some(values), [] | [_]) = (
        arguments.get(..takes),
        arguments.get(takes..).unwrap_or_default(),
    ) else {
        let shown = values::shown(&action);
        return Err(format!(
            "`Header {shown}` has the wrong number of arguments"
        ));
    };
    let condition = match arguments.get(takes) {
        Some(clause) => condition(clause)?,
        None => HeaderCondition::Always,
    };
    let Some(action) = self::action(&action, name, values, regex)? else {
        return Ok(None);
    };
    let end = name.iter().position(|byte| *byte == b':');
    Ok(Some(HeaderLine {
        place,
        table,
        name: name[..end.unwrap_or(name.len())].to_vec(),
        action,
        condition,
    }))
}

/// Is this a line with a value that only a server knows?
pub(crate) fn has_unknown_value(words: &[&[u8]]) -> bool {
    let place = Place { file: 0, line: 0 };
    matches!(header(words, place, PatternOptions::default()), Ok(None))
}

/// Is this a line about requests that asks for the type of a file?
pub(crate) fn asks_for_type(words: &[&[u8]]) -> bool {
    let place = Place { file: 0, line: 0 };
    let line = request_header(words, place, PatternOptions::default());
    matches!(line, Ok(Some(line)) if line_asks(&line))
}

/// Is this a line about requests with a value that only a server knows?
pub(crate) fn is_unknown_in_request(words: &[&[u8]]) -> bool {
    let place = Place { file: 0, line: 0 };
    let line = request_header(words, place, PatternOptions::default());
    matches!(line, Ok(None))
}

fn action(
    action: &[u8],
    name: &[u8],
    words: &[&[u8]],
    regex: PatternOptions,
) -> Result<Option<HeaderAction>, String> {
    let pattern = |text: &[u8]| values::pattern(text, regex);
    let value = match (action, words) {
        (b"unset", _) => return Ok(Some(HeaderAction::Unset)),
        (b"echo", _) => return Ok(Some(HeaderAction::Echo(pattern(name)?))),
        (_, [.., last]) => value(last)?,
        (_, []) => None,
    };
    let Some(value) = value else {
        return Ok(None);
    };
    Ok(Some(match (action, words) {
        (b"set", _) => HeaderAction::Set(value),
        (b"setifempty", _) => HeaderAction::SetIfEmpty(value),
        (b"add", _) => HeaderAction::Add(value),
        (b"append", _) => HeaderAction::Append(value),
        (b"merge", _) => HeaderAction::Merge(value),
        (b"edit", [text, _]) => HeaderAction::Edit(pattern(text)?, value),
        (b"edit*", [text, _]) => HeaderAction::EditAll(pattern(text)?, value),
        _ => HeaderAction::Note,
    }))
}

/// `early`, `env=` or `expr=`.
fn condition(clause: &[u8]) -> Result<HeaderCondition, String> {
    if clause.eq_ignore_ascii_case(b"early") {
        return Ok(HeaderCondition::Early);
    }
    let lower = clause.to_ascii_lowercase();
    if lower.starts_with(b"env=") {
        return match &clause[4..] {
            [] | [b'!'] => Err("`env=` names no variable".to_owned()),
            [b'!', name @ ..] => Ok(HeaderCondition::NotSet(name.to_vec())),
            name => Ok(HeaderCondition::Set(name.to_vec())),
        };
    }
    if lower.starts_with(b"expr=") {
        return values::condition(&clause[5..]).map(HeaderCondition::Expression);
    }
    Err(format!(
        "`Header` has no parameter `{}`",
        values::shown(clause)
    ))
}

/// The value of a header; `None` where a part of it is known to the server only (`parse_format_string`).
fn value(text: &[u8]) -> Result<Option<HeaderValue>, String> {
    if let Some(expression) = text.strip_prefix(b"expr=") {
        return values::text(expression).map(|text| Some(HeaderValue::Expression(text)));
    }
    let mut parts = Vec::new();
    let mut rest = text;
    let mut is_known = true;
    while let Some(first) = rest.first() {
        if *first != b'%' {
            let end = rest.iter().position(|byte| *byte == b'%');
            let (own, after) = rest.split_at(end.unwrap_or(rest.len()));
            parts.push(HeaderPart::Text(unescaped(own)));
            rest = after;
            continue;
        }
        match tag(&rest[1..])? {
            (Some(part), after) => {
                parts.push(part);
                rest = after;
            }
            (None, after) => {
                is_known = false;
                rest = after;
            }
        }
    }
    Ok(is_known.then_some(HeaderValue::Format(parts)))
}

/// What follows a `%` (`parse_format_tag`), and the rest; `None` for what only the server knows.
fn tag(text: &[u8]) -> Result<(Option<HeaderPart>, &[u8]), String> {
    let percent = || Some(HeaderPart::Text(b"%".to_vec()));
    let (argument, rest) = match text {
        [] => return Ok((percent(), text)),
        [b'%', rest @ ..] => return Ok((percent(), rest)),
        [b'{', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b'}');
            let (argument, after) = rest.split_at(end.unwrap_or(rest.len()));
            (argument, after_braces(after))
        }
        rest => (&b""[..], rest),
    };
    match rest {
        [b'e', rest @ ..] => Ok((Some(HeaderPart::Environment(argument.to_vec())), rest)),
        [b's', rest @ ..] => Ok((Some(HeaderPart::Tls(argument.to_vec())), rest)),
        [b't' | b'D' | b'l' | b'i' | b'b', rest @ ..] => Ok((None, rest)),
        _ => Err(format!(
            "a header has no part `%{}`",
            values::shown(rest.get(..1).unwrap_or_default())
        )),
    }
}

/// What follows the closing brace of an argument: several are taken for one (`ap_getword`).
fn after_braces(text: &[u8]) -> &[u8] {
    let braces = text.iter().take_while(|byte| **byte == b'}').count();
    &text[braces..]
}

/// `parse_misc_string`
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = match (first, after.first()) {
            (b'\\', Some(b'\\')) => b'\\',
            (b'\\', Some(b'r')) => b'\r',
            (b'\\', Some(b'n')) => b'\n',
            (b'\\', Some(b't')) => b'\t',
            _ => {
                out.push(*first);
                continue;
            }
        };
        out.push(escaped);
        rest = &after[1..];
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    fn check_lifetime(code: &str, expected: Option<(LifetimeFrom, i32)>) {
        let found = lifetime(code.as_bytes()).ok();
        let found = found.map(|lifetime| (lifetime.from, lifetime.seconds));
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn times_are_read_by_their_first_letters() {
        use LifetimeFrom::{Access, Modification};
        check_lifetime("access plus 1 month", Some((Access, 2_592_000)));
        check_lifetime("now 2 hours 5 minutes", Some((Access, 7_500)));
        check_lifetime("modification plus 1 week", Some((Modification, 604_800)));
        check_lifetime("A3600", Some((Access, 3_600)));
        check_lifetime("M-5", Some((Modification, -5)));
        check_lifetime("access plus 1 fortnight", None);
        check_lifetime("access plus month", None);
        check_lifetime("access plus 1", None);
        check_lifetime("later", None);
        check_lifetime("access plus 100 years", Some((Access, -1_141_367_296)));
    }

    fn check_value(text: &str, expected: Option<&[HeaderPart]>) {
        let found = value(text.as_bytes()).unwrap();
        let expected = expected.map(|parts| HeaderValue::Format(parts.to_vec()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_have_parts() {
        let text = |text: &str| HeaderPart::Text(text.into());
        check_value("a b", Some(&[text("a b")]));
        check_value(r"a\tb\q\\", Some(&[text("a\tb\\q\\")]));
        check_value("100%%", Some(&[text("100"), text("%")]));
        check_value("100%", Some(&[text("100"), text("%")]));
        let variable = HeaderPart::Environment(b"A".to_vec());
        check_value("<%{A}e>", Some(&[text("<"), variable, text(">")]));
        check_value("took %D", None);
        assert!(value(b"%q").is_err());
    }

    fn check_header(line: &str, expected: Option<&str>) {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let place = Place { file: 0, line: 1 };
        let found = header(&words, place, PatternOptions::default());
        let shown = |line: HeaderLine| {
            let name = String::from_utf8(line.name).unwrap();
            format!("{:?} {name} {:?}", line.table, line.condition)
        };
        let found = found
            .ok()
            .map(|line| line.map_or("unknown".to_owned(), shown));
        assert_eq!(found.as_deref(), expected, "{line}");
    }

    #[test]
    fn lines_are_read_as_apache_reads_them() {
        check_header("set X-A: b", Some("OnSuccess X-A Always"));
        check_header("Always Set X-A b", Some("Always X-A Always"));
        check_header("onsuccess unset X-A early", Some("OnSuccess X-A Early"));
        check_header("set X-A b env=!C", Some("OnSuccess X-A NotSet([67])"));
        check_header("edit X-A a b env=C", Some("OnSuccess X-A Set([67])"));
        check_header("always set X-A %t", Some("unknown"));
        check_header("set X-A", None);
        check_header("edit X-A a", None);
        check_header("unset X-A b", None);
        check_header("echo [", None);
        check_header("turn X-A b", None);
        check_header("set X-A b env=", None);
    }

    #[test]
    fn lines_about_requests_have_no_table() {
        let read = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            request_header(
                &words,
                Place { file: 0, line: 1 },
                PatternOptions::default(),
            )
        };
        let table = read("set X-A b").unwrap().map(|line| line.table);
        assert_eq!(table, Some(HeaderTable::Request));
        assert_eq!(read("set X-A %t"), Ok(None));
        for wrong in ["always set X-A b", "note X-A b", "echo X-A"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
