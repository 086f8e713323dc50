//! What one condition says about another, and lists of them about each other.
//!
//! In: the conditions of rules. Out: whether they [can never hold together](contradiction), and
//! whether [one list holds whenever another does](implied). Absent: what happens to rules.
//!
//! Errs towards "nothing is known". Conditions are compared only when they ask about the same text,
//! written the same, that is the same each time it is looked up: no map, no time, no `%N`.
//!
//! An automaton is made only when no example tells already that there is nothing to prove.

use std::borrow::Cow;
use std::rc::Rc;

use edgewright_engine::model::rules::{Condition, FileTest, Piece, Template, Test};
use edgewright_engine::pattern::{Pattern, PatternOptions, exactly};
use foldhash::HashMap;

use crate::language::{Found, Language, Membership, Universe, find};
use crate::witness::{Groups, sample};

/// More pairs of conditions are not compared for two groups joined by `OR`.
const MOST_PAIRS: usize = 64;

/// More pairs of groups are not compared for one rule.
const MOST_GROUPS: usize = 10_000;

/// Longer groups joined by `OR` are not looked at for one that always holds.
const MOST_JOINED: usize = 8;

/// More automata than this are not kept.
const MOST_KEPT: usize = 2_048;

/// Languages of patterns, each built once.
#[derive(Debug, Default)]
pub(crate) struct Languages(HashMap<Pattern, Option<Rc<Language>>>);

impl Languages {
    /// The language of `pattern`, if it has one.
    pub fn of(&mut self, pattern: &Pattern) -> Option<Rc<Language>> {
        if let Some(known) = self.0.get(pattern) {
            return known.clone();
        }
        if self.0.len() >= MOST_KEPT {
            self.0.clear();
        }
        let language = Language::of(pattern).map(Rc::new);
        self.0.insert(pattern.clone(), language.clone());
        language
    }
}

/// Two conditions of `conditions` that cannot hold at the same time, where both have to. They are the
/// same when one alone never holds.
pub(super) fn contradiction<'c>(
    conditions: &'c [Condition],
    languages: &mut Languages,
) -> Option<(&'c Condition, &'c Condition)> {
    let groups: Vec<&[Condition]> = demands(conditions).collect();
    let mut compared = 0;
    for (at, group) in groups.iter().enumerate() {
        if let [condition] = group
            && never_holds(condition, languages)
        {
            return Some((condition, condition));
        }
        let (first, rest) = (group.first()?, groups.get(at + 1..).unwrap_or_default());
        for other in rest.iter().take(MOST_GROUPS - compared) {
            compared += 1;
            let pairs = group.len() * other.len();
            if pairs <= MOST_PAIRS && none_hold_together(group, other, languages) {
                return Some((first, other.first()?));
            }
        }
    }
    None
}

/// No condition of `one` can hold together with one of `others`.
fn none_hold_together(one: &[Condition], others: &[Condition], languages: &mut Languages) -> bool {
    let mut apart = |first, second| are_apart(Asked::of(first), Asked::of(second), languages);
    one.iter()
        .all(|first| others.iter().all(|second| apart(first, second)))
}

/// Whether two rules have the same `$N` where both match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleGroups {
    /// Their patterns are the same.
    Same,
    /// The patterns differ, and so may the groups.
    Different,
}

/// Two conditions joined by `OR` one of which always holds.
pub(crate) fn always_holds(conditions: &[Condition]) -> Option<(&Condition, &Condition)> {
    let languages = &mut Languages::default();
    let groups = conditions.split_inclusive(|condition| !condition.or_next);
    for group in groups.filter(|group| (2..=MOST_JOINED).contains(&group.len())) {
        for (at, first) in group.iter().enumerate() {
            for second in group.iter().skip(at + 1) {
                if are_apart(Asked::not(first), Asked::not(second), languages) {
                    return Some((first, second));
                }
            }
        }
    }
    None
}

/// A condition, or its opposite.
#[derive(Clone, Copy)]
struct Asked<'c> {
    condition: &'c Condition,
    negated: bool,
}

impl<'c> Asked<'c> {
    fn of(condition: &'c Condition) -> Self {
        let negated = condition.negated;
        Self { condition, negated }
    }

    fn not(condition: &'c Condition) -> Self {
        let negated = !condition.negated;
        Self { condition, negated }
    }

    /// What a text has to be for it to hold.
    fn membership(self) -> Membership {
        if self.negated {
            Membership::Outside
        } else {
            Membership::Inside
        }
    }
}

/// Do `earlier` hold whenever `later` do?
pub(super) fn implied(
    earlier: &[Condition],
    later: &[Condition],
    groups: RuleGroups,
    languages: &mut Languages,
) -> bool {
    let given: Vec<&[Condition]> = demands(later).collect();
    let is_given = |group: &[Condition]| {
        given.iter().any(|known| {
            known.len() * group.len() <= MOST_PAIRS
                && known.iter().all(|condition| {
                    let mut members = group.iter();
                    members.any(|member| implies(condition, member, groups, languages))
                })
        })
    };
    demands(earlier).all(is_given)
}

