//! Gathers table entries.
//!
//! In: rules, redirects and values under their keys. Out: [`Entry`]s, sorted. Absent: which key a
//! rule has; see [`super::partition`].

use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::packed::TooLong;
use edgewright_engine::artefact::shared::{Shared, SharedBuilder};
use edgewright_engine::artefact::table::{Content, Entry, Placed, Redirects};
use edgewright_engine::model::rules::{Redirect, Rule};
use foldhash::HashMap;
use postcard::experimental::serialized_size;
use serde::Serialize;

use crate::reserve::Walk;

/// An entry holds rules of at most this many bytes. A `DynamoDB` item is at most 400 kB, texts for
/// people included.
const LONGEST_ENTRY: usize = 300_000;

/// What a rule takes in an entry beside itself: its position, and its share of the frame.
const OVERHEAD: usize = 16;

/// Entries so far.
#[derive(Debug, Default)]
pub(super) struct TableBuilder {
    entries: HashMap<Key, Gathered>,
    /// What records of rules and redirects refer to.
    pub shared: SharedBuilder,
}

#[derive(Debug)]
struct Gathered {
    content: Content,
    size: usize,
}

impl TableBuilder {
    /// Makes room for entries to come.
    pub fn make_room(&mut self, walk: Walk) {
        walk.make_room(&mut self.entries);
    }

    /// Adds `rule` under every key, or under none when one of them has no room left.
    pub fn add_rule(&mut self, keys: Vec<Key>, position: u32, rule: &Rule) -> bool {
        let Some(size) = self.room(&keys, rule) else {
            return false;
        };
        for key in keys {
            let gathered = self.gathered(key, Content::Rules(Vec::new()), size);
            if let Content::Rules(rules) = &mut gathered.content {
                let item = rule.clone();
                reserve_one(rules);
                rules.push(Placed { position, item });
            }
        }
        true
    }

    /// Adds `redirect` under every key, or under none when one of them has no room left.
    ///
    /// # Errors
    /// The patterns of all redirects are longer than 4 GiB.
    pub fn add_redirect(
        &mut self,
        keys: Vec<Key>,
        position: u32,
        redirect: &Redirect,
    ) -> Result<bool, TooLong> {
        let Some(size) = self.room(&keys, redirect) else {
            return Ok(false);
        };
        let mut is_added = true;
        for key in keys {
            let mut redirects = match self.entries.get_mut(&key).map(|known| &mut known.content) {
                Some(Content::Redirects(redirects)) => std::mem::take(redirects),
                _ => Redirects::default(),
            };
            is_added &= redirects.push(position, redirect, &mut self.shared)?;
            let gathered = self.gathered(key, Content::Redirects(Redirects::default()), size);
            gathered.content = Content::Redirects(redirects);
        }
        Ok(is_added)
    }

    /// Adds an entry of its own. The first under a key counts.
    pub fn add(&mut self, key: Key, content: Content) {
        let gathered = Gathered { content, size: 0 };
        self.entries.entry(key).or_insert(gathered);
    }

    /// The length of `item` when it fits under every key.
    fn room<T: Serialize>(&self, keys: &[Key], item: &T) -> Option<usize> {
        let size = serialized_size(item).ok()? + OVERHEAD;
        let used = |key: &Key| self.entries.get(key).map_or(0, |gathered| gathered.size);
        let fits = |key: &Key| used(key) + size + key.text().len() <= LONGEST_ENTRY;
        keys.iter().all(fits).then_some(size)
    }

    fn gathered(&mut self, key: Key, empty: Content, size: usize) -> &mut Gathered {
        let gathered = self.entries.entry(key).or_insert(Gathered {
            content: empty,
            size: 0,
        });
        gathered.size += size;
        gathered
    }

    /// All entries, by key, and what records refer to.
    pub fn finish(self) -> (Vec<Entry>, Shared) {
        let entry = |(key, gathered): (Key, Gathered)| Entry {
            key,
            content: gathered.content,
        };
        let mut entries: Vec<Entry> = self.entries.into_iter().map(entry).collect();
        entries.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        (entries, self.shared.finish())
    }
}

/// Room for the first: most entries hold one, and a list grows to four at once by itself.
fn reserve_one<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
}
