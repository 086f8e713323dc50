//! The compiled form, asked for answers while compiling.
//!
//! In: a program and its entries. Out: [`CompiledSite`]. Absent: what answers are asked for; see
//! [`mod@crate::analysis`].

use std::sync::atomic::{AtomicU64, Ordering};

use edgewright_engine::artefact::program::{Parts, Program};
use edgewright_engine::artefact::table::Entry;
use edgewright_engine::budget::{Allowance, Budget, DECISION_STEPS};
use edgewright_engine::evaluate::{Options, Trace, evaluate_by, evaluate_plain_by};
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::handle;
use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request;
use edgewright_engine::source::{Counted, Indexed};

use crate::memory_table::MemoryTable;
use crate::witness::Request;

/// No question takes more steps than this.
const MOST_STEPS: u64 = 200_000;

/// So many sections take as long to be looked through as a rule to be tried.
const SECTIONS_A_STEP: usize = 2;

/// So many hosts take as long to be looked through as a rule to be tried.
const HOSTS_A_STEP: usize = 32;

/// A program and its table.
#[derive(Debug)]
pub(crate) struct CompiledSite<'e> {
    runtime: Runtime,
    table: MemoryTable<'e>,
    /// Steps that all answers with a trace took together.
    steps: AtomicU64,
    /// What an answer costs before a rule is tried, in steps: sections and hosts are looked through.
    fixed_cost: u64,
}

impl<'e> CompiledSite<'e> {
    /// What is written of `parts` and `entries`.
    pub fn of(parts: Parts, entries: &'e [Entry]) -> Self {
        let runtime = Runtime::of(Program::of(parts));
        let site = runtime.site();
        let looked_through =
            site.sections.len() / SECTIONS_A_STEP + site.hosts.len() / HOSTS_A_STEP;
        let fixed_cost = u64::try_from(1 + looked_through).unwrap_or(u64::MAX);
        Self {
            runtime,
            table: MemoryTable::of(entries),
            steps: AtomicU64::new(0),
            fixed_cost,
        }
    }

    /// Forgets what of the program was decoded: all rules decoded take as much memory as the site.
    pub fn forget(&mut self) {
        self.runtime.forget();
    }

    /// What it was made of.
    pub fn into_parts(mut self) -> Parts {
        self.forget();
        self.runtime.into_program().into_parts()
    }

    /// How many steps were counted so far, by whatever thread.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// What a request becomes, with its trace; the steps it takes are counted.
    pub fn ask(&self, request: &Request) -> Answer {
        self.counted(request, 1)
    }

    /// Counts the steps of `request`, which stands for `times` requests like it.
    pub fn sample(&self, request: &Request, times: u64) {
        self.counted(request, times);
    }

    fn counted(&self, request: &Request, times: u64) -> Answer {
        with_request(request, |asked| {
            let source = Counted::new(Indexed::new(self.runtime.program(), &self.table));
            let options = options(0, Trace::On);
            let site = self.runtime.site();
            let answer = match self.runtime.plain(asked) {
                // The host is known, and need not be looked for among all of them.
                Some(plain) => {
                    let budget = Budget::new(options.allowance);
                    evaluate_plain_by(site, &source, &plain, asked, &options, &budget)
                }
                None => evaluate_by(site, &source, asked, &options),
            };
            let asked = u64::try_from(source.asked()).unwrap_or(u64::MAX);
            let cost = self.fixed_cost.saturating_add(asked).saturating_mul(times);
            self.steps.fetch_add(cost, Ordering::Relaxed);
            // Every entry is there.
            answer.unwrap_or_else(|_| {
                Answer::of(Outcome::Unsupported {
                    reason: String::new(),
                })
            })
        })
    }

    /// What a request becomes, which takes much less time without a trace.
    pub fn outcome(&self, request: &Request) -> Outcome {
        self.ask_at(request, 0, Trace::Off).outcome
    }

    /// What becomes of it does not depend on time or chance, as far as another try shows.
    pub fn is_steady(&self, request: &Request, outcome: &Outcome) -> bool {
        self.ask_at(request, 1, Trace::Off).outcome == *outcome
    }

    fn ask_at(&self, request: &Request, moment: u32, trace: Trace) -> Answer {
        with_request(request, |asked| {
            handle(&self.runtime, &self.table, asked, &options(moment, trace))
        })
    }
}

/// Does `work` with `request` as the evaluator takes it.
fn with_request<R>(request: &Request, work: impl FnOnce(&request::Request<'_>) -> R) -> R {
    let headers = request.headers.iter();
    let headers: Vec<(&[u8], &[u8])> = headers
        .map(|(name, value)| (name.as_slice(), value.as_slice()))
        .collect();
    work(&request::Request {
        method: &request.method,
        scheme: request.scheme,
        headers: &headers,
        ..request::Request::get(&request.host, &request.target)
    })
}

fn options(moment: u32, trace: Trace) -> Options {
    Options {
        trace,
        random: u64::from(moment),
        // Another second of another day of another year.
        now: i64::from(moment) * 40_000_001,
        most_steps: MOST_STEPS,
        allowance: Allowance::steps(DECISION_STEPS),
        ..Options::default()
    }
}