/// Groups joined by `OR`, of which one member has to hold. A group that is open at the end stops
/// nothing.
fn demands(conditions: &[Condition]) -> impl Iterator<Item = &[Condition]> {
    let groups = conditions.split_inclusive(|condition| !condition.or_next);
    groups.filter(|group| group.last().is_some_and(|last| !last.or_next))
}

/// Does `later` hold only when `earlier` does?
fn implies(
    later: &Condition,
    earlier: &Condition,
    groups: RuleGroups,
    languages: &mut Languages,
) -> bool {
    if groups == RuleGroups::Different && later.subject.pieces().any(is_rule_group) {
        return false;
    }
    are_apart(Asked::of(later), Asked::not(earlier), languages)
}

fn is_rule_group(piece: Piece<'_>) -> bool {
    matches!(piece, Piece::RuleGroup(_))
}

/// Can the two never hold together?
fn are_apart(one: Asked<'_>, other: Asked<'_>, languages: &mut Languages) -> bool {
    let (first, second) = (one.condition, other.condition);
    if first.subject != second.subject || !is_steady(first) || !is_steady(second) {
        return false;
    }
    if first.test == second.test && first.no_case == second.no_case {
        return one.negated != other.negated;
    }
    match (&first.test, &second.test) {
        (Test::File(first), Test::File(second)) => {
            files_are_apart((*first, one.negated), (*second, other.negated))
        }
        _ => texts_are_apart(one, other, languages).unwrap_or(false),
    }
}

/// Nothing is a file and a directory, and what has content is a file.
fn files_are_apart(one: (FileTest, bool), other: (FileTest, bool)) -> bool {
    use FileTest::{Directory, NotEmpty, Regular};
    let apart = |one, other| {
        matches!(
            (one, other),
            ((Regular | NotEmpty, false), (Directory, false))
                | ((NotEmpty, false), (Regular, true))
        )
    };
    apart(one, other) || apart(other, one)
}

fn texts_are_apart(one: Asked<'_>, other: Asked<'_>, languages: &mut Languages) -> Option<bool> {
    let sides = [
        (as_pattern(one.condition)?, one.membership()),
        (as_pattern(other.condition)?, other.membership()),
    ];
    if has_example(&sides) {
        return Some(false);
    }
    let first = languages.of(&sides[0].0)?;
    let second = languages.of(&sides[1].0)?;
    let asked = [(&*first, sides[0].1), (&*second, sides[1].1)];
    Some(find(Universe::ALL, &asked) == Found::Nothing)
}

/// Is there an obvious text that each pattern matches, or does not match, as asked?
fn has_example(sides: &[(Cow<'_, Pattern>, Membership)]) -> bool {
    let fits = |text: &[u8]| {
        let inside = |(pattern, asked): &(Cow<'_, Pattern>, Membership)| {
            pattern.is_match(text) == (*asked == Membership::Inside)
        };
        sides.iter().all(inside)
    };
    let inside = sides
        .iter()
        .filter(|(_, asked)| *asked == Membership::Inside);
    let mut examples = inside.map(|(pattern, _)| sample(pattern, 0, &Groups::new()));
    fits(b"") || examples.any(|text| fits(&text))
}

/// No text at all makes it true, or it asks about a fixed text for which it is false.
fn never_holds(condition: &Condition, languages: &mut Languages) -> bool {
    let Some(pattern) = as_pattern(condition) else {
        return false;
    };
    if let Some(text) = fixed_text(&condition.subject) {
        return pattern.is_match(&text) == condition.negated;
    }
    let membership = Asked::of(condition).membership();
    let sides = [(pattern, membership)];
    if has_example(&sides) {
        return false;
    }
    let Some(language) = languages.of(&sides[0].0) else {
        return false;
    };
    find(Universe::ALL, &[(&*language, membership)]) == Found::Nothing
}

/// The text of a template without references.
fn fixed_text(template: &Template) -> Option<Vec<u8>> {
    template.is_literal().then(|| template.fixed_head())
}

/// What the condition asks about its text, as a pattern; `None` when it asks something else.
fn as_pattern(condition: &Condition) -> Option<Cow<'_, Pattern>> {
    match &condition.test {
        Test::Regex(pattern) => Some(Cow::Borrowed(pattern)),
        Test::Equal(text) => {
            let mut options = PatternOptions::default();
            options.set(PatternOptions::CASELESS, condition.no_case);
            Some(Cow::Owned(Pattern::new(exactly(text), options)))
        }
        _ => None,
    }
}

/// Looked up again, its text is the same, as long as no rule changed anything.
fn is_steady(condition: &Condition) -> bool {
    let mut pieces = condition.subject.pieces();
    condition.test.is_steady() && pieces.all(is_steady_piece)
}

fn is_steady_piece(piece: Piece<'_>) -> bool {
    match piece {
        Piece::Literal(_) | Piece::Escaped(_) | Piece::RuleGroup(_) => true,
        Piece::Variable(name) => !name
            .to_ascii_uppercase()
            .windows(4)
            .any(|part| part == b"TIME"),
        Piece::ConditionGroup(_) | Piece::Map { .. } => false,
    }
}
