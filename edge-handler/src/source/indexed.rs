//! Rules from the compiled index and the table.
//!
//! In: a [`Program`] and a [`Table`]. Out: [`Indexed`], a [`Source`] that names only what may match.
//! Absent: how that is found; see [`super::finder`].

use std::cell::RefCell;

use serde::de::DeserializeOwned;

use super::{Find as _, Finder, Found, Source, Unavailable};
use crate::artefact::program::Program;
use crate::artefact::table::Table;
use crate::model::rules::{MapId, Redirect, RedirectListId, Rule, RuleSetId};

/// Names the rules that the index finds in a program or a table.
#[derive(Debug)]
pub struct Indexed<'a, T> {
    finder: Finder<'a, T>,
    rules: RefCell<Option<Remembered<'a, RuleSetId, Rule>>>,
    redirects: RefCell<Option<Remembered<'a, RedirectListId, Redirect>>>,
}

/// What was found for the list and the text last asked about: the evaluator asks about the same
/// again for each rule it tries.
#[derive(Debug)]
struct Remembered<'a, I, T> {
    list: I,
    text: Vec<u8>,
    found: Option<Found<'a, T>>,
}

impl<'a, I: PartialEq + Copy, T: DeserializeOwned> Remembered<'a, I, T> {
    /// The first of `list` at position `from` or after that may match `text`; `find` is asked when that is
    /// not what `memory` is about.
    fn next(
        memory: &mut Option<Self>,
        (list, text): (I, &[u8]),
        from: usize,
        find: impl FnOnce() -> Result<Option<Found<'a, T>>, Unavailable>,
    ) -> Result<Option<(usize, &'a T)>, Unavailable> {
        let about = memory.as_ref();
        if about.is_none_or(|about| about.list != list || about.text != text) {
            let mut room = memory.take().map_or_else(Vec::new, |about| about.text);
            text.clone_into(&mut room);
            let found = find()?;
            *memory = Some(Self {
                list,
                text: room,
                found,
            });
        }
        let found = memory.as_ref().and_then(|about| about.found.as_ref());
        found.map_or(Ok(None), |found| found.next(from))
    }
}

impl<'a, T: Table> Indexed<'a, T> {
    /// A source over `program` and `table`.
    pub fn new(program: &'a Program, table: &'a T) -> Self {
        Self::over(Finder::new(program, table))
    }

    /// The same over what `finder` finds.
    pub fn over(finder: Finder<'a, T>) -> Self {
        Self {
            finder,
            rules: RefCell::default(),
            redirects: RefCell::default(),
        }
    }
}

impl<T: Table> Source for Indexed<'_, T> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        self.finder.rule_count(set)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, &Rule)>, Unavailable> {
        let find = || self.finder.rules(set, subject);
        Remembered::next(&mut self.rules.borrow_mut(), (set, subject), from, find)
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, &Redirect)>, Unavailable> {
        let find = || self.finder.redirects(list, uri);
        Remembered::next(&mut self.redirects.borrow_mut(), (list, uri), from, find)
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        self.finder.map_value(map, key)
    }

    fn may_pass_over(&self) -> bool {
        true
    }
}
