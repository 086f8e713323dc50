//! Formats that a configuration defines: `LogFormat`, and `CustomLog` with a format of its own.
//!
//! In: the format's text. Out: a [`Template`] that reads lines. Mirrors `mod_log_config.c`. Absent: items
//! that say nothing about a request; they are passed over.

use super::Entry;
use super::text::{Parts, find, status, unescaped};
use super::time::Time;

/// A format of more items is none that a person wrote; a line may be searched once for each.
const MOST_ITEMS: usize = 64;

/// A format: the text before each item, and the item; then the text at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    items: Vec<(Vec<u8>, Item)>,
    end: Vec<u8>,
}

/// What an item of a format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// `%r`
    RequestLine,
    /// `%m`
    Method,
    /// `%U`: the path, decoded.
    Path,
    /// `%q`
    Query,
    /// `%s`
    Status,
    /// `%t`
    Time,
    /// `%{Host}i`: what the client asked for.
    Host,
    /// `%v`, `%V`
    Name,
    /// `%{Referer}i`
    Referer,
    /// `%{User-Agent}i`
    UserAgent,
    /// `%{X-Forwarded-Proto}i`
    Scheme,
    /// Anything else.
    Other,
}

impl Template {
    /// Reads a format. `None` for one that does not log what was asked for.
    pub fn new(format: &[u8]) -> Option<Self> {
        let mut reader = FormatReader::default();
        let mut rest = format;
        while let Some((byte, after)) = rest.split_first() {
            rest = match byte {
                b'%' => reader.item(after)?,
                b'\\' => reader.escape(after),
                byte => {
                    reader.literal.push(*byte);
                    after
                }
            };
        }
        let template = Self {
            items: reader.items,
            end: reader.literal,
        };
        let has = |item| template.items.iter().any(|(_, own)| *own == item);
        if template.items.len() > MOST_ITEMS {
            return None;
        }
        let is_checked = has(Item::Status) || has(Item::Time);
        ((has(Item::RequestLine) || has(Item::Path)) && is_checked).then_some(template)
    }

    /// Reads a line.
    pub fn parse(&self, line: &[u8]) -> Option<Entry> {
        let mut rest = line;
        let mut found = Found::default();
        for (at, (before, item)) in self.items.iter().enumerate() {
            rest = rest.strip_prefix(before.as_slice())?;
            let (value, after) = rest.split_at(self.length(at, rest)?);
            found.add(*item, value)?;
            rest = after;
        }
        (rest == self.end.as_slice()).then(|| found.into_entry())
    }

    /// How long the value of an item is that `rest` begins with.
    fn length(&self, at: usize, rest: &[u8]) -> Option<usize> {
        let (before, item) = self.items.get(at)?;
        if *item == Item::Time && rest.starts_with(b"[") {
            return Some(rest.iter().position(|byte| *byte == b']')? + 1);
        }
        // Items that nothing separates, as `%U%q`, end together.
        let following = self.items.get(at + 1..)?.iter().map(|(text, _)| text);
        let mut texts = following.chain([&self.end]);
        let is_parted = self.items.get(at + 1).is_none_or(|next| !next.0.is_empty());
        let next = texts.find(|text| !text.is_empty()).unwrap_or(&self.end);
        let is_quoted = before.ends_with(b"\"") && next.starts_with(b"\"");
        let length = length(rest, is_quoted, next)?;
        Some(match item {
            Item::Path if !is_parted => {
                let question = rest[..length].iter().position(|byte| *byte == b'?');
                question.unwrap_or(length)
            }
            Item::Status if !is_parted => 3.min(length),
            _ => length,
        })
    }
}

/// What a line says.
#[derive(Default)]
struct Found {
    parts: Parts,
    path: Option<Vec<u8>>,
    query: Vec<u8>,
    host: Option<Vec<u8>>,
}

impl Found {
    /// Takes the value of an item; `None` where it is none of its kind.
    fn add(&mut self, item: Item, raw: &[u8]) -> Option<()> {
        let value = unescaped(raw)?;
        let sent = (value != b"-").then_some(value);
        match item {
            Item::RequestLine => {
                self.parts.read_request_line(&sent.unwrap_or_default());
            }
            Item::Method => self.parts.method = sent,
            Item::Path => self.path = sent,
            Item::Query => self.query = sent.unwrap_or_default(),
            Item::Status => {
                self.parts.status = match sent {
                    Some(value) => Some(status(&value)?),
                    None => None,
                };
            }
            Item::Time => self.parts.time = time(raw),
            Item::Host => self.host = sent,
            Item::Name => self.parts.host = sent,
            Item::Referer => self.parts.referer = sent,
            Item::UserAgent => self.parts.user_agent = sent,
            Item::Scheme => self.parts.scheme = sent,
            Item::Other => {}
        }
        Some(())
    }

