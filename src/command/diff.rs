//! `edgewright diff`: which URLs change between two configurations or builds.

use std::collections::{HashMap, HashSet};
use std::io::{Write, stdout};
use std::path::Path;

use anyhow::Result;
use edgewright_compiler::witnesses;
use serde_json::{Value, json};

use super::Exit;
use crate::args::{Diff, Engine, ResultFormat};
use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::input;
use crate::progress;
use crate::summary::{count, thousands};
use crate::traffic::{LogAccount, Logs, Traffic};
use crate::typed;
use crate::verify::normalized_response::NormalizedResponse;

/// Kinds of changes that are printed; all are counted.
const MOST_SHOWN: usize = 50;

/// Prints what is answered otherwise.
///
/// # Errors
/// A side, a log or the requests cannot be read.
pub fn run(arguments: &Diff) -> Result<Exit> {
    let inputs = arguments.requests.iter().chain(&arguments.log);
    typed::once(inputs.chain([&arguments.old, &arguments.new]))?;
    let open = |source: &Path| Answerer::open(source, Engine::Edge, &arguments.reading);
    let (old, new) = (open(&arguments.old)?, open(&arguments.new)?);
    let (requests, log) = progress::spinner("witnesses", || gather(arguments, &old, &new))?;
    let bar = progress::bar("comparing", requests.len());
    let changes: Vec<Change> = requests
        .iter()
        .inspect(|_| bar.inc(1))
        .filter_map(|request| Change::of(request, &old, &new))
        .collect();
    bar.finish_and_clear();
    match arguments.format {
        ResultFormat::Text => print(requests.len(), &changes, log.as_ref())?,
        ResultFormat::Json => print_json(requests.len(), &changes, log.as_ref())?,
    }
    Ok(if changes.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// The requests to ask both sides: from the rules of both, from logs, from a file; each once. And what
/// became of the lines of the logs, if there are any.
fn gather(
    arguments: &Diff,
    old: &Answerer,
    new: &Answerer,
) -> Result<(Vec<OwnedRequest>, Option<LogAccount>)> {
    let sites = [new.whole_site(), old.whole_site()];
    let found = sites.iter().flat_map(|site| witnesses(site));
    let mut all: Vec<OwnedRequest> = found
        .map(|witness| OwnedRequest::from(witness.request))
        .collect();
    let sites = sites.each_ref().map(AsRef::as_ref);
    let traffic = Traffic::read(&Logs {
        files: &arguments.log,
        sites: &sites,
        formats: &[new.log_formats(), old.log_formats()].concat(),
        most: usize::MAX,
    })?;
    all.extend(traffic.requests.into_iter().map(|asked| asked.request));
    if let Some(path) = &arguments.requests {
        all.extend(input::requests(path, new.default_host())?);
    }
    let mut seen = HashSet::new();
    all.retain(|request| seen.insert(request.clone()));
    let log = (!arguments.log.is_empty()).then_some(traffic.account);
    Ok((all, log))
}

/// A request that is answered otherwise.
struct Change<'a> {
    request: &'a OwnedRequest,
    old: Side,
    new: Side,
}

/// What one side answers, and which rules say so.
struct Side {
    answer: Result<NormalizedResponse, String>,
    rules: Vec<String>,
}

impl Side {
    fn of(request: &OwnedRequest, answering: &Answerer) -> Self {
        let answer = request.with(|request| answering.answer(request));
        Self {
            answer: NormalizedResponse::of_engine(&answer),
            rules: answering.rules(&answer),
        }
    }

    fn to_line(&self) -> String {
        let answer = match &self.answer {
            Ok(seen) => seen.to_line(),
            Err(reason) => format!("cannot be told: {reason}"),
        };
        if self.rules.is_empty() {
            return answer;
        }
        format!("{answer}   {}", self.rules.join(", "))
    }

    fn to_json(&self) -> Value {
        let mut answer = match &self.answer {
            Ok(seen) => seen.to_json(),
            Err(reason) => json!({"outcome": "unsupported", "reason": reason}),
        };
        if let Value::Object(fields) = &mut answer {
            fields.insert("rules".to_owned(), json!(self.rules));
        }
        answer
    }
}

impl<'a> Change<'a> {
    /// `None` when both sides answer the same.
    fn of(request: &'a OwnedRequest, old: &Answerer, new: &Answerer) -> Option<Self> {
        let (old, new) = (Side::of(request, old), Side::of(request, new));
        (old.answer != new.answer).then_some(Self { request, old, new })
    }
}

/// Changes that the same rules make, the first of them as the example.
struct Group<'c, 'a> {
    example: &'c Change<'a>,
    others: usize,
}

/// Changes by the rules that had a say on either side.
fn groups<'c, 'a>(changes: &'c [Change<'a>]) -> Vec<Group<'c, 'a>> {
    let mut places = HashMap::new();
    let mut groups: Vec<Group<'c, 'a>> = Vec::new();
    for change in changes {
        let place = *places
            .entry((&change.old.rules, &change.new.rules))
            .or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.others += 1,
            None => groups.push(Group {
                example: change,
                others: 0,
            }),
        }
    }
    groups
}

fn print(compared: usize, changes: &[Change<'_>], log: Option<&LogAccount>) -> Result<()> {
    let mut out = stdout().lock();
    let groups = groups(changes);
    for Group { example, others } in groups.iter().take(MOST_SHOWN) {
        writeln!(out, "{}", example.request.to_text())?;
        writeln!(out, "  old  {}", example.old.to_line())?;
        writeln!(out, "  new  {}", example.new.to_line())?;
        if *others > 0 {
            let more = count(*others, "more request");
            writeln!(out, "       and {more} by the same rules")?;
        }
        writeln!(out)?;
    }
    if groups.len() > MOST_SHOWN {
        let more = thousands(groups.len() - MOST_SHOWN);
        writeln!(
            out,
            "and {more} more kinds: --format json lists every request\n"
        )?;
    }
    if let Some(log) = log {
        let (requests, period) = (count(log.requests, "request"), log.to_period());
        writeln!(out, "{requests} in the log{period}")?;
        for remark in log.remarks() {
            writeln!(out, "{remark}")?;
        }
    }
    let requests = count(compared, "request");
    let otherwise = thousands(changes.len());
    writeln!(out, "{requests} compared, {otherwise} answered otherwise")?;
    Ok(())
}

fn print_json(compared: usize, changes: &[Change<'_>], log: Option<&LogAccount>) -> Result<()> {
    let changes = changes.iter().map(|change| {
        json!({
            "request": change.request.to_json(),
            "old": change.old.to_json(),
            "new": change.new.to_json(),
        })
    });
    let document = json!({
        "compared": compared,
        "log": log.map(LogAccount::to_json),
        "changes": changes.collect::<Vec<_>>(),
    });
    let mut out = stdout().lock();
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    Ok(())
}
