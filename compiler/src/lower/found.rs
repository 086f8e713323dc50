//! By what each rule and redirect is found, for a person who asks about one.
//!
//! In: a [`Site`], and what of it is redundant. Out: [`Found`]. Absent: whether an entry of the table has room for a rule; one
//! without goes to the program.

use std::fmt;

use edgewright_engine::artefact::index::{Case, Reach, Word};
use edgewright_engine::model::site::Site;

use super::partition::Home;
use super::{homes_of_redirects, homes_of_rules};
use crate::chain::Chains;
use crate::reading::Position;
use crate::redundant::Redundant;

/// By what a rule or redirect is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundBy {
    /// Nothing finds it: it is redundant.
    Nothing,
    /// One look-up finds it, by each of these texts.
    Keys(Case, Vec<Vec<u8>>),
    /// Each of these words finds it in a path.
    Words(Vec<Word>),
    /// Every request finds it.
    Everything,
}

impl From<Home> for FoundBy {
    fn from(home: Home) -> Self {
        match home {
            Home::Removed => Self::Nothing,
            Home::Keyed(case, texts) => Self::Keys(case, texts),
            Home::Kept(reaches) => match reaches.into_iter().next() {
                Some(Reach::Words(words)) => Self::Words(words),
                Some(Reach::Everything) | None => Self::Everything,
            },
        }
    }
}

impl fmt::Display for FoundBy {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => out.write_str("nothing"),
            Self::Keys(case, texts) => {
                let texts: Vec<_> = texts.iter().map(|text| text.escape_ascii()).collect();
                list(out, &texts)?;
                match case {
                    Case::Exact => Ok(()),
                    Case::Folded => out.write_str(", in letters of either case"),
                }
            }
            Self::Words(words) => list(out, words),
            Self::Everything => out.write_str("every request"),
        }
    }
}

fn list(out: &mut fmt::Formatter<'_>, texts: &[impl fmt::Display]) -> fmt::Result {
    for (at, text) in texts.iter().enumerate() {
        let between = if at > 0 { ", " } else { "" };
        write!(out, "{between}{text}")?;
    }
    Ok(())
}

/// By what everything in a site is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    rules: Vec<Vec<FoundBy>>,
    redirects: Vec<Vec<FoundBy>>,
}

impl Found {
    /// Finds out by what the rules and redirects of `site` are found.
    pub fn of(site: &Site, redundant: &Redundant) -> Self {
        let chains = Chains::of(site);
        let shown = |homes: Vec<Home>| homes.into_iter().map(FoundBy::from).collect();
        let rules = homes_of_rules(site, redundant, &chains);
        let redirects = homes_of_redirects(site, redundant);
        Self {
            rules: rules.map(|(_, homes)| shown(homes)).collect(),
            redirects: redirects.map(|(_, homes)| shown(homes)).collect(),
        }
    }

    /// By what the thing at `position` is found; `None` for an entry of a map, and where there is nothing.
    pub fn at(&self, position: Position) -> Option<&FoundBy> {
        let (lists, list, at) = match position {
            Position::Rule(set, at) => (&self.rules, set.0, at),
            Position::Redirect(list, at) => (&self.redirects, list.0, at),
            Position::MapEntry(..) => return None,
        };
        lists.get(usize::try_from(list).ok()?)?.get(at)
    }
}
