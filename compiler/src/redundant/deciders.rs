//! Rules that settle every request they match and whose conditions hold: ending the list, always asked.
//!
//! In: such rules in order. Out: [`Deciders`]: which of them matches a given text. Absent: whether
//! something between them and a later rule changes the path; see [`super::changes`].

use std::collections::HashMap;

use edgewright_edge_handler::index::Case;
use edgewright_edge_handler::rules::{Rule, RuleFlags};

use crate::lower::dialect;
use crate::lower::shape::Shape;

/// So many rules with the same beginning, or with none, are tried; the last ones.
const MOST_TRIED: usize = 16;

/// Flags that make a subrequest leave out a rule.
const NOT_FOR_SUBREQUESTS: RuleFlags = RuleFlags::NO_SUBREQUEST.union(RuleFlags::FORCE_REDIRECT);

/// Deciding rules so far, found by the texts they may match (letters lowered).
#[derive(Debug, Default)]
pub(super) struct Deciders<'a> {
    /// Those that surely match these words, letters lowered for [`Case::Folded`] only.
    complete: HashMap<(Case, Vec<u8>), Vec<Decider<'a>>>,
    words: HashMap<Vec<u8>, Vec<Decider<'a>>>,
    beginnings: HashMap<Vec<u8>, Vec<Decider<'a>>>,
    open: Vec<Decider<'a>>,
}

/// A deciding rule and its position in its set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decider<'a> {
    pub rule: &'a Rule,
    pub position: usize,
}

impl Decider<'_> {
    /// Every request that meets `later` meets it first: no subrequest leaves out it alone.
    pub fn is_met_with(&self, later: &Rule) -> bool {
        !self.rule.flags.intersects(NOT_FOR_SUBREQUESTS)
            || later.flags.intersects(NOT_FOR_SUBREQUESTS)
    }
}

impl<'a> Deciders<'a> {
    /// Takes in a deciding rule.
    pub fn add(&mut self, decider: Decider<'a>, shape: &Shape) {
        match shape {
            Shape::Words(case, words) if Shape::is_complete(&decider.rule.pattern) => {
                for word in words {
                    push(
                        self.complete.entry((*case, word.clone())).or_default(),
                        decider,
                    );
                }
            }
            Shape::Words(_, words) => add_each(&mut self.words, words, decider),
            Shape::Prefixes(_, words) => add_each(&mut self.beginnings, words, decider),
            Shape::Open => push(&mut self.open, decider),
        }
    }

    /// A decider that `fits` and matches `word`. With [`Case::Folded`], one that matches it in whatever
    /// case its letters are.
    pub fn of(
        &self,
        word: &[u8],
        case: Case,
        mut fits: impl FnMut(&Decider<'a>) -> bool,
    ) -> Option<Decider<'a>> {
        let folded = word.to_ascii_lowercase();
        let surely = self
            .surely(word, &folded, case)
            .find(|decider| fits(decider));
        let mut tried = self.tried(word, &folded, case);
        surely
            .or_else(|| tried.find(|decider| fits(decider)))
            .copied()
    }

    fn surely(&self, word: &[u8], folded: &[u8], case: Case) -> impl Iterator<Item = &Decider<'a>> {
        let exact = (case == Case::Exact).then(|| (Case::Exact, word.to_vec()));
        let keys = [exact, Some((Case::Folded, folded.to_vec()))];
        let found = keys.into_iter().flatten();
        found.filter_map(|key| self.complete.get(&key)).flatten()
    }

    fn tried(&self, word: &[u8], folded: &[u8], case: Case) -> impl Iterator<Item = &Decider<'a>> {
        let exact = self.words.get(folded).into_iter().flatten();
        let heads = (1..=folded.len()).filter_map(|length| folded.get(..length));
        let below = heads.filter_map(|head| self.beginnings.get(head)).flatten();
        let all = exact.chain(below).chain(&self.open);
        all.filter(move |decider| {
            (case == Case::Exact || ignores_case(decider.rule))
                && decider.rule.pattern.is_match(word)
        })
    }
}

fn add_each<'a>(
    all: &mut HashMap<Vec<u8>, Vec<Decider<'a>>>,
    words: &[Vec<u8>],
    decider: Decider<'a>,
) {
    for word in words {
        push(all.entry(word.to_ascii_lowercase()).or_default(), decider);
    }
}

fn push<'a>(deciders: &mut Vec<Decider<'a>>, decider: Decider<'a>) {
    if deciders.len() == MOST_TRIED {
        deciders.remove(0);
    }
    deciders.push(decider);
}

/// The whole pattern ignores case.
fn ignores_case(rule: &Rule) -> bool {
    let (_, caseless) = dialect::without_case_option(&rule.pattern);
    caseless && !matches!(Shape::of(&rule.pattern), Shape::Open)
}
