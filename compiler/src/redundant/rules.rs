//! Rewrite rules that can never apply.
//!
//! In: the rule sets of a [`Site`]. Out: removals. Absent: redirects.
//!
//! A rule *B* is removed when earlier rules *A* of its set answer for it. Of every *A*:
//!
//! 1. When it applies, the list ends there (`L`, `END`, `PT`, `P`, or a status), or *B* is among the
//!    rules it skips (`S`): *B* is not reached.
//! 2. It is asked whenever *B* is: it belongs to no chain, no `S` of a rule above it reaches it, and
//!    no subrequest leaves it out (`NS`, `R`) that does not leave out *B* too. (`N` starts at the top
//!    again, so it passes *A*.)
//! 3. It would apply to whatever *B* applies to, in one of these ways:
//!    * **duplicate**: it is the same in everything but its place, no condition looks into a map
//!      (`rnd:` differs from time to time) or is an expression, and nothing between the two sets what
//!      conditions can see without changing the path;
//!    * **shadowed**: its conditions hold whenever those of *B* do ([`super::conditions`]), and it
//!      matches whatever *B* matches: either *B* matches a few known texts only, each of which the
//!      pattern of such an *A* was tried on and matches, or the automaton of *B*'s pattern has no
//!      text that *A*'s does not match ([`crate::language`]);
//!    * **unreachable**: it has no conditions and matches every text that can come before it.
//! 4. Between the two no rule that goes on (has none of the flags of 1) can leave behind a path that
//!    *B* matches. So if *B* matches the path, the path was the same at *A*.
//!
//! And *B* belongs to no chain, for a chain is counted. Then, where *B* is asked and would match, *A*
//! was asked about the same path before and applied, so that *B* is not asked; or, for a duplicate,
//! *A* was asked the same and did not apply, so *B* does not.
//!
//! Without any *A*, *B* is removed when its own conditions contradict each other and asking them leaves
//! no traces, or when its pattern
//! matches no text that can come before it ([`super::reach`]).
//!
//! All of this errs towards keeping a rule.

use edgewright_engine::artefact::index::Case;
use edgewright_engine::model::rules::{
    Condition, Piece, Place, Rule, RuleFlags, RuleSet, RuleSetId, Test,
};
use edgewright_engine::model::site::Site;
use foldhash::HashMap;

use super::changes::{Changes, Level};
use super::conditions::{self, Languages, RuleGroups};
use super::covers::{Candidate, Covers, longest_literal};
use super::deciders::{Decider, Deciders};
use super::product::{self, Product, comparable};
use super::reach::Reach;
use super::said::Said;
use super::{Cause, Gist, Known, Redundant, Removal};
use crate::anchors::Misplaced;
use crate::chain::{Chains, Membership as InChain};
use crate::facts::PatternFacts;
use crate::language::{Begins, Found, Membership, Slashes, Universe, find as find_text};
use crate::reserve::Walk;
use crate::shape::Shape;
use crate::witness::{Groups, Samples, sample};

/// Any of these ends the list once the rule applied.
const ENDING: RuleFlags = RuleFlags::STATUS
    .union(RuleFlags::LAST)
    .union(RuleFlags::END)
    .union(RuleFlags::PASS_THROUGH)
    .union(RuleFlags::PROXY);

/// Examples of a pattern that are tried before its automaton is built.
const EXAMPLES: usize = 3;

/// So many rules with `S` are compared with one rule, at most: the last ones.
const MOST_SKIPPING: usize = 24;

/// So many automata are compared for one rule, at most.
const MOST_PROOFS: usize = 6;

