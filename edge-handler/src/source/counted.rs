//! How often a request made a source look for rules, and how many rules it found.
//!
//! In: a source. Out: the same source, counting. Absent: conditions; they come with their rule.

use std::cell::Cell;

use super::{Source, Unavailable};
use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::model::rules::{MapId, RedirectListId, RuleSetId};

/// A source that counts what it is asked for, and what it names.
#[derive(Debug)]
pub struct Counted<S> {
    source: S,
    asked: Cell<usize>,
    named: Cell<usize>,
}

impl<S> Counted<S> {
    /// `source`, nothing counted yet.
    pub fn new(source: S) -> Self {
        Self {
            source,
            asked: Cell::new(0),
            named: Cell::new(0),
        }
    }

    /// How often the next rule or redirect was asked for so far.
    pub fn asked(&self) -> usize {
        self.asked.get()
    }

    /// How many rules and redirects were named so far.
    pub fn named(&self) -> usize {
        self.named.get()
    }

    fn count<T>(&self, found: Result<Option<T>, Unavailable>) -> Result<Option<T>, Unavailable> {
        self.asked.set(self.asked.get() + 1);
        if let Ok(Some(_)) = found {
            self.named.set(self.named.get() + 1);
        }
        found
    }
}

impl<S: Source> Source for Counted<S> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        self.source.rule_count(set)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable> {
        self.count(self.source.next_rule(set, from, subject))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        self.count(self.source.next_redirect(list, from, uri))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        self.source.map_value(map, key)
    }

    fn may_pass_over(&self) -> bool {
        self.source.may_pass_over()
    }
}
