//! Which redirects of a list were found for one text.
//!
//! In: the entries that the table has, and the candidates that the index names. Out: [`FoundRedirects`], which gives them
//! in the order of the list. Absent: finding them; see [`super::finder`].

use smallvec::SmallVec;

use super::Unavailable;
use crate::artefact::index::{Candidates, ListIndex};
use crate::artefact::redirect::RedirectView;
use crate::artefact::shared::Shared;
use crate::artefact::table::RedirectsView;

/// Redirects that were found of one list.
#[derive(Debug)]
pub struct FoundRedirects<'a> {
    pub(in crate::source) list: &'a ListIndex,
    /// What redirects have by number.
    pub(in crate::source) shared: &'a Shared,
    /// What the table has, entry by entry.
    pub(in crate::source) keyed: SmallVec<[RedirectsView<'a>; 2]>,
    /// What the program has.
    pub(in crate::source) candidates: Candidates,
}

impl<'a> FoundRedirects<'a> {
    /// The first redirect that was found at position `from` or after.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(&self, from: usize) -> Result<Option<(usize, RedirectView<'a>)>, Unavailable> {
        let mut first = match self.list.next_from(from, &self.candidates) {
            Some(slot) => {
                let (position, record) = self.list.get(slot)?;
                Some((position, RedirectView::written(record, self.shared)?))
            }
            None => None,
        };
        for keyed in &self.keyed {
            for keyed in keyed.iter() {
                let keyed = keyed?;
                let position = usize::try_from(keyed.position).unwrap_or(usize::MAX);
                if first.is_some_and(|(first, _)| first <= position) {
                    break;
                }
                if position >= from {
                    first = Some((position, keyed.redirect.view(self.shared)?));
                    break;
                }
            }
        }
        Ok(first)
    }
}
