//! Rewrite rules that repeat an earlier one of the same set.
//!
//! In: the rule sets of a [`Site`]. Out: removals. Absent: redirects.
//!
//! A rule *B* is removed when an earlier rule *A* of its set is the same in everything but its
//! place, and all of this holds:
//!
//! 1. When *A* applies, the list ends there (`L`, `END`, `PT`, `P`, or a status): *B* is not reached.
//! 2. *A* is asked whenever *B* is: it belongs to no chain, and no `S` of a rule above it reaches it.
//!    (`N` starts at the top again, so it passes *A*. Flags that make a subrequest leave out a rule
//!    are the same for both.)
//! 3. Between the two nothing changes what they are asked about: each rule there either ends the
//!    list when it applies, or has no substitution and sets nothing (`E`, `T`, `H`).
//! 4. Asking twice gives the same answer: no condition looks into a map (`rnd:` differs from time to
//!    time) or is an expression.
//! 5. *B* belongs to no chain, for a chain is counted.
//!
//! Then, where *B* is asked, *A* was asked the same question and did not apply, so *B* does not.

use std::collections::HashMap;

use edgewright_edge_handler::rules::{
    Condition, Piece, Place, Rule, RuleFlags, RuleSet, RuleSetId, Test,
};
use edgewright_edge_handler::site::Site;

use super::{Cause, Redundant};
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
    let reached_from_elsewhere = site.rule_sets.iter().map(overhang).max().unwrap_or(0);
    for (id, set) in (0..).map(RuleSetId).zip(&site.rule_sets) {
        in_set(id, set, &chains, reached_from_elsewhere, found);
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

/// Where the same rule stood last.
struct Earlier {
    /// The first of them, which stays.
    first: Place,
    /// How many rules above the last of them may change a request and go on.
    changes: usize,
}

fn in_set(
    id: RuleSetId,
    set: &RuleSet,
    chains: &Chains<'_>,
    mut skipped_to: usize,
    found: &mut Redundant,
) {
    let mut seen: HashMap<Vec<u8>, Earlier> = HashMap::new();
    let mut changes = 0;
    for (position, rule) in set.rules.iter().enumerate() {
        let always_asked = position >= skipped_to;
        if chains.member(id, position) == Membership::Outside && repeats_itself(rule) {
            let text = without_places(rule);
            let earlier = seen.get(&text).filter(|earlier| earlier.changes == changes);
            let first = earlier.map(|earlier| earlier.first);
            if let Some(by) = first {
                found.remove(Position::Rule(id, position), by, Cause::Duplicate);
            }
            if always_asked {
                let first = first.unwrap_or(rule.place);
                seen.insert(text, Earlier { first, changes });
            }
        }
        if may_change_and_go_on(rule) {
            changes += 1;
        }
        if rule.skip > 0 {
            skipped_to = skipped_to.max(position + skip(rule) + 1);
        }
    }
}

/// It ends the list when it applies, and asking it twice gives the same answer.
fn repeats_itself(rule: &Rule) -> bool {
    rule.flags.intersects(ENDING) && rule.conditions.iter().all(is_steady)
}

fn is_steady(condition: &Condition) -> bool {
    let looks_up = |piece: &Piece| matches!(piece, Piece::Map { .. });
    !matches!(condition.test, Test::Expression(_)) && !condition.subject.pieces.iter().any(looks_up)
}

fn may_change_and_go_on(rule: &Rule) -> bool {
    let harmless = rule.flags.contains(RuleFlags::NO_SUBSTITUTION)
        && !rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        && rule.environment.is_empty()
        && rule.mime_type.is_none()
        && rule.handler.is_none();
    !rule.flags.intersects(ENDING) && !harmless
}

/// Everything a rule says, as one text to compare by.
fn without_places(rule: &Rule) -> Vec<u8> {
    let nowhere = Place { file: 0, line: 0 };
    let mut rule = rule.clone();
    rule.place = nowhere;
    for condition in &mut rule.conditions {
        condition.place = nowhere;
    }
    postcard::to_allocvec(&rule).unwrap_or_default()
}
