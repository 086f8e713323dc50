//! Rules from the compiled index and the table.
//!
//! In: a [`Program`] and a [`Table`]. Out: [`Indexed`], a [`Source`] that names only what may match.
//! Absent: fetching what the table does not have at hand.

use std::borrow::Cow;
use std::cell::RefCell;

use serde::de::DeserializeOwned;
use smallvec::SmallVec;

use super::{Missing, Source, Undecoded};
use crate::evaluate::glob::alias_matches;
use crate::index::{Candidates, Keyed, ListIndex, Marked};
use crate::key::{Fingerprint, Key, KeySpace, Spot, collapse_slashes};
use crate::program::Program;
use crate::rules::{MapId, PrefixRedirect, Redirect, RedirectListId, Rule, RuleSetId};
use crate::table::{Content, Entry, Lookup, Placed, Table};

/// Names the rules that the index finds in `program` or `table`.
#[derive(Debug)]
pub struct Indexed<'a, T> {
    program: &'a Program,
    table: &'a T,
    /// Where the table has the text that is asked about first.
    known: Option<Spot<'a>>,
    rules: RefCell<Found<'a, RuleSetId, Rule>>,
    redirects: RefCell<Found<'a, RedirectListId, Redirect>>,
    /// Room for one text.
    marked: RefCell<Marked>,
}

/// What was found for the list and the text last asked about: the evaluator asks about the same
/// again for each rule it tries.
#[derive(Debug)]
struct Found<'a, I, T> {
    list: Option<I>,
    text: Text,
    /// What the table has, entry by entry.
    keyed: SmallVec<[&'a [Placed<T>]; 4]>,
    /// What the program has.
    candidates: Candidates,
}

impl<I, T> Default for Found<'_, I, T> {
    fn default() -> Self {
        Self {
            list: None,
            text: Text::default(),
            keyed: SmallVec::new(),
            candidates: Candidates::default(),
        }
    }
}

impl<I: PartialEq, T> Found<'_, I, T> {
    fn is_about(&self, list: &I, text: &[u8]) -> bool {
        self.list.as_ref() == Some(list) && self.text.is(text)
    }

    /// Forgets what was found before.
    fn begin(&mut self) {
        self.list = None;
        self.keyed.clear();
        self.candidates.clear();
    }

    /// Everything about `text` was found.
    fn end(&mut self, list: I, text: &[u8]) {
        self.text.set(text);
        self.list = Some(list);
    }
}

impl<'a, I, T: DeserializeOwned> Found<'a, I, T> {
    /// The first thing that was found at position `from` or after. What cannot be decoded ends the
    /// evaluation as a missing entry would: no key of the table is empty, so it is never found, and
    /// the request is given up.
    fn next(&self, list: &'a ListIndex<T>, from: usize) -> Next<'a, T> {
        let damaged = |_| Missing(Key::map(MapId(u32::MAX), b""));
        let kept = list.next(from, &self.candidates).map_err(damaged)?;
        let keyed = self.keyed.iter().filter_map(|placed| first(placed, from));
        Ok(keyed.chain(kept).min_by_key(|(position, _)| *position))
    }
}

type Next<'a, T> = Result<Option<(usize, &'a T)>, Missing>;

/// A copy of a text, without allocating unless it is long.
#[derive(Debug)]
struct Text {
    short: [u8; SHORT],
    long: Vec<u8>,
    length: usize,
}

/// Texts up to this length, in bytes, need no allocation.
const SHORT: usize = 240;

impl Default for Text {
    fn default() -> Self {
        Self {
            short: [0; SHORT],
            long: Vec::new(),
            length: 0,
        }
    }
}

impl Text {
    fn is(&self, text: &[u8]) -> bool {
        match self.short.get(..self.length) {
            Some(short) => short == text,
            None => self.long == text,
        }
    }

    fn set(&mut self, text: &[u8]) {
        self.length = text.len();
        match self.short.get_mut(..text.len()) {
            Some(short) => short.copy_from_slice(text),
            None => text.clone_into(&mut self.long),
        }
    }
}

impl<'a, T: Table> Indexed<'a, T> {
    /// A source over `program` and `table`.
    pub fn new(program: &'a Program, table: &'a T) -> Self {
        Self {
            program,
            table,
            known: None,
            rules: RefCell::default(),
            redirects: RefCell::default(),
            marked: RefCell::default(),
        }
    }

    /// The same, one text having been looked for.
    pub fn knowing(program: &'a Program, table: &'a T, spot: Spot<'a>) -> Self {
        Self {
            known: Some(spot),
            ..Self::new(program, table)
        }
    }

