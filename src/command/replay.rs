//! `edgewright replay`: JSON lines of requests in, JSON lines of outcomes out.

use std::io::{BufWriter, Write, stdout};

use anyhow::Result;

use super::Exit;
use crate::args::Replay;
use crate::contract::answer_to_json;
use crate::engine::Answerer;
use crate::input;
use crate::typed;

/// Answers every request of the file, in order.
///
/// # Errors
/// The source or the requests cannot be read, or a line is not a request.
pub fn run(arguments: &Replay) -> Result<Exit> {
    let standard_input = "-".into();
    let requests = arguments.requests.as_ref().unwrap_or(&standard_input);
    typed::once([&arguments.source, requests])?;
    let answering = Answerer::open(&arguments.source, arguments.engine, &arguments.reading)?;
    let mut out = BufWriter::new(stdout().lock());
    for request in input::each_request(requests, answering.default_host())? {
        let answer = request?.with(|request| answering.answer(request));
        let rules = answering.rules(&answer);
        writeln!(out, "{}", answer_to_json(&answer, &rules))?;
    }
    out.flush()?;
    Ok(Exit::Clean)
}
