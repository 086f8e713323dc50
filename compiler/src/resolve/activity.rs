//! Rules that are read and never consulted.
//!
//! In: the finished site. Out: their units, marked. Absent: rules that are consulted and never match
//! (the analyses).
//!
//! Whether the engine is on is decided per request, by sections. So a rule is only marked when
//! nothing in the whole configuration can turn the engine on for it.

use std::collections::BTreeSet;

use edgewright_engine::model::site::{RewriteOptions, Settings};

use edgewright_parser::diagnostic::Diagnostic;

use super::Resolver;
use crate::reading::{Position, Unit, UnitKind, UnitStatus};

/// The port of a configuration that never says `Listen`.
const DEFAULT_PORT: u16 = 80;

impl Resolver<'_> {
    /// Marks units that no request reaches, by their place in the site.
    pub(crate) fn mark_inactive(&mut self) {
        let off = self.never_run();
        let unreached = self.never_asked();
        if matches!(off, Off::Everywhere) {
            self.report_engine_off();
        }
        for unit in &mut self.units {
            let UnitStatus::Placed(positions) = &unit.status else {
                continue;
            };
            let is_off = |position: &Position| match position {
                Position::Rule(set, _) => match &off {
                    Off::Everywhere => true,
                    Off::Sets(sets) => sets.contains(&set.0),
                },
                _ => false,
            };
            let is_unreached =
                |position: &Position| unreached.iter().any(|part| part.has(*position));
            if positions.is_empty() {
                unit.status = UnitStatus::Inactive("nothing refers to it".into());
            } else if positions.iter().all(is_off) {
                unit.status = UnitStatus::Inactive("`RewriteEngine` is off for it".into());
            } else if positions.iter().all(is_unreached) {
                let reason =
                    "virtual hosts answer every request, so the main server is never asked";
                unit.status = UnitStatus::Inactive(reason.into());
            }
        }
    }

    /// Says so once when no rule of the whole configuration runs.
    fn report_engine_off(&mut self) {
        let placed = |unit: &&Unit| {
            unit.kind == UnitKind::Rule && matches!(unit.status, UnitStatus::Placed(_))
        };
        let Some(span) = self.units.iter().find(placed).map(|unit| unit.origin.span) else {
            return;
        };
        let headline = "none of the rules runs: nothing says `RewriteEngine On`";
        let warning = Diagnostic::warning("engine-off", headline, span)
            .label("this is the first of them")
            .help("add `RewriteEngine On` before it");
        self.say(warning);
    }

    /// Rule sets of contexts in which the engine is off whatever the request.
    fn never_run(&self) -> Off {
        let engine =
            |settings: &Settings| settings.rewrite.as_ref().and_then(|rewrite| rewrite.engine);
        let on = |settings: &Settings| engine(settings) == Some(true);
        let hosts = || self.site.hosts.iter();
        let sections = || self.site.sections.iter().map(|section| &section.settings);
        let section_on = sections().any(on);
        if !section_on && !hosts().any(|host| on(&host.settings)) {
            return Off::Everywhere;
        }
        let mut sets = BTreeSet::new();
        if !section_on {
            let off = hosts().filter(|host| !on(&host.settings));
            sets.extend(off.filter_map(|host| Some(host.rewrite.as_ref()?.rules.0)));
        }
        let inherit = RewriteOptions::INHERIT
            | RewriteOptions::INHERIT_BEFORE
            | RewriteOptions::INHERIT_DOWN
            | RewriteOptions::INHERIT_DOWN_BEFORE;
        let all = self.site.settings();
        let mut rewrites = all.filter_map(|settings| settings.rewrite.as_ref());
        if !rewrites.any(|rewrite| rewrite.options.unwrap_or_default().intersects(inherit)) {
            let off = sections().filter(|settings| engine(settings) == Some(false));
            sets.extend(off.filter_map(|settings| Some(settings.rewrite.as_ref()?.rules.0)));
        }
        Off::Sets(sets)
    }

    /// What only the main server has, when no request ever gets to it.
    fn never_asked(&self) -> Vec<Part> {
        let Some((main, others)) = self.site.hosts.split_first() else {
            return Vec::new();
        };
        let listen = self.site.listen.as_slice();
        let ports = if listen.is_empty() {
            &[DEFAULT_PORT]
        } else {
            listen
        };
        let addresses = || others.iter().flat_map(|host| &host.addresses);
        let covered = |port: &u16| {
            addresses()
                .any(|address| address.ip.is_none() && address.port.is_none_or(|own| own == *port))
        };
        if !ports.iter().all(covered) {
            return Vec::new();
        }
        let own_list = others.iter().all(|host| host.redirects != main.redirects);
        let redirects = own_list.then_some(Part::Redirects(main.redirects.0));
        let rules = main
            .rewrite
            .as_ref()
            .map(|rewrite| Part::Rules(rewrite.rules.0));
        redirects.into_iter().chain(rules).collect()
    }
}

/// Where the engine is off.
enum Off {
    Everywhere,
    Sets(BTreeSet<u32>),
}

/// A rule set or a list of redirects, by its number.
enum Part {
    Rules(u32),
    Redirects(u32),
}

impl Part {
    fn has(&self, position: Position) -> bool {
        match (self, position) {
            (Self::Rules(part), Position::Rule(set, _)) => *part == set.0,
            (Self::Redirects(part), Position::Redirect(list, _)) => *part == list.0,
            _ => false,
        }
    }
}
