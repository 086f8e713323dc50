//! Decides beforehand what becomes of paths.
//!
//! In: a compiled program with its table. Out: [`Precomputed`]: a table entry for each host and path that can be
//! decided without, or nearly without, the request. Absent: what a decision means (`edge-handler/src/artefact/decision.rs`).
//!
//! Every path that some key is about is evaluated on every host it can reach, with stand-ins for the
//! host's name and the query string, and with assumptions in place of the request: they hear what the
//! evaluation depends on, and answer conditions about one unknown thing, once yes and once no. What
//! remains is a list of questions with constant ends. A path whose evaluation looks at something else
//! that is unknown has no decision, and is left to the evaluator: this errs towards too few decisions.

mod collapse;
mod decision_dag;
mod explore;
mod paths;
mod share;
mod symbolic;

use std::cell::Cell;
use std::collections::BTreeMap;

use edgewright_engine::artefact::decision::{DecisionView, Question};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::program::{Parts, Program};
use edgewright_engine::artefact::table::{EmbeddedTable, Entry};
use edgewright_engine::budget::{Allowance, DECISION_STEPS};
use edgewright_engine::evaluate::Options;
use edgewright_engine::model::normalized::NormalizedRequest;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::site::{HostId, Site};
use edgewright_engine::source::{Indexed, Source};
use serde::Serialize;

use crate::limits::{Limit, Limits};
use crate::memory_table::MemoryTable;
use crate::parallel::{in_stretches, in_stretches_of};
pub(crate) use collapse::collapse;
use decision_dag::Dag;
use explore::{Course, Undecided, course};

/// More decisions than this are not looked for: the table should not grow without bound.
const MOST_DECISIONS: usize = 4_000_000;

/// What [`PrecomputedCounts::undecided`] calls paths for which too many rules would have to be tried.
pub(crate) const TOO_EXPENSIVE: &str = "too many steps";

/// So many rules and redirects may be tried for each path at first, or its share of twice the limit if that
/// is more. Nearly all paths need far fewer.
const FIRST_STEPS: u64 = 512;

/// So many of the paths that need more are looked at before it is asked how much is left for the others.
const AT_ONCE: usize = 64;

/// One evaluation gives up after so many rules and lookups.
const MOST_STEPS: u64 = 100_000;

/// Stands for the host's name.
const HOST: &[u8] = b"stand-in.for-the-host.edgewright.invalid";
/// Stands for the query string.
const QUERY: &[u8] = b"stand-in=for-the-query.edgewright.invalid";

/// The decisions of a site.
#[derive(Debug, Default)]
pub struct Precomputed {
    /// One entry for each decision, sorted by key.
    pub entries: Vec<Entry>,
    /// What they ask by number.
    pub questions: Vec<Question>,
    /// How many paths were decided how far.
    pub counts: PrecomputedCounts,
}

/// How far paths were decided, a path counting once for each host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PrecomputedCounts {
    /// One answer, whatever the request; its query string may pass through.
    pub constant: usize,
    /// Some questions about the request tell.
    pub guarded: usize,
    /// Left to the evaluator: what it would have to know, and for how many paths.
    pub undecided: BTreeMap<&'static str, usize>,
}

impl PrecomputedCounts {
    /// How many paths have a decision.
    pub fn decided(&self) -> usize {
        self.constant + self.guarded
    }
}

impl Precomputed {
    /// The decisions of `site`, which was lowered to `parts` and `entries`; and the parts again.
    ///
    /// First every path may take a few steps. Those that need more share what `limits` allow.
    pub fn find(site: &Site, parts: Parts, entries: &[Entry], limits: &Limits) -> (Self, Parts) {
        let program = Program::of(parts);
        let table = MemoryTable::of(entries);
        let mut paths = paths::paths(site, entries);
        paths.truncate(MOST_DECISIONS);
        let together = limits.get(Limit::PrecomputeSteps).saturating_mul(2);
        let first = (together / length(&paths)).max(FIRST_STEPS);
        let few = in_stretches(&paths, |paths| Stretch::of(&program, &table, paths, first));
        let mut found = Stretch::default();
        let count = few.iter().map(|stretch| stretch.decisions.len()).sum();
        found.decisions.reserve_exact(count);
        for stretch in few {
            found.append(stretch);
        }
        let expensive = std::mem::take(&mut found.expensive);
        let mut left = limits.get(Limit::PrecomputeSteps);
        let mut some = expensive.as_slice();
        while !some.is_empty() {
            let (now, later) = some.split_at(AT_ONCE.min(some.len()));
            let each = left / length(now);
            if each <= first {
                break;
            }
            for stretch in
                in_stretches_of(1, now, |paths| Stretch::of(&program, &table, paths, each))
            {
                left = left.saturating_sub(stretch.steps);
                found.append(stretch);
            }
            some = later;
        }
        let too_expensive = found.expensive.len() + some.len();
        add(&mut found.undecided, TOO_EXPENSIVE, too_expensive);
        if !expensive.is_empty() {
            found
                .decisions
                .sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        (found.written(), program.into_parts())
    }
}

/// Why nothing can be precomputed for `path` on `host` of a compiled site, in a word or two; `None` if something can.
pub fn undecided(
    program: &Program,
    table: &EmbeddedTable,
    host: HostId,
    path: &[u8],
) -> Option<&'static str> {
    let decider = PathDecider {
        site: program.site(),
        source: &Indexed::new(program, table),
        host,
        path,
        steps: Cell::new(MOST_STEPS),
    };
    decider.decide().err().map(Undecided::name)
}

