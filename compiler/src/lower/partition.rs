//! Decides for each rule and redirect where it can live.
//!
//! In: a rule, and whether a chain holds it. Out: its [`Home`]. Absent: redundancy.

use edgewright_engine::artefact::index::{Case, Reach, Stand, Word};
use edgewright_engine::model::rules::{Redirect, RedirectMatcher, Rule, RuleFlags};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::text::prefix::collapse_slashes;

use super::literals;
use crate::chain::Membership;
use crate::facts::PatternFacts;
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
        let facts = PatternFacts::of(pattern);
        let mut reaches = match Shape::of_facts(&facts) {
            Shape::Words(case, words) => return Self::Keyed(case, words),
            Shape::Prefixes(_, words) => at_start(&words).into_iter().collect(),
            Shape::Open => Vec::new(),
        };
        reaches.extend(by_literals(&facts));
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
fn by_literals(facts: &PatternFacts) -> impl Iterator<Item = Reach> + use<> {
    let requirements = facts.structure().map(literals::required);
    requirements
        .unwrap_or_default()
        .into_iter()
        .map(Reach::Words)
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
