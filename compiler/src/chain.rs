//! Which rules belong to chains (flag `C`).
//!
//! In: a [`Site`]. Out: [`Chains`]. Absent: what a failed chain skips; see the evaluator.

use edgewright_engine::model::rules::{Rule, RuleFlags, RuleSet, RuleSetId};
use edgewright_engine::model::site::Site;

/// Whether a rule belongs to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    /// The rule has `C`, or the one before it has.
    Inside,
    /// The rule belongs to no chain.
    Outside,
}

/// Tells which rules belong to chains.
#[derive(Debug)]
pub(crate) struct Chains<'a> {
    sets: &'a [RuleSet],
    /// Some set ends in a rule with `C`. Per-directory sets are joined per request, so the chain
    /// may go on with the first rule of any other.
    some_set_ends_open: bool,
}

impl<'a> Chains<'a> {
    pub fn of(site: &'a Site) -> Self {
        let open = |set: &RuleSet| set.rules.last().is_some_and(has_chain);
        Self {
            sets: &site.rule_sets,
            some_set_ends_open: site.rule_sets.iter().any(open),
        }
    }

    pub fn member(&self, set: RuleSetId, position: usize) -> Membership {
        let set = usize::try_from(set.0)
            .ok()
            .and_then(|set| self.sets.get(set));
        let rule = |at: usize| set.and_then(|set| set.rules.get(at));
        let after_chain = match position.checked_sub(1) {
            Some(before) => rule(before).is_some_and(has_chain),
            None => self.some_set_ends_open,
        };
        if after_chain || rule(position).is_some_and(has_chain) {
            Membership::Inside
        } else {
            Membership::Outside
        }
    }
}

fn has_chain(rule: &Rule) -> bool {
    rule.flags.contains(RuleFlags::CHAIN)
}
