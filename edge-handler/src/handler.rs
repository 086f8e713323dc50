//! A request in, an answer out: the evaluator over a compiled program, entries fetched as needed.
//!
//! In: a [`Runtime`], requests, and table entries as they arrive. Out: [`Step`]: an answer, or the
//! key of the entry to fetch next. Absent: fetching, and anything that waits.
//!
//! Evaluation ends where an entry is missing, and begins anew once it is there: see ARCHITECTURE.md,
//! "restart, not suspend". Time and chance come from [`Options`], the same for every step of a
//! request, so each step goes the way the one before went, and one entry further.

use crate::budget::Budget;
use crate::evaluate::{Options, Trace, evaluate_plain, evaluate_within};
use crate::shortcut::host_summary::Said;
mod runtime;

pub use runtime::Runtime;

use crate::artefact::key::{Key, KeySpace};
use crate::artefact::packed::Damaged;
use crate::artefact::table::{EmbeddedTable, Fetched, Lookup, Probe, Table};
use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::{Answer, Outcome};
use crate::model::request::Request;
use crate::model::site::Host;
use crate::source::{Finder, Indexed, Unavailable};

/// A request is given up after this many entries. Ten internal redirects, each with an entry for
/// the path as written, one in lower case, a redirect and a map value, need no more than that.
pub const MOST_FETCHES: usize = 40;

/// What to do next for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer in a box would be an allocation for each"
)]
pub enum Step {
    /// Nothing: this is the answer.
    Done(Decision),
    /// Fetch the entry of this key, add it to what was fetched (or that there is none), and ask
    /// again.
    Fetch(Key),
}