/// What some paths gave.
#[derive(Default)]
struct Stretch {
    decisions: Vec<(Key, Dag)>,
    /// What would have to be known about the others, and for how many paths.
    undecided: BTreeMap<&'static str, usize>,
    /// Paths that need more steps than were allowed.
    expensive: Vec<(HostId, Vec<u8>)>,
    /// Steps that were taken.
    steps: u64,
}

impl Stretch {
    /// What `paths` give, each of which may take so many steps.
    fn of(
        program: &Program,
        table: &MemoryTable<'_>,
        paths: &[(HostId, Vec<u8>)],
        steps: u64,
    ) -> Self {
        let source = Indexed::new(program, table);
        let mut found = Self::default();
        for (host, path) in paths {
            let decider = PathDecider {
                site: program.site(),
                source: &source,
                host: *host,
                path,
                steps: Cell::new(steps),
            };
            let decision = decider.decide();
            found.steps += steps - decider.steps.get();
            match decision {
                Ok(dag) => found.decisions.push((Key::decision(*host, path), dag)),
                Err(Undecided::TooExpensive) => found.expensive.push((*host, path.clone())),
                Err(why) => add(&mut found.undecided, why.name(), 1),
            }
        }
        found
    }

    /// Adds what later paths gave.
    fn append(&mut self, mut later: Self) {
        self.decisions.append(&mut later.decisions);
        self.expensive.append(&mut later.expensive);
        for (why, count) in later.undecided {
            add(&mut self.undecided, why, count);
        }
    }

    fn written(self) -> Precomputed {
        let (entries, questions) = share::write(&self.decisions);
        let constant = entries
            .iter()
            .filter_map(Entry::decision)
            .filter(DecisionView::is_constant)
            .count();
        Precomputed {
            counts: PrecomputedCounts {
                constant,
                guarded: entries.len() - constant,
                undecided: self.undecided,
            },
            entries,
            questions,
        }
    }
}

/// How many there are, at least one.
fn length<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX).max(1)
}

fn add(undecided: &mut BTreeMap<&'static str, usize>, why: &'static str, count: usize) {
    if count > 0 {
        *undecided.entry(why).or_default() += count;
    }
}

/// One path of a host, and what deciding it takes.
struct PathDecider<'m> {
    site: &'m Site,
    source: &'m dyn Source,
    host: HostId,
    path: &'m [u8],
    /// Rules and redirects that may still be tried.
    steps: Cell<u64>,
}

impl PathDecider<'_> {
    fn decide(&self) -> Result<Dag, Undecided> {
        let queried = self.course(Some(QUERY));
        if queried == Err(Undecided::TooExpensive) {
            return Err(Undecided::TooExpensive);
        }
        let told = queried.as_ref().ok().and_then(Course::without_query);
        let bare = told.map_or_else(|| self.course(None), Ok);
        let why = bare.as_ref().err().copied();
        if why == Some(Undecided::TooExpensive) {
            return Err(Undecided::TooExpensive);
        }
        let dag = Dag::of(bare.ok(), queried.ok());
        dag.ok_or(why.unwrap_or(Undecided::Unsupported))
    }

    fn course(&self, query: Option<&'static [u8]>) -> Result<Course, Undecided> {
        let target = [
            self.path,
            query.map_or(b"", |_| b"?"),
            query.unwrap_or_default(),
        ]
        .concat();
        let request = Request::get(HOST, &target);
        let plain = NormalizedRequest {
            host: self.host,
            hostname: HOST,
            path: self.path,
            query,
        };
        let options = Options {
            most_steps: MOST_STEPS,
            allowance: Allowance::steps(DECISION_STEPS),
            ..Options::default()
        };
        course(
            self.site,
            self.source,
            &plain,
            &request,
            &options,
            &self.steps,
        )
    }
}
