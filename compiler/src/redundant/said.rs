//! What a rule says, to compare rules by.
//!
//! In: a [`Rule`]. Out: [`Said`], which is equal for rules that differ in their place only. Absent: what
//! follows from that.

use std::hash::{Hash, Hasher};

use edgewright_engine::model::rules::{Condition, Rule};

/// A rule without its place and those of its conditions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a>(pub &'a Rule);

impl PartialEq for Said<'_> {
    /// The parts of a rule are named one by one, so that a new one cannot be forgotten.
    fn eq(&self, other: &Self) -> bool {
        let Rule {
            place: _,
            pattern,
            conditions,
            substitution,
            flags,
            status,
            skip,
            max_rounds,
            extras,
            screens: _,
        } = self.0;
        let other = other.0;
        (pattern, substitution, flags, status, skip)
            == (
                &other.pattern,
                &other.substitution,
                &other.flags,
                &other.status,
                &other.skip,
            )
            && (max_rounds, extras) == (&other.max_rounds, &other.extras)
            && conditions.len() == other.conditions.len()
            && conditions.iter().zip(&other.conditions).all(are_same)
    }
}

impl Eq for Said<'_> {}

impl Hash for Said<'_> {
    /// What tells rules apart most often.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let rule = self.0;
        rule.pattern.hash(state);
        rule.substitution.source.hash(state);
        rule.flags.hash(state);
        for condition in &rule.conditions {
            condition.subject.source.hash(state);
        }
    }
}

fn are_same((one, other): (&Condition, &Condition)) -> bool {
    let Condition {
        place: _,
        subject,
        test,
        negated,
        no_case,
        or_next,
        no_vary,
    } = one;
    (subject, test, negated, no_case, or_next, no_vary)
        == (
            &other.subject,
            &other.test,
            &other.negated,
            &other.no_case,
            &other.or_next,
            &other.no_vary,
        )
}
