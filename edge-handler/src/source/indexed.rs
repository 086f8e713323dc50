//! Rules from the compiled index and the table.
//!
//! In: a [`Program`] and a [`Table`]. Out: [`Indexed`], a [`Source`] that names only what may match.
//! Absent: how that is found; see [`super::finder`].

use std::cell::RefCell;

use super::{Find as _, Finder, Found, FoundRedirects, Source, Unavailable};
use crate::artefact::program::Program;
use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::artefact::table::Table;
use crate::model::rules::{MapId, RedirectListId, RuleSetId};

/// Names the rules that the index finds in a program or a table.
#[derive(Debug)]
pub struct Indexed<'a, T> {
    finder: Finder<'a, T>,
    rules: RefCell<Option<Remembered<RuleSetId, Found<'a>>>>,
    redirects: RefCell<Option<Remembered<RedirectListId, FoundRedirects<'a>>>>,
}

/// What was found for the list and the text last asked about: the evaluator asks about the same
/// again for each rule it tries.
#[derive(Debug)]
struct Remembered<I, F> {
    list: I,
    text: Vec<u8>,
    found: Option<F>,
}

impl<I: PartialEq + Copy, F> Remembered<I, F> {
    /// What was found of `list` for `text`; `find` is asked when that is not what `memory` is about.
    fn found<'m>(
        memory: &'m mut Option<Self>,
        (list, text): (I, &[u8]),
        find: impl FnOnce() -> Result<Option<F>, Unavailable>,
    ) -> Result<Option<&'m F>, Unavailable> {
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
        Ok(memory.as_ref().and_then(|about| about.found.as_ref()))
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
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable> {
        let find = || self.finder.rules(set, subject);
        let mut memory = self.rules.borrow_mut();
        let found = Remembered::found(&mut memory, (set, subject), find)?;
        found.map_or(Ok(None), |found| found.next(from))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        let find = || self.finder.redirects(list, uri);
        let mut memory = self.redirects.borrow_mut();
        let found = Remembered::found(&mut memory, (list, uri), find)?;
        found.map_or(Ok(None), |found| found.next(from))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        self.finder.map_value(map, key)
    }

    fn may_pass_over(&self) -> bool {
        true
    }
}
