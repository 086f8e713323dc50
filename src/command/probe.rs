//! `edgewright probe`: does a deployed site answer as the rules say?

use std::collections::{BTreeMap, HashSet};
use std::io::{Write, stdout};

use anyhow::{Context as _, Result, bail};
use edgewright_compiler::witnesses;
use serde_json::json;

use super::{Exit, say};
use crate::args::{Engine, Probe, ResultFormat};
use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::probe::{Destination, Found, as_client, compared, is_safe, probe};
use crate::progress;
use crate::summary::{count, thousands};
use crate::traffic::{Logs, Traffic};
use crate::typed;
use crate::verify::requests::spread;

/// Differences that are printed; all are counted.
const MOST_SHOWN: usize = 50;

/// Asks the site, and compares.
///
/// # Errors
/// The build cannot be read, no rule is about the site's host, or the site does not answer.
pub fn run(arguments: &Probe) -> Result<Exit> {
    typed::once(arguments.log.iter().chain([&arguments.build]))?;
    let (resolve, authorities) = (
        arguments.resolve.as_deref(),
        arguments.authorities.as_deref(),
    );
    let destination = Destination::new(&arguments.url, resolve, authorities)?;
    let answerer = Answerer::open(&arguments.build, Engine::Edge, &arguments.reading)?;
    let asked = progress::spinner("witnesses", || {
        Asked::gather(arguments, &answerer, &destination)
    })?;
    if asked.requests.is_empty() {
        bail!(
            "no rule is about {}: is this the build of that site?",
            destination.host()
        );
    }
    let bar = progress::bar("asking", asked.requests.len());
    let answers = probe(&destination, &asked.requests, arguments.rate, || bar.inc(1));
    bar.finish_and_clear();
    let answers = answers.with_context(|| destination.to_text())?;
    let pairs = asked.requests.iter().zip(&answers);
    let found: Vec<(&OwnedRequest, Found)> = pairs
        .map(|(request, response)| (request, compared(&answerer, request, response)))
        .collect();
    let result = Tally::of(&found);
    match arguments.format {
        ResultFormat::Text => say(&result.to_text(&asked, &destination))?,
        ResultFormat::Json => result.print_json(&asked)?,
    }
    Ok(if result.differences.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// What the site is asked.
struct Asked {
    requests: Vec<OwnedRequest>,
    /// Requests that may change something, and so are not sent.
    unsafe_ones: usize,
    /// Requests beyond the limit.
    beyond: usize,
}

impl Asked {
    /// From the rules, and from logs; each once.
    fn gather(arguments: &Probe, answerer: &Answerer, destination: &Destination) -> Result<Self> {
        let site = answerer.whole_site();
        let mut made = witnesses(&site);
        spread(&mut made);
        let mut all: Vec<OwnedRequest> = made
            .into_iter()
            .map(|witness| OwnedRequest::from(witness.request))
            .collect();
        let traffic = Traffic::read(&Logs {
            files: &arguments.log,
            sites: &[site.as_ref()],
            formats: answerer.log_formats(),
            most: usize::MAX,
        })?;
        all.extend(traffic.requests.into_iter().map(|asked| asked.request));
        let is_here = |request: &OwnedRequest| {
            let host = request.host.as_deref().unwrap_or_default();
            host.eq_ignore_ascii_case(destination.host().as_bytes())
        };
        let mut seen = HashSet::new();
        let mut requests: Vec<OwnedRequest> = all
            .into_iter()
            .filter(is_here)
            .map(|request| as_client(request, destination))
            .filter(|request| seen.insert(request.clone()))
            .collect();
        let before = requests.len();
        requests.retain(is_safe);
        let (unsafe_ones, sent) = (before - requests.len(), requests.len());
        requests.truncate(arguments.limit);
        Ok(Self {
            unsafe_ones,
            beyond: sent - requests.len(),
            requests,
        })
    }
}

/// What came of all requests.
struct Tally<'f> {
    at_the_edge: BTreeMap<u16, usize>,
    passed_on: BTreeMap<u16, usize>,
    unknown: BTreeMap<&'f str, usize>,
    differences: Vec<(&'f OwnedRequest, &'f Found)>,
}

impl<'f> Tally<'f> {
    fn of(found: &'f [(&'f OwnedRequest, Found)]) -> Self {
        let mut tally = Self {
            at_the_edge: BTreeMap::new(),
            passed_on: BTreeMap::new(),
            unknown: BTreeMap::new(),
            differences: Vec::new(),
        };
        for (request, found) in found {
            match found {
                Found::AsTheRulesSay(status) => *tally.at_the_edge.entry(*status).or_default() += 1,
                Found::PassedOn(status) => *tally.passed_on.entry(*status).or_default() += 1,
                Found::Unknown(reason) => *tally.unknown.entry(reason).or_default() += 1,
                Found::Differs { .. } => tally.differences.push((request, found)),
            }
        }
        tally
    }

    fn to_text(&self, asked: &Asked, destination: &Destination) -> String {
        let mut text = format!(
            "{} in {}\nsite         {}\n",
            count(self.differences.len(), "difference"),
            count(asked.requests.len(), "request"),
            destination.to_text()
        );
        let mut row = |name: &str, statuses: &BTreeMap<u16, usize>| {
            let statuses = statuses.iter();
            let all: Vec<String> = statuses
                .map(|(status, number)| format!("{} × {status}", thousands(*number)))
                .collect();
            if !all.is_empty() {
                text += &format!("{name:<12} {}\n", all.join(", "));
            }
        };
        row("as ruled", &self.at_the_edge);
        row("passed on", &self.passed_on);
        for (reason, number) in &self.unknown {
            text += &format!("not at edge  {}: {reason}\n", thousands(*number));
        }
        if asked.unsafe_ones > 0 {
            let unsafe_ones = count(asked.unsafe_ones, "request");
            text += &format!("not sent     {unsafe_ones} that may change something\n");
        }
        if asked.beyond > 0 {
            let beyond = count(asked.beyond, "request");
            text += &format!(
                "not sent     {beyond} more: --limit {}\n",
                asked.requests.len() + asked.beyond
            );
        }
        for (request, found) in self.differences.iter().take(MOST_SHOWN) {
            text += &shown(request, found);
        }
        if self.differences.len() > MOST_SHOWN {
            let more = thousands(self.differences.len() - MOST_SHOWN);
            text += &format!("\nand {more} more: --format json lists all\n");
        }
        text
    }

    fn print_json(&self, asked: &Asked) -> Result<()> {
        let differences = self.differences.iter().map(|(request, found)| match found {
            Found::Differs {
                expected,
                found,
                rules,
            } => json!({
                "request": request.to_json(),
                "expected": expected,
                "found": found,
                "rules": rules,
            }),
            Found::AsTheRulesSay(_) | Found::PassedOn(_) | Found::Unknown(_) => json!({}),
        });
        let document = json!({
            "sent": asked.requests.len(),
            "not_sent_unsafe": asked.unsafe_ones,
            "not_sent_beyond_limit": asked.beyond,
            "as_ruled": self.at_the_edge,
            "passed_on": self.passed_on,
            "not_expressible": self.unknown,
            "differences": differences.collect::<Vec<_>>(),
        });
        let mut out = stdout().lock();
        serde_json::to_writer_pretty(&mut out, &document)?;
        writeln!(out)?;
        Ok(())
    }
}

fn shown(request: &OwnedRequest, found: &Found) -> String {
    let Found::Differs {
        expected,
        found,
        rules,
    } = found
    else {
        return String::new();
    };
    let rules = rules.join(", ");
    let request = request.to_text();
    format!("\n{request}\n  rules say  {expected}   {rules}\n  site says  {found}\n")
}
