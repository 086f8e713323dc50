//! HTTP over a plain socket, byte for byte: no client library would send what these tests send.
//!
//! In: the parts of a request. Out: [`Response`]. Absent: TLS, keep-alive, any encoding.

use std::io::{self, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::time::Duration;

/// Longest wait for an answer; only a hanging server comes near it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The parts of a request. Nothing is checked or escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    /// The method.
    pub method: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// The `Host` header; `None` sends none.
    pub host: Option<Vec<u8>>,
    /// The other headers.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Request {
    /// A `GET` without headers but `Host`.
    pub fn get(host: impl Into<Vec<u8>>, target: impl Into<Vec<u8>>) -> Self {
        Self {
            method: b"GET".to_vec(),
            target: target.into(),
            host: Some(host.into()),
            headers: Vec::new(),
        }
    }

    /// The bytes to send. The connection is to be closed after the answer.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.method[..], b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        let host = self.host.iter().map(|host| (&b"Host"[..], &host[..]));
        let rest = self
            .headers
            .iter()
            .map(|(name, value)| (&name[..], &value[..]));
        for (name, value) in host
            .chain(rest)
            .chain([(&b"Connection"[..], &b"close"[..])])
        {
            bytes.extend([name, b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes
    }
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names and values in order.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Everything after the headers.
    pub body: Vec<u8>,
}

impl Response {
    /// Values of the header `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named =
            move |header: &&(Vec<u8>, Vec<u8>)| header.0.eq_ignore_ascii_case(name.as_bytes());
        self.headers
            .iter()
            .filter(named)
            .map(|header| &header.1[..])
    }

    /// The first value of the header `name`.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|header| header.0.eq_ignore_ascii_case(name.as_bytes()))
            .map(|header| &header.1[..])
    }
}

/// Sends `request` over a new connection and reads until the other side closes it.
///
/// # Errors
/// No connection, no answer in time, or an answer that is not HTTP.
pub fn exchange(address: SocketAddrV4, request: &Request) -> io::Result<Response> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&request.to_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes)
        .ok_or_else(|| io::Error::other(format!("not an HTTP answer: {}", bytes.escape_ascii())))
}

fn parse(bytes: &[u8]) -> Option<Response> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = bytes[..end]
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii);
    let status = lines.next()?.split(|byte| *byte == b' ').nth(1)?;
    let header = |line: &[u8]| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        Some((
            line[..colon].to_vec(),
            line[colon + 1..].trim_ascii().to_vec(),
        ))
    };
    Some(Response {
        status: std::str::from_utf8(status).ok()?.parse().ok()?,
        headers: lines.filter_map(header).collect(),
        body: bytes[end + 4..].to_vec(),
    })
}
