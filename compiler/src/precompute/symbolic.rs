//! Stands in for the request while a path is decided.
//!
//! In: answers to begin with. Out: [`Assumptions`], which answer what they were given, say yes to everything else they
//! are asked, and hear what they cannot answer. Absent: trying the other answers; see [`super::explore`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use edgewright_engine::artefact::decision::Question;
use edgewright_engine::budget::Spent;
use edgewright_engine::evaluate::{HIDDEN, Symbolic, Unknown};
use edgewright_engine::model::rules::Condition;
use edgewright_engine::model::subject::About;
use memchr::memmem::find;

use super::{HOST, QUERY};

/// All stand-ins hold this.
const NAME: &[u8] = b"edgewright";

/// A question and its answer.
pub(super) type Answered = (Rc<Question>, bool);

/// What is assumed of a request that there is none of yet.
pub(super) struct Assumptions<'s> {
    answers: RefCell<Vec<Answered>>,
    unknown: Cell<Option<Unknown>>,
    /// Rules and redirects that may still be tried for this path.
    left: &'s Cell<u64>,
    /// More would have been tried than may be.
    stopped: Cell<bool>,
}

impl<'s> Assumptions<'s> {
    pub fn new(answers: Vec<Answered>, left: &'s Cell<u64>) -> Self {
        Self {
            answers: RefCell::new(answers),
            unknown: Cell::new(None),
            left,
            stopped: Cell::new(false),
        }
    }

    /// Whether the evaluation ended because too much was tried.
    pub fn were_too_expensive(&self) -> bool {
        self.stopped.get()
    }

    /// The answers given, those to begin with first; or what could not be answered.
    pub fn finish(self) -> Result<Vec<Answered>, Unknown> {
        match self.unknown.get() {
            Some(unknown) => Err(unknown),
            None => Ok(self.answers.into_inner()),
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

impl Symbolic for Assumptions<'_> {
    fn depends_on(&self, unknown: Unknown) {
        self.unknown.set(self.unknown.get().or(Some(unknown)));
    }

    fn try_one(&self) -> Result<(), Spent> {
        let Some(left) = self.left.get().checked_sub(1) else {
            self.stopped.set(true);
            return Err(Spent);
        };
        self.left.set(left);
        Ok(())
    }

    /// A stand-in in a text that decides something, or is changed, must not be taken for the real thing.
    fn reads(&self, text: &[u8]) {
        if find(text, NAME).is_none() {
            return;
        }
        if contains(text, HOST) {
            self.depends_on(Unknown::Host);
        }
        if contains(text, QUERY) {
            self.depends_on(Unknown::Query);
        }
        if contains(text, HIDDEN) {
            self.depends_on(Unknown::Header);
        }
    }

    fn assume(&self, condition: &Condition, args: Option<&[u8]>) -> Option<bool> {
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
