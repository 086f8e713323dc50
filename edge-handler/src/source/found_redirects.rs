//! Which redirects of a list were found for one text.
//!
//! In: the entries that the table has, and the candidates that the index names. Out: [`FoundRedirects`], which gives them
//! in the order of the list. Absent: finding them; see [`super::finder`].

use smallvec::SmallVec;

use super::Unavailable;
use super::found::damaged;
use crate::artefact::index::{Candidates, ListIndex};
use crate::artefact::packed::Packed;
use crate::artefact::table::RedirectsView;
use crate::model::rules::{Redirect, RedirectView};
use crate::pattern::Pattern;

/// Redirects that were found of one list.
#[derive(Debug)]
pub struct FoundRedirects<'a> {
    pub(super) list: &'a ListIndex<Redirect>,
    /// Of what the table has.
    pub(super) patterns: &'a Packed<Pattern>,
    /// What the table has, entry by entry.
    pub(super) keyed: SmallVec<[RedirectsView<'a>; 2]>,
    /// What the program has.
    pub(super) candidates: Candidates,
}

impl<'a> FoundRedirects<'a> {
    /// The first redirect that was found at position `from` or after.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(&self, from: usize) -> Result<Option<(usize, RedirectView<'a>)>, Unavailable> {
        let kept = match self.list.next_from(from, &self.candidates) {
            Some(slot) => Some(self.list.get(slot).map_err(damaged)?),
            None => None,
        };
        let mut first = kept.map(|(position, redirect)| (position, redirect.view()));
        for keyed in self.keyed.iter().flat_map(|keyed| keyed.iter()) {
            let keyed = keyed.map_err(damaged)?;
            let position = usize::try_from(keyed.position).unwrap_or(usize::MAX);
            if position >= from && first.is_none_or(|(first, _)| position < first) {
                first = Some((position, keyed.view(self.patterns).map_err(damaged)?));
            }
        }
        Ok(first)
    }
}
