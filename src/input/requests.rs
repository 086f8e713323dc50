//! The requests of a file, one JSON object a line.
//!
//! In: a path. Out: requests, one after another. Absent: what a line says; see `contract`.

use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::Path;

use anyhow::{Context, Result};

use crate::contract::OwnedRequest;
use crate::typed::is_standard_input;

/// The requests of a file, one JSON object a line.
///
/// # Errors
/// It cannot be read, or a line is no request.
pub fn requests(path: &Path, default_host: &[u8]) -> Result<Vec<OwnedRequest>> {
    each_request(path, default_host)?.collect()
}

/// The requests of a file, or of standard input, one after another.
///
/// # Errors
/// The file cannot be read, or a line is no request.
pub fn each_request(
    path: &Path,
    default_host: &[u8],
) -> Result<impl Iterator<Item = Result<OwnedRequest>>> {
    let path = (!is_standard_input(path)).then_some(path);
    let name = path.map_or_else(
        || "standard input".to_owned(),
        |path| path.display().to_string(),
    );
    let lines: Box<dyn BufRead> = match path {
        Some(path) => Box::new(BufReader::new(
            File::open(path).with_context(|| name.clone())?,
        )),
        None => Box::new(stdin().lock()),
    };
    let read = move |(number, line): (usize, std::io::Result<String>)| {
        let place = || format!("{name} line {number}");
        match line {
            Err(error) => Some(Err(error).with_context(place)),
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some(OwnedRequest::parse(&line, default_host).with_context(place)),
        }
    };
    Ok((1..).zip(lines.lines()).filter_map(read))
}
