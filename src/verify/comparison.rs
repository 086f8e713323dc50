//! The same requests to the Apache at hand and to an engine.
//!
//! In: a server, an engine, requests. Out: [`Comparison`]: what differed, which rules fired, and
//! what became of the requests made for the others. Absent: printing.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use edgewright_engine::model::outcome::{Answer, Event, Step};
use edgewright_engine::model::rules::Place;
use serde_json::{Value, json};

use super::coverage::{Cause, Coverage, Unreached};
use super::logged_status::LoggedStatuses;
use super::normalized_response::{End, NormalizedResponse, Observed};
use super::requests::{Requests, Sent};
use super::server::Server;
use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::progress;

/// Requests under way at the same time.
const WORKERS: usize = 4;

/// What came of all requests.
pub struct Comparison<'a> {
    answering: &'a Answerer,
    server: &'a Server,
    /// Rules and redirects there are.
    rules: BTreeSet<Place>,
    fired: BTreeSet<Place>,
    /// What stood in the way of requests that were made for a rule and did not reach it.
    hindrances: BTreeMap<Place, BTreeMap<Hindrance, usize>>,
    /// Requests that both answered.
    pub compared: usize,
    /// Those that were answered differently.
    pub differences: Vec<Difference>,
    /// Those that Apache answered differently at first, and as the engine does when asked again.
    pub unsteady: Vec<Difference>,
    /// Requests the engine gives no answer to, by reason.
    pub untold: BTreeMap<String, usize>,
    /// What the logs say was answered, and Apache answers otherwise now.
    pub logged: LoggedStatuses,
}

/// One request that is answered differently.
#[derive(Debug)]
pub struct Difference {
    request: OwnedRequest,
    apache: NormalizedResponse,
    ours: NormalizedResponse,
    rules: Vec<String>,
}

/// Why a request made for a rule did not reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hindrance {
    /// This condition of the rule did not hold.
    Condition(Place),
    /// This rule answered, or led elsewhere.
    Taken(Place),
    /// No other rule had a say.
    Nothing,
}

impl<'a> Comparison<'a> {
    /// Sends all requests.
    ///
    /// # Errors
    /// The server went away.
    pub fn run(answering: &'a Answerer, server: &'a Server, requests: &Requests) -> Result<Self> {
        let mut comparison = Self {
            answering,
            server,
            rules: places(answering),
            fired: BTreeSet::new(),
            hindrances: BTreeMap::new(),
            compared: 0,
            differences: Vec::new(),
            unsteady: Vec::new(),
            untold: BTreeMap::new(),
            logged: LoggedStatuses::default(),
        };
        let answers = answers(server, &requests.all)?;
        for (sent, apache) in requests.all.iter().zip(answers) {
            comparison.logged.compare(sent, &apache);
            comparison.compare(&sent.request, sent.made_for, apache);
        }
        Ok(comparison)
    }

    fn compare(&mut self, request: &OwnedRequest, made_for: Option<Place>, apache: Observed) {
        let answer = request.with(|request| self.answering.answer(request));
        self.note(&answer, made_for);
        let ours = match NormalizedResponse::of_engine(&answer) {
            Ok(ours) => ours.known_to(&answer).asked_by(&request.method),
            Err(reason) => {
                *self.untold.entry(reason).or_default() += 1;
                return;
            }
        };
        self.compared += 1;
        let apache = Observed {
            seen: known(apache.seen, &answer, request),
            ..apache
        };
        if ours != apache.seen && !self.agrees_about_files(request, &apache, (&answer, &ours)) {
            let rules = self.answering.rules(&answer);
            let again = answer_of(self.server, request);
            let is_unsteady = again.is_ok_and(|again| known(again.seen, &answer, request) == ours);
            let found = Difference {
                request: request.clone(),
                apache: apache.seen,
                ours,
                rules,
            };
            if is_unsteady {
                self.unsteady.push(found);
            } else {
                self.differences.push(found);
            }
        }
    }

