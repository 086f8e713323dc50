//! `edgewright replay`: JSON lines of requests in, JSON lines of outcomes out.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdin, stdout};

use anyhow::{Context, Result};

use super::Exit;
use crate::args::Replay;
use crate::contract::{OwnedRequest, answer_to_json};
use crate::engine::Answering;

/// Answers every request of the file, in order.
///
/// # Errors
/// The source or the requests cannot be read, or a line is not a request.
pub fn run(arguments: &Replay) -> Result<Exit> {
    let answering = Answering::open(&arguments.source, arguments.engine, &arguments.reading)?;
    let requests: Box<dyn BufRead> = match &arguments.requests {
        Some(path) => Box::new(BufReader::new(
            File::open(path).with_context(|| path.display().to_string())?,
        )),
        None => Box::new(stdin().lock()),
    };
    let mut out = BufWriter::new(stdout().lock());
    for (number, line) in requests.lines().enumerate() {
        let line = line.context("the requests are not UTF-8 text")?;
        if line.trim().is_empty() {
            continue;
        }
        let request = OwnedRequest::parse(&line, answering.default_host())
            .with_context(|| format!("request line {}", number + 1))?;
        let answer = request.with(|request| answering.answer(request));
        writeln!(
            out,
            "{}",
            answer_to_json(&answer, &answering.rules(&answer))
        )?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}
