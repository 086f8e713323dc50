//! Calls over HTTP, as far as clients of AWS make them.
//!
//! In: a connection. Out: a [`Call`]. Absent: chunks, limits, time-outs.

use std::collections::HashMap;
use std::io::{self, BufRead};

/// What a client asked.
pub struct Call {
    /// `GET`, `PUT` …
    pub method: String,
    /// With the query.
    pub path: String,
    /// By names in lower case.
    pub headers: HashMap<String, String>,
    /// All of it.
    pub body: Vec<u8>,
}

/// Reads one call.
///
/// # Errors
/// The connection ends, or the length of the body is no number.
pub fn read(reader: &mut impl BufRead) -> io::Result<Call> {
    let mut line = || {
        let mut line = String::new();
        match reader.read_line(&mut line)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let request = line()?;
    let mut headers = HashMap::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length");
    let length: usize = length
        .map_or(Ok(0), |text| text.parse())
        .map_err(io::Error::other)?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = request.split(' ').map(str::to_owned);
    Ok(Call {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        headers,
        body,
    })
}