    fn note(&mut self, answer: &Answer, made_for: Option<Place>) {
        let effects = answer.trace.iter().filter(|step| step.event.is_effect());
        let fired: Vec<Place> = effects.filter_map(|step| step.place).collect();
        self.fired.extend(&fired);
        if let Some(place) = made_for.filter(|place| !fired.contains(place)) {
            let hindrance = hindrance(answer, place, &fired);
            let counts = self.hindrances.entry(place).or_default();
            *counts.entry(hindrance).or_default() += 1;
        }
    }

    /// Apache serves here whether or not there is a file. Where the engine knows that there is none
    /// and what an `ErrorDocument` makes of it, Apache is asked about files too.
    fn agrees_about_files(
        &self,
        request: &OwnedRequest,
        apache: &Observed,
        (answer, ours): (&Answer, &NormalizedResponse),
    ) -> bool {
        if apache.is_about_the_file_of(ours) || is_index_of(&ours.end, &apache.seen.end) {
            return true;
        }
        let served = matches!(apache.seen.end, End::Serve(..));
        let from_files = || self.server.answer_from_files(request);
        served && from_files().is_ok_and(|files| known(files.seen, answer, request) == *ours)
    }

    /// How many rules answered, and why the others did not.
    pub fn coverage(&self, requests: &Requests) -> Coverage {
        let missing = self.rules.difference(&self.fired);
        let unreached = |place: &Place| {
            let (cause, reason) = self.reason(*place, &requests.withheld);
            Unreached {
                rule: self.answering.place(*place),
                cause,
                reason,
            }
        };
        Coverage {
            rules: self.rules.len(),
            unreached: missing.map(unreached).collect(),
            from_rules: requests.from_rules,
            compared: self.compared,
        }
    }

    /// What stood most often in the way. Near misses meet nothing; that says nothing about a rule.
    fn reason(&self, place: Place, withheld: &BTreeMap<Place, Cause>) -> (Cause, String) {
        match withheld.get(&place) {
            Some(Cause::Unreachable(reason)) => {
                return (Cause::Unreachable(reason.clone()), reason.clone());
            }
            Some(Cause::NoTls) => return (Cause::NoTls, "it is reached over TLS only".to_owned()),
            Some(Cause::NotAsked) => return (Cause::NotAsked, "not asked (--limit)".to_owned()),
            _ => {}
        }
        let counts = self.hindrances.get(&place).into_iter().flatten();
        let weight = |(what, count): &(&Hindrance, &usize)| (**what != Hindrance::Nothing, **count);
        let (cause, reason) = match counts.max_by_key(weight) {
            None => (Cause::NoRequest, "no request was made for it".to_owned()),
            Some((Hindrance::Nothing, _)) => {
                (Cause::NoMatch, "no request made for it matches".to_owned())
            }
            Some((Hindrance::Condition(condition), _)) => {
                let line = self.answering.place(*condition);
                (
                    Cause::Condition,
                    format!("no request made for it fulfils {line}"),
                )
            }
            Some((Hindrance::Taken(by), _)) => {
                let line = self.answering.place(*by);
                (Cause::Taken, format!("requests made for it go to {line}"))
            }
        };
        match withheld.get(&place) {
            Some(part) => (
                part.clone(),
                format!("{reason}; not all were asked (--limit)"),
            ),
            None => (cause, reason),
        }
    }
}

/// For a person: the first line of a page that is not the same in another.
fn first_differing(page: &[u8], other: &[u8]) -> String {
    let lines = |page: &[u8]| -> Vec<Vec<u8>> {
        page.split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (page, other) = (lines(page), lines(other));
    let mut pairs = page.iter().zip(1..);
    let differing = pairs.find(|(line, at)| other.get(at - 1) != Some(*line));
    match differing {
        Some((line, at)) => format!("page, line {at}: {}", line.escape_ascii()),
        None => format!("page: {} lines of {}", page.len(), other.len()),
    }
}

/// A response to `request` less what nobody can know who gives `answer`.
fn known(
    response: NormalizedResponse,
    answer: &Answer,
    request: &OwnedRequest,
) -> NormalizedResponse {
    response.known_to(answer).asked_by(&request.method)
}

/// The index of a directory: which it is, is known only where the files are.
fn is_index_of(ours: &End, apache: &End) -> bool {
    let (End::Serve(path, query), End::Serve(directory, asked)) = (ours, apache) else {
        return false;
    };
    let name = path.strip_prefix(directory.as_slice());
    directory.ends_with(b"/") && query == asked && name.is_some_and(|name| !name.contains(&b'/'))
}

fn places(answering: &Answerer) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    answering.each(|line| _ = places.insert(line.place()));
    places
}

