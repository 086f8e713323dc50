//! What both are asked: requests made from the rules, and those of logs.
//!
//! In: a reading, logs, a limit. Out: [`Requests`]. Absent: sending them.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use edgewright_compiler::{Reading, Witness, unreachable, witnesses};
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::Place;

use super::coverage::Cause;
use super::server::Server;
use crate::args::Verify;
use crate::contract::OwnedRequest;
use crate::progress;
use crate::traffic::{LogAccount, Logs, Traffic};

/// What is sent, and what is not.
#[derive(Debug, Default)]
pub struct Requests {
    /// Every request.
    pub all: Vec<Sent>,
    /// How many of them were made from rules.
    pub from_rules: usize,
    /// How many could have been made from rules.
    pub possible: usize,
    /// What became of the lines of the logs.
    pub log: LogAccount,
    /// Different requests among them.
    pub log_distinct: usize,
    /// Requests to hosts that are reached over TLS only, where the Apache at hand speaks none.
    pub over_tls: usize,
    /// Why rules are not asked with every request made for them.
    pub withheld: BTreeMap<Place, Cause>,
}

/// One request, and where it is from.
#[derive(Debug)]
pub struct Sent {
    /// The request.
    pub request: OwnedRequest,
    /// The rule it was made for.
    pub made_for: Option<Place>,
    /// The statuses that a log has for it, each with its number of lines.
    pub logged: Vec<(u16, usize)>,
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
        let mut withheld: BTreeMap<Place, Cause> = unreachable(&reading.site)
            .into_iter()
            .filter_map(|(place, reach)| Some((place, Cause::Unreachable(reach.hindrance()?))))
            .collect();
        found.retain(|witness| {
            let is_heard = is_heard(server, witness.request.scheme);
            if !is_heard {
                withheld.insert(witness.place, Cause::NoTls);
            }
            is_heard
        });
        let over_tls = possible - found.len();
        if found.len() > most {
            spread(&mut found);
            let left_out = found.split_off(most);
            let asked: HashSet<Place> = found.iter().map(|witness| witness.place).collect();
            for Witness { place, .. } in left_out {
                let is_asked = asked.contains(&place);
                let cause = if is_asked {
                    Cause::AskedInPart
                } else {
                    Cause::NotAsked
                };
                withheld.insert(place, cause);
            }
        }
        let traffic = Traffic::read(&Logs {
            files: &arguments.log,
            sites: &[&reading.site],
            formats: &reading.log_formats,
            most,
        })?;
        let log_distinct = traffic.requests.len();
        let made = found.into_iter().map(|witness| Sent {
            request: OwnedRequest::from(witness.request),
            made_for: Some(witness.place),
            logged: Vec::new(),
        });
        let mut all: Vec<_> = made.collect();
        let from_rules = all.len();
        let logged = traffic.requests.into_iter();
        all.extend(logged.map(|asked| Sent {
            request: asked.request,
            made_for: None,
            logged: asked.statuses,
        }));
        all.retain(|sent| is_heard(server, sent.request.scheme));
        Ok(Self {
            over_tls: over_tls + from_rules + log_distinct - all.len(),
            all,
            from_rules,
            possible,
            log: traffic.account,
            log_distinct,
            withheld,
        })
    }
}

fn is_heard(server: &Server, scheme: Scheme) -> bool {
    server.listener(scheme).is_some()
}

/// The first witness of every rule before the second of any.
pub fn spread(witnesses: &mut [Witness]) {
    let mut counts: HashMap<Place, usize> = HashMap::new();
    witnesses.sort_by_cached_key(|witness| {
        let count = counts.entry(witness.place).or_default();
        *count += 1;
        *count
    });
}
