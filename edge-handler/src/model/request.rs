//! What a client sent, as bytes.
//!
//! In: nothing. Out: [`Request`], [`Target`]. Absent: decoding; see `canonical`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// How the client connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Scheme {
    /// Without TLS.
    #[default]
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 2] = [Self::Http, Self::Https];

    /// The scheme called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The name before `://`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port a URL of this scheme leaves out.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// One HTTP request. Everything is as received: nothing decoded, nothing folded.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The method, for example `GET`.
    pub method: &'a [u8],
    /// How the client connected.
    pub scheme: Scheme,
    /// The `Host` header; `None` when there was none (HTTP/1.0).
    pub host: Option<&'a [u8]>,
    /// The request target of the request line.
    pub target: Target<'a>,
    /// Name and value of every header but `Host`, in order; a name may repeat.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The client's address as text.
    pub client: &'a [u8],
    /// The protocol of the request line, for example `HTTP/1.1`.
    pub protocol: &'a [u8],
}

/// The request target of a request line, cut where its query begins: as whoever serves requests has it, so that nothing is
/// joined only to be cut again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    path: &'a [u8],
    query: Option<&'a [u8]>,
}

impl<'a> Target<'a> {
    /// Cuts `line`, which is a path and a query, or an absolute URL, or `*`.
    pub fn of(line: &'a [u8]) -> Self {
        let mark = memchr::memchr(b'?', line);
        let parts = mark.and_then(|mark| Some((line.get(..mark)?, line.get(mark + 1..)?)));
        match parts {
            Some((path, query)) => Self {
                path,
                query: Some(query),
            },
            None => Self {
                path: line,
                query: None,
            },
        }
    }

    /// The target of these two parts; `None` if a question mark in `path` would begin another query.
    pub fn of_parts(path: &'a [u8], query: Option<&'a [u8]>) -> Option<Self> {
        let is_whole = memchr::memchr(b'?', path).is_none();
        is_whole.then_some(Self { path, query })
    }

    /// Everything before the query and its question mark.
    pub fn path(self) -> &'a [u8] {
        self.path
    }

    /// What follows the first question mark; `None` when there is none.
    pub fn query(self) -> Option<&'a [u8]> {
        self.query
    }

    /// The target as it stood in the request line (`r->unparsed_uri`).
    pub fn line(self) -> Cow<'a, [u8]> {
        match self.query {
            None => Cow::Borrowed(self.path),
            Some(query) => Cow::Owned([self.path, b"?", query].concat()),
        }
    }
}

impl<'a> Request<'a> {
    /// The value of a header, its name in either case; those of several are joined. Not for `Host`.
    pub fn header(&self, name: &[u8]) -> Option<Cow<'a, [u8]>> {
        let headers = self.headers.iter();
        let mut values = headers
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        let first = values.next()?;
        Some(match values.next() {
            None => Cow::Borrowed(first),
            Some(second) => {
                let all: Vec<&[u8]> = [first, second].into_iter().chain(values).collect();
                Cow::Owned(all.join(b", ".as_slice()))
            }
        })
    }

    /// A `GET` over plain HTTP/1.1 from the loopback address, without headers.
    pub fn get(host: &'a [u8], target: &'a [u8]) -> Self {
        Self {
            method: b"GET",
            scheme: Scheme::Http,
            host: Some(host),
            target: Target::of(target),
            headers: &[],
            client: b"127.0.0.1",
            protocol: b"HTTP/1.1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, path: &str, query: Option<&str>) {
        let target = Target::of(line.as_bytes());
        let expected = (path.as_bytes(), query.map(str::as_bytes));
        assert_eq!((target.path(), target.query()), expected, "{line}");
        assert_eq!(&*target.line(), line.as_bytes());
        assert_eq!(
            Target::of_parts(expected.0, expected.1),
            Some(target),
            "{line}"
        );
    }

    #[test]
    fn a_target_is_cut_at_its_first_question_mark() {
        check("/a", "/a", None);
        check("/a?", "/a", Some(""));
        check("/a?b=c?d", "/a", Some("b=c?d"));
        check("?", "", Some(""));
        check("http://h/a?b", "http://h/a", Some("b"));
        check("/a#b?c", "/a#b", Some("c"));
        assert_eq!(Target::of_parts(b"/a?b", None), None);
    }
}
