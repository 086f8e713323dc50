//! Texts with holes for what a normalized request brings along.
//!
//! In: a text made with stand-ins. Out: [`TextBuf`], its [`Text`], and with a request the text itself. Absent: escaping:
//! the bytes of a normalized name and a normalized query mean themselves everywhere.
//!
//! ```text
//! HOST, QUERY            the name the client calls the host by; the query string
//! HTTP_HOST, HTTPS_HOST  the same name behind a scheme, which is how most texts begin
//! LITERAL + length       so many bytes as they are
//! ```

use crate::artefact::packed::{Cursor, push_number, push_text};
use crate::model::normalized::NormalizedRequest;

/// What a number in a text says. What is at least `LITERAL` is the length of a literal and `LITERAL`.
mod tag {
    pub const HOST: u32 = 0;
    pub const QUERY: u32 = 1;
    pub const HTTP_HOST: u32 = 2;
    pub const HTTPS_HOST: u32 = 3;
    pub const LITERAL: u32 = 4;
}

const HTTP: &[u8] = b"http://";
const HTTPS: &[u8] = b"https://";

/// A text with holes, borrowed. Equal texts have equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    bytes: &'a [u8],
}

/// A part of a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// Bytes as they are. None is empty, and none follows another.
    Literal(&'a [u8]),
    /// The name the client calls the host by.
    Host,
    /// The query string.
    Query,
}

impl<'a> Text<'a> {
    /// Takes a text from the front of `bytes`; `None` when there is none.
    pub(super) fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        bytes.text().map(|bytes| Self { bytes })
    }

    /// Appends what [`Text::take`] takes.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        push_text(bytes, self.bytes);
    }

    /// How many bytes the text has, written.
    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }

    /// Is it parts to its end?
    pub(super) fn is_sound(self) -> bool {
        let mut parts = self.parts();
        parts.by_ref().for_each(drop);
        parts.bytes.rest().is_empty()
    }

    /// The parts, in order.
    pub fn parts(self) -> Parts<'a> {
        Parts::over(Cursor::over(self.bytes))
    }

    /// The text for people: `*` stands for the host's name, `QUERY` for the query string.
    pub fn shown(self) -> Vec<u8> {
        let shown = |part| match part {
            Part::Literal(bytes) => bytes,
            Part::Host => b"*",
            Part::Query => b"QUERY",
        };
        self.parts().flat_map(shown).copied().collect()
    }

    /// The text for a request; `None` when it is damaged.
    pub fn fill(self, request: &NormalizedRequest<'_>) -> Option<Vec<u8>> {
        let query = request.query.unwrap_or_default();
        // Room for one name, and for a query that may be appended: one allocation does.
        let length = self.bytes.len() + HTTPS.len() + request.hostname.len() + query.len() + 1;
        let mut filled = Vec::with_capacity(length);
        let mut parts = self.parts();
        for part in parts.by_ref() {
            filled.extend_from_slice(match part {
                Part::Literal(bytes) => bytes,
                Part::Host => request.hostname,
                Part::Query => query,
            });
        }
        parts.bytes.rest().is_empty().then_some(filled)
    }
}

/// The parts of a text, in order.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    bytes: Cursor<'a>,
    /// The name of the host comes before what stands in `bytes`.
    is_host_next: bool,
}

impl<'a> Parts<'a> {
    fn over(bytes: Cursor<'a>) -> Self {
        Self {
            bytes,
            is_host_next: false,
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if std::mem::take(&mut self.is_host_next) {
            return Some(Part::Host);
        }
        let mut ahead = self.bytes;
        let part = match ahead.number()? {
            tag::HOST => Part::Host,
            tag::QUERY => Part::Query,
            scheme @ (tag::HTTP_HOST | tag::HTTPS_HOST) => {
                self.is_host_next = true;
                Part::Literal(if scheme == tag::HTTP_HOST {
                    HTTP
                } else {
                    HTTPS
                })
            }
            literal => Part::Literal(ahead.bytes(literal - tag::LITERAL)?),
        };
        self.bytes = ahead;
        Some(part)
    }
}

/// A [`Text`] that owns its bytes, made part by part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextBuf {
    bytes: Vec<u8>,
    /// A literal that may go on.
    literal: Vec<u8>,
}

