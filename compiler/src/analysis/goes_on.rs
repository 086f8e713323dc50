//! Rewrites without `L` whose result a later line takes.
//!
//! In: the rules of a [`Site`] and its compiled form. Out: findings, each with a request whose path both rules change.
//! Absent: redirects without `L`; see [`super::chains`].
//!
//! A later rule that matches what was asked for, too, is a general one, and rewriting for it is how rules are written.
//! So is a rewrite that is one step of several: the finding is a note.

use std::collections::HashMap;

use edgewright_engine::model::outcome::{Answer, Event};
use edgewright_engine::model::rules::{Place, Rule, RuleFlags, RuleSetId};
use edgewright_engine::model::site::Site;

use super::{ENDING, Finding, Most, NO_REDIRECT, directories};
use crate::compiled_site::CompiledSite;
use crate::host_names::scheme_length;
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries};
use crate::witness::{Aiming, Groups, sample};

/// Every such rule of `site`, of each list and later rule the first.
pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    answering: &CompiledSite<'_>,
    aiming: &Aiming<'_>,
    most: Most,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (set, rules) in (0..).map(RuleSetId).zip(&site.rule_sets) {
        let rules = &rules.rules;
        let mut takers: HashMap<Place, &Rule> = HashMap::new();
        for (at, rule) in rules.iter().enumerate() {
            let position = Position::Rule(set, at);
            if !is_rewrite(rule) || redundant.contains(position) || answering.steps() >= most.0 {
                continue;
            }
            if takers.is_empty() {
                takers = rules.iter().map(|rule| (rule.place, rule)).collect();
            }
            let text = sample(&rule.pattern, 0, &Groups::new());
            let Some(request) = aiming.request(position, &text) else {
                continue;
            };
            let answer = answering.ask(&request);
            let taker = taken_by(rule.place, &answer).and_then(|by| takers.get(&by));
            if let Some(taker) = taker.filter(|taker| !taker.pattern.is_match(&text)) {
                let in_directory = directories(site).any(|one| one.rules == set);
                found.push(taken(rule, taker, in_directory, Tries::only(request)));
            }
        }
    }
    found
}

/// Does a rule replace the path, and go on?
fn is_rewrite(rule: &Rule) -> bool {
    let goes_on = ENDING
        | NO_REDIRECT
        | RuleFlags::FORCE_REDIRECT
        | RuleFlags::NEGATED
        | RuleFlags::CHAIN
        | RuleFlags::NEXT;
    let is_url = || scheme_length(&rule.substitution.fixed_head()) > 0;
    // Another name for one path is a step of several.
    let is_fixed = rule.substitution.is_literal();
    !rule.flags.intersects(goes_on) && rule.skip == 0 && !is_fixed && !is_url()
}

/// The rule that changes what the one at `place` made, in the same pass.
fn taken_by(place: Place, answer: &Answer) -> Option<Place> {
    let mut steps = answer.trace.iter();
    steps.find(|step| step.is_at(place) && matches!(step.event, Event::Rewrote(_)))?;
    let mut rest = steps.take_while(|step| !matches!(step.event, Event::Internal(_)));
    let changes = |event: &Event| {
        matches!(
            event,
            Event::Redirected(_) | Event::Rewrote(_) | Event::Proxied(_) | Event::Answered(_)
        )
    };
    let by = rest.find(|step| changes(&step.event))?.place?;
    (by != place).then_some(by)
}

fn taken(rule: &Rule, taker: &Rule, in_directory: bool, tries: Tries) -> Finding {
    let headline = "a rewrite without L: a later rule takes what it made";
    let help = if in_directory {
        "if that is not meant, add END to its flags: behind L the rules are asked once more"
    } else {
        "if that is not meant, add L to its flags"
    };
    let mut finding = Finding::note("rewrite-goes-on", rule.place, headline)
        .label("the rules below go on with the path")
        .help(help)
        .shows(Shows::Both(taker.place), tries);
    finding.others = vec![(taker.place, "this rule takes it")];
    finding
}
