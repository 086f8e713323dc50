//! One `Redirect` or `RedirectMatch` of `mod_alias`.
//!
//! In: nothing. Out: [`Redirect`], as it is read from a configuration; [`RedirectView`], as it is asked, from wherever it
//! stands. Absent: matching it; see `evaluate::alias`.

use serde::{Deserialize, Serialize};

use super::Place;
use crate::model::expression::Expression;
use crate::pattern::Pattern;

/// One `Redirect*` directive (`alias_entry` of `mod_alias.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// Where it stands.
    pub place: Place,
    /// Which requests it is for.
    pub matcher: RedirectMatcher,
    /// The status.
    pub status: u16,
    /// The target as written; empty when the status takes none.
    #[serde(with = "serde_bytes")]
    pub target: Vec<u8>,
    /// The target as an expression, for the one-argument form inside a section.
    pub expression: Option<Expression>,
}

/// Which URL-paths a redirect is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RedirectMatcher {
    /// `Redirect`: this path and everything below it (`alias_matches`).
    Prefix(#[serde(with = "serde_bytes")] Vec<u8>),
    /// `RedirectMatch`.
    Regex(Pattern),
    /// One-argument form: everything in the section.
    Section,
}

/// A [`Redirect`] that borrows what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedirectView<'a> {
    /// [`Redirect::place`].
    pub place: Place,
    /// [`Redirect::matcher`].
    pub matcher: MatcherView<'a>,
    /// [`Redirect::status`].
    pub status: u16,
    /// [`Redirect::target`].
    pub target: &'a [u8],
    /// [`Redirect::expression`].
    pub expression: Option<&'a Expression>,
}

/// A [`RedirectMatcher`] that borrows what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatcherView<'a> {
    /// [`RedirectMatcher::Prefix`].
    Prefix(&'a [u8]),
    /// [`RedirectMatcher::Regex`].
    Regex(&'a Pattern),
    /// [`RedirectMatcher::Section`].
    Section,
}

impl RedirectView<'_> {
    /// A copy of the redirect: for the desk, which has a whole configuration.
    pub fn to_redirect(self) -> Redirect {
        Redirect {
            place: self.place,
            matcher: match self.matcher {
                MatcherView::Prefix(path) => RedirectMatcher::Prefix(path.to_vec()),
                MatcherView::Regex(pattern) => RedirectMatcher::Regex(pattern.clone()),
                MatcherView::Section => RedirectMatcher::Section,
            },
            status: self.status,
            target: self.target.to_vec(),
            expression: self.expression.cloned(),
        }
    }
}

impl Redirect {
    /// The redirect, borrowed.
    pub fn view(&self) -> RedirectView<'_> {
        let Self {
            place,
            matcher,
            status,
            target,
            expression,
        } = self;
        RedirectView {
            place: *place,
            matcher: match matcher {
                RedirectMatcher::Prefix(path) => MatcherView::Prefix(path),
                RedirectMatcher::Regex(pattern) => MatcherView::Regex(pattern),
                RedirectMatcher::Section => MatcherView::Section,
            },
            status: *status,
            target,
            expression: expression.as_ref(),
        }
    }
}
