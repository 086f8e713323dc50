//! Redirects that an earlier one of the same list always pre-empts.
//!
//! In: the redirect lists of a [`Site`]. Out: removals. Absent: rewrite rules.
//!
//! `mod_alias` walks a list from its top and the first match answers, whatever its status
//! (`try_redirect`). So a redirect is redundant when every path it matches is matched by an earlier
//! one:
//!
//! * an earlier `Redirect /x` matches `/x` and everything that goes on with a slash, hence
//!   everything a later `Redirect /x`, `Redirect /x/y` or `RedirectMatch ^/x/y$` matches;
//! * an earlier `RedirectMatch` matches whatever a later one with the same expression does.

use std::collections::HashMap;

use edgewright_edge_handler::index::Case;
use edgewright_edge_handler::key::collapse_slashes;
use edgewright_edge_handler::rules::{Pattern, Place, Redirect, RedirectListId, RedirectMatcher};
use edgewright_edge_handler::site::Site;

use super::{Cause, Redundant};
use crate::lower::shape::Shape;
use crate::reading::Position;

pub(super) fn find(site: &Site, found: &mut Redundant) {
    for (list, redirects) in (0..).map(RedirectListId).zip(&site.redirect_lists) {
        let mut earlier = Earlier::default();
        for (position, redirect) in redirects.iter().enumerate() {
            match earlier.covering(redirect) {
                Some((by, cause)) => found.remove(Position::Redirect(list, position), by, cause),
                None => earlier.add(redirect),
            }
        }
    }
}

/// The redirects above one, none of them redundant.
#[derive(Default)]
struct Earlier<'a> {
    paths: HashMap<Vec<u8>, Place>,
    patterns: HashMap<&'a Pattern, Place>,
}

impl<'a> Earlier<'a> {
    fn add(&mut self, redirect: &'a Redirect) {
        match &redirect.matcher {
            RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
                let path = collapse_slashes(path).into_owned();
                self.paths.entry(path).or_insert(redirect.place);
            }
            RedirectMatcher::Regex(pattern) => {
                self.patterns.entry(pattern).or_insert(redirect.place);
            }
            RedirectMatcher::Prefix(_) | RedirectMatcher::Section => {}
        }
    }

    fn covering(&self, redirect: &Redirect) -> Option<(Place, Cause)> {
        match &redirect.matcher {
            RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
                let (above, by) = self.path_above(path, Follows::Path)?;
                let same = above == collapse_slashes(path).len();
                let cause = if same {
                    Cause::Duplicate
                } else {
                    Cause::Shadowed
                };
                Some((by, cause))
            }
            RedirectMatcher::Regex(pattern) => {
                if let Some(by) = self.patterns.get(pattern) {
                    return Some((*by, Cause::Duplicate));
                }
                Some((self.path_above_all(&Shape::of(pattern))?, Cause::Shadowed))
            }
            RedirectMatcher::Prefix(_) | RedirectMatcher::Section => None,
        }
    }

    /// An earlier path that matches every text of `shape`.
    fn path_above_all(&self, shape: &Shape) -> Option<Place> {
        let (words, follows) = match shape {
            Shape::Words(Case::Exact, words) => (words, Follows::Nothing),
            Shape::Prefixes(Case::Exact, words) => (words, Follows::Anything),
            _ => return None,
        };
        let above = words.iter().map(|word| self.path_above(word, follows));
        let above: Option<Vec<(usize, Place)>> = above.collect();
        above?.first().map(|(_, by)| *by)
    }

    /// The shortest earlier path that matches `text`, whatever follows it, and its length.
    fn path_above(&self, text: &[u8], follows: Follows) -> Option<(usize, Place)> {
        let text = collapse_slashes(text);
        (1..=text.len()).find_map(|length| {
            let (head, rest) = text.split_at_checked(length)?;
            let whole = match rest.first() {
                Some(next) => *next == b'/' || head.ends_with(b"/"),
                None => follows != Follows::Anything || head.ends_with(b"/"),
            };
            let by = whole.then(|| self.paths.get(head))??;
            Some((length, *by))
        })
    }
}

/// What may follow a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// Nothing.
    Nothing,
    /// Nothing, or a slash and more: the path of a `Redirect`.
    Path,
    /// Anything.
    Anything,
}