    fn into_entry(self) -> Entry {
        let mut parts = self.parts;
        parts.host = self.host.or(parts.host);
        if let Some(path) = self.path.filter(|_| parts.target.is_none()) {
            parts.target = Some([encoded(&path), self.query].concat());
            parts.method.get_or_insert_with(|| b"GET".to_vec());
        }
        parts.into_entry()
    }
}

/// The time in any form, with or without brackets around it.
fn time(raw: &[u8]) -> Option<Time> {
    let text = raw.strip_prefix(b"[").unwrap_or(raw);
    Time::of_any(text.strip_suffix(b"]").unwrap_or(text))
}

/// How long a value is that stands before the text `next`; it ends with the line before no text.
fn length(rest: &[u8], quoted: bool, next: &[u8]) -> Option<usize> {
    if next.is_empty() {
        return Some(rest.len());
    }
    if !quoted {
        return find(rest, next);
    }
    // Within a value every quote is escaped.
    let mut at = 0;
    while *rest.get(at)? != b'"' {
        at += if rest.get(at) == Some(&b'\\') { 2 } else { 1 };
    }
    Some(at)
}

/// A path as it stands in a URL: what `%U` shows is decoded.
fn encoded(path: &[u8]) -> Vec<u8> {
    let mut url = Vec::with_capacity(path.len());
    for byte in path {
        if byte.is_ascii_graphic() && !b"%?#\"".contains(byte) {
            url.push(*byte);
        } else {
            url.extend(format!("%{byte:02X}").into_bytes());
        }
    }
    url
}

#[derive(Default)]
struct FormatReader {
    items: Vec<(Vec<u8>, Item)>,
    literal: Vec<u8>,
}

impl FormatReader {
    /// What a backslash stands for.
    fn escape<'f>(&mut self, after: &'f [u8]) -> &'f [u8] {
        let (byte, rest) = match after.split_first() {
            Some((b'n', rest)) => (b'\n', rest),
            Some((b't', rest)) => (b'\t', rest),
            Some((b'r', rest)) => (b'\r', rest),
            Some((b'\\', rest)) => (b'\\', rest),
            _ => (b'\\', after),
        };
        self.literal.push(byte);
        rest
    }

    /// Reads what follows a `%`: conditions on the status, a name in braces, letters.
    fn item<'f>(&mut self, after: &'f [u8]) -> Option<&'f [u8]> {
        let mut rest = after;
        let mut name: &[u8] = b"";
        loop {
            let (byte, after) = rest.split_first()?;
            rest = after;
            match byte {
                b'%' => {
                    self.literal.push(b'%');
                    return Some(rest);
                }
                b'!' | b'<' | b'>' | b',' | b'0'..=b'9' => {}
                b'{' => {
                    let end = rest.iter().position(|byte| *byte == b'}')?;
                    name = &rest[..end];
                    rest = &rest[end + 1..];
                }
                b'^' => {
                    // `%^FB`, `%{VARNAME}^ti`: two letters.
                    rest = rest.get(2..)?;
                    self.add(Item::Other);
                    return Some(rest);
                }
                letter => {
                    self.add(item_of(*letter, name));
                    return Some(rest);
                }
            }
        }
    }

    fn add(&mut self, item: Item) {
        self.items.push((std::mem::take(&mut self.literal), item));
    }
}

fn item_of(letter: u8, name: &[u8]) -> Item {
    match (letter, name.to_ascii_lowercase().as_slice()) {
        (b'r', _) => Item::RequestLine,
        (b'm', _) => Item::Method,
        (b'U', _) => Item::Path,
        (b'q', _) => Item::Query,
        (b's', _) => Item::Status,
        (b't', _) => Item::Time,
        (b'v' | b'V', _) => Item::Name,
        (b'i', b"host") => Item::Host,
        (b'i', b"referer") => Item::Referer,
        (b'i', b"user-agent") => Item::UserAgent,
        (b'i', b"x-forwarded-proto") => Item::Scheme,
        _ => Item::Other,
    }
}
