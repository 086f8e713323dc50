//! What of a request a condition looks at.
//!
//! In: a test string. Out: [`Subject`], where it is one variable and nothing else. Absent: what other variables stand
//! for; see `evaluate`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::normalized::NormalizedRequest;
use super::request::Request;
use super::rules::{Piece, Template};
use super::variable::{Named, Variable};

/// What of a request is not known beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The query string as the client sent it.
    Query,
    /// The `Host` header.
    Host,
    /// Another header, by its name; its values joined, empty when there is none.
    Header(Vec<u8>),
}

/// A [`Subject`] that borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'t> {
    /// [`Subject::Query`].
    Query,
    /// [`Subject::Host`].
    Host,
    /// [`Subject::Header`].
    Header(&'t [u8]),
}

impl<'t> About<'t> {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &'t Template) -> Option<Self> {
        let Some(Piece::Variable(name)) = template.text().only_piece() else {
            return None;
        };
        Self::of_variable(Variable::of(name)?)
    }

    /// The subject that `variable` is; `None` for any other variable.
    pub fn of_variable(variable: Variable<'t>) -> Option<Self> {
        match variable {
            Variable::Named(Named::QueryString) => Some(Self::Query),
            Variable::Header(name) if name.eq_ignore_ascii_case(b"Host") => Some(Self::Host),
            Variable::Header(name) => Some(Self::Header(name)),
            Variable::Named(_)
            | Variable::Environment(_)
            | Variable::Tls(_)
            | Variable::AheadUrl(_)
            | Variable::AheadFile(_) => None,
        }
    }

    /// It, for a request.
    pub fn text<'r>(self, plain: &NormalizedRequest<'r>, request: &Request<'r>) -> Cow<'r, [u8]> {
        match self {
            Self::Query => Cow::Borrowed(plain.query.unwrap_or_default()),
            Self::Host => Cow::Borrowed(plain.hostname),
            Self::Header(name) => request.header(name).unwrap_or_default(),
        }
    }
}

impl Subject {
    /// What a test string stands for when it is one variable and nothing else.
    pub fn of(template: &Template) -> Option<Self> {
        Some(match About::of(template)? {
            About::Query => Self::Query,
            About::Host => Self::Host,
            About::Header(name) => Self::Header(name.to_vec()),
        })
    }

    /// The subject, borrowed.
    pub fn about(&self) -> About<'_> {
        match self {
            Self::Query => About::Query,
            Self::Host => About::Host,
            Self::Header(name) => About::Header(name),
        }
    }
}
