//! What rules and redirects of a program name by number, each there once: patterns, details, expressions.
//!
//! In: rules and redirects. Out: their records ([`SharedBuilder`]), and what these refer to ([`Shared`]). What is made of
//! such a record while requests are answered (engines, decoded details) is kept here and nowhere else.
//! Absent: how records are read; see [`super::rule`], [`super::redirect`] and [`super::pattern`].

use serde::{Deserialize, Serialize};

use super::packed::{Interned, Interner, TooLong};
use super::rule::{self, Details};
use super::{pattern, redirect};
use crate::model::expression::Expression;
use crate::model::rules::{Redirect, Rule};
use crate::pattern::Pattern;

/// What records of rules and redirects refer to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Shared {
    /// Patterns of rules in the program, and of all redirects; made of one is its engine, where it needs one.
    pub patterns: Interned<Pattern>,
    /// What few rules have.
    pub details: Interned<Details>,
    /// Targets of redirects that are expressions.
    pub expressions: Interned<Expression>,
}

impl Shared {
    /// Forgets what was made of records.
    pub fn forget(&mut self) {
        self.patterns.forget();
        self.details.forget();
        self.expressions.forget();
    }
}

/// Makes records, and what they refer to.
#[derive(Debug, Default)]
pub struct SharedBuilder {
    patterns: Interner,
    pub(super) details: Interner,
    expressions: Interner,
}

impl SharedBuilder {
    /// The number of a pattern.
    ///
    /// # Errors
    /// Together the patterns are longer than 4 GiB.
    pub fn pattern(&mut self, pattern: &Pattern) -> Result<u32, TooLong> {
        self.patterns.number(&pattern::record(pattern))
    }

    /// The record of a rule.
    ///
    /// # Errors
    /// Together the rules are longer than 4 GiB.
    pub fn rule(&mut self, rule: &Rule) -> Result<Vec<u8>, TooLong> {
        let details = match rule::details_record(rule) {
            None => None,
            Some(record) => Some(self.details.number(&record.map_err(|_| TooLong)?)?),
        };
        Ok(rule::record(rule, self.pattern(&rule.pattern)?, details))
    }

    /// The record of a redirect.
    ///
    /// # Errors
    /// Together the redirects are longer than 4 GiB.
    pub fn redirect(&mut self, redirect: &Redirect) -> Result<Vec<u8>, TooLong> {
        let mut record = Vec::new();
        redirect::push(&mut record, redirect, self)?;
        Ok(record)
    }

    /// The number of an expression.
    pub(super) fn expression(&mut self, expression: &Expression) -> Result<u32, TooLong> {
        let record = postcard::to_allocvec(expression).map_err(|_| TooLong)?;
        self.expressions.number(&record)
    }

    /// What the records refer to.
    pub fn finish(self) -> Shared {
        Shared {
            patterns: self.patterns.finish(),
            details: self.details.finish(),
            expressions: self.expressions.finish(),
        }
    }
}
