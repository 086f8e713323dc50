//! What a client sent, as bytes.
//!
//! In: nothing. Out: [`Request`]. Absent: decoding; see `canonical`.

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
    /// The request target of the request line: path and query, or an absolute URL, or `*`.
    pub target: &'a [u8],
    /// Name and value of every header but `Host`, in order; a name may repeat.
    pub headers: &'a [(&'a [u8], &'a [u8])],
    /// The client's address as text.
    pub client: &'a [u8],
    /// The protocol of the request line, for example `HTTP/1.1`.
    pub protocol: &'a [u8],
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
            target,
            headers: &[],
            client: b"127.0.0.1",
            protocol: b"HTTP/1.1",
        }
    }
}
