//! Pieces that lines of several formats are made of.
//!
//! In: bytes of a line. Out: quoted texts, and [`Parts`], which become an [`Entry`]. Absent: where in a
//! line they stand.

use edgewright_engine::model::request::Scheme;

use super::time::Time;
use super::{Entry, Logged};

/// Methods that are asked again: none that could change something.
const METHODS: [&[u8]; 3] = [b"GET", b"HEAD", b"POST"];

/// What a line says about a request, before it is known whether the request can be made again.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The method.
    pub method: Option<Vec<u8>>,
    /// The request target, or an absolute URL.
    pub target: Option<Vec<u8>>,
    /// The host, with or without a port.
    pub host: Option<Vec<u8>>,
    /// `http` or `https`, or another protocol over one of the two.
    pub scheme: Option<Vec<u8>>,
    /// `Referer`.
    pub referer: Option<Vec<u8>>,
    /// `User-Agent`.
    pub user_agent: Option<Vec<u8>>,
    /// The status.
    pub status: Option<u16>,
    /// The time.
    pub time: Option<Time>,
}

impl Parts {
    /// Takes method and target from `GET /a HTTP/1.1`. Returns false for any other text.
    pub fn read_request_line(&mut self, line: &[u8]) -> bool {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(protocol), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return false;
        };
        if protocol.starts_with(b"HTTP/") {
            self.method = Some(method.to_vec());
            self.target = Some(target.to_vec());
            return true;
        }
        false
    }

    /// The entry. Its request is absent when the request cannot be made again.
    pub fn into_entry(mut self) -> Entry {
        let (status, time) = (self.status, self.time);
        self.split_absolute();
        Entry {
            request: self.into_request(),
            status,
            time,
        }
    }

    /// `https://host:443/path` as a target: what the URL says counts, as for Apache.
    fn split_absolute(&mut self) {
        let Some(target) = &self.target else {
            return;
        };
        let Some(at) = find(target, b"://").filter(|_| !target.starts_with(b"/")) else {
            return;
        };
        let (scheme, rest) = (target[..at].to_vec(), &target[at + 3..]);
        let slash = rest.iter().position(|byte| *byte == b'/');
        let (host, path) = rest.split_at(slash.unwrap_or(rest.len()));
        if !host.is_empty() {
            self.host = Some(host.to_vec());
            self.scheme = Some(scheme);
            self.target = Some(path.to_vec());
        }
    }

    fn into_request(self) -> Option<Logged> {
        let (method, target) = (self.method?, self.target?);
        let is_sendable = target.iter().all(u8::is_ascii_graphic) && target.starts_with(b"/");
        let host = self.host.as_deref().map(without_port);
        let host = host.filter(|host| is_host(host)).map(<[u8]>::to_vec);
        (is_sendable && METHODS.contains(&method.as_slice())).then(|| Logged {
            method,
            host,
            target,
            scheme: self.scheme.as_deref().and_then(scheme),
            referer: self.referer.filter(|value| is_header(value)),
            user_agent: self.user_agent.filter(|value| is_header(value)),
        })
    }
}

/// The protocol a viewer came by, as load balancers and CloudFront name it.
fn scheme(name: &[u8]) -> Option<Scheme> {
    match name.to_ascii_lowercase().as_slice() {
        b"http" | b"ws" => Some(Scheme::Http),
        b"https" | b"wss" | b"h2" | b"grpcs" => Some(Scheme::Https),
        _ => None,
    }
}

/// Can the text be the value of a header? `-` is a header that was not sent.
fn is_header(value: &[u8]) -> bool {
    value != b"-" && value.iter().all(|byte| *byte >= b' ' && *byte != 0x7f)
}

/// Can the text be the name of a host, or an IPv4 address? A site has no other names.
fn is_host(host: &[u8]) -> bool {
    let is_named = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_".contains(byte);
    !host.is_empty() && host != b"-" && host.iter().all(is_named)
}

/// A host without its port.
fn without_port(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|byte| *byte == b':');
    let port = |colon: &usize| host[colon + 1..].iter().all(u8::is_ascii_digit);
    colon.filter(port).map_or(host, |colon| &host[..colon])
}

/// A status: three digits. `000` is CloudFront's for a viewer that did not wait.
pub fn status(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?;
    let status = text.parse().ok().filter(|_| text.len() == 3);
    status.filter(|status| (100..=999).contains(status))
}

/// Where `part` begins in `text`.
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, part)
}

/// The text up to the closing quote, Apache's escapes undone (`ap_escape_logitem`), and what
/// follows the quote.
pub fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut at = 0;
    while *text.get(at)? != b'"' {
        at += if text.get(at) == Some(&b'\\') { 2 } else { 1 };
    }
    Some((unescaped(&text[..at])?, &text[at + 1..]))
}

/// Apache's escapes (`ap_escape_logitem`) undone; `None` for text that Apache does not write.
pub fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = text.iter();
    let mut found = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if *byte != b'\\' {
            found.push(*byte);
            continue;
        }
        match bytes.next()? {
            b'x' => {
                let mut digit = || char::from(*bytes.next()?).to_digit(16);
                found.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
            }
            b'n' => found.push(b'\n'),
            b't' => found.push(b'\t'),
            b'r' => found.push(b'\r'),
            other => found.push(*other),
        }
    }
    Some(found)
}
