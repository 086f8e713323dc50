//! Apache itself, over loopback, on one connection kept open.
//!
//! In: a configuration and requests. Out: [`Times`] of whole requests, in nanoseconds. Absent: what it
//! answered; the tests compare that.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use edgewright_benches::set::{DOCUMENTS, Set};
use edgewright_engine::model::request::Request;
use edgewright_test_support::apache::{ServerRoot, Serving};

use crate::timing::{Times, nanoseconds, percentile};

/// Requests on either side; half as many go before, untimed.
const REQUESTS: usize = 60;

/// What a request to Apache takes.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Requests that a rule answers.
    pub hit: Times,
    /// Requests that none does: a 404.
    pub miss: Times,
}

/// Starts an Apache with the rules of `set`, and times its requests.
///
/// # Errors
/// There is no Apache, or it refuses the rules.
pub fn run(set: &Set) -> Result<Figures> {
    let port = ServerRoot::free_port()?;
    let root = ServerRoot::new()?;
    // Only the rules matter: every document is absent.
    let config = set
        .config()
        .replace(DOCUMENTS, &root.path().display().to_string())
        .replace("*:80", &format!("*:{port}"));
    let config = format!("KeepAlive On\nMaxKeepAliveRequests 0\n{config}");
    let apache = root.start(config, &[Ipv4Addr::LOCALHOST], port, Serving::Files)?;
    let mut connection = Connection::open(port)?;
    let figures = Figures {
        hit: connection.timed(&set.hits)?,
        miss: connection.timed(&set.misses)?,
    };
    drop(apache);
    Ok(figures)
}

struct Connection {
    stream: BufReader<TcpStream>,
    port: u16,
    /// Apache said `Connection: close`, as after some refusals.
    is_closed: bool,
}

impl Connection {
    fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            port,
            is_closed: false,
        })
    }

    fn reopen_if_closed(&mut self) -> Result<()> {
        if self.is_closed {
            *self = Self::open(self.port)?;
        }
        Ok(())
    }

    fn timed(&mut self, requests: &[Request]) -> Result<Times> {
        let every = (requests.len() / REQUESTS).max(1);
        let chosen: Vec<Vec<u8>> = requests.iter().step_by(every).map(bytes).collect();
        for request in chosen.iter().step_by(2) {
            self.exchange(request)?;
        }
        let mut times = Vec::new();
        for request in &chosen {
            self.reopen_if_closed()?;
            let begun = Instant::now();
            self.exchange(request)?;
            times.push(nanoseconds(begun.elapsed()));
        }
        Ok(Times {
            p50: percentile(&mut times, 50),
            p99: percentile(&mut times, 99),
            max: percentile(&mut times, 100),
        })
    }

    /// Sends a request and reads its answer to the end.
    fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.reopen_if_closed()?;
        self.stream.get_mut().write_all(request)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                let request = request.escape_ascii();
                bail!("Apache closed the connection instead of answering {request}");
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().context("Content-Length")?;
            }
            self.is_closed |= line == "connection: close";
        }
        let mut body = vec![0; length];
        Ok(self.stream.read_exact(&mut body)?)
    }
}

fn bytes(request: &Request) -> Vec<u8> {
    let mut bytes = [b"GET ", &*request.target.line(), b" HTTP/1.1\r\n"].concat();
    let host = request.host.map(|host| (b"Host".as_slice(), host));
    for (name, value) in host.into_iter().chain(request.headers.iter().copied()) {
        bytes.extend([name, b": ", value, b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}
