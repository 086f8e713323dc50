//! Rules that settle every request they match and whose conditions hold: ending the list, always asked.
//!
//! In: such rules in order. Out: [`Deciders`]: which of them matches a given text. Absent: whether
//! something between them and a later rule changes the path; see [`super::changes`].

use std::collections::BTreeSet;

use edgewright_engine::artefact::index::Case;
use edgewright_engine::model::rules::{Rule, RuleFlags};
use foldhash::HashMap;

use crate::facts::PatternFacts;
use crate::reserve::Walk;
use crate::shape::Shape;

/// So many rules with the same beginning, or with none, are tried; the last ones.
const MOST_TRIED: usize = 16;

/// Flags that make a subrequest leave out a rule.
const NOT_FOR_SUBREQUESTS: RuleFlags = RuleFlags::NO_SUBREQUEST.union(RuleFlags::FORCE_REDIRECT);

/// Deciding rules so far, found by the texts they may match (letters lowered).
#[derive(Debug, Default)]
pub(super) struct Deciders<'a> {
    /// Those that surely match these words.
    exact: ByText<Decider<'a>>,
    /// Those that surely match these words in whatever case, letters lowered.
    folded: ByText<Decider<'a>>,
    words: ByText<Likely<'a>>,
    beginnings: ByText<Likely<'a>>,
    /// How long beginnings are.
    lengths: BTreeSet<usize>,
    open: Vec<Likely<'a>>,
}

type ByText<T> = HashMap<Vec<u8>, Vec<T>>;

/// A decider that has to be tried.
#[derive(Debug, Clone, Copy)]
struct Likely<'a> {
    decider: Decider<'a>,
    /// What a text needs that it matches.
    needs: Pairs,
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
    /// Takes in a deciding rule. Every text it matches holds `literal`, letters lowered.
    pub fn add(
        &mut self,
        decider: Decider<'a>,
        shape: Shape,
        facts: &PatternFacts,
        literal: &[u8],
    ) {
        let needs = Pairs::of(literal);
        let likely = Likely { decider, needs };
        match shape {
            Shape::Words(case, words) if Shape::is_complete(facts) => {
                let known = match case {
                    Case::Exact => &mut self.exact,
                    Case::Folded => &mut self.folded,
                };
                for word in words {
                    push(known.entry(word).or_default(), decider);
                }
            }
            Shape::Words(_, words) => add_each(&mut self.words, &words, likely),
            Shape::Prefixes(_, words) => {
                self.lengths.extend(words.iter().map(Vec::len));
                add_each(&mut self.beginnings, &words, likely);
            }
            Shape::Open => push(&mut self.open, likely),
        }
    }

    /// Makes room for those to come.
    pub fn make_room(&mut self, walk: Walk) {
        walk.make_room(&mut self.exact);
        walk.make_room(&mut self.folded);
        walk.make_room(&mut self.words);
        walk.make_room(&mut self.beginnings);
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
        let exact = match case {
            Case::Exact => self.exact.get(word),
            Case::Folded => None,
        };
        let folded = self.folded.get(folded);
        exact.into_iter().chain(folded).flatten()
    }

    fn tried(&self, word: &[u8], folded: &[u8], case: Case) -> impl Iterator<Item = &Decider<'a>> {
        let exact = self.words.get(folded).into_iter().flatten();
        let heads = self.lengths.range(..=folded.len());
        let heads = heads.filter_map(|length| folded.get(..*length));
        let below = heads.filter_map(|head| self.beginnings.get(head)).flatten();
        let has = Pairs::of(folded);
        let all = exact.chain(below).chain(&self.open);
        let likely = all.filter(move |likely| has.include(likely.needs));
        likely.map(|likely| &likely.decider).filter(move |decider| {
            (case == Case::Exact || ignores_case(decider.rule))
                && decider.rule.pattern.is_match(word)
        })
    }
}

fn add_each<'a>(all: &mut ByText<Likely<'a>>, words: &[Vec<u8>], likely: Likely<'a>) {
    for word in words {
        push(all.entry(word.to_ascii_lowercase()).or_default(), likely);
    }
}

fn push<T>(all: &mut Vec<T>, one: T) {
    if all.len() == MOST_TRIED {
        all.remove(0);
    }
    all.push(one);
}

/// Which pairs of neighbouring bytes a text has, each as one of 64 bits. A text that does not have
/// those of a literal does not hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pairs(u64);

impl Pairs {
    fn of(text: &[u8]) -> Self {
        let bit = |pair: &[u8]| {
            let mixed = usize::from(pair[0]) * 31 + usize::from(pair[1]) * 7;
            1 << (mixed % 64)
        };
        Self(
            text.windows(2)
                .map(bit)
                .fold(0, |bits, bit: u64| bits | bit),
        )
    }

    fn include(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }
}

/// The whole pattern ignores case.
fn ignores_case(rule: &Rule) -> bool {
    match Shape::of(&rule.pattern) {
        Shape::Words(case, _) | Shape::Prefixes(case, _) => case == Case::Folded,
        Shape::Open => false,
    }
}
