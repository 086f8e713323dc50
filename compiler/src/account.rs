//! Count in = count out: what became of every line that was read.
//!
//! In: a [`Reading`] and what lowering made of it. Out: [`Account`]: one verdict for each unit, and
//! the totals. Absent: printing it.
//!
//! A unit that stands in several places (a rule that virtual hosts inherit) has the class of its
//! heaviest place. From light to heavy: removed, keyed, indexed, scanned, not expressible. So a rule
//! counts as removed only when it is redundant wherever it stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use edgewright_engine::model::rules::{Place, Rule, RuleFlags};
use edgewright_engine::model::site::Site;
use serde::{Deserialize, Serialize};

use crate::chain::{Chains, Membership};
use crate::lower::{Lowered, Placement};
use crate::reading::{Position, Reading, Unit, UnitStatus};
use crate::redundant::Redundant;
use crate::unsupported::Unsupported;

/// The code of a line of a map whose key an earlier line has.
pub(crate) const REPEATED_KEY: &str = "repeated-key";

/// What became of a unit. Ordered from light to heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Apache never consults it.
    Ignored,
    /// An earlier one makes it redundant.
    Removed,
    /// It is in the table.
    Keyed,
    /// It is in the program, found by a text in the path.
    Indexed,
    /// It is in the program, tried on every request.
    Scanned,
    /// The edge cannot surely answer as Apache did.
    NotExpressible,
}

/// The class of one unit, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What became of it.
    pub class: Class,
    /// Why, for a person to read.
    pub reason: Cow<'static, str>,
    /// The line that makes it redundant.
    pub by: Option<Place>,
    /// For what was removed: the code of its diagnostic.
    pub code: Option<&'static str>,
}

impl Verdict {
    fn new(class: Class, reason: impl Into<Cow<'static, str>>) -> Self {
        let reason = reason.into();
        Self {
            class,
            reason,
            by: None,
            code: None,
        }
    }
}

/// How many units ended in each class. `read` is the sum of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Units read.
    pub read: usize,
    /// In the table.
    pub keyed: usize,
    /// In the program, found by a text in the path.
    pub indexed: usize,
    /// In the program, tried on every request.
    pub scanned: usize,
    /// Redundant.
    pub removed: usize,
    /// Not surely answered as Apache did.
    pub not_expressible: usize,
    /// Never consulted.
    pub ignored: usize,
}

impl Totals {
    fn add(&mut self, class: Class) {
        self.read += 1;
        *match class {
            Class::Ignored => &mut self.ignored,
            Class::Removed => &mut self.removed,
            Class::Keyed => &mut self.keyed,
            Class::Indexed => &mut self.indexed,
            Class::Scanned => &mut self.scanned,
            Class::NotExpressible => &mut self.not_expressible,
        } += 1;
    }
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// One verdict for each of [`Reading::units`], in the same order.
    pub verdicts: Vec<Verdict>,
    /// The sums.
    pub totals: Totals,
    /// How many were removed for which reason: by the code of their diagnostic.
    pub removed: BTreeMap<&'static str, usize>,
}

impl Account {
    /// The account of `reading`.
    pub fn of(reading: &Reading, lowered: &Lowered, redundant: &Redundant) -> Self {
        let judge = Judge {
            site: &reading.site,
            lowered,
            redundant,
            obstacles: Unsupported::of(&reading.site),
            chains: Chains::of(&reading.site),
        };
        let verdicts: Vec<Verdict> = reading.units.iter().map(|unit| judge.unit(unit)).collect();
        let mut totals = Totals::default();
        let mut removed = BTreeMap::new();
        for verdict in &verdicts {
            totals.add(verdict.class);
            if let Some(code) = verdict.code {
                *removed.entry(code).or_default() += 1;
            }
        }
        Self {
            verdicts,
            totals,
            removed,
        }
    }
}

struct Judge<'a> {
    site: &'a Site,
    lowered: &'a Lowered,
    redundant: &'a Redundant,
    obstacles: Unsupported<'a>,
    chains: Chains<'a>,
}

impl Judge<'_> {
    fn unit(&self, unit: &Unit) -> Verdict {
        match &unit.status {
            UnitStatus::Placed(positions) => {
                let verdicts = positions.iter().map(|position| self.position(*position));
                let heaviest = verdicts.max_by_key(|verdict| verdict.class);
                let unused = || Verdict::new(Class::Ignored, "nothing uses the list it stands in");
                heaviest.unwrap_or_else(unused)
            }
            UnitStatus::Repeated(earlier) => Verdict {
                by: Some(*earlier),
                code: Some(REPEATED_KEY),
                ..Verdict::new(Class::Removed, "an earlier line of the map has its key")
            },
            UnitStatus::Skipped(reason) | UnitStatus::Inactive(reason) => {
                Verdict::new(Class::Ignored, reason.clone())
            }
            UnitStatus::Rejected(reason) => Verdict::new(Class::NotExpressible, reason.clone()),
        }
    }

    fn position(&self, position: Position) -> Verdict {
        if let Some(removal) = self.redundant.removal(position) {
            let verdict = Verdict::new(Class::Removed, removal.cause.text());
            return Verdict {
                by: removal.by,
                code: Some(removal.cause.code()),
                ..verdict
            };
        }
        if let Some(obstacle) = self.obstacle(position) {
            return Verdict::new(Class::NotExpressible, obstacle);
        }
        match self.lowered.placement(position) {
            Some(Placement::Keyed) => Verdict::new(Class::Keyed, "the table has it by its path"),
            Some(Placement::Indexed) => {
                Verdict::new(Class::Indexed, "it is found by a text in the path")
            }
            Some(Placement::Scanned) => Verdict::new(Class::Scanned, self.why_scanned(position)),
            Some(Placement::Removed) | None => {
                Verdict::new(Class::Ignored, "nothing uses the list it stands in")
            }
        }
    }

    fn obstacle(&self, position: Position) -> Option<String> {
        match position {
            Position::Rule(set, _) => self.obstacles.of_rule(set, self.rule(position)?),
            Position::Redirect(list, at) => {
                let list = usize::try_from(list.0).ok()?;
                let redirect = self.site.redirect_lists.get(list)?.get(at)?;
                self.obstacles.of_redirect(redirect)
            }
            Position::MapEntry(..) => None,
        }
    }

    fn why_scanned(&self, position: Position) -> &'static str {
        let Position::Rule(set, at) = position else {
            return "its expression is asked on every request";
        };
        let negated = |rule: &Rule| rule.flags.contains(RuleFlags::NEGATED);
        if self.chains.member(set, at) == Membership::Inside {
            "it belongs to a chain, which is skipped as a whole"
        } else if self.rule(position).is_some_and(negated) {
            "its pattern is negated and matches nearly everything"
        } else {
            "its pattern has no text that must be in the path"
        }
    }

    fn rule(&self, position: Position) -> Option<&Rule> {
        let Position::Rule(set, at) = position else {
            return None;
        };
        let set = usize::try_from(set.0).ok()?;
        self.site.rule_sets.get(set)?.rules.get(at)
    }
}
