//! Answering a request: `mod_rewrite`, `mod_alias`, `mod_dir` and what of the core they rely on.
//!
//! In: a request, a site and a source of rules. Out: an answer. Absent: how rules are found
//! (`source`), and anything that needs a network or a disk.

mod access;
pub(crate) mod alias;
mod arrival;
mod as_is;
mod backreference;
pub mod canonical;
mod condition;
mod context;
pub mod cookie;
mod dir;
mod directory;
pub mod environment;
mod expand;
pub mod expression;
mod file_type;
pub mod files;
mod handler;
pub(crate) mod headers;
mod internal;
pub(crate) mod knowledge;
pub(crate) mod list;
mod map_function;
pub(crate) mod merge;
mod negotiation;
mod page;
mod process;
mod proxy;
pub(crate) mod record;
pub mod remote;
mod rounds;
mod rule;
pub mod sections;
pub(crate) mod send;
pub(crate) mod server;
mod speling;
mod subrequest;
mod symbolic;
mod table;
pub(crate) mod url;
mod userdir;
pub mod variable;
pub mod vhost;
mod virtual_roots;
mod walk;

use crate::artefact::packed::Damaged;
use crate::budget::{Allowance, Budget, Spent};
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{
    Answer, ChangedHeader, Event, Headers, Outcome, Refusal, ServerEvent, Step,
};
use crate::model::page::Page;
use crate::model::request::Request;
use crate::model::rules::Place;
use crate::model::site::{Host, Site};
use crate::source::{Source, Unavailable};
use arrival::{Arrival, Refused};
use canonical::Canonical;
use cookie::Cookie;
use headers::Lines;
use internal::Next;
use merge::Merged;
pub use proxy::{proxy_handler, without_socket};
use record::Record;
pub use symbolic::{HIDDEN, Symbolic, Unknown};

/// Is a trace wanted?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trace {
    /// No: [`Answer::trace`] stays empty.
    #[default]
    Off,
    /// Every directive that had a say is noted.
    On,
    /// The same, and the text that each pattern was compared with in vain.
    Every,
}

/// So many bytes are read or copied in the time of a step.
const BYTES_A_STEP: usize = 8;

/// So many names are compared in the time of a step.
const NAMES_A_STEP: usize = 4;

/// Steps of trying a rule or a redirect, its pattern and its conditions apart.
const RULE_STEPS: usize = 24;

/// Steps of a lookup, and of one way of a request through the server, without the rules it meets.
const LOOKUP_STEPS: usize = 200;

/// What a run needs besides the request.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether to note what had a say.
    pub trace: Trace,
    /// The time, in seconds since 1970: for cookies and `%{TIME…}`.
    pub now: i64,
    /// Any number; the same one gives the same choices of `rnd:` maps.
    pub random: u64,
    /// `%{SERVER_ADDR}`, when it is known.
    pub server_address: Option<Vec<u8>>,
    /// `%{SERVER_SOFTWARE}`, when it is known.
    pub server_software: Option<Vec<u8>>,
    /// How many rules, redirects and lookups one request may try before it is given up.
    pub most_steps: u64,
    /// What the decision may take in all.
    pub allowance: Allowance,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trace: Trace::Off,
            now: 0,
            random: 0,
            server_address: None,
            server_software: None,
            most_steps: 50_000_000,
            allowance: Allowance::APACHE,
        }
    }
}

/// Answers a request as the server of `site` did, with a budget of its own.
///
/// # Errors
/// A table entry has to be fetched first; then ask again.
pub fn evaluate<S: Source>(
    site: &Site,
    source: &S,
    request: &Request<'_>,
    options: &Options,
) -> Result<Answer, Unavailable> {
    evaluate_within(
        site,
        source,
        request,
        options,
        &Budget::new(options.allowance),
    )
}

