//! Rules from the compiled index and the table.
//!
//! In: a [`Program`] and a [`Table`]. Out: [`Indexed`], a [`Source`] that names only what may match.
//! Absent: fetching what the table does not have at hand.

use super::{Missing, Source};
use crate::index::{Keyed, ListIndex};
use crate::key::{Fingerprint, Key, KeySpace, collapse_slashes};
use crate::program::Program;
use crate::rules::{MapId, Redirect, RedirectListId, Rule, RuleSetId};
use crate::table::{Content, Entry, Lookup, Placed, Table};

/// Names the rules that the index finds in `program` or `table`.
#[derive(Debug)]
pub struct Indexed<'a, T> {
    program: &'a Program,
    table: &'a T,
}

impl<'a, T: Table> Indexed<'a, T> {
    /// A source over `program` and `table`.
    pub fn new(program: &'a Program, table: &'a T) -> Self {
        Self { program, table }
    }

    /// The entry of `key` when the filter admits its fingerprint. The key is made only then.
    fn entry(&self, print: u64, key: impl FnOnce() -> Key) -> Result<Option<&'a Entry>, Missing> {
        if !self.program.filter().may_contain(print) {
            return Ok(None);
        }
        let key = key();
        match self.table.lookup(&key) {
            Lookup::Found(entry) => Ok(Some(entry)),
            Lookup::Absent => Ok(None),
            Lookup::Missing => Err(Missing(key)),
        }
    }

    fn exact_rules(&self, keyed: Keyed, set: RuleSetId, subject: &[u8]) -> Rules<'a> {
        if !within(keyed.exact, subject) {
            return Ok(&[]);
        }
        let mut print = Fingerprint::new(KeySpace::Rules(set));
        print.extend(subject);
        let entry = self.entry(print.finish(), || Key::rule(set, subject))?;
        Ok(entry.map_or(&[], rules))
    }

    fn folded_rules(&self, keyed: Keyed, set: RuleSetId, subject: &[u8]) -> Rules<'a> {
        if !within(keyed.folded, subject) {
            return Ok(&[]);
        }
        let mut print = Fingerprint::new(KeySpace::FoldedRules(set));
        for byte in subject {
            print.push(byte.to_ascii_lowercase());
        }
        let entry = self.entry(print.finish(), || Key::folded_rule(set, subject))?;
        Ok(entry.map_or(&[], rules))
    }

    /// The redirects keyed by a prefix of `uri`: every prefix that ends before or after a slash, or
    /// is the whole, up to the longest key there is.
    fn keyed_redirect(
        &self,
        longest: u32,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, &'a Redirect)>, Missing> {
        let uri = collapse_slashes(uri);
        let longest = usize::try_from(longest).unwrap_or(usize::MAX);
        let mut print = Fingerprint::new(KeySpace::Redirects(list));
        let mut best = None;
        for (at, byte) in uri.iter().enumerate().take(longest) {
            print.push(*byte);
            let next = uri.get(at + 1);
            if *byte != b'/' && next.is_some_and(|next| *next != b'/') {
                continue;
            }
            let key = || Key::redirect(list, uri.get(..=at).unwrap_or_default());
            let entry = self.entry(print.finish(), key)?;
            best = earlier(best, entry.and_then(|entry| first(redirects(entry), from)));
        }
        Ok(best)
    }
}

type Rules<'a> = Result<&'a [Placed<Rule>], Missing>;

fn within(longest: Option<u32>, text: &[u8]) -> bool {
    let longest = longest.and_then(|longest| usize::try_from(longest).ok());
    longest.is_some_and(|longest| text.len() <= longest)
}

fn rules(entry: &Entry) -> &[Placed<Rule>] {
    match &entry.content {
        Content::Rules(rules) => rules,
        Content::Redirects(_) | Content::Value(_) | Content::Fate(_) => &[],
    }
}

fn redirects(entry: &Entry) -> &[Placed<Redirect>] {
    match &entry.content {
        Content::Redirects(redirects) => redirects,
        Content::Rules(_) | Content::Value(_) | Content::Fate(_) => &[],
    }
}

/// The first of `placed` at position `from` or after.
fn first<T>(placed: &[Placed<T>], from: usize) -> Option<(usize, &T)> {
    let position = |placed: &Placed<T>| usize::try_from(placed.position).unwrap_or(usize::MAX);
    let at = placed.partition_point(|placed| position(placed) < from);
    placed
        .get(at)
        .map(|placed| (position(placed), &placed.item))
}

fn earlier<'a, T>(
    one: Option<(usize, &'a T)>,
    other: Option<(usize, &'a T)>,
) -> Option<(usize, &'a T)> {
    let candidates = [one, other].into_iter().flatten();
    candidates.min_by_key(|(position, _)| *position)
}

/// A candidate of the program itself. One that cannot be decoded ends the evaluation as a missing
/// entry would: no key of the table is empty, so it is never found, and the request is given up.
fn kept<'a, T: serde::de::DeserializeOwned>(
    list: &'a ListIndex<T>,
    from: usize,
    text: &[u8],
) -> Result<Option<(usize, &'a T)>, Missing> {
    let damaged = |_| Missing(Key::map(MapId(u32::MAX), b""));
    list.next(from, text).map_err(damaged)
}

impl<T: Table> Source for Indexed<'_, T> {
    fn rule_count(&self, set: RuleSetId) -> usize {
        self.program.rules(set).map_or(0, ListIndex::count)
    }

    fn next_rule(
        &self,
        set: RuleSetId,
        from: usize,
        subject: &[u8],
    ) -> Result<Option<(usize, &Rule)>, Missing> {
        let Some(list) = self.program.rules(set) else {
            return Ok(None);
        };
        let exact = first(self.exact_rules(list.keyed(), set, subject)?, from);
        let folded = first(self.folded_rules(list.keyed(), set, subject)?, from);
        Ok(earlier(earlier(exact, folded), kept(list, from, subject)?))
    }

    fn next_redirect(
        &self,
        list: RedirectListId,
        from: usize,
        uri: &[u8],
    ) -> Result<Option<(usize, &Redirect)>, Missing> {
        let Some(index) = self.program.redirects(list) else {
            return Ok(None);
        };
        let keyed = match index.keyed().exact {
            Some(longest) => self.keyed_redirect(longest, list, from, uri)?,
            None => None,
        };
        Ok(earlier(keyed, kept(index, from, uri)?))
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Missing> {
        let mut print = Fingerprint::new(KeySpace::Map(map));
        print.extend(key);
        let entry = self.entry(print.finish(), || Key::map(map, key))?;
        Ok(entry.and_then(|entry| match &entry.content {
            Content::Value(value) => Some(value.value.as_slice()),
            Content::Rules(_) | Content::Redirects(_) | Content::Fate(_) => None,
        }))
    }
}