/// A condition of the rule itself, else the rule that had the last word.
fn hindrance(answer: &Answer, place: Place, fired: &[Place]) -> Hindrance {
    let steps = &answer.trace;
    let stopped = |step: &&Step| step.is_at(place) && step.event == Event::Stopped;
    let stopped = steps.iter().position(|step| stopped(&step));
    let failed = stopped.and_then(|end| {
        let before = steps.get(..end)?;
        let failed = |step: &&Step| matches!(step.event, Event::Failed(_));
        before.iter().rev().find(failed)
    });
    match (failed.and_then(|step| step.place), fired.last()) {
        (Some(condition), _) => Hindrance::Condition(condition),
        (None, Some(last)) => Hindrance::Taken(*last),
        (None, None) => Hindrance::Nothing,
    }
}

/// What Apache says to each request. Several threads ask.
fn answers(server: &Server, all: &[Sent]) -> Result<Vec<Observed>> {
    let bar = progress::bar("comparing", all.len());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::sync_channel(256);
    let mut answers: Vec<Option<Observed>> = Vec::new();
    answers.resize_with(all.len(), || None);
    std::thread::scope(|scope| -> Result<()> {
        for _ in 0..WORKERS {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((at, request)) = take(all, next) {
                    // The receiver is gone only after an error.
                    if sender.send((at, answer_of(server, request))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (at, answer) in receiver {
            bar.inc(1);
            if let Some(slot) = answers.get_mut(at) {
                *slot = Some(answer.context("Apache went away")?);
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(answers.into_iter().flatten().collect())
}

fn take<'r>(all: &'r [Sent], next: &AtomicUsize) -> Option<(usize, &'r OwnedRequest)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    all.get(at).map(|sent| (at, &sent.request))
}

/// Asks once more when the connection fails: a busy machine refuses some.
fn answer_of(server: &Server, request: &OwnedRequest) -> io::Result<Observed> {
    server.answer(request).or_else(|_| {
        std::thread::sleep(Duration::from_millis(50));
        server.answer(request)
    })
}

impl Difference {
    /// For a person.
    pub fn to_text(&self) -> String {
        let mut text = self.request.to_text();
        text += &format!("\n  Apache      {}", self.apache.to_line());
        for line in self.apache.headers.differing(&self.ours.headers) {
            text += &format!("\n                {line}");
        }
        if let Some(line) = self.differing_line() {
            text += &format!("\n                {line}");
        }
        text += &format!("\n  edgewright  {}", self.ours.to_line());
        for line in self.ours.headers.differing(&self.apache.headers) {
            text += &format!("\n                {line}");
        }
        if !self.rules.is_empty() {
            text += &format!("\n  rules       {}", self.rules.join(", "));
        }
        text
    }

    /// Where the pages differ, what the first such line of Apache's is.
    fn differing_line(&self) -> Option<String> {
        let (apaches, ours) = (self.apache.page.as_ref()?, self.ours.page.as_ref()?);
        (apaches != ours).then(|| first_differing(apaches, ours))
    }

    /// For a program.
    pub fn to_json(&self) -> Value {
        let mut document = json!({
            "request": self.request.to_json(),
            "apache": self.apache.to_json(),
            "edgewright": self.ours.to_json(),
            "rules": self.rules,
        });
        if let (Value::Object(fields), Some(line)) = (&mut document, self.differing_line()) {
            fields.insert("page".to_owned(), json!(line));
        }
        document
    }
}
