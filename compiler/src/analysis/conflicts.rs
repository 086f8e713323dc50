//! Rules that match some of the same requests and lead elsewhere: only their order decides.
//!
//! In: a [`Site`]. Out: findings, one for each earlier rule, with a request that both match. Absent: a
//! rule within another one: a special case before the general one is how rules are written, and the
//! other way round the later one never has a say ([`crate::redundant`]).
//!
//! Only rules and redirects without conditions are compared, and only where an example of the later one
//! is matched by the earlier one. Errs towards silence: the request given was answered by the earlier
//! rule.

use std::borrow::Cow;
use std::collections::BTreeMap;

use edgewright_engine::model::rules::{
    Place, RedirectListId, RedirectMatcher, Rule, RuleFlags, RuleSetId,
};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::Node;
use foldhash::HashMap;

use super::{ENDING, Finding, Looked, Most, redirects, rules};
use crate::compiled_site::CompiledSite;
use crate::facts::PatternFacts;
use crate::language::{Found, Language, Membership, Universe, find as find_text};
use crate::reading::Position;
use crate::redundant::{Candidate, Covers, Gist, Languages, Redundant};
use crate::replay::{Shows, Tries};
use crate::shape::Shape;
use crate::witness::{Aiming, Request};

/// So many earlier lines are compared with one.
const MOST_COMPARED: usize = 3;

pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    answering: &CompiledSite<'_>,
    aiming: &Aiming<'_>,
    most: Most,
) -> Looked {
    let mut search = Search {
        site,
        redundant,
        answering,
        aiming,
        lines: Vec::new(),
        covers: HashMap::default(),
        languages: Languages::default(),
        overlaps: BTreeMap::new(),
        most,
        left_out: None,
    };
    for (position, rule) in rules(site).filter(|(_, rule)| is_plain(rule)) {
        if !redundant.contains(position) {
            search.meet(Line {
                position,
                place: rule.place,
                pattern: &rule.pattern,
                answer: Answer::Rule(rule),
            });
        }
    }
    for (position, redirect) in redirects(site) {
        if let RedirectMatcher::Regex(pattern) = &redirect.matcher
            && !redundant.contains(position)
        {
            search.meet(Line {
                position,
                place: redirect.place,
                pattern,
                answer: Answer::Redirect(redirect.status, &redirect.target),
            });
        }
    }
    search.tell()
}

/// `^(.+)$`: what comes before it is a special case.
fn is_for_all(pattern: &Pattern) -> bool {
    // It names nothing: most patterns do, and need not be read.
    let names_nothing = |byte: &u8| !byte.is_ascii_alphanumeric() || b"si".contains(byte);
    if !pattern.text.iter().all(names_nothing) {
        return false;
    }
    pattern.syntax().is_some_and(|syntax| {
        let mut inside = syntax.root.parts().iter().filter(|part| {
            !matches!(part, Node::Place(_))
                && !matches!(part, Node::Literal(slash) if slash.bytes == b"/")
        });
        inside.next().is_some_and(is_anything) && inside.next().is_none()
    })
}

fn is_anything(node: &Node) -> bool {
    match node {
        Node::Group { inner, .. } => is_anything(inner),
        Node::Repeat {
            inner,
            least: 0 | 1,
            most: u32::MAX,
            ..
        } => {
            matches!(inner.as_ref(), Node::Set(set) if set.is_dot())
        }
        _ => false,
    }
}

/// Without conditions, ending the list, on its own.
fn is_plain(rule: &Rule) -> bool {
    let odd = RuleFlags::NEGATED | RuleFlags::CHAIN | RuleFlags::NO_SUBREQUEST;
    rule.conditions.is_empty() && rule.flags.intersects(ENDING) && !rule.flags.intersects(odd)
}

/// What is compared.
#[derive(Clone, Copy)]
struct Line<'a> {
    position: Position,
    place: Place,
    pattern: &'a Pattern,
    answer: Answer<'a>,
}

/// What a line answers, to compare by.
#[derive(Clone, Copy)]
enum Answer<'a> {
    Rule(&'a Rule),
    Redirect(u16, &'a [u8]),
}

impl Answer<'_> {
    fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Rule(one), Self::Rule(other)) => {
                (one.flags, one.status, &one.substitution)
                    == (other.flags, other.status, &other.substitution)
            }
            (Self::Redirect(status, target), Self::Redirect(other_status, other_target)) => {
                (status, target) == (other_status, other_target)
            }
            _ => false,
        }
    }
}

/// Later lines that overlap with one.
struct Overlap {
    /// The first of them, and a request both match.
    first: (Place, Request),
    more: usize,
}

struct Search<'a, 's> {
    site: &'a Site,
    redundant: &'s Redundant,
    answering: &'s CompiledSite<'s>,
    aiming: &'s Aiming<'s>,
    /// Earlier lines.
    lines: Vec<Line<'a>>,
    /// Their indexes, by the list they stand in.
    covers: HashMap<Position, Covers<'a, usize>>,
    languages: Languages,
    overlaps: BTreeMap<Place, Overlap>,
    most: Most,
    /// How many lines were left out, and the first of them.
    left_out: Option<(usize, Place)>,
}

