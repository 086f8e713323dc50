//! The other server, which `[P]` and `ProxyPass` lead to.
//!
//! In: requests that Apache passes on. Out: an answer to each that says what was asked for, so that
//! a proxied request is told from outside for sure. Absent: TLS; Apache has no answer for `https:`.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

/// The header that says what was asked for: the URL, each byte in two hexadecimal digits.
pub const PROXIED: &str = "X-Edgewright-Proxied";

/// Longest wait for a request; nothing comes near it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where it listens: one for all servers of this process, for as long as that runs.
///
/// # Errors
/// No port is free.
pub fn address() -> io::Result<SocketAddr> {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    if let Some(address) = ADDRESS.get() {
        return Ok(*address);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that Apache gave up is no loss: Apache then says so itself.
            let _ = answer(stream);
        }
    });
    Ok(*ADDRESS.get_or_init(|| address))
}

/// Reads one request and says what it asked for.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request_line = Vec::new();
    reader.read_until(b'\n', &mut request_line)?;
    let mut header = Vec::new();
    while reader.read_until(b'\n', &mut header)? > 2 {
        header.clear();
    }
    let url = request_line
        .split(|byte| *byte == b' ')
        .nth(1)
        .unwrap_or_default();
    let digits: String = url.iter().map(|byte| format!("{byte:02x}")).collect();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\n{PROXIED}: {digits}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// What a value of [`PROXIED`] says.
pub fn decode(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or(0);
    let pairs = digits.chunks_exact(2);
    pairs
        .filter_map(|pair| u8::try_from(digit(&pair[0]) * 16 + digit(&pair[1])).ok())
        .collect()
}
