//! The redirects that a program and a table have for one path.
//!
//! In: a list and a path. Out: the first redirect that applies, or [`FoundRedirects`], which names in order what may match.
//! Absent: remembering these; see [`crate::source::Indexed`].

use smallvec::SmallVec;

use super::Finder;
use crate::artefact::fingerprint::Fingerprint;
use crate::artefact::index::{Candidates, Keyed, ListIndex, Marked, Slot};
use crate::artefact::key::{KeySpace, Sought};
use crate::artefact::redirect::RedirectView;
use crate::artefact::shared::Shared;
use crate::artefact::table::{Probe, RedirectsView, Table};
use crate::model::rules::RedirectListId;
use crate::source::{FoundRedirects, Unavailable};
use crate::text::prefix::collapse_slashes;

impl<'a, T: Table> Finder<'a, T> {
    /// Every redirect of `list` that may match `uri`; `None` when there is none.
    ///
    /// # Errors
    /// A table entry has to be fetched first.
    pub fn redirects(
        &self,
        list: RedirectListId,
        uri: &[u8],
    ) -> Result<Option<FoundRedirects<'a>>, Unavailable> {
        let Some(index) = self.program.redirects(list) else {
            return Ok(None);
        };
        let mut keyed = SmallVec::new();
        self.each_keyed(list, index, &collapse_slashes(uri), |redirects| {
            keyed.push(redirects);
            Ok(())
        })?;
        Ok(Some(FoundRedirects {
            list: index,
            shared: self.program.shared(),
            keyed,
            candidates: candidates(index, uri),
        }))
    }

    /// [`super::Find::first_redirect`].
    pub(super) fn first_that<R>(
        &self,
        list: RedirectListId,
        path: &[u8],
        mut tries: impl FnMut(RedirectView<'a>) -> Option<R>,
    ) -> Result<Option<R>, Unavailable> {
        let Some(index) = self.program.redirects(list) else {
            return Ok(None);
        };
        let mut first = None;
        self.each_keyed(list, index, path, |redirects| {
            self.first_of(redirects, &mut first, &mut tries)
        })?;
        if index.kept_and_scanned().0 > 0 {
            let shared = self.program.shared();
            first_kept((index, shared), path, &mut first, &mut tries)?;
        }
        Ok(first.map(|(_, found)| found))
    }

    /// Tries `redirects` as long as they stand before the first that was found so far.
    fn first_of<R>(
        &self,
        redirects: RedirectsView<'a>,
        first: &mut Option<(usize, R)>,
        tries: &mut impl FnMut(RedirectView<'a>) -> Option<R>,
    ) -> Result<(), Unavailable> {
        for keyed in redirects.iter() {
            let keyed = keyed?;
            let position = usize::try_from(keyed.position).unwrap_or(usize::MAX);
            if first.as_ref().is_some_and(|(first, _)| *first < position) {
                break;
            }
            let redirect = keyed.redirect.view(self.program.shared())?;
            if let Some(found) = tries(redirect) {
                *first = Some((position, found));
                break;
            }
        }
        Ok(())
    }

    /// Gives to `take` what the table has for each prefix of `path` that may be a key of `list`.
    fn each_keyed(
        &self,
        list: RedirectListId,
        index: &ListIndex,
        path: &[u8],
        mut take: impl FnMut(RedirectsView<'a>) -> Result<(), Unavailable>,
    ) -> Result<(), Unavailable> {
        if index.keyed().exact.is_empty() {
            return Ok(());
        }
        let table = self.table;
        self.prefixes(index.keyed(), path, |spot| {
            let look = |at, sought: &Sought<'_>| table.redirects(at, sought);
            match self.had(KeySpace::Redirects(list), spot, look)? {
                Some(redirects) => take(redirects),
                None => Ok(()),
            }
        })
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

/// Tries those that the program has as long as they stand before the first that was found so far.
fn first_kept<'a, R>(
    (index, shared): (&'a ListIndex, &'a Shared),
    path: &[u8],
    first: &mut Option<(usize, R)>,
    tries: &mut impl FnMut(RedirectView<'a>) -> Option<R>,
) -> Result<(), Unavailable> {
    let candidates = candidates(index, path);
    let mut from = Slot::FIRST;
    while let Some(slot) = index.next(from, &candidates) {
        let (position, record) = index.get(slot)?;
        if first.as_ref().is_some_and(|(first, _)| *first < position) {
            break;
        }
        if let Some(found) = tries(RedirectView::written(record, shared)?) {
            *first = Some((position, found));
            break;
        }
        from = slot.next();
    }
    Ok(())
}

/// What the program has for `uri`.
fn candidates(index: &ListIndex, uri: &[u8]) -> Candidates {
    if index.has_words() {
        index.find(&Marked::of(uri))
    } else {
        Candidates::default()
    }
}
