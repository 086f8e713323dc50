//! The compiled form, asked for answers while compiling.
//!
//! In: a program and its entries. Out: [`Answering`]. Absent: what answers are asked for; see
//! [`mod@crate::analysis`].

use edgewright_edge_handler::budget::{DECISION_STEPS, Limit};
use edgewright_edge_handler::evaluate::{Options, Trace};
use edgewright_edge_handler::handler::handle;
use edgewright_edge_handler::outcome::{Answer, Outcome};
use edgewright_edge_handler::program::{Parts, Program};
use edgewright_edge_handler::request;
use edgewright_edge_handler::table::Entry;

use crate::at_hand::AtHand;
use crate::witness::Request;

/// No question takes more steps than this.
const MOST_STEPS: u64 = 200_000;

/// A program and its table.
#[derive(Debug)]
pub(crate) struct Answering<'e> {
    program: Program,
    table: AtHand<'e>,
}

impl<'e> Answering<'e> {
    /// What is written of `parts` and `entries`.
    pub fn of(parts: Parts, entries: &'e [Entry]) -> Self {
        Self {
            program: Program::of(parts),
            table: AtHand::of(entries),
        }
    }

    /// Forgets what of the program was decoded: all rules decoded take as much memory as the site.
    pub fn forget(&mut self) {
        self.program.forget();
    }

    /// What a request becomes, with its trace.
    pub fn ask(&self, request: &Request) -> Answer {
        self.ask_at(request, 0, Trace::On)
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
        let headers = request.headers.iter();
        let headers: Vec<(&[u8], &[u8])> = headers
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
            .collect();
        let asked = request::Request {
            method: &request.method,
            scheme: request.scheme,
            headers: &headers,
            ..request::Request::get(&request.host, &request.target)
        };
        let options = Options {
            trace,
            random: u64::from(moment),
            // Another second of another day of another year.
            now: i64::from(moment) * 40_000_001,
            most_steps: MOST_STEPS,
            limit: Limit::Steps(DECISION_STEPS),
            ..Options::default()
        };
        handle(&self.program, &self.table, &asked, &options)
    }
}
