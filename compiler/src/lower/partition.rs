//! Decides for each rule and redirect where it can live.
//!
//! In: a rule, and whether a chain holds it. Out: its [`Home`]. Absent: redundancy.

use edgewright_edge_handler::index::{Case, Reach, Stand, Word};
use edgewright_edge_handler::key::collapse_slashes;
use edgewright_edge_handler::rules::{
    Pattern, Redirect, RedirectMatcher, Rule, RuleFlags, RuleSet, RuleSetId,
};
use edgewright_edge_handler::site::Site;

use super::literals;
use crate::dialect;
use crate::outline::Outline;
use crate::shape::Shape;

/// Where a rule can live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// Nowhere: it is redundant.
    Removed,
    /// In the table, under each of these texts.
    Keyed(Case, Vec<Vec<u8>>),
    /// In the program, found in one of these ways.
    Kept(Vec<Reach>),
}

impl Home {
    fn of_pattern(pattern: &Pattern) -> Self {
        let outline = Outline::of(pattern);
        let mut reaches = match Shape::of_outline(&outline) {
            Shape::Words(case, words) => return Self::Keyed(case, words),
            Shape::Prefixes(_, words) => at_start(&words).into_iter().collect(),
            Shape::Open => Vec::new(),
        };
        reaches.extend(by_literals(&outline));
        if reaches.is_empty() {
            reaches.push(Reach::Everything);
        }
        Self::Kept(reaches)
    }

    fn scanned() -> Self {
        Self::Kept(vec![Reach::Everything])
    }
}

/// The home of `rule`. A negated rule matches nearly everything; a chain is skipped by counting its
/// rules, so all of them have to be at hand.
pub(super) fn rule(rule: &Rule, chain: Membership) -> Home {
    if chain == Membership::Inside || rule.flags.contains(RuleFlags::NEGATED) {
        return Home::scanned();
    }
    Home::of_pattern(&rule.pattern)
}

/// Found by how a text begins; `None` when that is too little.
pub(super) fn at_start(prefixes: &[Vec<u8>]) -> Option<Reach> {
    let words = prefixes
        .iter()
        .map(|prefix| Word::new(prefix, Stand::AtStart));
    words.collect::<Option<_>>().map(Reach::Words)
}

/// The texts that must stand in whatever a pattern matches.
fn by_literals(outline: &Outline<'_>) -> impl Iterator<Item = Reach> + use<> {
    let loosely = || dialect::read_loosely(outline.text, outline.pattern.options);
    let requirements = match outline.structure() {
        Some(structure) => literals::required(structure),
        None => loosely().map_or(Vec::new(), |structure| literals::required(&structure)),
    };
    requirements.into_iter().map(Reach::Words)
}

/// The home of `redirect`.
pub(super) fn redirect(redirect: &Redirect) -> Home {
    match &redirect.matcher {
        RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
            Home::Keyed(Case::Exact, vec![collapse_slashes(path).into_owned()])
        }
        RedirectMatcher::Regex(pattern) => Home::of_pattern(pattern),
        RedirectMatcher::Prefix(_) | RedirectMatcher::Section => Home::scanned(),
    }
}

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
