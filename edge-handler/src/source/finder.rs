//! What a program and a table have about one text.
//!
//! In: a [`Program`], a [`Table`], a list and a text. Out: [`Found`], which names in order what may match.
//! Absent: going through that (see [`super::found`]), remembering it (see [`super::indexed`]), and fetching
//! what the table does not have at hand.

use smallvec::SmallVec;

use super::{Found, FoundRedirects, Unavailable};
use crate::artefact::fingerprint::Fingerprint;
use crate::artefact::index::{Candidates, Keyed, ListIndex, Marked};
use crate::artefact::key::{KeySpace, Sought};
use crate::artefact::program::Program;
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

    /// Every redirect of `list` that may match `uri`; `None` when there is none. `path` is the same with every run of
    /// slashes made one.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    fn redirects(
        &self,
        list: RedirectListId,
        uri: &[u8],
        path: &[u8],
    ) -> Result<Option<FoundRedirects<'a>>, Unavailable>;
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

    /// Gives to `take` every prefix of `path` that ends before or after a slash, or is the whole, and has the
    /// length of some key, and as many slashes: keyed redirects are found by these.
    fn prefixes<E>(
        &self,
        keyed: Keyed,
        path: &[u8],
        mut take: impl FnMut(&Probe<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut print = Fingerprint::default();
        let mut taken = 0;
        let mut depth = 0;
        for slash in memchr::memchr_iter(b'/', path) {
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
                take(&Probe::with_print(self.table, prefix, print.finish()))?;
            }
        }
        let whole = keyed.depths.may_contain(depth) && keyed.exact.may_contain(path.len());
        if whole && !path.ends_with(b"/") {
            take(&self.spot(path))?;
        }
        Ok(())
    }
}

impl<'a, T: Table> Find<'a> for Finder<'a, T> {
    fn rules(&self, set: RuleSetId, subject: &[u8]) -> Result<Option<Found<'a>>, Unavailable> {
        let Some(list) = self.program.rules(set) else {
            return Ok(None);
        };
        let mut found = Found::of(list);
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

    fn redirects(
        &self,
        list: RedirectListId,
        uri: &[u8],
        path: &[u8],
    ) -> Result<Option<FoundRedirects<'a>>, Unavailable> {
        let (program, table) = (self.program, self.table);
        let Some(index) = program.redirects(list) else {
            return Ok(None);
        };
        let mut keyed = SmallVec::new();
        if !index.keyed().exact.is_empty() {
            self.prefixes(index.keyed(), path, |spot| {
                let look = |at, sought: &Sought<'_>| table.redirects(at, sought);
                keyed.extend(self.had(KeySpace::Redirects(list), spot, look)?);
                Ok(())
            })?;
        }
        if keyed.is_empty() && index.kept_and_scanned().0 == 0 {
            return Ok(None);
        }
        let candidates = if index.has_words() {
            index.find(&Marked::of(uri))
        } else {
            Candidates::default()
        };
        Ok(Some(FoundRedirects {
            list: index,
            patterns: program.patterns(),
            keyed,
            candidates,
        }))
    }
}

fn rules(entry: &Entry) -> &[Placed] {
    match &entry.content {
        Content::Rules(rules) => rules,
        Content::Redirects(_) | Content::Value(_) | Content::Decision(_) => &[],
    }
}
