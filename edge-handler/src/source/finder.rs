//! What a program and a table have about one text.
//!
//! In: a [`Program`], a [`Table`], a list and a text. Out: [`Found`], which names in order what may match; the first redirect
//! that applies.
//! Absent: going through that (see [`super::found`]), remembering it (see [`super::indexed`]), and fetching
//! what the table does not have at hand.

mod redirects;

use super::{Found, Unavailable};
use crate::artefact::index::{ListIndex, Marked};
use crate::artefact::key::{KeySpace, Sought};
use crate::artefact::program::Program;
use crate::artefact::redirect::RedirectView;
use crate::artefact::table::{Content, Entry, Lookup, Placed, Probe, Table};
use crate::model::rules::{MapId, RedirectListId, RuleSetId};

/// Finds rules and redirects in a program and a table.
#[derive(Debug)]
pub struct Finder<'a, T> {
    program: &'a Program,
    table: &'a T,
    /// Where the table has the text that is asked about first.
    known: Option<Probe<'a>>,
}

/// What the short ways ask: for all that may match at once, not for one after another.
pub trait Find<'a> {
    /// Every rule of `set` that may match `subject`; `None` when there is no such set.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    fn rules(&self, set: RuleSetId, subject: &[u8]) -> Result<Option<Found<'a>>, Unavailable>;

    /// What `tries` finds first of the redirects of `list` that may match `path`, which is
    /// [normalized](crate::model::normalized). Redirects are tried one after another, in an order that does not matter.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    fn first_redirect<R>(
        &self,
        list: RedirectListId,
        path: &[u8],
        tries: impl FnMut(RedirectView<'a>) -> Option<R>,
    ) -> Result<Option<R>, Unavailable>;
}

impl<'a, T: Table> Finder<'a, T> {
    /// A finder over `program` and `table`.
    pub fn new(program: &'a Program, table: &'a T) -> Self {
        Self {
            program,
            table,
            known: None,
        }
    }

    /// The same, one text having been looked for.
    pub fn knowing(program: &'a Program, table: &'a T, spot: Probe<'a>) -> Self {
        Self {
            known: Some(spot),
            ..Self::new(program, table)
        }
    }

    /// How many rules `set` has.
    pub fn rule_count(&self, set: RuleSetId) -> usize {
        self.program.rules(set).map_or(0, ListIndex::count)
    }

    /// The value of `key` in a text map.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    pub fn map_value(&self, map: MapId, key: &[u8]) -> Result<Option<&'a [u8]>, Unavailable> {
        let entry = self.entry(KeySpace::Map(map), &Probe::of(self.table, key))?;
        Ok(entry.and_then(|entry| match &entry.content {
            Content::Value(value) => Some(value.value.as_slice()),
            Content::Rules(_) | Content::Redirects(_) | Content::Decision(_) => None,
        }))
    }

    /// Where the table has `text`.
    fn spot<'t>(&self, text: &'t [u8]) -> Probe<'t> {
        match self.known {
            Some(known) if std::ptr::eq(known.text, text) => Probe { text, ..known },
            _ => Probe::of(self.table, text),
        }
    }

    /// The entry of a text in `space` when there may be one.
    fn entry(&self, space: KeySpace, spot: &Probe<'_>) -> Result<Option<&'a Entry>, Unavailable> {
        let table = self.table;
        self.had(space, spot, |at, sought| table.lookup_at(at, sought))
    }

    /// What `look` finds under a text in `space` when there may be something.
    fn had<F>(
        &self,
        space: KeySpace,
        spot: &Probe<'_>,
        look: impl FnOnce(usize, &Sought<'_>) -> Lookup<F>,
    ) -> Result<Option<F>, Unavailable> {
        let Some(at) = spot.at else {
            return Ok(None);
        };
        let sought = spot.sought(space);
        if !self.table.may_have(self.program.filter(), &sought) {
            return Ok(None);
        }
        match look(at, &sought) {
            Lookup::Found(found) => Ok(Some(found)),
            Lookup::Absent => Ok(None),
            Lookup::Missing => Err(Unavailable::Missing(sought.key())),
            Lookup::Damaged => Err(Unavailable::Damaged),
        }
    }
}

impl<'a, T: Table> Find<'a> for Finder<'a, T> {
    fn rules(&self, set: RuleSetId, subject: &[u8]) -> Result<Option<Found<'a>>, Unavailable> {
        let Some(list) = self.program.rules(set) else {
            return Ok(None);
        };
        let mut found = Found::of(list, self.program.shared());
        let keyed = list.keyed();
        let may_be_exact = keyed.exact.may_contain(subject.len());
        let may_fold = keyed.folded.may_contain(subject.len());
        let spot = (may_be_exact || may_fold).then(|| self.spot(subject));
        if may_be_exact && let Some(spot) = &spot {
            found.add(self.entry(KeySpace::Rules(set), spot)?.map(rules));
        }
        if may_fold || list.has_words() {
            let marked = Marked::of(subject);
            if may_fold {
                let lowered = marked.lowered();
                let spot = match spot {
                    Some(spot) if lowered == subject => spot,
                    _ => Probe::of(self.table, lowered),
                };
                found.add(self.entry(KeySpace::FoldedRules(set), &spot)?.map(rules));
            }
            found.candidates = list.find(&marked);
        }
        Ok(Some(found))
    }

    fn first_redirect<R>(
        &self,
        list: RedirectListId,
        path: &[u8],
        tries: impl FnMut(RedirectView<'a>) -> Option<R>,
    ) -> Result<Option<R>, Unavailable> {
        self.first_that(list, path, tries)
    }
}

fn rules(entry: &Entry) -> &[Placed] {
    match &entry.content {
        Content::Rules(rules) => rules,
        Content::Redirects(_) | Content::Value(_) | Content::Decision(_) => &[],
    }
}
