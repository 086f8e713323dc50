//! Rewrite rules that can never apply.
//!
//! In: the rule sets of a [`Site`]. Out: removals. Absent: redirects.
//!
//! A rule *B* is removed when earlier rules *A* of its set answer for it. Of every *A*:
//!
//! 1. When it applies, the list ends there (`L`, `END`, `PT`, `P`, or a status): *B* is not reached.
//! 2. It is asked whenever *B* is: it belongs to no chain, no `S` of a rule above it reaches it, and
//!    no subrequest leaves it out (`NS`, `R`) that does not leave out *B* too. (`N` starts at the top
//!    again, so it passes *A*.)
//! 3. It would apply to whatever *B* applies to, either way:
//!    * **duplicate**: it is the same in everything but its place, no condition looks into a map
//!      (`rnd:` differs from time to time) or is an expression, and nothing between the two sets what
//!      conditions can see without changing the path;
//!    * **shadowed**: it has no conditions and *B* matches a few known texts only, each of which the
//!      pattern of such an *A* was tried on and matches.
//! 4. Between the two no rule that goes on (has none of the flags of 1) can leave behind a path that
//!    *B* matches. So if *B* matches the path, the path was the same at *A*.
//!
//! And *B* belongs to no chain, for a chain is counted. Then, where *B* is asked and would match, *A*
//! was asked about the same path before and applied, so that *B* is not asked; or, for a duplicate,
//! *A* was asked the same and did not apply, so *B* does not.

use std::collections::{HashMap, HashSet};

use edgewright_edge_handler::rules::{
    Condition, Piece, Place, Rule, RuleFlags, RuleSet, RuleSetId, Test,
};
use edgewright_edge_handler::site::Site;
use serde::Serialize;

use super::changes::{Changes, Level};
use super::deciders::{Decider, Deciders};
use super::product::comparable;
use super::{Cause, Redundant};
use crate::lower::shape::Shape;
use crate::lower::{Chains, Membership};
use crate::reading::Position;

/// Any of these ends the list once the rule applied.
const ENDING: RuleFlags = RuleFlags::STATUS
    .union(RuleFlags::LAST)
    .union(RuleFlags::END)
    .union(RuleFlags::PASS_THROUGH)
    .union(RuleFlags::PROXY);

pub(super) fn find(site: &Site, found: &mut Redundant) {
    let chains = Chains::of(site);
    let levels = Levels::of(site);
    let skipped_to = site.rule_sets.iter().map(overhang).max().unwrap_or(0);
    for (id, set) in (0..).map(RuleSetId).zip(&site.rule_sets) {
        let mut search = Search {
            level: levels.of_set(id),
            skipped_to,
            changes: Changes::default(),
            deciders: Deciders::default(),
            seen: HashMap::new(),
        };
        for (position, rule) in set.rules.iter().enumerate() {
            let chained = chains.member(id, position);
            if let Some((by, cause)) = search.meet(position, rule, chained) {
                found.remove(Position::Rule(id, position), by, cause);
            }
        }
    }
}

/// How far a set's `S` reach beyond its end: into the set that a request joins to it.
fn overhang(set: &RuleSet) -> usize {
    let ends = set
        .rules
        .iter()
        .enumerate()
        .map(|(at, rule)| at + skip(rule) + 1);
    ends.max().unwrap_or(0).saturating_sub(set.rules.len())
}

fn skip(rule: &Rule) -> usize {
    usize::try_from(rule.skip).unwrap_or(usize::MAX / 2)
}

/// Which sets are used in a directory.
struct Levels(HashSet<RuleSetId>);

impl Levels {
    fn of(site: &Site) -> Self {
        let hosts = site.hosts.iter().map(|host| &host.settings);
        let sections = site.sections.iter().map(|section| &section.settings);
        let rewriting = hosts
            .chain(sections)
            .filter_map(|settings| settings.rewrite.as_ref());
        Self(rewriting.map(|rewriting| rewriting.rules).collect())
    }

    fn of_set(&self, set: RuleSetId) -> Level {
        if self.0.contains(&set) {
            Level::Directory
        } else {
            Level::Server
        }
    }
}

/// A walk through one set from its top.
struct Search<'a> {
    level: Level,
    /// Rules below this position may be skipped.
    skipped_to: usize,
    changes: Changes,
    deciders: Deciders<'a>,
    /// Rules that always answer the same, by what they say: the last of each.
    seen: HashMap<Vec<u8>, Earlier>,
}

