//! Texts with holes for what a plain request brings along.
//!
//! In: a text made with stand-ins. Out: [`Text`], and with a request the text itself. Absent: escaping:
//! the bytes of a plain name and a plain query mean themselves everywhere.

use serde::{Deserialize, Serialize};

use crate::model::normalized::NormalizedRequest;

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Text(pub Vec<Part>);

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Bytes as they are.
    Literal(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The name the client calls the host by.
    Host,
    /// The query string.
    Query,
}

impl Text {
    /// Cuts `text` where the stand-ins for name and query are.
    pub fn with_holes(text: &[u8], host: &[u8], query: &[u8]) -> Self {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut rest = text;
        while let Some((first, after)) = rest.split_first() {
            if ![host.first(), query.first()].contains(&Some(first)) {
                literal.push(*first);
                rest = after;
                continue;
            }
            let hole = [(host, Part::Host), (query, Part::Query)];
            let found = hole
                .into_iter()
                .find(|(stand_in, _)| rest.starts_with(stand_in));
            let Some((stand_in, part)) = found else {
                literal.push(*first);
                rest = after;
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part);
            rest = &rest[stand_in.len()..];
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        parts.shrink_to_fit();
        Self(parts)
    }

    /// The text for people: `*` stands for the host's name, `QUERY` for the query string.
    pub fn shown(&self) -> Vec<u8> {
        let shown = |part: &Part| match part {
            Part::Literal(bytes) => bytes.clone(),
            Part::Host => b"*".to_vec(),
            Part::Query => b"QUERY".to_vec(),
        };
        self.0.iter().flat_map(shown).collect()
    }

    /// The text for a request.
    pub fn fill(&self, plain: &NormalizedRequest<'_>) -> Vec<u8> {
        let query = plain.query.unwrap_or_default();
        let bytes = |part: &Part| -> usize {
            match part {
                Part::Literal(bytes) => bytes.len(),
                Part::Host => plain.hostname.len(),
                Part::Query => query.len(),
            }
        };
        // Room for a query that may be appended: one allocation does.
        let length = self.0.iter().map(bytes).sum::<usize>() + query.len() + 1;
        let mut filled = Vec::with_capacity(length);
        for part in &self.0 {
            filled.extend_from_slice(match part {
                Part::Literal(bytes) => bytes,
                Part::Host => plain.hostname,
                Part::Query => query,
            });
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let plain = NormalizedRequest {
            host: crate::model::site::HostId(0),
            hostname: b"www.example.com",
            path: b"/",
            query: Some(b"a=1"),
        };
        let filled = Text::with_holes(text.as_bytes(), b"HOST", b"QUERY").fill(&plain);
        assert_eq!(String::from_utf8_lossy(&filled), expected);
    }

    #[test]
    fn holes_are_filled() {
        check("", "");
        check("http://HOST/x?QUERY", "http://www.example.com/x?a=1");
        check("HOSTHOST", "www.example.comwww.example.com");
        check("/QUERYx", "/a=1x");
        check("/plain", "/plain");
    }
}
