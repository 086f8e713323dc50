//! Rules that reach further than they seem to.
//!
//! In: the rules of a [`Site`] in their lists, and which of them never apply. Out: findings. Absent: what one rule's text
//! says by itself; see [`super::lints`].

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use edgewright_engine::model::rules::{Place, Rule, RuleFlags, RuleSetId};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::syntax::Node;

use super::{ENDING, Finding};
use crate::reading::Position;
use crate::redundant::{Cause, Redundant};
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// Everything of that kind in `site`.
pub(super) fn find(site: &Site, redundant: &Redundant, aiming: &Aiming<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (set, rules) in (0..).map(RuleSetId).zip(&site.rule_sets) {
        let rules = &rules.rules;
        // Whoever writes one so writes all so: the first of a list is told.
        let mut unanchored_here = None;
        for (at, rule) in rules.iter().enumerate() {
            let position = Position::Rule(set, at);
            found.extend(skips_too_far(rule, rules.len() - at - 1, position));
            if unanchored_here.is_none() && !redundant.contains(position) {
                unanchored_here = unanchored(rule, position, aiming);
            }
        }
        found.extend(unanchored_here);
        found.extend(for_one_rule(set, rules, redundant));
    }
    found
}

/// `S=5` where three rules follow.
fn skips_too_far(rule: &Rule, follow: usize, position: Position) -> Option<Finding> {
    let skip = usize::try_from(rule.skip).ok()?;
    (skip > follow).then(|| {
        let headline = format!("S={skip} where {follow} rules follow: it skips all of them");
        Finding::warning("skip-too-far", rule.place, headline)
            .label("counts rules that are not there")
            .help("count the RewriteRule lines that follow; END ends the list for good")
            .shows(Shows::Applies, Tries::Any(position, None))
    })
}

/// `promo` matches wherever it stands.
fn unanchored(rule: &Rule, position: Position, aiming: &Aiming<'_>) -> Option<Finding> {
    let is_plain = rule.conditions.is_empty()
        && rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        && !rule
            .flags
            .intersects(RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION | RuleFlags::NEGATED)
        && rule.substitution.is_literal();
    let syntax = rule.pattern.syntax().filter(|_| is_plain)?;
    let Node::Literal(literal) = &syntax.root else {
        return None;
    };
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    if !literal.bytes.iter().all(is_word) {
        return None;
    }
    let longer = [b"/a".as_slice(), &literal.bytes, b"b"].concat();
    let word = String::from_utf8_lossy(&literal.bytes);
    Some(
        Finding::note(
            "unanchored-pattern",
            rule.place,
            format!("without ^ and $ it matches wherever `{word}` stands in a path"),
        )
        .label("also matches longer names")
        .help(format!("write ^/?{word}/?$ for that path only"))
        .shows(
            Shows::Applies,
            Tries::only(aiming.request(position, &longer)?),
        ),
    )
}

/// Rules right below a rule with conditions, without any of their own, that take what later rules are for.
fn for_one_rule(set: RuleSetId, rules: &[Rule], redundant: &Redundant) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut told = HashSet::new();
    let places = OnceCell::new();
    for (at, rule) in rules.iter().enumerate() {
        let removal = redundant.removal(Position::Rule(set, at));
        let by =
            removal.filter(|removal| matches!(removal.cause, Cause::Shadowed | Cause::Unreachable));
        let Some((removal, by)) = by.and_then(|removal| Some((removal, removal.by?))) else {
            continue;
        };
        let places = places.get_or_init(|| places_of(rules));
        let Some(taking) = places.get(&by).copied().filter(|taking| *taking < at) else {
            continue;
        };
        let above = taking.checked_sub(1).and_then(|above| rules.get(above));
        if let Some((above, taker)) = above.zip(rules.get(taking))
            && looks_conditioned(above, taker)
            && told.insert(by)
        {
            let tries = Tries::Any(Position::Rule(set, taking), removal.example.clone());
            found.push(conditions_end(above, taker, rule).shows(Shows::Applies, tries));
        }
    }
    found
}

/// Where the first rule of each line stands.
fn places_of(rules: &[Rule]) -> HashMap<Place, usize> {
    let mut places = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        places.entry(rule.place).or_insert(at);
    }
    places
}

/// Does the second rule look as if the first one's conditions held for it too? It stands in the next line, does the same
/// kind of thing and ends the list.
fn looks_conditioned(first: &Rule, second: &Rule) -> bool {
    let kind = |rule: &Rule| {
        rule.flags
            & (RuleFlags::FORCE_REDIRECT
                | RuleFlags::STATUS
                | RuleFlags::NO_SUBSTITUTION
                | RuleFlags::PROXY)
    };
    !first.conditions.is_empty()
        && second.conditions.is_empty()
        && first.place.file == second.place.file
        && first.place.line + 1 == second.place.line
        && kind(first) == kind(second)
        && second.flags.intersects(ENDING)
}

fn conditions_end(above: &Rule, taker: &Rule, never: &Rule) -> Finding {
    let headline = "the conditions above hold for one rule: this one has none, and takes what a later rule is for";
    let mut finding = Finding::warning("condition-for-one-rule", taker.place, headline)
        .label("applies whether those conditions hold or not")
        .help("repeat the RewriteCond lines in front of it if they are meant for it too");
    let first = above.conditions.first();
    finding
        .others
        .extend(first.map(|condition| (condition.place, "asked for the rule below it only")));
    finding
        .others
        .push((never.place, "never applies because of this one"));
    finding
}
