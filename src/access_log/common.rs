//! The common and the combined format, also with the virtual host in front: Apache's, nginx's and Caddy's.
//!
//! In: a line. Out: an [`Entry`]. Absent: formats that a configuration defines; see `template`.

use super::Entry;
use super::text::{Parts, status, unquoted};
use super::time::Time;

/// What may follow the fields that every line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nothing, or `Referer` and `User-Agent`.
    Exact,
    /// Anything: further fields, or a line that is cut off.
    Any,
}

/// Reads a line.
pub fn parse(line: &[u8], allowed: Rest) -> Option<Entry> {
    let bracket = line.iter().position(|byte| *byte == b'[')?;
    let fields = line[..bracket].split(|byte| *byte == b' ');
    let fields: Vec<&[u8]> = fields.filter(|field| !field.is_empty()).collect();
    let after = &line[bracket + 1..];
    let quote = after.iter().position(|byte| *byte == b'"')?;
    let (request, rest) = unquoted(&after[quote + 1..])?;
    let (status, rest) = answer(rest)?;
    let (referer, rest) = header(rest);
    let (user_agent, rest) = header(rest);
    let is_exact = matches!(fields.len(), 3 | 4) && rest.trim_ascii().is_empty();
    if fields.is_empty() || (allowed == Rest::Exact && !is_exact) {
        return None;
    }
    let mut parts = Parts {
        // client, identity, user; one more in front is the virtual host.
        host: (fields.len() >= 4).then(|| fields[0].to_vec()),
        referer,
        user_agent,
        status,
        time: Time::of_apache(before_bracket(&after[..quote])),
        ..Parts::default()
    };
    parts.read_request_line(&request);
    Some(parts.into_entry())
}

fn before_bracket(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| *byte == b']');
    end.map_or(text, |end| &text[..end])
}

/// The status, `-` for none, and what follows the number of bytes.
fn answer(text: &[u8]) -> Option<(Option<u16>, &[u8])> {
    let text = text.strip_prefix(b" ")?;
    let (word, rest) = word(text);
    let status = status(word);
    if status.is_none() && word != b"-" {
        return None;
    }
    let rest = self::word(rest.trim_ascii_start()).1;
    Some((status, rest))
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ');
    text.split_at(end.unwrap_or(text.len()))
}

/// The next quoted text, a header's value, and what follows it.
fn header(text: &[u8]) -> (Option<Vec<u8>>, &[u8]) {
    let quote = text.iter().position(|byte| *byte == b'"');
    match quote.and_then(|quote| unquoted(&text[quote + 1..])) {
        Some((value, rest)) => (Some(value), rest),
        None => (None, text),
    }
}
