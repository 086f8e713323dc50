//! How many rules a request made the server look at.
//!
//! In: a source. Out: the same source, counting. Absent: conditions; they come with their rule.

use std::cell::Cell;

use edgewright_edge_handler::rules::{MapId, Redirect, RedirectListId, Rule, RuleSetId};
use edgewright_edge_handler::source::{Missing, Source};

/// A source that counts what it names.
#[derive(Debug)]
pub struct Counted<S> {
    source: S,
    named: Cell<usize>,
}

impl<S> Counted<S> {
    /// `source`, nothing counted yet.
    pub fn new(source: S) -> Self {
        Self {
            source,
            named: Cell::new(0),
        }
    }

    /// How many rules and redirects were named so far.
    pub fn named(&self) -> usize {
        self.named.get()
    }

    fn count<T>(&self, found: Option<T>) -> Option<T> {
        self.named
            .set(self.named.get() + usize::from(found.is_some()));
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
    ) -> Result<Option<(usize, &Rule)>, Missing> {
        let found = self.source.next_rule(set, from, subject)?;
        Ok(self.count(found))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, &Redirect)>, Missing> {
        let found = self.source.next_redirect(list, from, uri)?;
        Ok(self.count(found))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Missing> {
        self.source.map_value(map, key)
    }

    fn may_pass_over(&self) -> bool {
        self.source.may_pass_over()
    }
}
