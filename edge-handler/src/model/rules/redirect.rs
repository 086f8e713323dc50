//! One `Redirect` or `RedirectMatch` of `mod_alias`.
//!
//! In: nothing. Out: [`Redirect`]. Absent: a view of one; see `artefact::redirect`. Matching it; see `evaluate::alias`.

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
