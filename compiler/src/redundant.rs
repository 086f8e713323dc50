//! Finds rules and redirects that can never have a say.
//!
//! In: a [`Site`]. Out: [`Redundant`]: which of them, and which earlier one makes each so. Absent:
//! anything that cannot be proved; a doubtful rule stays.

mod changes;
mod deciders;
mod product;
mod redirects;
mod rules;

use std::collections::BTreeMap;

use edgewright_edge_handler::rules::Place;
use edgewright_edge_handler::site::Site;

use crate::reading::Position;

/// What can be left out without changing any answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redundant {
    removals: BTreeMap<Position, Removal>,
}

/// Why something can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// The earlier line that makes it redundant.
    pub by: Place,
    /// How.
    pub cause: Cause,
}

/// How an earlier line makes a later one redundant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// They are the same.
    Duplicate,
    /// The earlier one takes every request the later one is for.
    Shadowed,
}

impl Cause {
    /// For a person, after "is redundant: ".
    pub fn text(self) -> &'static str {
        match self {
            Self::Duplicate => "an earlier line says the same and ends processing",
            Self::Shadowed => "an earlier line takes every request it is for",
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
        self.removals.contains_key(&position)
    }

    /// Why the thing at `position` can be left out.
    pub fn removal(&self, position: Position) -> Option<Removal> {
        self.removals.get(&position).copied()
    }

    /// How many can be left out.
    pub fn len(&self) -> usize {
        self.removals.len()
    }

    /// True when nothing can.
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty()
    }

    fn remove(&mut self, position: Position, by: Place, cause: Cause) {
        self.removals.insert(position, Removal { by, cause });
    }
}
