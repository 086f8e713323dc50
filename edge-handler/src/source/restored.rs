//! Rules from a build, every one named in order: the reference, without the configuration's text.
//!
//! In: a [`Program`] and its whole table. Out: [`Restored`]. Absent: rules the compiler proved
//! redundant; their positions stay empty, so that `S` still counts them.

use std::collections::BTreeMap;

use super::{Source, Unavailable};
use crate::artefact::key::KeySpace;
use crate::artefact::program::Program;
use crate::artefact::redirect::RedirectView;
use crate::artefact::rule::RuleView;
use crate::artefact::table::{Content, EmbeddedTable};
use crate::model::rules::{MapId, RedirectListId, RuleSetId};

/// Every rule of a build, in order.
#[derive(Debug, Default)]
pub struct Restored<'a> {
    rules: BTreeMap<(RuleSetId, usize), RuleView<'a>>,
    redirects: BTreeMap<(RedirectListId, usize), RedirectView<'a>>,
    values: BTreeMap<(MapId, &'a [u8]), &'a [u8]>,
    counts: Vec<usize>,
}

impl<'a> Restored<'a> {
    /// Collects the rules of `program` and `table`.
    pub fn new(program: &'a Program, table: &'a EmbeddedTable) -> Self {
        let mut restored = Self::default();
        restored.add_program(program);
        for entry in table.entries() {
            restored.add_entry(&entry.content, entry.key.space(), program);
        }
        restored
    }

    fn add_program(&mut self, program: &'a Program) {
        for (number, list) in (0..).zip(program.rule_lists()) {
            let id = RuleSetId(number);
            self.counts.push(list.count());
            let kept = list.kept().filter_map(|(position, record)| {
                let rule = RuleView::written(record, program.shared()).ok()?;
                Some(((id, position), rule))
            });
            self.rules.extend(kept);
        }
        for (number, list) in (0..).zip(program.redirect_lists()) {
            let id = RedirectListId(number);
            let kept = list.kept().filter_map(|(position, record)| {
                let redirect = RedirectView::written(record, program.shared()).ok()?;
                Some(((id, position), redirect))
            });
            self.redirects.extend(kept);
        }
    }

    fn add_entry(&mut self, content: &'a Content, space: KeySpace, program: &'a Program) {
        match (content, space) {
            (Content::Rules(rules), KeySpace::Rules(set) | KeySpace::FoldedRules(set)) => {
                self.rules.extend(
                    rules
                        .iter()
                        .map(|rule| ((set, index(rule.position)), rule.item.view())),
                );
            }
            (Content::Redirects(redirects), KeySpace::Redirects(list)) => {
                let keyed = redirects.view().iter().flatten();
                let views = keyed.filter_map(|keyed| {
                    let view = keyed.redirect.view(program.shared()).ok()?;
                    Some(((list, index(keyed.position)), view))
                });
                self.redirects.extend(views);
            }
            (Content::Value(entry), KeySpace::Map(map)) => {
                self.values.insert((map, &entry.key), &entry.value);
            }
            // An entry under a key of another kind is never looked up either.
            _ => {}
        }
    }

    /// Every rule, in no particular order of sets.
    pub fn rules(&self) -> impl Iterator<Item = RuleView<'a>> {
        self.rules.values().copied()
    }

    /// Every redirect.
    pub fn redirects(&self) -> impl Iterator<Item = RedirectView<'a>> {
        self.redirects.values().copied()
    }
}

fn index(position: u32) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The first of `items` of list `id` at position `from` or after.
fn next<I: Ord + Copy, T: Copy>(
    items: &BTreeMap<(I, usize), T>,
    id: I,
    from: usize,
) -> Option<(usize, T)> {
    let mut rest = items.range((id, from)..=(id, usize::MAX));
    rest.next().map(|((_, position), item)| (*position, *item))
}

impl Source for Restored<'_> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        usize::try_from(set.0)
            .ok()
            .and_then(|set| self.counts.get(set))
            .copied()
            .unwrap_or(0)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        _: &[u8],
    ) -> Result<Option<(usize, RuleView<'_>)>, Unavailable> {
        Ok(next(&self.rules, set, from))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        _: &[u8],
    ) -> Result<Option<(usize, RedirectView<'_>)>, Unavailable> {
        Ok(next(&self.redirects, list, from))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Unavailable> {
        Ok(self.values.get(&(map, key)).copied())
    }
}
