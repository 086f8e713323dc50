//! Logs whose `#Fields` line names their columns: CloudFront's standard logs, and W3C extended logs.
//!
//! In: a `#Fields` line, then lines. Out: [`Entry`]s. Absent: columns that say nothing about a request.

use std::borrow::Cow;

use super::text::{Parts, status};
use super::time::Time;
use super::{Entry, percent, text};

/// The columns of CloudFront's standard log, as far as they are read, for a file without a `#Fields` line.
const CLOUDFRONT: &[u8] =
    b"date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem \
    sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type \
    x-edge-request-id x-host-header cs-protocol";

/// The names of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(Vec<Vec<u8>>);

impl Fields {
    /// Reads a line `#Fields: date time …`.
    pub fn of_line(line: &[u8]) -> Option<Self> {
        let names = line.strip_prefix(b"#Fields:")?;
        Some(Self::named(names))
    }

    /// The columns of CloudFront's standard log.
    pub fn cloudfront() -> Self {
        Self::named(CLOUDFRONT)
    }

    fn named(names: &[u8]) -> Self {
        let names = names.split(u8::is_ascii_whitespace);
        let names = names.filter(|name| !name.is_empty());
        Self(names.map(<[u8]>::to_ascii_lowercase).collect())
    }

    /// Reads a line: columns are separated by tabs, or by blanks where there is no tab.
    pub fn parse(&self, line: &[u8]) -> Option<Entry> {
        let separator = if line.contains(&b'\t') { b'\t' } else { b' ' };
        let values: Vec<&[u8]> = line.split(|byte| *byte == separator).collect();
        if values.len() < self.0.len() {
            return None;
        }
        let value = |name: &str| {
            let at = self.0.iter().position(|own| own == name.as_bytes())?;
            let value = values.get(at).copied()?;
            (value != b"-").then_some(Cow::Borrowed(value))
        };
        let entry = entry_of(value)?;
        entry.time.is_some().then_some(entry)
    }
}

/// The entry of a line whose `value` a column's name in lower case gives, `-` left out.
pub fn entry_of<'v>(value: impl Fn(&str) -> Option<Cow<'v, [u8]>>) -> Option<Entry> {
    let stem = value("cs-uri-stem").or_else(|| value("cs-uri"))?;
    let mut target = undone_once(&stem);
    if let Some(query) = value("cs-uri-query") {
        target.push(b'?');
        target.extend(undone_once(&query));
    }
    let host = value("x-host-header").or_else(|| value("cs(host)"));
    let host = host.or_else(|| value("cs-host"));
    let header = |name| value(name).map(|value| header_value(&value));
    let parts = Parts {
        method: value("cs-method").map(Cow::into_owned),
        target: Some(target),
        host: host.map(Cow::into_owned),
        scheme: value("cs-protocol").map(Cow::into_owned),
        referer: header("cs(referer)"),
        user_agent: header("cs(user-agent)"),
        status: value("sc-status").and_then(|value| status(&value)),
        time: time(&value),
    };
    Some(parts.into_entry())
}

fn time<'v>(value: &impl Fn(&str) -> Option<Cow<'v, [u8]>>) -> Option<Time> {
    let both = value("date").zip(value("time"));
    let joined = both.map(|(date, time)| [&date[..], b" ", &time].concat());
    let number = || Time::of_any(&value("timestamp(ms)").or_else(|| value("timestamp"))?);
    joined.and_then(|text| Time::of_iso(&text)).or_else(number)
}

/// CloudFront writes the `%` of a URL as `%25`. A text in which every `%` is written so is taken for one
/// that was encoded once more than it was sent.
fn undone_once(text: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut plain = Vec::with_capacity(text.len());
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let hex = |at: usize| rest.get(at).is_some_and(u8::is_ascii_hexdigit);
        let is_encoded = rest[at..].starts_with(b"%25") && hex(at + 3) && hex(at + 4);
        if !is_encoded {
            return text.to_vec();
        }
        plain.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 3..];
    }
    plain.extend_from_slice(rest);
    plain
}

/// A header's value: CloudFront encodes its blanks, once or twice.
fn header_value(value: &[u8]) -> Vec<u8> {
    let once = percent::decoded(value);
    if text::find(&once, b"%20").is_some() && !once.contains(&b' ') {
        return percent::decoded(&once);
    }
    once
}