pub(super) fn find(site: &Site, found: &mut Redundant) {
    let chains = Chains::of(site);
    let reach = Reach::of(site);
    let skipped_to = site.rule_sets.iter().map(overhang).max().unwrap_or(0);
    let mut languages = Languages::default();
    for (id, set) in (0..).map(RuleSetId).zip(&site.rule_sets) {
        let mut search = Search {
            level: reach.level(id),
            texts: Texts::of(set, reach.level(id), reach.universe(id)),
            skipped_to,
            changes: Changes::default(),
            deciders: Deciders::default(),
            conditional: Deciders::default(),
            covers: Covers::of_lines(set.rules.len()),
            skipping: Vec::new(),
            stop: None,
            seen: HashMap::default(),
            languages: &mut languages,
        };
        let mut list = Vec::with_capacity(set.rules.len());
        for (position, rule) in set.rules.iter().enumerate() {
            let chained = chains.member(id, position);
            search.make_room(Walk {
                done: position,
                lines: set.rules.len(),
            });
            let known = search.meet(position, rule, chained);
            list.push(known.map(Box::new));
        }
        found.rules.push(list);
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

/// Which texts the rule at hand may be matched with.
struct Texts {
    level: Level,
    now: Universe,
}

impl Texts {
    fn of(set: &RuleSet, level: Level, first: Universe) -> Self {
        let mut texts = Self { level, now: first };
        // What a later rule makes of the path comes before every rule once more.
        if set
            .rules
            .iter()
            .any(|rule| rule.flags.contains(RuleFlags::NEXT))
        {
            set.rules.iter().for_each(|rule| texts.change(rule));
        }
        texts
    }

    /// Takes in what `rule` may leave behind.
    fn change(&mut self, rule: &Rule) {
        if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) || rule.flags.intersects(ENDING) {
            return;
        }
        let local = |product: &Product| *product != Product::Anything;
        let stays_a_path = self.level == Level::Server
            && !rule.flags.contains(RuleFlags::FORCE_REDIRECT)
            && product::of(rule).iter().all(local);
        self.now.slashes = Slashes::Several;
        if !stays_a_path {
            self.now.begins = Begins::Anyhow;
        }
    }
}

/// A walk through one set from its top.
struct Search<'a, 'l> {
    level: Level,
    texts: Texts,
    /// Rules below this position may be skipped.
    skipped_to: usize,
    changes: Changes,
    /// Rules without conditions that end the list.
    deciders: Deciders<'a>,
    /// Rules with conditions that do.
    conditional: Deciders<'a>,
    /// Both, by what their patterns hold.
    covers: Covers<'a, Decider<'a>>,
    /// Rules with `S`, and the last position each skips.
    skipping: Vec<(Decider<'a>, usize)>,
    /// A rule that ends the list for every request.
    stop: Option<Decider<'a>>,
    /// Rules that always answer the same, by what they say: the last of each.
    seen: HashMap<Said<'a>, Earlier>,
    languages: &'l mut Languages,
}

/// Where the same rule stood before.
struct Earlier {
    /// The first of them, which stays.
    first: Place,
    /// Position of the last.
    last: usize,
}

impl<'a> Search<'a, '_> {
    fn make_room(&mut self, walk: Walk) {
        walk.make_room(&mut self.seen);
        self.covers.make_room(walk);
        self.deciders.make_room(walk);
        self.conditional.make_room(walk);
    }

    /// Looks at the next rule: what makes it redundant, if anything does.
    fn meet(&mut self, position: usize, rule: &'a Rule, chained: InChain) -> Option<Known> {
        let found = match chained {
            InChain::Outside => self.judge(position, rule),
            InChain::Inside => None,
        };
        if !matches!(found, Some(Known::Removed(_))) {
            if !rule.flags.intersects(ENDING) {
                self.changes.add(position, rule, self.level);
            }
            self.texts.change(rule);
        }
        if rule.skip > 0 {
            self.skipped_to = self.skipped_to.max(position + skip(rule) + 1);
        }
        found
    }

    fn judge(&mut self, position: usize, rule: &'a Rule) -> Option<Known> {
        let facts = PatternFacts::of(&rule.pattern);
        let shape = match asked(rule) {
            Membership::Inside => Shape::of_facts(&facts),
            Membership::Outside => Shape::Open,
        };
        let ending = rule.flags.intersects(ENDING);
        let steady = ending && rule.conditions.iter().all(is_steady);
        let said = steady.then_some(Said(rule));
        let first = said.and_then(|said| self.first_of_same(said, &shape));
        let found = match first {
            Some(first) => Some(removal(
                Some(first),
                Cause::Duplicate,
                example(rule, &shape),
            )),
            None => self.of_others(position, rule, &shape, &facts),
        };
        let found = found.or_else(|| self.of_itself(rule, &shape, &facts));
        let found = match found {
            Some(removal) => Some(Known::Removed(removal)),
            None => gist(rule, &shape, &facts).map(Known::Kept),
        };
        if position < self.skipped_to {
            return found;
        }
        if let Some(said) = said {
            let first = first.unwrap_or(rule.place);
            let last = position;
            self.seen.insert(said, Earlier { first, last });
        }
        if !matches!(found, Some(Known::Removed(_))) {
            self.learn(Decider { rule, position }, shape, &facts);
        }
        found
    }

    /// Keeps what later rules are to be compared with.
    fn learn(&mut self, decider: Decider<'a>, shape: Shape, facts: &PatternFacts) {
        let rule = decider.rule;
        if !rule.flags.intersects(ENDING) {
            if rule.skip > 0 && !rule.flags.contains(RuleFlags::NEXT) {
                if self.skipping.len() == MOST_SKIPPING {
                    self.skipping.remove(0);
                }
                self.skipping.push((decider, decider.position + skip(rule)));
            }
            return;
        }
        let literal = match asked(rule) {
            Membership::Inside => longest_literal(facts),
            Membership::Outside => Vec::new(),
        };
        let candidate = Candidate {
            pattern: &rule.pattern,
            asked: asked(rule),
            of: decider,
        };
        self.covers.add(&literal, candidate);
        if rule.conditions.is_empty() && self.stop.is_none() && self.is_total(rule, &shape) {
            self.stop = Some(decider);
        }
        if asked(rule) == Membership::Inside {
            let deciders = if rule.conditions.is_empty() {
                &mut self.deciders
            } else {
                &mut self.conditional
            };
            deciders.add(decider, shape, facts, &literal);
        }
    }

    /// It matches whatever may come.
    fn is_total(&mut self, rule: &Rule, shape: &Shape) -> bool {
        let shortest: &[u8] = match self.texts.now.begins {
            Begins::Slash => b"/",
            Begins::NoSlash | Begins::Anyhow => b"",
        };
        if *shape != Shape::Open
            || rule.pattern.is_match(shortest) != (asked(rule) == Membership::Inside)
        {
            return false;
        }
        let language = self.languages.of(&rule.pattern);
        language.is_some_and(|language| {
            let missed = (&*language, asked(rule).opposite());
            find_text(self.texts.now, &[missed]) == Found::Nothing
        })
    }

    /// What earlier rules make of it.
    fn of_others(
        &mut self,
        position: usize,
        rule: &Rule,
        shape: &Shape,
        facts: &PatternFacts,
    ) -> Option<Removal> {
        if let Some(stop) = self.stop.filter(|stop| stop.is_met_with(rule)) {
            let example = example(rule, shape);
            return Some(removal(Some(stop.rule.place), Cause::Unreachable, example));
        }
        if let Some(by) = self.skipper(position, rule, shape) {
            return Some(removal(Some(by), Cause::Skipped, example(rule, shape)));
        }
        let shadow = match shape {
            Shape::Words(case, words) => self.shadow(rule, *case, words),
            Shape::Prefixes(..) | Shape::Open => self.cover(rule, shape, facts),
        };
        shadow.map(|(by, example)| removal(Some(by), Cause::Shadowed, Some(example)))
    }

    /// Why it can never apply, whatever stands above it.
    fn of_itself(&mut self, rule: &Rule, shape: &Shape, facts: &PatternFacts) -> Option<Removal> {
        let found = conditions::contradiction(&rule.conditions, self.languages);
        let is_silent = !rule.conditions.iter().any(leaves_traces);
        if let Some((_, other)) = found.filter(|_| is_silent) {
            return Some(removal(Some(other.place), Cause::Contradiction, None));
        }
        self.is_impossible(rule, shape, facts)
            .then(|| removal(None, Cause::Impossible, example(rule, shape)))
    }

    fn is_impossible(&mut self, rule: &Rule, shape: &Shape, facts: &PatternFacts) -> bool {
        let universe = self.texts.now;
        match shape {
            Shape::Words(_, words) => return !words.iter().any(|word| universe.holds(word)),
            Shape::Prefixes(_, heads) => {
                if !heads.iter().any(|head| universe.may_begin(head)) {
                    return true;
                }
                // Most patterns that begin with a text match one.
                if Misplaced::of(facts.syntax.as_ref()).is_none() {
                    return false;
                }
            }
            Shape::Open => {}
        }
        let text = Samples::of(facts).text(0, &Groups::new());
        let inside = asked(rule) == Membership::Inside;
        if universe.holds(&text) && rule.pattern.is_match(&text) == inside {
            return false;
        }
        let language = self.languages.of(&rule.pattern);
        language.is_some_and(|language| {
            find_text(universe, &[(&*language, asked(rule))]) == Found::Nothing
        })
    }

    /// The first rule that says the same, when nothing since the last of them matters.
    fn first_of_same(&self, said: Said<'_>, shape: &Shape) -> Option<Place> {
        let earlier = self.seen.get(&said)?;
        let since = self
            .changes
            .last_to(shape)
            .max(self.changes.last_of_surroundings());
        (since <= earlier.last).then_some(earlier.first)
    }

    /// A rule that takes the first of the texts `rule` matches, when such rules take all of them; and
    /// that text.
    fn shadow(&mut self, rule: &Rule, case: Case, words: &[Vec<u8>]) -> Option<(Place, Vec<u8>)> {
        let mut first = None;
        for word in words {
            let since = self.changes.last_to_word(&comparable(word));
            let open = self.deciders.of(word, case, |decider| {
                decider.is_met_with(rule) && since <= decider.position
            });
            let decider = match open {
                Some(decider) => decider,
                None if rule.conditions.is_empty() => return None,
                None => self.shadow_with_conditions(rule, word, case, since)?,
            };
            first.get_or_insert_with(|| (decider.rule.place, word.clone()));
        }
        first
    }

    fn shadow_with_conditions(
        &mut self,
        rule: &Rule,
        word: &[u8],
        case: Case,
        since: usize,
    ) -> Option<Decider<'a>> {
        let since = since.max(self.changes.last_of_surroundings());
        let languages = &mut *self.languages;
        self.conditional.of(word, case, |decider| {
            decider.is_met_with(rule)
                && since <= decider.position
                && holds_whenever(decider.rule, rule, languages)
        })
    }

    /// A rule that takes everything `rule` matches, and an example.
    fn cover(
        &mut self,
        rule: &Rule,
        shape: &Shape,
        facts: &PatternFacts,
    ) -> Option<(Place, Vec<u8>)> {
        if asked(rule) == Membership::Outside {
            return None;
        }
        let mut texts = Samples::of(facts).matching(&rule.pattern, EXAMPLES);
        let candidates = self.covers.taking(texts.first()?);
        let since = self.changes.last_to(shape);
        let fitting = candidates.into_iter().rev().filter(|candidate| {
            candidate.of.is_met_with(rule)
                && self.nothing_since(candidate.of, since)
                && texts.iter().all(|text| candidate.takes(text))
        });
        let fitting: Vec<_> = fitting.take(MOST_PROOFS).collect();
        let by = fitting.into_iter().find(|candidate| {
            holds_whenever(candidate.of.rule, rule, self.languages)
                && self.takes_all(candidate.of, rule)
        })?;
        Some((by.of.rule.place, texts.swap_remove(0)))
    }

    /// A rule with `S` that skips `rule` whenever it would match.
    fn skipper(&mut self, position: usize, rule: &Rule, shape: &Shape) -> Option<Place> {
        self.skipping.retain(|(_, last)| *last >= position);
        if self.skipping.is_empty() {
            return None;
        }
        let since = self.changes.last_to(shape);
        let skipping = self.skipping.clone();
        let by = skipping.into_iter().find(|(decider, _)| {
            decider.is_met_with(rule)
                && self.nothing_since(*decider, since)
                && holds_whenever(decider.rule, rule, self.languages)
                && self.takes_all(*decider, rule)
        })?;
        Some(by.0.rule.place)
    }

    /// What it was asked about is what a rule now would be asked about, if the path is the same.
    fn nothing_since(&self, decider: Decider<'_>, since: usize) -> bool {
        let surroundings = self.changes.last_of_surroundings();
        since <= decider.position
            && (decider.rule.conditions.is_empty() || surroundings <= decider.position)
    }

    /// The pattern of `decider` asks for less than that of `rule`.
    fn takes_all(&mut self, decider: Decider<'_>, rule: &Rule) -> bool {
        let inner = self.languages.of(&rule.pattern);
        let outer = self.languages.of(&decider.rule.pattern);
        let (Some(inner), Some(outer)) = (inner, outer) else {
            return false;
        };
        let missed = (&*outer, asked(decider.rule).opposite());
        find_text(self.texts.now, &[(&*inner, asked(rule)), missed]) == Found::Nothing
    }
}