impl TextBuf {
    /// Cuts `text` where the stand-ins for name and query are.
    pub fn with_holes(text: &[u8], host: &[u8], query: &[u8]) -> Self {
        let mut parts = Self {
            bytes: Vec::with_capacity(text.len() + 4),
            literal: Vec::with_capacity(text.len()),
        };
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            let found =
                [(host, Part::Host), (query, Part::Query)]
                    .into_iter()
                    .find(|(stand_in, _)| {
                        stand_in.first() == Some(first) && rest.starts_with(stand_in)
                    });
            if let Some((stand_in, part)) = found {
                parts.push(part);
                rest = rest.get(stand_in.len()..).unwrap_or_default();
            } else {
                parts.literal.push(*first);
                rest = after;
            }
        }
        parts.end()
    }

    /// A text of these parts.
    pub fn of<'p>(parts: impl IntoIterator<Item = Part<'p>>) -> Self {
        let mut text = Self::default();
        for part in parts {
            text.push(part);
        }
        text.end()
    }

    /// The text, borrowed.
    pub fn text(&self) -> Text<'_> {
        Text { bytes: &self.bytes }
    }

    fn push(&mut self, part: Part<'_>) {
        match part {
            Part::Literal(bytes) => self.literal.extend_from_slice(bytes),
            Part::Host => {
                let behind = match self.literal.as_slice() {
                    HTTP => tag::HTTP_HOST,
                    HTTPS => tag::HTTPS_HOST,
                    _ => {
                        self.end_literal();
                        tag::HOST
                    }
                };
                self.literal.clear();
                push_number(&mut self.bytes, behind);
            }
            Part::Query => {
                self.end_literal();
                push_number(&mut self.bytes, tag::QUERY);
            }
        }
    }

    /// The text, which does not go on.
    fn end(mut self) -> Self {
        self.end_literal();
        self.literal = Vec::new();
        self
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            let length = u32::try_from(self.literal.len()).unwrap_or(u32::MAX);
            push_number(&mut self.bytes, length.saturating_add(tag::LITERAL));
            self.bytes.append(&mut self.literal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let request = NormalizedRequest {
            host: crate::model::site::HostId(0),
            hostname: b"www.example.com",
            path: b"/",
            query: Some(b"a=1"),
        };
        let holes = TextBuf::with_holes(text.as_bytes(), b"HOST", b"QUERY");
        let filled = holes.text().fill(&request).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&filled), expected);
        assert_eq!(TextBuf::of(holes.text().parts()), holes, "{text}");
        let shown = holes.text().shown();
        assert_eq!(String::from_utf8_lossy(&shown), text.replace("HOST", "*"));
        let mut bytes = Vec::new();
        holes.text().write(&mut bytes);
        assert_eq!(
            Text::take(&mut Cursor::over(&bytes)),
            Some(holes.text()),
            "{text}"
        );
        for length in 0..bytes.len() {
            assert_eq!(Text::take(&mut Cursor::over(&bytes[..length])), None);
        }
        let cut = holes
            .text()
            .bytes
            .split_last()
            .map(|(_, bytes)| Text { bytes });
        let ends = [Some(Part::Host), Some(Part::Query), None];
        let is_cut =
            cut.is_some_and(|cut| !ends.contains(&holes.text().parts().last()) && cut.is_sound());
        assert!(holes.text().is_sound() && !is_cut, "{text}");
    }

    #[test]
    fn holes_are_filled() {
        check("", "");
        check("http://HOST/x?QUERY", "http://www.example.com/x?a=1");
        check("https://HOST", "https://www.example.com");
        check("HOSTHOST", "www.example.comwww.example.com");
        check("/http://HOST", "/http://www.example.com");
        check("http://QUERYHOST", "http://a=1www.example.com");
        check("/QUERYx", "/a=1x");
        check("/plain", "/plain");
    }
}
