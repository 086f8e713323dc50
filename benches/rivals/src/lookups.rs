//! "Does a rule match this path?", answered by us, by floors and by rivals.
//!
//! In: rules and paths. Out: [`Engine`]s, built one by one. Absent: timing.
//!
//! Floors know less than we do: exact keys only, and no order among rules. Rivals are what a person
//! might take instead. What a rival cannot express it is not given, and its row says so.

mod floors;
mod ours;
mod patterns;
#[cfg(feature = "redirectionio")]
mod redirection_io;

use std::fmt::Debug;
use std::hint::black_box;
use std::rc::Rc;

use edgewright_benches::set::Placed;

use crate::timing::{Contender, nothing_to_read};

/// Answers the question for one path at a time.
pub trait Lookup {
    /// What is made of a path before the clock runs.
    type Request: Debug;

    /// Makes it.
    fn request(&self, path: &str) -> Self::Request;

    /// True when some rule matches.
    fn finds(&self, request: &Self::Request) -> bool;
}

/// A [`Lookup`] whose type is forgotten, but whose loops are compiled for it.
pub trait Engine {
    /// A contender over the first `limit` of `paths`, and how many of them it finds.
    fn contender(
        &self,
        paths: &[String],
        limit: usize,
        chunk: usize,
    ) -> (Contender<'static>, usize);
}

impl<L: Lookup + 'static> Engine for Rc<L> {
    fn contender(
        &self,
        paths: &[String],
        limit: usize,
        chunk: usize,
    ) -> (Contender<'static>, usize) {
        let requests = paths.iter().take(limit).map(|path| self.request(path));
        let requests: Vec<_> = requests.collect();
        let found = requests.iter().filter(|request| self.finds(request));
        let found = found.count();
        let lookup = Rc::clone(self);
        let contender = Contender {
            requests: requests.len(),
            chunk,
            read: nothing_to_read(),
            pass: Box::new(move |range| {
                for request in &requests[range] {
                    black_box(lookup.finds(black_box(request)));
                }
            }),
        };
        (contender, found)
    }
}

/// One row of a table.
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// What it cannot do, or what else a reader should know.
    pub note: &'static str,
    /// Builds it.
    pub build: fn(&[Placed]) -> Box<dyn Engine>,
    /// At most so many requests are timed on either side: the slow ones would take hours.
    pub limit: usize,
}

/// Requests of a row that is not slow.
pub const MANY: usize = 20_000;

const fn row(
    name: &'static str,
    note: &'static str,
    limit: usize,
    build: fn(&[Placed]) -> Box<dyn Engine>,
) -> Row {
    Row {
        name,
        note,
        build,
        limit,
    }
}

/// The name of our own row.
pub const OURS: &str = "edgewright";

/// The floor of a path that a rule matches.
pub const EXACT_HIT_FLOOR: &str = "ptr_hash + verify";

/// The floor of a path that none matches.
pub const EXACT_MISS_FLOOR: &str = "hashbrown + rapidhash";

/// The rows of the exact set, ours first.
pub const EXACT: &[Row] = &[
    row(OURS, "order of rules, any pattern", MANY, |rules| {
        boxed(ours::Ours::new(rules))
    }),
    row("xorf BinaryFuse16", "floor: a filter only", MANY, |rules| {
        boxed(floors::Fuse::new(rules))
    }),
    row(EXACT_MISS_FLOOR, "floor: exact keys only", MANY, |rules| {
        boxed(floors::Map::new(rules))
    }),
    row(EXACT_HIT_FLOOR, "floor: exact keys only", MANY, |rules| {
        boxed(floors::Perfect::new(rules))
    }),
    row("sorted + binary search", "exact keys only", MANY, |rules| {
        boxed(floors::Sorted::new(rules))
    }),
    row(
        "matchit",
        "a router; no regular expressions",
        MANY,
        |rules| boxed(patterns::Router::new(rules)),
    ),
    #[cfg(feature = "redirectionio")]
    row("redirectionio", "default cache", MANY, |rules| {
        boxed(redirection_io::Router::new(rules, None))
    }),
    row(
        "PCRE2 with JIT, one by one",
        "the first that matches",
        60,
        |rules| boxed(patterns::OneByOne::new(rules)),
    ),
    row("regex::bytes::RegexSet", "default limits", 6, |rules| {
        boxed(patterns::Set::new(rules))
    }),
];

/// The rows of the mixed set, ours first.
pub const MIXED: &[Row] = &[
    row(OURS, "order of rules, any pattern", MANY, |rules| {
        boxed(ours::Ours::new(rules))
    }),
    row(
        "matchit",
        "only the literal and prefix rules (85 %)",
        MANY,
        |rules| boxed(patterns::Router::new(rules)),
    ),
    #[cfg(feature = "redirectionio")]
    row(
        "redirectionio, all cached",
        "every regex compiled beforehand",
        4_000,
        |rules| boxed(redirection_io::Router::new(rules, Some(10_000_000))),
    ),
    #[cfg(feature = "redirectionio")]
    row("redirectionio", "default cache", 1_000, |rules| {
        boxed(redirection_io::Router::new(rules, None))
    }),
    row(
        "PCRE2 with JIT, one by one",
        "the first that matches",
        60,
        |rules| boxed(patterns::OneByOne::new(rules)),
    ),
];

/// The rows of the growth plot, each with the most rules it is asked to take.
pub const GROWING: &[(Row, usize)] = &[
    (
        row("hashbrown + rapidhash", "floor", MANY, |rules| {
            boxed(floors::Map::new(rules))
        }),
        1_000_000,
    ),
    #[cfg(feature = "redirectionio")]
    (
        row("redirectionio", "default cache", 300, |rules| {
            boxed(redirection_io::Router::new(rules, None))
        }),
        100_000,
    ),
    (
        row("PCRE2 with JIT, one by one", "", 40, |rules| {
            boxed(patterns::OneByOne::new(rules))
        }),
        100_000,
    ),
];

fn boxed<L: Lookup + 'static>(lookup: L) -> Box<dyn Engine> {
    Box::new(Rc::new(lookup))
}