/// The conditions of `earlier` hold whenever those of `later` do.
fn holds_whenever(earlier: &Rule, later: &Rule, languages: &mut Languages) -> bool {
    let groups = if earlier.pattern == later.pattern && asked(earlier) == asked(later) {
        RuleGroups::Same
    } else {
        RuleGroups::Different
    };
    conditions::implied(&earlier.conditions, &later.conditions, groups, languages)
}

fn removal(by: Option<Place>, cause: Cause, example: Option<Vec<u8>>) -> Removal {
    Removal { by, cause, example }
}

/// A text that `rule` matches, where there is one to be had without much work.
fn example(rule: &Rule, shape: &Shape) -> Option<Vec<u8>> {
    let text = match shape {
        Shape::Words(_, words) => words.first().cloned(),
        Shape::Prefixes(..) | Shape::Open => Some(sample(&rule.pattern, 0, &Groups::new())),
    };
    text.filter(|_| asked(rule) == Membership::Inside)
}

/// What others will ask about a rule, if its pattern had to be taken apart.
fn gist(rule: &Rule, shape: &Shape, facts: &PatternFacts) -> Option<Gist> {
    let taken_apart = asked(rule) == Membership::Inside && facts.literal().is_none();
    taken_apart.then(|| Gist::of(facts, shape))
}

/// What a text has to be for the rule to match.
fn asked(rule: &Rule) -> Membership {
    if rule.flags.contains(RuleFlags::NEGATED) {
        Membership::Outside
    } else {
        Membership::Inside
    }
}

/// Does asking it change the answer, even where its rule does not apply? It may ask what would become of another request,
/// whose rules may set cookies of this one; and what an expression reads is in `Vary` at once.
fn leaves_traces(condition: &Condition) -> bool {
    let is_lookup = |piece: Piece<'_>| match piece {
        Piece::Variable(name) => name
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"LA-")),
        _ => false,
    };
    let asks = match condition.test {
        Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => true,
        Test::Regex(_) | Test::Equal(_) | Test::Compare(..) | Test::Integer(..) | Test::File(_) => {
            false
        }
    };
    asks || condition.subject.pieces().any(is_lookup)
}

/// Asking it twice gives the same answer.
fn is_steady(condition: &Condition) -> bool {
    let looks_up = |piece: Piece<'_>| matches!(piece, Piece::Map { .. });
    condition.test.is_steady() && !condition.subject.pieces().any(looks_up)
}
