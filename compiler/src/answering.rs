//! The compiled form, asked for answers while compiling.
//!
//! In: what lowering made. Out: [`Answering`]. Absent: what answers are asked for; see
//! [`mod@crate::analysis`].

use edgewright_edge_handler::evaluate::{Options, Trace};
use edgewright_edge_handler::handler::handle;
use edgewright_edge_handler::outcome::{Answer, Outcome};
use edgewright_edge_handler::program::Program;
use edgewright_edge_handler::request;
use edgewright_edge_handler::table::EmbeddedTable;

use crate::lower::Lowered;
use crate::witness::Request;

/// No question takes more steps than this.
const MOST_STEPS: u64 = 200_000;

/// A program and its table.
#[derive(Debug)]
pub(crate) struct Answering {
    program: Program,
    table: EmbeddedTable,
}

impl Answering {
    /// What `lowered` becomes; `None` when it cannot be written.
    pub fn of(lowered: &Lowered) -> Option<Self> {
        let program = Program::encode(&lowered.parts).ok()?;
        let table = EmbeddedTable::encode(lowered.parts.generation, &lowered.entries).ok()?;
        Some(Self {
            program: Program::load(&program).ok()?,
            table: EmbeddedTable::load(&table).ok()?,
        })
    }

    /// What a request becomes, with its trace.
    pub fn ask(&self, request: &Request) -> Answer {
        self.ask_at(request, 0)
    }

    /// What becomes of it does not depend on time or chance, as far as another try shows.
    pub fn is_steady(&self, request: &Request, outcome: &Outcome) -> bool {
        self.ask_at(request, 1).outcome == *outcome
    }

    fn ask_at(&self, request: &Request, moment: u32) -> Answer {
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
            trace: Trace::On,
            random: u64::from(moment),
            // Another second of another day of another year.
            now: i64::from(moment) * 40_000_001,
            most_steps: MOST_STEPS,
            ..Options::default()
        };
        handle(&self.program, &self.table, &asked, &options)
    }
}
