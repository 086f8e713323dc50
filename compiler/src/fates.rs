//! Decides beforehand what becomes of paths: their [`Fate`]s.
//!
//! In: a compiled program with its table. Out: [`Fates`]: a table entry for each host and path that can be
//! decided without, or nearly without, the request. Absent: what a fate means (`edge-handler/src/fate.rs`).
//!
//! Every path that some key is about is evaluated on every host it can reach, with stand-ins for the
//! host's name and the query string, and with an oracle in place of the request: it hears what the
//! evaluation looks at, and answers conditions about one unknown thing, once yes and once no. What
//! remains is a list of questions with constant ends. A path whose evaluation looks at something else
//! that is unknown has no fate, and is left to the evaluator: this errs towards too few fates.

mod collapse;
mod course;
mod oracle;
mod paths;
mod share;
mod weave;

use std::collections::BTreeMap;

use edgewright_edge_handler::budget::{DECISION_STEPS, Limit};
use edgewright_edge_handler::evaluate::Options;
use edgewright_edge_handler::fate::{Fate, Question};
use edgewright_edge_handler::key::Key;
use edgewright_edge_handler::plain::Plain;
use edgewright_edge_handler::program::{Parts, Program};
use edgewright_edge_handler::request::Request;
use edgewright_edge_handler::site::{HostId, Site};
use edgewright_edge_handler::source::Indexed;
use edgewright_edge_handler::table::{Content, Entry};
use serde::Serialize;

use crate::at_hand::AtHand;
use crate::parallel::in_stretches;
pub(crate) use collapse::collapse;
use course::{Course, Undecided, course};

/// More fates than this are not looked for: the table should not grow without bound.
const MOST_FATES: usize = 4_000_000;

/// One evaluation gives up after so many rules and lookups.
const MOST_STEPS: u64 = 100_000;

/// Stands for the host's name.
const HOST: &[u8] = b"stand-in.for-the-host.edgewright.invalid";
/// Stands for the query string.
const QUERY: &[u8] = b"stand-in=for-the-query.edgewright.invalid";

/// The fates of a site.
#[derive(Debug, Default)]
pub struct Fates {
    /// One entry for each fate, sorted by key.
    pub entries: Vec<Entry>,
    /// Questions that several of them ask.
    pub questions: Vec<Question>,
    /// How many paths were decided how far.
    pub counts: FateCounts,
}

/// How far paths were decided, a path counting once for each host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FateCounts {
    /// One answer, whatever the request; its query string may pass through.
    pub constant: usize,
    /// Some questions about the request tell.
    pub guarded: usize,
    /// Left to the evaluator: what it would have to know, and for how many paths.
    pub undecided: BTreeMap<&'static str, usize>,
}

impl FateCounts {
    /// How many paths have a fate.
    pub fn decided(&self) -> usize {
        self.constant + self.guarded
    }
}

impl Fates {
    /// The fates of `site`, which was lowered to `parts` and `entries`; and the parts again.
    pub fn find(site: &Site, parts: Parts, entries: &[Entry]) -> (Self, Parts) {
        let program = Program::of(parts);
        let table = AtHand::of(entries);
        let mut paths = paths::paths(site, entries);
        paths.truncate(MOST_FATES);
        let stretches = in_stretches(&paths, |paths| Self::of(&program, &table, paths));
        let mut found = Self::default();
        let count = stretches.iter().map(|stretch| stretch.entries.len()).sum();
        found.entries.reserve_exact(count);
        for stretch in stretches {
            found.append(stretch);
        }
        found.questions = share::share(&mut found.entries);
        (found, program.into_parts())
    }

    /// Those of `paths`.
    fn of(program: &Program, table: &AtHand<'_>, paths: &[(HostId, Vec<u8>)]) -> Self {
        let source = Indexed::new(program, table);
        let mut found = Self::default();
        for (host, path) in paths {
            let mind = Mind {
                site: program.site(),
                source: &source,
                host: *host,
                path,
            };
            found.add(*host, path, mind.fate());
        }
        found
    }

    /// Adds those of later paths.
    fn append(&mut self, mut later: Self) {
        self.entries.append(&mut later.entries);
        let counts = &mut self.counts;
        counts.constant += later.counts.constant;
        counts.guarded += later.counts.guarded;
        for (why, count) in later.counts.undecided {
            *counts.undecided.entry(why).or_default() += count;
        }
    }

    fn add(&mut self, host: HostId, path: &[u8], fate: Result<Fate, Undecided>) {
        match fate {
            Ok(fate) => {
                let counts = &mut self.counts;
                *(if fate.is_constant() {
                    &mut counts.constant
                } else {
                    &mut counts.guarded
                }) += 1;
                self.entries.push(Entry {
                    key: Key::fate(host, path),
                    content: Content::Fate(fate),
                });
            }
            Err(why) => *self.counts.undecided.entry(why.name()).or_default() += 1,
        }
    }
}

/// What deciding one path takes.
struct Mind<'m, S> {
    site: &'m Site,
    source: &'m S,
    host: HostId,
    path: &'m [u8],
}

impl<S: edgewright_edge_handler::source::Source> Mind<'_, S> {
    fn fate(&self) -> Result<Fate, Undecided> {
        let queried = self.course(Some(QUERY));
        let told = queried.as_ref().ok().and_then(Course::without_query);
        let bare = told.map_or_else(|| self.course(None), Ok);
        let why = bare.as_ref().err().copied();
        let fate = weave::weave(bare.ok(), queried.ok());
        fate.ok_or(why.unwrap_or(Undecided::Unsupported))
    }

    fn course(&self, query: Option<&'static [u8]>) -> Result<Course, Undecided> {
        let target = [
            self.path,
            query.map_or(b"", |_| b"?"),
            query.unwrap_or_default(),
        ]
        .concat();
        let request = Request::get(HOST, &target);
        let plain = Plain {
            host: self.host,
            hostname: HOST,
            path: self.path,
            query,
        };
        let options = Options {
            most_steps: MOST_STEPS,
            limit: Limit::Steps(DECISION_STEPS),
            ..Options::default()
        };
        course(self.site, self.source, &plain, &request, &options)
    }
}
