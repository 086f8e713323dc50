//! Rules from the compiled index and the table.
//!
//! In: a [`Program`] and a [`Table`]. Out: [`Indexed`], a [`Source`] that names only what may match.
//! Absent: fetching what the table does not have at hand.

use std::cell::RefCell;

use super::{Missing, Source};
use crate::index::{Candidates, Keyed, ListIndex};
use crate::key::{Fingerprint, Key, KeySpace, collapse_slashes};
use crate::program::Program;
use crate::rules::{MapId, Redirect, RedirectListId, Rule, RuleSetId};
use crate::table::{Content, Entry, Lookup, Placed, Table};

/// Names the rules that the index finds in `program` or `table`.
#[derive(Debug)]
pub struct Indexed<'a, T> {
    program: &'a Program,
    table: &'a T,
    rules: RefCell<Found<'a, RuleSetId, Rule>>,
    redirects: RefCell<Found<'a, RedirectListId, Redirect>>,
}

/// What was found for the list and the text last asked about: the evaluator asks about the same
/// again for each rule it tries.
#[derive(Debug)]
struct Found<'a, I, T> {
    list: Option<I>,
    text: Text,
    exact: &'a [Placed<T>],
    folded: &'a [Placed<T>],
    candidates: Candidates,
}

impl<I, T> Default for Found<'_, I, T> {
    fn default() -> Self {
        Self {
            list: None,
            text: Text::default(),
            exact: &[],
            folded: &[],
            candidates: Candidates::default(),
        }
    }
}

impl<I: PartialEq, T> Found<'_, I, T> {
    fn is_about(&self, list: &I, text: &[u8]) -> bool {
        self.list.as_ref() == Some(list) && self.text.is(text)
    }
}

/// A copy of a text that is not too long; a longer one is looked up anew each time.
#[derive(Debug)]
struct Text {
    bytes: [u8; 240],
    length: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            bytes: [0; 240],
            length: usize::MAX,
        }
    }
}

impl Text {
    fn is(&self, text: &[u8]) -> bool {
        self.bytes.get(..self.length) == Some(text)
    }

    fn set(&mut self, text: &[u8]) {
        self.length = usize::MAX;
        if let Some(bytes) = self.bytes.get_mut(..text.len()) {
            bytes.copy_from_slice(text);
            self.length = text.len();
        }
    }
}

impl<'a, T: Table> Indexed<'a, T> {
    /// A source over `program` and `table`.
    pub fn new(program: &'a Program, table: &'a T) -> Self {
        Self {
            program,
            table,
            rules: RefCell::default(),
            redirects: RefCell::default(),
        }
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

    /// Every rule of `set` that may match `subject`, into `found`.
    fn find_rules(
        &self,
        found: &mut Found<'a, RuleSetId, Rule>,
        set: RuleSetId,
        subject: &[u8],
    ) -> Result<(), Missing> {
        found.list = None;
        let Some(list) = self.program.rules(set) else {
            return Ok(());
        };
        found.exact = self.exact_rules(list.keyed(), set, subject)?;
        found.folded = self.folded_rules(list.keyed(), set, subject)?;
        list.find(subject, &mut found.candidates);
        found.text.set(subject);
        found.list = Some(set);
        Ok(())
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
    candidates: &Candidates,
) -> Result<Option<(usize, &'a T)>, Missing> {
    let damaged = |_| Missing(Key::map(MapId(u32::MAX), b""));
    list.next(from, candidates).map_err(damaged)
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
        let mut found = self.rules.borrow_mut();
        if !found.is_about(&set, subject) {
            self.find_rules(&mut found, set, subject)?;
        }
        let keyed = earlier(first(found.exact, from), first(found.folded, from));
        Ok(earlier(keyed, kept(list, from, &found.candidates)?))
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
        let mut found = self.redirects.borrow_mut();
        if !found.is_about(&list, uri) {
            index.find(uri, &mut found.candidates);
            found.text.set(uri);
            found.list = Some(list);
        }
        Ok(earlier(keyed, kept(index, from, &found.candidates)?))
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
