//! Rules that are read and never consulted.
//!
//! In: the finished site. Out: their units, marked. Absent: rules that are consulted and never match
//! (the analyses).
//!
//! Whether the engine is on is decided per request, by sections. So a rule is only marked when
//! nothing in the whole configuration can turn the engine on for it.

use edgewright_edge_handler::rules::RuleSetId;
use edgewright_edge_handler::site::{RewriteOptions, Settings};

use super::Resolver;
use crate::reading::{Fate, Position};

impl Resolver<'_> {
    /// Marks units of rules that no request reaches.
    pub(crate) fn mark_inactive(&mut self) {
        let hosts = self.site.hosts.iter().map(|host| &host.settings);
        let sections = self.site.sections.iter().map(|section| &section.settings);
        let sets_on = |settings: &Settings| {
            settings
                .rewrite
                .as_ref()
                .is_some_and(|rewrite| rewrite.engine == Some(true))
        };
        let never_on = !hosts.clone().any(sets_on) && !sections.clone().any(sets_on);
        let off = if never_on {
            None
        } else {
            Some(self.sets_never_run(sections.clone().any(sets_on)))
        };
        for unit in &mut self.units {
            let Fate::Placed(positions) = &unit.fate else {
                continue;
            };
            let is_off = |position: &Position| match position {
                Position::Rule(set, _) => off.as_ref().is_none_or(|off| off.contains(set)),
                _ => false,
            };
            let is_rule = matches!(positions.first(), Some(Position::Rule(..)));
            if positions.is_empty() {
                unit.fate = Fate::Inactive("nothing refers to it".into());
            } else if is_rule && positions.iter().all(is_off) {
                unit.fate = Fate::Inactive("`RewriteEngine` is off for it".into());
            }
        }
    }

    /// Rule sets of contexts in which the engine is off whatever the request.
    fn sets_never_run(&self, some_section_on: bool) -> Vec<RuleSetId> {
        let on = |settings: &Settings| {
            settings.rewrite.as_ref().and_then(|rewrite| rewrite.engine) == Some(true)
        };
        let hosts = self.site.hosts.iter().filter(|host| !on(&host.settings));
        let of_hosts = hosts.filter_map(|host| Some(host.rewrite.as_ref()?.rules));
        let inherit = RewriteOptions::INHERIT
            | RewriteOptions::INHERIT_BEFORE
            | RewriteOptions::INHERIT_DOWN
            | RewriteOptions::INHERIT_DOWN_BEFORE;
        let rewrites = || {
            let sections = self.site.sections.iter().map(|section| &section.settings);
            let hosts = self.site.hosts.iter().map(|host| &host.settings);
            sections
                .chain(hosts)
                .filter_map(|settings| settings.rewrite.as_ref())
        };
        let inherits =
            rewrites().any(|rewrite| rewrite.options.unwrap_or_default().intersects(inherit));
        let of_sections = rewrites()
            .filter(|rewrite| !inherits && rewrite.engine == Some(false))
            .map(|rewrite| rewrite.rules);
        let of_hosts = of_hosts.filter(|_| !some_section_on);
        of_hosts.chain(of_sections).collect()
    }
}