/// Answers a request as the server of `site` did, as far as `budget` goes: what is over it ends in
/// [`Outcome::OverBudget`].
///
/// # Errors
/// A table entry has to be fetched first; then ask again.
pub fn evaluate_within<S: Source>(
    site: &Site,
    source: &S,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Answer, Unavailable> {
    let Some(arrival) = Arrival::of(site, request) else {
        let reason = "the configuration has no server".to_owned();
        return Ok(Answer::of(Outcome::Unsupported { reason }));
    };
    if arrival.refused.is_some_and(|refused| refused.unread) {
        let line = Request {
            headers: &[],
            ..request.clone()
        };
        return run(site, source, &line, &Terms::of(options, budget), arrival);
    }
    run(site, source, request, &Terms::of(options, budget), arrival)
}

/// [`evaluate`] by whatever source, compiled once, here: for callers that need no more speed than that.
///
/// # Errors
/// A table entry has to be fetched first; then ask again.
pub fn evaluate_by(
    site: &Site,
    source: &dyn Source,
    request: &Request<'_>,
    options: &Options,
) -> Result<Answer, Unavailable> {
    evaluate(site, &source, request, options)
}

/// [`evaluate_plain`] by whatever source, compiled once, here.
///
/// # Errors
/// A table entry has to be fetched first; then ask again.
pub fn evaluate_plain_by(
    site: &Site,
    source: &dyn Source,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Answer, Unavailable> {
    evaluate_plain(site, &source, plain, request, options, budget)
}

/// Answers a normalized request on its host, whatever the request's own host and target.
///
/// # Errors
/// A table entry has to be fetched first; then ask again.
pub fn evaluate_plain<S: Source>(
    site: &Site,
    source: &S,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Answer, Unavailable> {
    run_plain(site, source, plain, request, &Terms::of(options, budget))
}

/// Answers a path before there is a request: `plain` and `request` have stand-ins for what is not known, and
/// `symbolic` answers for them.
///
/// # Errors
/// A table entry is not at hand.
pub fn evaluate_symbolic(
    site: &Site,
    source: &dyn Source,
    symbolic: &dyn Symbolic,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
    options: &Options,
) -> Result<Answer, Unavailable> {
    let budget = Budget::new(options.allowance);
    let terms = Terms {
        symbolic: Some(symbolic),
        ..Terms::of(options, &budget)
    };
    run_plain(site, &source, plain, request, &terms)
}

/// What an evaluation goes by, besides the site and the request.
#[derive(Clone, Copy)]
struct Terms<'a> {
    options: &'a Options,
    budget: &'a Budget,
    symbolic: Option<&'a dyn Symbolic>,
}

impl<'a> Terms<'a> {
    /// There is a request.
    fn of(options: &'a Options, budget: &'a Budget) -> Self {
        Self {
            options,
            budget,
            symbolic: None,
        }
    }
}

fn run_plain<S: Source>(
    site: &Site,
    source: &S,
    plain: &NormalizedRequest<'_>,
    request: &Request<'_>,
    terms: &Terms<'_>,
) -> Result<Answer, Unavailable> {
    let host = usize::try_from(plain.host.0)
        .ok()
        .and_then(|at| site.hosts.get(at));
    let Some(host) = host else {
        let reason = "there is no such host".to_owned();
        return Ok(Answer::of(Outcome::Unsupported { reason }));
    };
    run(site, source, request, terms, Arrival::plain(host, plain))
}

fn run<S: Source>(
    site: &Site,
    source: &S,
    request: &Request<'_>,
    terms: &Terms<'_>,
    arrival: Arrival<'_>,
) -> Result<Answer, Unavailable> {
    // What is refused before any module sees it is seen as it came.
    let is_seen = arrival.refused.is_none_or(|refused| !refused.unseen);
    let remote = arrival.host.remote_ip.as_ref().filter(|_| is_seen);
    let seen = remote.and_then(|remote| remote::seen(remote, request));
    let (Some(remote), Some(seen)) = (remote, seen) else {
        let connection = request.client;
        return run_from(site, source, request, terms, arrival, connection);
    };
    let headers = seen.headers(remote, request);
    let seen = Request {
        client: &seen.client,
        headers: &headers,
        ..request.clone()
    };
    let connection = request.client;
    run_from(site, source, &seen, terms, arrival, connection)
}

/// Answers a request as modules see it, over a connection from an address.
fn run_from<S: Source>(
    site: &Site,
    source: &S,
    request: &Request<'_>,
    terms: &Terms<'_>,
    arrival: Arrival<'_>,
    connection: &[u8],
) -> Result<Answer, Unavailable> {
    let refused = arrival.refused;
    let mut run = Run::new(site, source, request, *terms, arrival);
    run.connection = connection;
    match run.answer(refused) {
        // What a match came to for which nothing was left means nothing.
        _ if terms.budget.is_spent() => Ok(Answer::of(Outcome::OverBudget)),
        Ok(outcome) => Ok(run.finish(outcome)),
        Err(Halt::Spent) => Ok(Answer::of(Outcome::OverBudget)),
        Err(Halt::Unsupported(reason)) => Ok(run.finish(Outcome::Unsupported { reason })),
        Err(Halt::Unavailable(unavailable)) => Err(unavailable),
    }
}

/// Why a run ends without an outcome.
#[derive(Debug)]
enum Halt {
    /// A table entry is needed.
    Unavailable(Unavailable),
    /// Something cannot be known here: what.
    Unsupported(String),
    /// The budget is used up.
    Spent,
}

impl From<Spent> for Halt {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

impl From<Damaged> for Halt {
    fn from(damaged: Damaged) -> Self {
        Self::Unavailable(damaged.into())
    }
}

impl From<Unavailable> for Halt {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

/// One client request: everything that outlives its internal redirects and subrequests.
struct Run<'a, S> {
    site: &'a Site,
    source: &'a S,
    /// What stands in for the request, before there is one.
    symbolic: Option<&'a dyn Symbolic>,
    request: &'a Request<'a>,
    /// The address that the connection came from: a proxy may have named another client.
    connection: &'a [u8],
    options: &'a Options,
    budget: &'a Budget,
    host: &'a Host,
    /// The host the request names, normalised (`r->hostname`).
    hostname: Option<Vec<u8>>,
    /// The port the request names; which of its records know it is another matter.
    port: Option<u16>,
    /// The `Host` header.
    host_header: Option<Vec<u8>>,
    /// What the client asked for.
    canonical: Canonical,
    cookies: Vec<Cookie>,
    /// `Set-Cookie` values of an answer that is made here: what lines about headers leave of `cookies`, and add.
    made_cookies: Vec<Vec<u8>>,
    /// Other headers of an answer that is made here.
    headers: Headers,
    /// The page of an answer that is made here.
    page: Page,
    /// What lines have changed of the headers of a request that goes on.
    request_headers: Vec<ChangedHeader>,
    /// Headers that were there before any rule.
    early: Lines,
    vary: Vec<Vec<u8>>,
    steps: Vec<Step>,
    /// Paths taken for absent because nothing is known about them.
    assumed: Vec<Vec<u8>>,
    /// The answer for a file that is known to be missing, while its error document is tried.
    missing: Option<Outcome>,
    /// The document root that the host's name led to last; it is taken to be there.
    virtual_root: Option<Vec<u8>>,
    /// Headers were refused once (`check_headers_recursion`).
    headers_refused: bool,
    tried: u64,
}

impl<'a, S: Source> Run<'a, S> {
    fn new(
        site: &'a Site,
        source: &'a S,
        request: &'a Request<'a>,
        terms: Terms<'a>,
        arrival: Arrival<'a>,
    ) -> Self {
        Self {
            site,
            source,
            symbolic: terms.symbolic,
            request,
            connection: request.client,
            options: terms.options,
            budget: terms.budget,
            host: arrival.host,
            hostname: arrival.hostname,
            port: arrival.port,
            host_header: arrival.host_header,
            canonical: arrival.canonical,
            cookies: Vec::new(),
            made_cookies: Vec::new(),
            headers: Headers::default(),
            page: Page::Own,
            request_headers: Vec::new(),
            early: Lines::default(),
            vary: Vec::new(),
            steps: Vec::new(),
            assumed: Vec::new(),
            missing: None,
            virtual_root: None,
            headers_refused: false,
            tried: 0,
        }
    }

    /// `ap_process_request`, internal redirects included.
    fn answer(&mut self, refused: Option<Refused>) -> Result<Outcome, Halt> {
        let settings = Merged::new(&self.host.settings);
        let mut record = Record::new(self.request.method, self.request.protocol, settings);
        record.uri.clone_from(&self.canonical.path);
        record.args.clone_from(&self.canonical.query);
        record.port = self.port;
        if refused.is_none_or(|refused| !refused.unseen) {
            self.set_server_environment(&mut record, raw_path(self.request.target.path()))?;
        }
        let mut next = match refused {
            Some(refused) => {
                self.note_refusal(&record, refused.status, refused.reason());
                self.die(refused.status, record)?
            }
            None => self.serve(record)?,
        };
        loop {
            match next {
                Next::Restart(record) => next = self.serve(*record)?,
                Next::Done(outcome) => return Ok(self.unless_missing(outcome)),
            }
        }
    }

    /// An error document for a missing file is the origin's affair, unless it is a redirect.
    fn unless_missing(&mut self, outcome: Outcome) -> Outcome {
        match (self.missing.take(), &outcome) {
            (Some(missing), Outcome::Serve { .. } | Outcome::Status { .. }) => missing,
            _ => outcome,
        }
    }

    fn finish(self, outcome: Outcome) -> Answer {
        let own_cookies = self.cookies.into_iter().filter(|cookie| !cookie.dropped);
        let own_cookies: Vec<_> = own_cookies.map(|cookie| cookie.header).collect();
        // What goes on gets its headers elsewhere, and only that takes headers with it.
        let (headers, request_headers, cookies) = match &outcome {
            Outcome::Redirect { .. } | Outcome::Status { .. } => {
                (self.headers, Vec::new(), self.made_cookies)
            }
            Outcome::Serve { .. } | Outcome::Proxy { .. } => {
                (Headers::default(), self.request_headers, own_cookies)
            }
            Outcome::OverBudget | Outcome::Unsupported { .. } => {
                (Headers::default(), Vec::new(), own_cookies)
            }
        };
        let page = if outcome.is_made() {
            self.page
        } else {
            Page::Own
        };
        let unchanged = match &outcome {
            Outcome::Serve { path, query } => {
                *path == self.canonical.path
                    && *query == self.canonical.query
                    && request_headers.is_empty()
                    && cookies.is_empty()
            }
            _ => false,
        };
        let (host, request) = (self.host, self.request);
        // Before there is a request, nobody knows how it changes: whoever uses the answer adds that.
        let is_symbolic = self.symbolic.is_some();
        let answer = Answer {
            outcome,
            cookies,
            headers,
            page,
            request_headers,
            vary: self.vary,
            unchanged,
            trace: self.steps,
            assumed_absent: self.assumed,
        };
        if is_symbolic || host.origin_headers.is_empty() {
            return answer;
        }
        answer.with_origin_headers(host, request)
    }

    /// Takes steps off the budget.
    fn spend(&self, steps: usize) -> Result<(), Halt> {
        Ok(self.budget.spend(steps as u64)?)
    }

    /// Counts a rule, a redirect or a lookup about a text of `length` bytes.
    fn count_try(&mut self, steps: usize, length: usize) -> Result<(), Halt> {
        self.spend(steps + length / BYTES_A_STEP)?;
        self.tried += 1;
        if self.tried <= self.options.most_steps {
            return Ok(());
        }
        let most = self.options.most_steps;
        let reason = format!("more than {most} rules and lookups for one request");
        Err(Halt::Unsupported(reason))
    }

    /// Notes what a directive did, if anyone wants to know.
    fn trace(&mut self, place: Place, event: impl FnOnce() -> Event) {
        if self.options.trace != Trace::Off {
            let (place, event) = (Some(place), event());
            self.steps.push(Step { place, event });
        }
    }

    /// Notes which text a pattern was compared with in vain, if anyone wants to know.
    fn trace_unmatched(&mut self, place: Place, subject: &[u8]) {
        if self.options.trace == Trace::Every {
            self.trace(place, || Event::Unmatched(subject.to_vec()));
        }
    }

    /// Notes what the server did by itself to the client's request; what it does to a lookup is nobody's question.
    fn note(&mut self, record: &Record<'a>, event: impl FnOnce() -> ServerEvent) {
        if self.options.trace != Trace::Off && record.main.is_none() {
            let event = Event::Server(event());
            self.steps.push(Step { place: None, event });
        }
    }

    /// Notes why the client's request was refused.
    fn note_refusal(&mut self, record: &Record<'a>, status: u16, reason: Refusal) {
        self.note(record, || ServerEvent::Refused { status, reason });
    }

    fn last_place(&self) -> Option<Place> {
        self.steps.iter().rev().find_map(|step| step.place)
    }
}

/// The path of a target, still encoded, with one slash at the beginning (`ap_parse_uri`).
fn raw_path(target: &[u8]) -> &[u8] {
    let mut target = target;
    while target.starts_with(b"//") {
        target = &target[1..];
    }
    let end = target.iter().position(|byte| matches!(byte, b'?' | b'#'));
    let path = &target[..end.unwrap_or(target.len())];
    let authority = path.windows(3).position(|part| part == b"://");
    let Some(start) = authority.filter(|_| !path.starts_with(b"/")) else {
        return path;
    };
    let rest = &path[start + 3..];
    let slash = rest.iter().position(|byte| *byte == b'/');
    slash.map_or(b"/", |slash| &rest[slash..])
}

#[cfg(test)]
mod tests;