/// One step for `request`, with the entries fetched so far. Ends in [`Step::Done`] after at most
/// [`MOST_FETCHES`] fetches; a request that needs more is [`Outcome::Unsupported`]. All steps of a request have
/// one `budget`.
pub fn step(
    runtime: &Runtime,
    fetched: &Fetched,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Step {
    match run(runtime, fetched, request, options, budget) {
        Ok(decision) => Step::Done(decision),
        Err(Unavailable::Missing(_)) if fetched.len() >= MOST_FETCHES => {
            let reason = format!("more than {MOST_FETCHES} entries are needed");
            Step::Done(Decision::Answer(Answer::of(Outcome::Unsupported {
                reason,
            })))
        }
        Err(Unavailable::Missing(key)) => Step::Fetch(key),
        Err(unavailable) => Step::Done(Decision::Answer(unreadable(&unavailable))),
    }
}

/// The answer to `request` with the whole table in memory.
pub fn handle<T: Table>(
    runtime: &Runtime,
    table: &T,
    request: &Request<'_>,
    options: &Options,
) -> Answer {
    decide(runtime, table, request, options).into_answer(request)
}

/// What becomes of `request`, without a copy of one that passes through unchanged: nothing is allocated for a request
/// that no key, no prefix and no scanned rule is about.
pub fn decide<T: Table>(
    runtime: &Runtime,
    table: &T,
    request: &Request<'_>,
    options: &Options,
) -> Decision {
    decide_within(
        runtime,
        table,
        request,
        options,
        &Budget::new(options.allowance),
    )
}

/// [`decide`] with a budget of the caller's, which tells the steps that were taken.
pub fn decide_within<T: Table>(
    runtime: &Runtime,
    table: &T,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Decision {
    let decision = run(runtime, table, request, options, budget);
    decision.unwrap_or_else(|unavailable| Decision::Answer(unreadable(&unavailable)))
}

/// [`decide_within`] by a table in memory, compiled here: as fast for a caller that is built with less care.
pub fn decide_embedded(
    runtime: &Runtime,
    table: &EmbeddedTable,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Decision {
    decide_within(runtime, table, request, options, budget)
}

/// [`handle`] by a table in memory, compiled here.
pub fn handle_embedded(
    runtime: &Runtime,
    table: &EmbeddedTable,
    request: &Request<'_>,
    options: &Options,
) -> Answer {
    handle(runtime, table, request, options)
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "an answer in a box would be an allocation for each"
)]
pub enum Decision {
    /// No rule applies: the request passes through unchanged. Its path is in canonical form.
    Unchanged,
    /// The request gets this answer.
    Answer(Answer),
}

impl Decision {
    /// The answer to `request`, which this was decided about.
    pub fn into_answer(self, request: &Request<'_>) -> Answer {
        match self {
            Self::Answer(answer) => answer,
            Self::Unchanged => {
                let path = request.target.path().to_vec();
                let query = request.target.query().map(<[u8]>::to_vec);
                Answer {
                    unchanged: true,
                    ..Answer::of(Outcome::Serve { path, query })
                }
            }
        }
    }
}

fn run<T: Table>(
    runtime: &Runtime,
    table: &T,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Decision, Unavailable> {
    let decision = run_unchecked(runtime, table, request, options, budget);
    if budget.is_spent() {
        return Ok(Decision::Answer(Answer::of(Outcome::OverBudget)));
    }
    decision
}

/// What is decided means nothing once the budget is used up.
fn run_unchecked<T: Table>(
    runtime: &Runtime,
    table: &T,
    request: &Request<'_>,
    options: &Options,
    budget: &Budget,
) -> Result<Decision, Unavailable> {
    let plain = match options.trace {
        Trace::Off => runtime.plain(request),
        Trace::On | Trace::Every => None,
    };
    let answer = match plain {
        None => {
            let source = Indexed::new(runtime.program(), table);
            evaluate_within(runtime.site(), &source, request, options, budget)?
        }
        Some(plain) => {
            let probe = Probe::of(table, plain.path);
            if let Some(answer) = precomputed(runtime, table, &probe, &plain, (request, budget))? {
                return Ok(Decision::Answer(match runtime.changing(plain.host) {
                    None => answer,
                    Some(host) => answer.with_origin_headers(host, request),
                }));
            }
            let finder = Finder::knowing(runtime.program(), table, probe);
            match said(runtime, &finder, &plain, (request, budget))? {
                Said::Nothing => {
                    return Ok(match runtime.changing(plain.host) {
                        None => Decision::Unchanged,
                        Some(host) => unchanged(host, &plain, request),
                    });
                }
                Said::Answer(answer) => answer,
                Said::Unclear => {
                    let source = Indexed::over(finder);
                    evaluate_plain(runtime.site(), &source, &plain, request, options, budget)?
                }
            }
        }
    };
    Ok(Decision::Answer(answer))
}

/// What becomes of a plain request that no rule is about, on a host that changes headers for an origin.
#[cold]
fn unchanged(host: &Host, plain: &NormalizedRequest<'_>, request: &Request<'_>) -> Decision {
    let request_headers = host.changed_for_origin(request);
    if request_headers.is_empty() {
        return Decision::Unchanged;
    }
    Decision::Answer(Answer {
        request_headers,
        ..Answer::of(plain.served())
    })
}

/// The precomputed answer for the path at `probe`, if there is one.
fn precomputed<T: Table>(
    runtime: &Runtime,
    table: &T,
    probe: &Probe<'_>,
    plain: &NormalizedRequest<'_>,
    (request, budget): (&Request<'_>, &Budget),
) -> Result<Option<Answer>, Unavailable> {
    let program = runtime.program();
    let sought = probe.sought(KeySpace::Decisions(plain.host));
    let at = probe
        .at
        .filter(|_| table.may_have(program.filter(), &sought));
    match at.map_or(Lookup::Absent, |at| table.decision(at, &sought)) {
        Lookup::Found(decision) => decision
            .answer(plain, request, program.questions(), budget)
            .map_err(|Damaged| Unavailable::Damaged),
        Lookup::Absent => Ok(None),
        Lookup::Missing => Err(Unavailable::Missing(sought.key())),
        Lookup::Damaged => Err(Unavailable::Damaged),
    }
}

/// What the lists say about a plain request, where they can be asked by themselves.
fn said<T: Table>(
    runtime: &Runtime,
    finder: &Finder<'_, T>,
    plain: &NormalizedRequest<'_>,
    (request, budget): (&Request<'_>, &Budget),
) -> Result<Said, Unavailable> {
    match runtime.calm(plain.host) {
        Some(calm) => calm.says(runtime.site(), finder, plain, request, budget),
        None => Ok(Said::Unclear),
    }
}

/// The answer when something of a build cannot be had, and fetching would not help.
pub fn unreadable(unavailable: &Unavailable) -> Answer {
    let reason = match unavailable {
        Unavailable::Missing(key) => format!("the table has no entry {}", key.item_name()),
        Unavailable::Damaged => "a rule or an entry of the table cannot be read".to_owned(),
    };
    Answer::of(Outcome::Unsupported { reason })
}
