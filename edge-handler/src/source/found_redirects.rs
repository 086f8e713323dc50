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
    pub(in crate::source) list: &'a ListIndex<Redirect>,
    /// Of what the table has.
    pub(in crate::source) patterns: &'a Packed<Pattern>,
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
        let kept = match self.list.next_from(from, &self.candidates) {
            Some(slot) => Some(self.list.get(slot).map_err(damaged)?),
            None => None,
        };
        let mut first = kept.map(|(position, redirect)| (position, redirect.view()));
        for keyed in &self.keyed {
            for redirect in keyed.iter() {
                let redirect = redirect.map_err(damaged)?;
                let position = usize::try_from(redirect.position).unwrap_or(usize::MAX);
                if first.is_some_and(|(first, _)| first <= position) {
                    break;
                }
                if position >= from {
                    first = Some((position, redirect.view(self.patterns).map_err(damaged)?));
                    break;
                }
            }
        }
        Ok(first)
    }
}
