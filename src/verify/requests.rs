//! What both are asked: requests made from the rules, and those of logs.
//!
//! In: a reading, logs, a limit. Out: [`Requests`]. Absent: sending them.

use std::collections::HashMap;

use anyhow::Result;
use edgewright_compiler::{Reading, Witness, witnesses};
use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::rules::Place;

use super::server::Server;
use crate::args::Verify;
use crate::contract::OwnedRequest;
use crate::progress;
use crate::traffic::Traffic;

/// What is sent, and what is not.
#[derive(Debug, Default)]
pub struct Requests {
    /// Every request, with the rule it was made for.
    pub all: Vec<(OwnedRequest, Option<Place>)>,
    /// How many of them were made from rules.
    pub from_rules: usize,
    /// How many could have been made from rules.
    pub possible: usize,
    /// Lines of the logs that hold a request.
    pub log_lines: usize,
    /// Different requests among them.
    pub log_distinct: usize,
    /// Requests to hosts that are reached over TLS only, where the Apache at hand speaks none.
    pub over_tls: usize,
}

impl Requests {
    /// Makes them, for what `server` listens to.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn gather(arguments: &Verify, reading: &Reading, server: &Server) -> Result<Self> {
        let most = arguments.limit.unwrap_or(usize::MAX);
        let mut found = progress::spinner("witnesses", || witnesses(&reading.site));
        let possible = found.len();
        found.retain(|witness| is_heard(server, witness.request.scheme));
        let over_tls = possible - found.len();
        if found.len() > most {
            spread(&mut found);
            found.truncate(most);
        }
        let traffic = Traffic::read(&arguments.log, &[&reading.site], most)?;
        let log_distinct = traffic.requests.len();
        let made = found
            .into_iter()
            .map(|witness| (OwnedRequest::from(witness.request), Some(witness.place)));
        let mut all: Vec<_> = made.collect();
        let from_rules = all.len();
        let logged = traffic.requests.into_iter();
        all.extend(logged.map(|(request, _)| (request, None)));
        all.retain(|(request, _)| is_heard(server, request.scheme));
        Ok(Self {
            over_tls: over_tls + from_rules + log_distinct - all.len(),
            all,
            from_rules,
            possible,
            log_lines: traffic.lines,
            log_distinct,
        })
    }
}

fn is_heard(server: &Server, scheme: Scheme) -> bool {
    server.listener(scheme).is_some()
}

/// The first witness of every rule before the second of any.
fn spread(witnesses: &mut [Witness]) {
    let mut counts: HashMap<Place, usize> = HashMap::new();
    witnesses.sort_by_cached_key(|witness| {
        let count = counts.entry(witness.place).or_default();
        *count += 1;
        *count
    });
}
