//! Finds rules and redirects that can never have a say.
//!
//! In: a [`Site`]. Out: [`Redundant`]: which of them, why, which earlier line makes each so, and a
//! text that shows it. Absent: anything that cannot be proved; a doubtful rule stays.

mod changes;
mod conditions;
mod covers;
mod deciders;
mod gist;
mod product;
mod reach;
mod redirects;
mod rules;
mod said;

pub(crate) use conditions::{Languages, always_holds};
pub(crate) use covers::{Candidate, Covers};
pub(crate) use gist::Gist;

use edgewright_engine::model::rules::{Place, RedirectListId, RuleSetId};
use edgewright_engine::model::site::Site;

use crate::reading::Position;

/// What can be left out without changing any answer; of the rest, what was learnt on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redundant {
    rules: Lists,
    redirects: Lists,
}

/// What there is to say about the lines of each list, by their position.
type Lists = Vec<Vec<Option<Box<Known>>>>;

/// What is known about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// It can be left out.
    Removed(Removal),
    /// It stays, and others will ask about its pattern.
    Kept(Gist),
}

/// Why something can be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The line that makes it redundant, if another one does.
    pub by: Option<Place>,
    /// How.
    pub cause: Cause,
    /// A text that it matches and the other line takes: in server context a path, in a directory
    /// what follows it. `None` when nothing can show it.
    pub example: Option<Vec<u8>>,
}

/// Why a line can never have a say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An earlier line is the same.
    Duplicate,
    /// An earlier line takes every request it is for.
    Shadowed,
    /// An earlier line ends processing for every request.
    Unreachable,
    /// An earlier line skips it for every request it is for.
    Skipped,
    /// Its conditions cannot hold together.
    Contradiction,
    /// Its pattern matches nothing that can come before it.
    Impossible,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 6] = [
        Self::Duplicate,
        Self::Shadowed,
        Self::Unreachable,
        Self::Skipped,
        Self::Contradiction,
        Self::Impossible,
    ];

    /// The code of its diagnostic, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate-rule",
            Self::Shadowed => "shadowed-rule",
            Self::Unreachable => "unreachable-rule",
            Self::Skipped => "skipped-rule",
            Self::Contradiction => "contradictory-conditions",
            Self::Impossible => "impossible-pattern",
        }
    }

    /// For a person, after "never has a say: ".
    pub fn text(self) -> &'static str {
        match self {
            Self::Duplicate => "an earlier line says the same and ends processing",
            Self::Shadowed => "an earlier line takes every request it is for",
            Self::Unreachable => "an earlier line ends processing for every request",
            Self::Skipped => "an earlier line skips it for every request it is for",
            Self::Contradiction => "its conditions can never hold together",
            Self::Impossible => "no path can match its pattern here",
        }
    }
}

impl Redundant {
    /// Everything in `site` that is provably redundant.
    pub fn find(site: &Site) -> Self {
        let mut found = Self::default();
        rules::find(site, &mut found);
        redirects::find(site, &mut found);
        found
    }

    /// True when the thing at `position` can be left out.
    pub fn contains(&self, position: Position) -> bool {
        self.removal(position).is_some()
    }

    /// Why the thing at `position` can be left out.
    pub fn removal(&self, position: Position) -> Option<&Removal> {
        match self.known(position)? {
            Known::Removed(removal) => Some(removal),
            Known::Kept(_) => None,
        }
    }

    /// The gist of the pattern at `position`, unless it is a literal text, which says all by itself.
    pub(crate) fn gist(&self, position: Position) -> Option<&Gist> {
        match self.known(position)? {
            Known::Removed(_) => None,
            Known::Kept(gist) => Some(gist),
        }
    }

    fn known(&self, position: Position) -> Option<&Known> {
        let (lists, list, at) = match position {
            Position::Rule(RuleSetId(set), at) => (&self.rules, set, at),
            Position::Redirect(RedirectListId(list), at) => (&self.redirects, list, at),
            Position::MapEntry(..) => return None,
        };
        let list = lists.get(usize::try_from(list).ok()?)?;
        list.get(at)?.as_deref()
    }

    /// Everything that can be left out, in the order it stands.
    pub fn iter(&self) -> impl Iterator<Item = (Position, &Removal)> {
        let rules = (0..).map(RuleSetId).zip(&self.rules).flat_map(|(id, set)| {
            let positions = (0..set.len()).map(move |at| Position::Rule(id, at));
            positions.zip(set)
        });
        let redirects = (0..).map(RedirectListId).zip(&self.redirects);
        let redirects = redirects.flat_map(|(id, list)| {
            let positions = (0..list.len()).map(move |at| Position::Redirect(id, at));
            positions.zip(list)
        });
        let all = rules.chain(redirects);
        all.filter_map(|(position, known)| match known.as_deref()? {
            Known::Removed(removal) => Some((position, removal)),
            Known::Kept(_) => None,
        })
    }

    /// How many can be left out.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// True when nothing can.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}
