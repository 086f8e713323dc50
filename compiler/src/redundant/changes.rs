//! Which rules above a place change a request and go on, so that an answer further up no longer holds.
//!
//! In: the rules of one set in order. Out: [`Changes`], which tells whether one of them may bring a
//! text about. Absent: rules that end the list when they apply; what they change is not seen below.

use std::collections::BTreeMap;

use edgewright_engine::model::rules::{Rule, RuleFlags};

use super::product::{self, Product, comparable};
use crate::shape::Shape;

/// More products than this are not looked through one by one.
const MOST_PRODUCTS: usize = 64;

/// Where a set stands, as far as its results are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Used in server context only.
    Server,
    /// Used in a directory.
    Directory,
}

/// The rules so far that change something and go on. Positions are one more than an index, so that 0
/// is "none".
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The last that changes what conditions see, but not the path.
    surroundings: usize,
    /// The last that may leave any path behind.
    anything: usize,
    /// The last of any kind that changes the path.
    path: usize,
    /// The last that leaves this text behind.
    texts: BTreeMap<Vec<u8>, usize>,
    /// The last that leaves a text with this beginning behind.
    beginnings: BTreeMap<Vec<u8>, usize>,
}

impl Changes {
    /// Takes in the rule at `position`, which does not end the list.
    pub fn add(&mut self, position: usize, rule: &Rule, level: Level) {
        let position = position + 1;
        if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
            if changes_surroundings(rule) {
                self.surroundings = position;
            }
            return;
        }
        self.path = position;
        let products = match level {
            Level::Server => product::of(rule),
            Level::Directory => vec![Product::Anything],
        };
        for product in products {
            match product {
                Product::Text(text) => _ = self.texts.insert(text, position),
                Product::Beginning(text) => _ = self.beginnings.insert(text, position),
                Product::Anything => self.anything = position,
            }
        }
    }

    /// The last rule, as one more than its index, that changed what conditions see and left the path.
    pub fn last_of_surroundings(&self) -> usize {
        self.surroundings
    }

    /// The last rule, as one more than its index, that may leave behind a text of `shape`; 0 for none.
    pub fn last_to(&self, shape: &Shape) -> usize {
        match shape {
            Shape::Words(_, words) => self.last_of(words, |word| self.last_to_word(word)),
            Shape::Prefixes(_, words) => self.last_of(words, |word| self.last_to_prefix(word)),
            Shape::Open => self.path,
        }
    }

    fn last_of(&self, words: &[Vec<u8>], last: impl Fn(&[u8]) -> usize) -> usize {
        let each = words.iter().map(|word| last(&comparable(word)));
        each.max().unwrap_or(0).max(self.anything)
    }

    /// The last rule that may leave exactly `word` behind.
    pub fn last_to_word(&self, word: &[u8]) -> usize {
        let text = self.texts.get(word).copied().unwrap_or(0);
        text.max(self.last_beginning_of(word)).max(self.anything)
    }

    fn last_to_prefix(&self, prefix: &[u8]) -> usize {
        let texts = last_below(&self.texts, prefix).unwrap_or(self.path);
        let beginnings = last_below(&self.beginnings, prefix).unwrap_or(self.path);
        texts.max(beginnings).max(self.last_beginning_of(prefix))
    }

    fn last_beginning_of(&self, word: &[u8]) -> usize {
        if self.beginnings.is_empty() {
            return 0;
        }
        let heads = (0..=word.len()).filter_map(|length| self.beginnings.get(word.get(..length)?));
        heads.copied().max().unwrap_or(0)
    }
}

/// The last position among those whose text begins with `prefix`; `None` when they are too many.
fn last_below(texts: &BTreeMap<Vec<u8>, usize>, prefix: &[u8]) -> Option<usize> {
    let mut last = 0;
    let below = texts.range(prefix.to_vec()..);
    for (count, (text, position)) in below.enumerate() {
        if !text.starts_with(prefix) {
            break;
        }
        if count == MOST_PRODUCTS {
            return None;
        }
        last = last.max(*position);
    }
    Some(last)
}

fn changes_surroundings(rule: &Rule) -> bool {
    let extras = rule.extras();
    rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        || !extras.environment.is_empty()
        || extras.mime_type.is_some()
        || extras.handler.is_some()
}
