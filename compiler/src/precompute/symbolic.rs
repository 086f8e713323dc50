//! Stands in for the request while a path is decided.
//!
//! In: a [`Source`], and answers to begin with. Out: [`Symbolic`], the same source, which answers what it
//! was given, says yes to everything else it is asked, and hears what it cannot answer. Absent: trying
//! out the other answers; see [`super::course`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use edgewright_engine::artefact::decision::Question;
use edgewright_engine::model::rules::{
    Condition, MapId, RedirectListId, RedirectView, Rule, RuleSetId,
};
use edgewright_engine::model::subject::About;
use edgewright_engine::source::{HIDDEN, Source, Unavailable, Unknown};
use memchr::memmem::find;

use super::{HOST, QUERY};

/// All stand-ins hold this.
const NAME: &[u8] = b"edgewright";

/// A question and its answer.
pub(super) type Answered = (Rc<Question>, bool);

/// A source that answers conditions, and listens.
pub(super) struct Symbolic<'s, S> {
    source: &'s S,
    answers: RefCell<Vec<Answered>>,
    unknown: Cell<Option<Unknown>>,
    /// Rules and redirects that may still be tried for this path.
    steps: &'s Cell<u64>,
}

impl<'s, S> Symbolic<'s, S> {
    pub fn new(source: &'s S, answers: Vec<Answered>, steps: &'s Cell<u64>) -> Self {
        Self {
            source,
            answers: RefCell::new(answers),
            unknown: Cell::new(None),
            steps,
        }
    }

    /// The answers given, those to begin with first; or what could not be answered.
    pub fn finish(self) -> Result<Vec<Answered>, Unknown> {
        match self.unknown.get() {
            Some(unknown) => Err(unknown),
            None => Ok(self.answers.into_inner()),
        }
    }

    /// Counts a rule or redirect that is to be tried. When there were too many, the evaluation ends as if
    /// something had to be fetched.
    fn step(&self) -> Result<(), Unavailable> {
        match self.steps.get().checked_sub(1) {
            Some(left) => {
                self.steps.set(left);
                Ok(())
            }
            None => Err(Unavailable::Stopped),
        }
    }

    /// The answer to the question that `condition` asks; `None` when it asks none.
    fn answer(&self, condition: &Condition) -> Option<bool> {
        let mut answers = self.answers.borrow_mut();
        let known = answers.iter().find(|(known, _)| known.is_of(condition));
        if let Some((_, answer)) = known {
            return Some(*answer);
        }
        answers.push((Rc::new(Question::of(condition)?), true));
        Some(true)
    }
}

impl<S: Source> Source for Symbolic<'_, S> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        self.source.rule_count(set)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, &Rule)>, Unavailable> {
        self.step()?;
        self.reads(subject);
        self.source.next_rule(set, from, subject)
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        self.step()?;
        self.reads(uri);
        self.source.next_redirect(list, from, uri)
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        self.reads(key);
        self.source.map_value(map, key)
    }

    fn is_beforehand(&self) -> bool {
        true
    }

    fn looks_at(&self, unknown: Unknown) {
        self.unknown.set(self.unknown.get().or(Some(unknown)));
    }

    /// A stand-in in a text that decides something, or is changed, must not be taken for the real thing.
    fn reads(&self, text: &[u8]) {
        if find(text, NAME).is_none() {
            return;
        }
        if contains(text, HOST) {
            self.looks_at(Unknown::Host);
        }
        if contains(text, QUERY) {
            self.looks_at(Unknown::Query);
        }
        if contains(text, HIDDEN) {
            self.looks_at(Unknown::Header);
        }
    }

    fn foretell(&self, condition: &Condition, args: Option<&[u8]>) -> Option<bool> {
        // Of a query string that rules have made, the evaluation tells what it holds.
        if About::of(&condition.subject)? == About::Query && args != Some(QUERY) {
            return None;
        }
        self.answer(condition)
    }
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}
