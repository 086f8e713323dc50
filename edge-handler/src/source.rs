//! Where rules are found: the one difference between the reference and the edge.
//!
//! In: a rule set and the text its rules are matched with. Out: the next rule that may match.
//! Absent: deciding whether it does; that is the evaluator's alone. A source may name a rule too
//! many, never one too few, so every source gives the same answers.

mod counted;
mod finder;
mod found;
mod found_redirects;
mod indexed;
mod restored;
mod sequential;

pub use counted::Counted;
pub use finder::{Find, Finder};
pub use found::{Found, Walk};
pub use found_redirects::FoundRedirects;
pub use indexed::Indexed;
pub use restored::Restored;
pub use sequential::Sequential;

use crate::artefact::key::Key;
use crate::artefact::packed::Damaged;
use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::model::rules::{MapId, RedirectListId, RuleSetId};

/// Why a rule, a redirect or a map value cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// The entry of this key has not been fetched. Whoever called the evaluator fetches it and calls again: evaluation
    /// has no side effects and costs less than keeping its state.
    Missing(Key),
    /// Its bytes cannot be read. Fetching them again would not help.
    Damaged,
}

impl From<Damaged> for Unavailable {
    fn from(_: Damaged) -> Self {
        Self::Damaged
    }
}

/// Finds rules, redirects and map values.
pub trait Source {
    /// How many rules `set` has; positions are below this.
    fn rule_count(&self, set: RuleSetId) -> usize;

    /// The first rule of `set` at position `from` or after that may match `subject`.
    ///
    /// Rules with `C`, and the rule that ends their chain, are always named, so that the evaluator
    /// can tell which of them a failed chain skips.
    ///
    /// # Errors
    /// What is asked for cannot be had.
    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable>;

    /// The first redirect of `list` at position `from` or after that may match `uri`.
    ///
    /// # Errors
    /// What is asked for cannot be had.
    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable>;

    /// The value of `key` in a text map; alternatives of `rnd:` still joined by `|`.
    ///
    /// # Errors
    /// What is asked for cannot be had.
    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable>;

    /// True where conditions that surely do not hold need not be asked. The reference asks all of them.
    fn may_pass_over(&self) -> bool {
        false
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn rule_count(&self, set: RuleSetId) -> usize {
        (**self).rule_count(set)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable> {
        (**self).next_rule(set, from, subject)
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        (**self).next_redirect(list, from, uri)
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        (**self).map_value(map, key)
    }

    fn may_pass_over(&self) -> bool {
        (**self).may_pass_over()
    }
}
