//! The reference source: every rule, one after another.
//!
//! In: a [`Site`]. Out: a [`Source`] that never misses. Absent: any index.

use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::model::rules::{MapId, RedirectListId, RuleSetId};
use crate::model::site::{MapKind, Site};

use super::{Source, Unavailable};

/// Names every rule of a site in order.
#[derive(Debug, Clone, Copy)]
pub struct Sequential<'a> {
    site: &'a Site,
}

impl<'a> Sequential<'a> {
    /// A source over everything in `site`.
    pub fn new(site: &'a Site) -> Self {
        Self { site }
    }
}

impl Source for Sequential<'_> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        self.site
            .rule_sets
            .get(set.0 as usize)
            .map_or(0, |set| set.rules.len())
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        _subject: &[u8],
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable> {
        let set = self.site.rule_sets.get(set.0 as usize);
        Ok(set
            .and_then(|set| set.rules.get(from))
            .map(|rule| (from, rule.view())))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        _uri: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        let list = self.site.redirect_lists.get(list.0 as usize);
        Ok(list
            .and_then(|list| list.get(from))
            .map(|redirect| (from, redirect.view())))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        let kind = self.site.maps.get(map.0 as usize).map(|map| &map.kind);
        let Some(MapKind::Text(entries) | MapKind::Random(entries)) = kind else {
            return Ok(None);
        };
        let found = entries.binary_search_by(|entry| entry.key.as_slice().cmp(key));
        Ok(found.ok().map(|at| entries[at].value.as_slice()))
    }
}
