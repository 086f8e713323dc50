//! Evaluation before there is a request: the compiler decides paths with stand-ins for what differs between requests.
//!
//! In: what an evaluation looks at. Out: [`Symbolic`], which hears of it and gives answers; what the evaluator asks of
//! it, which costs nothing where there is a request. Absent: trying the other answers (the compiler's `precompute`).

use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::budget::Spent;
use crate::model::rules::{Condition, RedirectListId, RuleSetId};
use crate::source::Source;

use super::{Halt, Run};

/// The value of a variable that `SetEnvIf` would set from what is not known.
pub const HIDDEN: &[u8] = b"edgewright:hidden";

/// What differs between requests for one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unknown {
    /// What the client calls the host.
    Host,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// The client's address, or the server's.
    Client,
    /// The time.
    Time,
    /// The choice of an `rnd:` map.
    Chance,
    /// What the groups of a condition matched whose answer was assumed.
    Condition,
}

/// What stands in for knowledge of a request.
pub trait Symbolic {
    /// Hears that the evaluation depends on something that differs between requests for one path.
    fn depends_on(&self, unknown: Unknown);

    /// Hears a text that decides something, or is changed: a stand-in may be in it.
    fn reads(&self, text: &[u8]);

    /// The answer to a condition (without its `!`) that is assumed, not found out. `args` is the query string as it
    /// is by now.
    fn assume(&self, condition: &Condition, args: Option<&[u8]>) -> Option<bool>;

    /// Hears that a rule or a redirect is to be tried.
    ///
    /// # Errors
    /// As many were tried as may be.
    fn try_one(&self) -> Result<(), Spent>;
}

impl<'a, S: Source> Run<'a, S> {
    /// Whether there is no request yet, only its path.
    pub(super) fn is_symbolic(&self) -> bool {
        self.symbolic.is_some()
    }

    /// Notes that the evaluation depends on something that differs between requests for one path.
    pub(super) fn depends_on(&self, unknown: Unknown) {
        if let Some(symbolic) = self.symbolic {
            symbolic.depends_on(unknown);
        }
    }

    /// Notes a text that decides something, or is changed.
    pub(super) fn reads(&self, text: &[u8]) {
        if let Some(symbolic) = self.symbolic {
            symbolic.reads(text);
        }
    }

    /// The answer to a condition that is assumed.
    pub(super) fn assumed(&self, condition: &Condition, args: Option<&[u8]>) -> Option<bool> {
        self.symbolic?.assume(condition, args)
    }

    /// [`Source::next_rule`], as far as rules may be tried.
    pub(super) fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'a>)>, Halt> {
        self.tries_with(subject)?;
        Ok(self.source.next_rule(set, from, subject)?)
    }

    /// [`Source::next_redirect`], as far as redirects may be tried.
    pub(super) fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'a>)>, Halt> {
        self.tries_with(uri)?;
        Ok(self.source.next_redirect(list, from, uri)?)
    }

    fn tries_with(&self, text: &[u8]) -> Result<(), Spent> {
        let Some(symbolic) = self.symbolic else {
            return Ok(());
        };
        symbolic.try_one()?;
        symbolic.reads(text);
        Ok(())
    }
}
