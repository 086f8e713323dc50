//! Flags that have no effect beside others.
//!
//! In: a rule. Out: findings. Absent: `S=5` where fewer rules follow; see [`super::flow`].

use edgewright_engine::model::rules::{Rule, RuleFlags};

use super::lints::Slip;
use super::{ENDING, Finding};
use crate::replay::Shows;

/// `N` or `S` behind which the list ends.
pub(super) fn without_effect(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let (lost, help) = if rule.flags.contains(RuleFlags::NEXT) {
        (
            "N",
            "leave out N, which starts the list over; NC ignores the case of letters",
        )
    } else if rule.skip > 0 {
        ("S", "leave out S, or what ends the list")
    } else {
        return None;
    };
    let ending = ending(rule)?;
    let headline = format!("{lost} has no effect beside {ending}, which ends the list");
    Some(
        Finding::warning("flag-without-effect", rule.place, headline)
            .label("stops at the flag that ends the list")
            .help(help)
            .shows(Shows::Applies, slip.tries()),
    )
}

/// The flag that ends the list, as it is written.
fn ending(rule: &Rule) -> Option<&'static str> {
    let names = [
        (RuleFlags::STATUS, "a status that is answered at once"),
        (RuleFlags::LAST, "L"),
        (RuleFlags::END, "END"),
        (RuleFlags::PASS_THROUGH, "PT"),
        (RuleFlags::PROXY, "P"),
    ];
    let mut set = names
        .into_iter()
        .filter(|(flag, _)| rule.flags.contains(*flag));
    set.next()
        .filter(|_| rule.flags.intersects(ENDING))
        .map(|(_, name)| name)
}