impl<'a> Search<'a, '_> {
    fn meet(&mut self, line: Line<'a>) {
        let gist = match self.redundant.gist(line.position) {
            Some(gist) => Cow::Borrowed(gist),
            None => Cow::Owned(gist_of(line.pattern)),
        };
        // It lies within any line that matches its text.
        if gist.is_one_text {
            return;
        }
        let list = match line.position {
            Position::Rule(set, _) => Position::Rule(set, 0),
            Position::Redirect(list, _) => Position::Redirect(list, 0),
            Position::MapEntry(map, _) => Position::MapEntry(map, 0),
        };
        if let Some((other, text)) = self.overlapping(list, line, &gist) {
            self.note(other, line, &text);
        }
        let candidate = Candidate {
            pattern: line.pattern,
            asked: Membership::Inside,
            of: self.lines.len(),
        };
        let lines = || Covers::of_lines(lines(self.site, list));
        let covers = self.covers.entry(list).or_insert_with(lines);
        covers.add(&gist.literal(), candidate);
        self.lines.push(line);
    }

    /// An earlier line that matches some of what `line` does, and a text both match.
    fn overlapping(
        &mut self,
        list: Position,
        line: Line<'a>,
        gist: &Gist,
    ) -> Option<(Line<'a>, Vec<u8>)> {
        let text = &*gist.example;
        if !gist.is_sure && !line.pattern.is_match(text) || is_for_all(line.pattern) {
            return None;
        }
        let earlier = self.covers.get(&list)?.taking(text);
        let others = earlier
            .iter()
            .filter_map(|candidate| self.lines.get(candidate.of));
        let mut compared = others
            .filter(|other| !other.answer.is(line.answer))
            .take(MOST_COMPARED);
        let other =
            compared.find(|other| neither_within(other.pattern, line.pattern, &mut self.languages));
        Some((*other?, text.to_vec()))
    }

    fn note(&mut self, earlier: Line<'_>, later: Line<'_>, text: &[u8]) {
        if let Some(known) = self.overlaps.get_mut(&earlier.place) {
            known.more += 1;
            return;
        }
        if self.answering.steps() >= self.most.0 {
            self.left_out.get_or_insert((0, later.place)).0 += 1;
            return;
        }
        let Some(request) = self.aiming.request(later.position, text) else {
            return;
        };
        let answer = self.answering.ask(&request);
        let has_a_say = |place: Place| answer.trace.iter().any(|step| step.is_at(place));
        if has_a_say(earlier.place) && !has_a_say(later.place) {
            let first = (later.place, request);
            self.overlaps
                .insert(earlier.place, Overlap { first, more: 0 });
        }
    }

    fn tell(self) -> Looked {
        let left_out = self.left_out;
        let told = self.overlaps.into_iter().map(|(earlier, overlap)| {
            let (later, request) = overlap.first;
            let headline = "two lines match some of the same requests and lead elsewhere: the earlier answers them";
            let more = match overlap.more {
                0 => String::new(),
                more => format!("; so it is with {more} more lines and the earlier one"),
            };
            let mut finding = Finding::note("overlapping-rules", later, headline)
                .label("does not answer all it matches")
                .help(format!("if that is not meant, change their order or narrow one of them{more}"))
                .shows(Shows::OnlyInstead(earlier), Tries::only(request));
            finding.others = vec![(earlier, "this line answers some of them")];
            finding
        });
        Looked {
            found: told.collect(),
            left_out,
        }
    }
}

fn gist_of(pattern: &Pattern) -> Gist {
    let facts = PatternFacts::of(pattern);
    Gist::of(&facts, &Shape::of_facts(&facts))
}

/// How many lines the list of a position has.
fn lines(site: &Site, position: Position) -> usize {
    let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let lines = match position {
        Position::Rule(RuleSetId(set), _) => site.rule_sets.get(at(set)).map(|set| set.rules.len()),
        Position::Redirect(RedirectListId(list), _) => {
            site.redirect_lists.get(at(list)).map(Vec::len)
        }
        Position::MapEntry(..) => None,
    };
    lines.unwrap_or(0)
}

/// Of two patterns that match the same text, each more than that, each matches something that the other
/// does not.
fn neither_within(one: &Pattern, other: &Pattern, languages: &mut Languages) -> bool {
    let (Some(one), Some(other)) = (languages.of(one), languages.of(other)) else {
        return false;
    };
    let beyond = |inner: &Language, outer: &Language| {
        let asked = [(inner, Membership::Inside), (outer, Membership::Outside)];
        matches!(find_text(Universe::ALL, &asked), Found::Text(_))
    };
    beyond(&one, &other) && beyond(&other, &one)
}
