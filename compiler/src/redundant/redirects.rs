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
//! * an earlier `RedirectMatch` matches whatever a later one with the same expression does, and
//!   whatever a later one matches whose automaton has no text that it does not match
//!   ([`crate::language`]).
//!
//! It errs towards keeping a redirect.

use std::borrow::Cow;

use edgewright_engine::artefact::index::Case;
use edgewright_engine::model::rules::{Place, Redirect, RedirectMatcher};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_engine::text::prefix::collapse_slashes;
use foldhash::HashMap;

use super::conditions::Languages;
use super::covers::{Candidate, Covers, longest_literal};
use super::{Cause, Known, Redundant, Removal};
use crate::anchors::Misplaced;
use crate::facts::PatternFacts;
use crate::language::{Found, Membership, Universe, find as find_text};
use crate::shape::Shape;
use crate::witness::{Groups, Samples, sample};

/// Examples of a pattern that are tried before its automaton is built.
const EXAMPLES: usize = 3;

/// So many automata are compared for one redirect, at most.
const MOST_PROOFS: usize = 6;

pub(super) fn find(site: &Site, found: &mut Redundant) {
    let mut languages = Languages::default();
    for redirects in &site.redirect_lists {
        let mut earlier = Earlier::of_lines(redirects.len());
        let mut list = Vec::with_capacity(redirects.len());
        for redirect in redirects {
            let removal = earlier
                .covering(redirect)
                .or_else(|| earlier.including(redirect, &mut languages));
            if removal.is_none() {
                earlier.add(redirect);
            }
            let removed = removal.map(|(by, cause)| Removal {
                by: Some(by),
                cause,
                example: example(&redirect.matcher),
            });
            let removed = removed.or_else(|| impossible(redirect, &mut languages));
            list.push(removed.map(Known::Removed).map(Box::new));
        }
        found.redirects.push(list);
    }
}

/// A redirect whose pattern has an anchor in the middle, and matches nothing.
fn impossible(redirect: &Redirect, languages: &mut Languages) -> Option<Removal> {
    let RedirectMatcher::Regex(pattern) = &redirect.matcher else {
        return None;
    };
    let text = pattern.text.as_slice();
    let inside = text.get(1..).is_some_and(|rest| rest.contains(&b'^'))
        || text
            .split_last()
            .is_some_and(|(_, rest)| rest.contains(&b'$'));
    if !inside {
        return None;
    }
    Misplaced::of(pattern.syntax().as_ref())?;
    let language = languages.of(pattern)?;
    let asked = [(&*language, Membership::Inside)];
    (find_text(Universe::ALL, &asked) == Found::Nothing).then(|| Removal {
        by: None,
        cause: Cause::Impossible,
        example: Some(sample(pattern, 0, &Groups::new())),
    })
}

/// A path it matches.
fn example(matcher: &RedirectMatcher) -> Option<Vec<u8>> {
    match matcher {
        RedirectMatcher::Prefix(path) => Some(path.clone()),
        RedirectMatcher::Regex(pattern) => {
            let text = sample(pattern, 0, &Groups::new());
            pattern.is_match(&text).then_some(text)
        }
        RedirectMatcher::Section => None,
    }
}

/// They answer alike what both match.
fn says_the_same(one: &Redirect, other: &Redirect) -> bool {
    one.status == other.status && one.target == other.target && one.expression == other.expression
}

/// What a `Redirect` matches, as an expression: `alias_matches` takes several slashes for one.
fn as_pattern(matcher: &RedirectMatcher) -> Option<Cow<'_, Pattern>> {
    match matcher {
        RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
            let mut text = b"^".to_vec();
            for byte in &*collapse_slashes(path) {
                match byte {
                    b'/' => text.extend(b"/+"),
                    byte if byte.is_ascii() && !byte.is_ascii_alphanumeric() => {
                        text.extend([b'\\', *byte]);
                    }
                    byte => text.push(*byte),
                }
            }
            if !path.ends_with(b"/") {
                text.extend(b"(?:/.*)?$");
            }
            Some(Cow::Owned(Pattern::new(text, PatternOptions::default())))
        }
        RedirectMatcher::Regex(pattern) => Some(Cow::Borrowed(pattern)),
        RedirectMatcher::Prefix(_) | RedirectMatcher::Section => None,
    }
}

/// The redirects above one, none of them redundant.
struct Earlier<'a> {
    paths: HashMap<Vec<u8>, &'a Redirect>,
    patterns: HashMap<&'a Pattern, &'a Redirect>,
    covers: Covers<'a, Place>,
}

impl<'a> Earlier<'a> {
    /// None, with room for so many.
    fn of_lines(count: usize) -> Self {
        Self {
            paths: HashMap::default(),
            patterns: HashMap::default(),
            covers: Covers::of_lines(count),
        }
    }

    fn add(&mut self, redirect: &'a Redirect) {
        match &redirect.matcher {
            RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
                let path = collapse_slashes(path).into_owned();
                self.paths.entry(path).or_insert(redirect);
            }
            RedirectMatcher::Regex(pattern) => {
                self.patterns.entry(pattern).or_insert(redirect);
                let candidate = Candidate {
                    pattern,
                    asked: Membership::Inside,
                    of: redirect.place,
                };
                let literal = longest_literal(&PatternFacts::of(pattern));
                self.covers.add(&literal, candidate);
            }
            RedirectMatcher::Prefix(_) | RedirectMatcher::Section => {}
        }
    }

    /// An earlier expression that matches whatever `redirect` does.
    fn including(&self, redirect: &Redirect, languages: &mut Languages) -> Option<(Place, Cause)> {
        if self.covers.is_empty() {
            return None;
        }
        let pattern = as_pattern(&redirect.matcher)?;
        let facts = PatternFacts::of(&pattern);
        let texts = Samples::of(&facts).matching(&pattern, EXAMPLES);
        let candidates = self.covers.taking(texts.first()?).into_iter().rev();
        let mut fitting = candidates
            .filter(|candidate| texts.iter().all(|text| candidate.takes(text)))
            .take(MOST_PROOFS);
        let by = fitting.find(|candidate| {
            let inner = languages.of(&pattern);
            let outer = languages.of(candidate.pattern);
            let (Some(inner), Some(outer)) = (inner, outer) else {
                return false;
            };
            let asked = [
                (&*inner, Membership::Inside),
                (&*outer, Membership::Outside),
            ];
            find_text(Universe::ALL, &asked) == Found::Nothing
        })?;
        Some((by.of, Cause::Shadowed))
    }

    fn covering(&self, redirect: &Redirect) -> Option<(Place, Cause)> {
        match &redirect.matcher {
            RedirectMatcher::Prefix(path) if path.starts_with(b"/") => {
                let (above, by) = self.path_above(path, Follows::Path)?;
                let same_path = above == collapse_slashes(path).len();
                let same = same_path && says_the_same(by, redirect);
                let cause = if same {
                    Cause::Duplicate
                } else {
                    Cause::Shadowed
                };
                Some((by.place, cause))
            }
            RedirectMatcher::Regex(pattern) => {
                if let Some(by) = self.patterns.get(pattern) {
                    let same = says_the_same(by, redirect);
                    return Some((
                        by.place,
                        if same {
                            Cause::Duplicate
                        } else {
                            Cause::Shadowed
                        },
                    ));
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
        let above: Option<Vec<(usize, &Redirect)>> = above.collect();
        above?.first().map(|(_, by)| by.place)
    }

    /// The shortest earlier path that matches `text`, whatever follows it, and its length.
    fn path_above(&self, text: &[u8], follows: Follows) -> Option<(usize, &'a Redirect)> {
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