    /// Where the table has `text`.
    fn spot<'t>(&self, text: &'t [u8]) -> Spot<'t> {
        match self.known {
            Some(known) if std::ptr::eq(known.text, text) => Spot { text, ..known },
            _ => Spot::of(self.table, text),
        }
    }

    /// The entry of a text in `space` when there may be one.
    fn entry(&self, space: KeySpace, spot: &Spot<'_>) -> Result<Option<&'a Entry>, Missing> {
        let Some(at) = spot.at else {
            return Ok(None);
        };
        let sought = spot.sought(space);
        if !self.table.may_have(self.program.filter(), &sought) {
            return Ok(None);
        }
        match self.table.lookup_at(at, &sought) {
            Lookup::Found(entry) => Ok(Some(entry)),
            Lookup::Absent => Ok(None),
            Lookup::Missing => Err(Missing(sought.key())),
        }
    }

    /// Every rule of `set` that may match `subject`, into `found`.
    fn find_rules(
        &self,
        found: &mut Found<'a, RuleSetId, Rule>,
        list: &ListIndex<Rule>,
        set: RuleSetId,
        subject: &[u8],
    ) -> Result<(), Missing> {
        found.begin();
        let keyed = list.keyed();
        let may_be_exact = keyed.exact.may_contain(subject.len());
        let may_fold = keyed.folded.may_contain(subject.len());
        let spot = (may_be_exact || may_fold).then(|| self.spot(subject));
        if may_be_exact && let Some(spot) = &spot {
            let entry = self.entry(KeySpace::Rules(set), spot)?;
            if let Some(entry) = entry {
                found.keyed.push(rules(entry));
            }
        }
        if may_fold || list.has_words() {
            let mut marked = self.marked.borrow_mut();
            marked.set(subject);
            if may_fold {
                let lowered = marked.lowered();
                let spot = match spot {
                    Some(spot) if lowered == subject => spot,
                    _ => Spot::of(self.table, lowered),
                };
                let entry = self.entry(KeySpace::FoldedRules(set), &spot)?;
                if let Some(entry) = entry {
                    found.keyed.push(rules(entry));
                }
            }
            list.find(&marked, &mut found.candidates);
        }
        found.end(set, subject);
        Ok(())
    }

    /// Every redirect of `list` that may match `uri`, into `found`.
    fn find_redirects(
        &self,
        found: &mut Found<'a, RedirectListId, Redirect>,
        index: &ListIndex<Redirect>,
        list: RedirectListId,
        uri: &[u8],
    ) -> Result<(), Missing> {
        found.begin();
        if !index.keyed().exact.is_empty() {
            let add = |spot: &Spot<'_>| {
                let entry = self.entry(KeySpace::Redirects(list), spot)?;
                if let Some(entry) = entry {
                    found.keyed.push(redirects(entry));
                }
                Ok(())
            };
            match collapse_slashes(uri) {
                Cow::Borrowed(path) => self.prefixes(index.keyed(), path, add)?,
                Cow::Owned(path) => self.prefixes(index.keyed(), &path, add)?,
            }
        }
        if index.has_words() {
            let mut marked = self.marked.borrow_mut();
            marked.set(uri);
            index.find(&marked, &mut found.candidates);
        }
        found.end(list, uri);
        Ok(())
    }

    /// Gives to `take` every prefix of `path` that ends before or after a slash, or is the whole, and has the
    /// length of some key, and as many slashes: keyed redirects are found by these.
    fn prefixes<E>(
        &self,
        keyed: Keyed,
        path: &[u8],
        mut take: impl FnMut(&Spot<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut print = Fingerprint::default();
        let mut taken = 0;
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let mut depth = 0;
        for (slash, _) in slashes {
            if keyed.slashed.is_empty() && !keyed.depths.may_reach(depth) {
                return Ok(());
            }
            let before = keyed.depths.may_contain(depth) && keyed.exact.may_contain(slash);
            let behind = keyed.slashed.may_contain(slash + 1);
            depth += 1;
            for (length, fits) in [(slash, before), (slash + 1, behind)] {
                if length == 0 || !fits {
                    continue;
                }
                print.extend(path.get(taken..length).unwrap_or_default());
                taken = length;
                let prefix = path.get(..length).unwrap_or_default();
                take(&Spot::with_print(self.table, prefix, print.finish()))?;
            }
        }
        let whole = keyed.depths.may_contain(depth) && keyed.exact.may_contain(path.len());
        if whole && !path.ends_with(b"/") {
            take(&self.spot(path))?;
        }
        Ok(())
    }
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
            self.find_rules(&mut found, list, set, subject)?;
        }
        found.next(list, from)
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
        let mut found = self.redirects.borrow_mut();
        if !found.is_about(&list, uri) {
            self.find_redirects(&mut found, index, list, uri)?;
        }
        found.next(index, from)
    }

    fn first_redirect(&self, list: RedirectListId, path: &[u8]) -> Undecoded<PrefixRedirect<'_>> {
        let index = self.program.redirects(list);
        let Some(index) = index.filter(|index| index.kept_and_scanned().0 == 0) else {
            return Undecoded::Unknown;
        };
        let mut first: Option<PrefixRedirect<'_>> = None;
        let found = self.prefixes(index.keyed(), path, |spot| {
            match spot.at.map(|at| self.table.redirect(at, list)) {
                None | Some(Undecoded::Absent) => {}
                Some(Undecoded::Unknown) => return Err(()),
                Some(Undecoded::Found(found)) => {
                    let applies = alias_matches(path, found.path).is_some();
                    let earlier = first.is_none_or(|first| found.position < first.position);
                    if applies && earlier {
                        first = Some(found);
                    }
                }
            }
            Ok(())
        });
        match (found, first) {
            (Err(()), _) => Undecoded::Unknown,
            (Ok(()), None) => Undecoded::Absent,
            (Ok(()), Some(first)) => Undecoded::Found(first),
        }
    }

    fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&[u8]>, Missing> {
        let entry = self.entry(KeySpace::Map(map), &Spot::of(self.table, key))?;
        Ok(entry.and_then(|entry| match &entry.content {
            Content::Value(value) => Some(value.value.as_slice()),
            Content::Rules(_) | Content::Redirects(_) | Content::Fate(_) => None,
        }))
    }
}