/// Where the same rule stood before.
struct Earlier {
    /// The first of them, which stays.
    first: Place,
    /// Position of the last.
    last: usize,
}

impl<'a> Search<'a> {
    /// Looks at the next rule: what makes it redundant, if anything does.
    fn meet(
        &mut self,
        position: usize,
        rule: &'a Rule,
        chained: Membership,
    ) -> Option<(Place, Cause)> {
        let found = match chained {
            Membership::Outside => self.judge(position, rule),
            Membership::Inside => None,
        };
        if !rule.flags.intersects(ENDING) && found.is_none() {
            self.changes.add(position, rule, self.level);
        }
        if rule.skip > 0 {
            self.skipped_to = self.skipped_to.max(position + skip(rule) + 1);
        }
        found
    }

    fn judge(&mut self, position: usize, rule: &'a Rule) -> Option<(Place, Cause)> {
        let shape = shape(rule);
        let ending = rule.flags.intersects(ENDING);
        let steady = ending && rule.conditions.iter().all(is_steady);
        let text = steady.then(|| without_places(rule));
        let first = text
            .as_ref()
            .and_then(|text| self.first_of_same(text, &shape));
        let duplicate = first.map(|place| (place, Cause::Duplicate));
        let shadowed = || Some((self.shadow(rule, &shape)?, Cause::Shadowed));
        let found = duplicate.or_else(shadowed);
        if position < self.skipped_to {
            return found;
        }
        if let Some(text) = text {
            let first = first.unwrap_or(rule.place);
            let last = position;
            self.seen.insert(text, Earlier { first, last });
        }
        let negated = rule.flags.contains(RuleFlags::NEGATED);
        if found.is_none() && ending && rule.conditions.is_empty() && !negated {
            self.deciders.add(Decider { rule, position }, &shape);
        }
        found
    }

    /// The first rule that says the same, when nothing since the last of them matters.
    fn first_of_same(&self, text: &[u8], shape: &Shape) -> Option<Place> {
        let earlier = self.seen.get(text)?;
        let since = self
            .changes
            .last_to(shape)
            .max(self.changes.last_of_surroundings());
        (since <= earlier.last).then_some(earlier.first)
    }

    /// A rule that takes the first of the texts `rule` matches, when such rules take all of them.
    fn shadow(&self, rule: &Rule, shape: &Shape) -> Option<Place> {
        let Shape::Words(case, words) = shape else {
            return None;
        };
        let deciding = words.iter().map(|word| {
            let decider = self.deciders.of(word, *case, rule)?;
            let since = self.changes.last_to_word(&comparable(word));
            (since <= decider.position).then_some(decider.rule.place)
        });
        let deciding: Option<Vec<Place>> = deciding.collect();
        deciding?.first().copied()
    }
}

fn shape(rule: &Rule) -> Shape {
    if rule.flags.contains(RuleFlags::NEGATED) {
        Shape::Open
    } else {
        Shape::of(&rule.pattern)
    }
}

/// Asking it twice gives the same answer.
fn is_steady(condition: &Condition) -> bool {
    let looks_up = |piece: &Piece| matches!(piece, Piece::Map { .. });
    !matches!(condition.test, Test::Expression(_)) && !condition.subject.pieces.iter().any(looks_up)
}

/// Everything a rule says, as one text to compare by. Its parts are named one by one, so that a new
/// one cannot be forgotten.
fn without_places(rule: &Rule) -> Vec<u8> {
    let Rule {
        place: _,
        pattern,
        conditions,
        substitution,
        flags,
        status,
        skip,
        max_rounds,
        environment,
        cookies,
        mime_type,
        handler,
        escapes,
        no_escapes,
    } = rule;
    let conditions: Vec<_> = conditions.iter().map(condition_without_place).collect();
    let what = (pattern, conditions, substitution, flags, status, skip);
    let more = (max_rounds, environment, cookies, mime_type, handler);
    postcard::to_allocvec(&(what, more, escapes, no_escapes)).unwrap_or_default()
}

fn condition_without_place(condition: &Condition) -> impl Serialize + '_ {
    let Condition {
        place: _,
        subject,
        test,
        negated,
        no_case,
        or_next,
        no_vary,
    } = condition;
    (subject, test, negated, no_case, or_next, no_vary)
}
