//! What of a request a condition looks at.
//!
//! In: a test string. Out: [`Subject`], where it is one variable and nothing else. Absent: what other variables stand
//! for; see `evaluate`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::plain::Plain;
use super::request::Request;
use super::rules::{Piece, Template};

/// The only variables that stand for request headers, with the header.
const HEADERS: [(&[u8], &[u8]); 7] = [
    (b"HTTP_ACCEPT", b"Accept"),
    (b"HTTP_COOKIE", b"Cookie"),
    (b"HTTP_FORWARDED", b"Forwarded"),
    (b"HTTP_HOST", b"Host"),
    (b"HTTP_PROXY_CONNECTION", b"Proxy-Connection"),
    (b"HTTP_REFERER", b"Referer"),
    (b"HTTP_USER_AGENT", b"User-Agent"),
];

/// What of a request is not known beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The query string as the client sent it.
    Query,
    /// The `Host` header.
    Host,
    /// Another header, by its name; its values joined, empty when there is none.
    Header(Vec<u8>),
}

/// A [`Subject`] that borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'t> {
    /// [`Subject::Query`].
    Query,
    /// [`Subject::Host`].
    Host,
    /// [`Subject::Header`].
    Header(&'t [u8]),
}

impl<'t> About<'t> {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &'t Template) -> Option<Self> {
        let Some(Piece::Variable(name)) = template.text().only_piece() else {
            return None;
        };
        if name.eq_ignore_ascii_case(b"QUERY_STRING") {
            return Some(Self::Query);
        }
        let header = header_named(name)?;
        Some(if header.eq_ignore_ascii_case(b"Host") {
            Self::Host
        } else {
            Self::Header(header)
        })
    }

    /// It, for a request.
    pub fn text<'r>(self, plain: &Plain<'r>, request: &Request<'r>) -> Cow<'r, [u8]> {
        match self {
            Self::Query => Cow::Borrowed(plain.query.unwrap_or_default()),
            Self::Host => Cow::Borrowed(plain.hostname),
            Self::Header(name) => request.header(name).unwrap_or_default(),
        }
    }
}

impl Subject {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &Template) -> Option<Self> {
        Some(match About::of(template)? {
            About::Query => Self::Query,
            About::Host => Self::Host,
            About::Header(name) => Self::Header(name.to_vec()),
        })
    }

    pub(crate) fn about(&self) -> About<'_> {
        match self {
            Self::Query => About::Query,
            Self::Host => About::Host,
            Self::Header(name) => About::Header(name),
        }
    }
}

/// The request header that `%{name}` stands for, if it is one.
pub(crate) fn header_named(name: &[u8]) -> Option<&[u8]> {
    if let Some(at) = kind_end(name) {
        let (kind, rest) = (&name[..at], &name[at + 1..]);
        return (kind.eq_ignore_ascii_case(b"HTTP") && !rest.is_empty()).then_some(rest);
    }
    let mut headers = HEADERS.iter();
    let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, header)| *header)
}

/// Where the colon stands, if it does. Only the fourth and fifth byte are looked at.
pub(crate) fn kind_end(name: &[u8]) -> Option<usize> {
    [3, 4].into_iter().find(|at| name.get(*at) == Some(&b':'))
}

/// The request header a variable (in upper case) stands for.
pub(crate) fn header_of(name: &[u8]) -> Option<&'static [u8]> {
    let found = HEADERS.iter().find(|(known, _)| *known == name);
    found.map(|(_, header)| *header)
}
