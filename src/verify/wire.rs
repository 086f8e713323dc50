//! HTTP, byte for byte: no client library would send what is to be compared.
//!
//! In: a request. Out: [`Response`]. Absent: keep-alive, any encoding.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::tls;
use crate::contract::OwnedRequest;

/// Longest wait for an answer; only a hanging server comes near it.
const PATIENCE: Duration = Duration::from_secs(30);

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
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }

    /// The first value of the header `name`.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Reads an answer; `None` where the bytes are none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines = bytes[..end]
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii);
        let status = lines.next()?.split(|byte| *byte == b' ').nth(1)?;
        let header = |line: &[u8]| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let value = line[colon + 1..].trim_ascii();
            Some((line[..colon].to_vec(), value.to_vec()))
        };
        Some(Self {
            status: std::str::from_utf8(status).ok()?.parse().ok()?,
            headers: lines.filter_map(header).collect(),
            body: bytes.get(end + 4..).unwrap_or_default().to_vec(),
        })
    }
}

/// The bytes to send. The connection is to be closed after the answer.
pub fn to_bytes(request: &OwnedRequest) -> Vec<u8> {
    let mut bytes = [&request.method[..], b" ", &request.target, b" HTTP/1.1\r\n"].concat();
    let host = request.host.iter().map(|host| (&b"Host"[..], &host[..]));
    let others = request.headers.iter();
    let others = others.map(|(name, value)| (&name[..], &value[..]));
    let close = (&b"Connection"[..], &b"close"[..]);
    for (name, value) in host.chain(others).chain([close]) {
        bytes.extend([name, b": ", value, b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}

/// A port that answers on 127.0.0.1.
#[derive(Debug, Clone)]
pub struct Listener {
    /// The port.
    pub port: u16,
    /// How to speak to it.
    pub transport: Transport,
}

/// What HTTP goes over.
#[derive(Debug, Clone)]
pub enum Transport {
    /// The bare connection.
    Plain,
    /// TLS, with what trusts the server.
    Tls(Arc<ClientConfig>),
}

/// Sends `request` over a new connection to `listener` and reads until the other side closes it.
///
/// # Errors
/// No connection, no answer in time, or an answer that is not HTTP.
pub fn exchange(listener: &Listener, request: &OwnedRequest) -> io::Result<Response> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, listener.port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let bytes = match &listener.transport {
        Transport::Plain => converse(stream, request),
        Transport::Tls(client) => converse(tls::over(stream, client)?, request),
    }?;
    Response::parse(&bytes)
        .ok_or_else(|| io::Error::other(format!("not an HTTP answer: {}", bytes.escape_ascii())))
}

fn converse(mut stream: impl Read + Write, request: &OwnedRequest) -> io::Result<Vec<u8>> {
    stream.write_all(&to_bytes(request))?;
    stream.flush()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}
