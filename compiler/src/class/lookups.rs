//! Conditions on what a map says of a viewer, as guards: which keys pass is known while compiling.
//!
//! In: the maps of a [`Site`], a condition. Out: its [`Guard`]; `None` where the condition asks something else, or where
//! more than a yes or no is used. Absent: conditions on the viewer directly; see `atoms`.

use std::collections::BTreeMap;

use edgewright_engine::budget::{Allowance, Budget, DECISION_STEPS};
use edgewright_engine::model::rules::{Condition, Piece, TemplateText, Test, text_holds};
use edgewright_engine::model::site::map::MapEntry;
use edgewright_engine::model::site::{MapKind, Site};

use super::LONGEST_CODE;
use super::atoms;
use super::guard::{About, Guard};

/// What a comparison with a key takes in the function, beside the key.
const CODE_A_KEY: usize = 12;

/// The text maps of a site.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookups {
    /// Each by its name. A name that stands for several maps, or for one that is no text map, has no entries to go by.
    maps: BTreeMap<Vec<u8>, Option<Vec<MapEntry>>>,
}

impl Lookups {
    /// The text maps of `site`.
    pub fn of(site: &Site) -> Self {
        let mut lookups = Self::default();
        for map in &site.maps {
            let entries = match &map.kind {
                MapKind::Text(entries) if is_short(entries) => Some(entries.clone()),
                MapKind::Text(_)
                | MapKind::Random(_)
                | MapKind::Function(_)
                | MapKind::Unavailable(_) => None,
            };
            let known = lookups.maps.entry(map.name.clone());
            known.and_modify(|known| *known = None).or_insert(entries);
        }
        lookups
    }

    /// The guard of a condition on `${map:%{variable}|default}`.
    pub fn guard(&self, condition: &Condition) -> Option<Guard> {
        if self.maps.is_empty() {
            return None;
        }
        let Some(Piece::Map { name, key, default }) = condition.subject.text().only_piece() else {
            return None;
        };
        let Some(Piece::Variable(variable)) = key.only_piece() else {
            return None;
        };
        let about = atoms::variable(variable)?;
        let default = match default {
            Some(default) => literal(default)?,
            None => b"",
        };
        let entries = self.maps.get(name)?.as_ref()?;
        let passes = |text: &[u8]| holds(condition, text);
        // An empty value is none.
        let value = |entry: &MapEntry| match entry.value.as_slice() {
            [] => passes(default),
            value => passes(value),
        };
        let otherwise = passes(default)?;
        let mut keys = Vec::new();
        for entry in entries {
            if value(entry)? != otherwise {
                keys.push(is_key(&about, &entry.key)?);
            }
        }
        Some(Guard::Any(keys).negated_if(otherwise.into()))
    }
}

/// Would comparing with every key fit the function?
fn is_short(entries: &[MapEntry]) -> bool {
    let lengths = entries.iter().map(|entry| entry.key.len() + CODE_A_KEY);
    lengths.sum::<usize>() <= LONGEST_CODE
}

fn is_key(about: &About, key: &[u8]) -> Option<Guard> {
    atoms::equals(about.clone(), key)
}

/// Does a condition on a text hold? `None` where it asks about more than the text, or for too long.
fn holds(condition: &Condition, text: &[u8]) -> Option<bool> {
    match &condition.test {
        Test::Regex(_) | Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {}
        Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => {
            return None;
        }
    }
    let budget = Budget::new(Allowance::steps(DECISION_STEPS));
    let passes = text_holds(&condition.test, condition.no_case, text, &budget);
    (!budget.is_spent()).then_some(passes != condition.negated)
}

fn literal(text: TemplateText<'_>) -> Option<&[u8]> {
    let mut pieces = text.pieces();
    match (pieces.next(), pieces.next()) {
        (None, _) => Some(b""),
        (Some(Piece::Literal(text)), None) => Some(text),
        _ => None,
    }
}
