//! The redirects of a key as bytes: written once, read where they stand.
//!
//! In: redirects with their positions. Out: [`Redirects`], which owns the bytes, and [`RedirectsView`], which borrows them
//! and gives each as a [`RedirectView`]. Absent: redirects of sections, which have no key.
//!
//! ```text
//! position, file, line
//! PREFIX + path, or REGEX + number of the pattern in the program
//! status, target                                                   and so on for the next redirect
//! ```

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::artefact::packed::{Cursor, Damaged, Packed, push_number, push_text};
use crate::model::rules::{MatcherView, Place, Redirect, RedirectMatcher, RedirectView};
use crate::pattern::Pattern;

/// What a redirect is found by: one table for who writes and who reads.
mod tag {
    pub const PREFIX: u8 = 0;
    pub const REGEX: u8 = 1;
}

/// The redirects of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects(Vec<u8>);

/// [`Redirects`] that borrow their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RedirectsView<'a> {
    bytes: Cursor<'a>,
}

/// A redirect of a key. A pattern is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRedirect<'a> {
    /// How many stand before the redirect in its list.
    pub position: u32,
    /// Where the directive stands.
    pub place: Place,
    matcher: Matcher<'a>,
    /// The status.
    pub status: u16,
    /// The target as written.
    pub target: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matcher<'a> {
    Prefix(&'a [u8]),
    Regex(u32),
}

impl Redirects {
    /// Appends a redirect behind those that stand before it in its list; `number` gives the number of a pattern. False,
    /// and nothing is appended, for one that has no key.
    pub fn push(
        &mut self,
        position: u32,
        redirect: &Redirect,
        number: impl FnOnce(&Pattern) -> u32,
    ) -> bool {
        let Redirect {
            place: Place { file, line },
            matcher,
            status,
            target,
            expression,
        } = redirect;
        if *matcher == RedirectMatcher::Section || expression.is_some() {
            return false;
        }
        let bytes = &mut self.0;
        for number in [position, *file, *line] {
            push_number(bytes, number);
        }
        match matcher {
            RedirectMatcher::Prefix(path) => {
                bytes.push(tag::PREFIX);
                push_text(bytes, path);
            }
            RedirectMatcher::Regex(pattern) => {
                bytes.push(tag::REGEX);
                push_number(bytes, number(pattern));
            }
            RedirectMatcher::Section => {}
        }
        push_number(bytes, u32::from(*status));
        push_text(bytes, target);
        true
    }

    /// The redirects, borrowed.
    pub fn view(&self) -> RedirectsView<'_> {
        RedirectsView::over(&self.0)
    }

    /// The record.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The redirects that are written in `record`; `None` when it is none.
    pub fn of(record: &[u8]) -> Option<Self> {
        let view = RedirectsView::over(record);
        let is_sound = view.iter().all(|keyed| keyed.is_ok());
        is_sound.then(|| Self(record.to_vec()))
    }
}

impl Serialize for Redirects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Redirects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = <&[u8]>::deserialize(deserializer)?;
        Self::of(record).ok_or_else(|| D::Error::custom("not redirects"))
    }
}

impl<'a> RedirectsView<'a> {
    /// Reads a record; each redirect is read when it is come to.
    pub fn over(record: &'a [u8]) -> Self {
        let bytes = Cursor::over(record);
        Self { bytes }
    }

    /// The redirects, in the order of their list; the last one is an error where they are damaged.
    pub fn iter(self) -> impl Iterator<Item = Result<KeyedRedirect<'a>, Damaged>> {
        let mut bytes = self.bytes;
        std::iter::from_fn(move || {
            if bytes.rest().is_empty() {
                return None;
            }
            let keyed = KeyedRedirect::take(&mut bytes).ok_or(Damaged);
            if keyed.is_err() {
                bytes = Cursor::default();
            }
            Some(keyed)
        })
    }
}

impl<'a> KeyedRedirect<'a> {
    fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        let position = bytes.number()?;
        let (file, line) = (bytes.number()?, bytes.number()?);
        let matcher = match bytes.byte()? {
            tag::PREFIX => Matcher::Prefix(bytes.text()?),
            tag::REGEX => Matcher::Regex(bytes.number()?),
            _ => return None,
        };
        Some(Self {
            position,
            place: Place { file, line },
            matcher,
            status: bytes.short()?,
            target: bytes.text()?,
        })
    }

    /// The redirect with its pattern, one of `patterns`.
    ///
    /// # Errors
    /// There is no such pattern.
    pub fn view(self, patterns: &'a Packed<Pattern>) -> Result<RedirectView<'a>, Damaged> {
        let matcher = match self.matcher {
            Matcher::Prefix(path) => MatcherView::Prefix(path),
            Matcher::Regex(number) => {
                let number = usize::try_from(number).map_err(|_| Damaged)?;
                MatcherView::Regex(patterns.get(number).ok_or(Damaged)?)
            }
        };
        Ok(RedirectView {
            place: self.place,
            matcher,
            status: self.status,
            target: self.target,
            expression: None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::pattern::PatternOptions;

    fn redirect(matcher: RedirectMatcher) -> Redirect {
        Redirect {
            place: Place { file: 1, line: 200 },
            matcher,
            status: 301,
            target: b"http://h/b".to_vec(),
            expression: None,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let pattern = Pattern::new("^/a", PatternOptions::default());
        let patterns = Packed::new([&pattern, &pattern]).unwrap();
        let all = [
            redirect(RedirectMatcher::Prefix(b"/a".to_vec())),
            redirect(RedirectMatcher::Regex(pattern)),
        ];
        let mut record = Redirects::default();
        for (position, redirect) in (300..).zip(&all) {
            assert!(record.push(position, redirect, |_| 1));
        }
        assert!(!record.push(9, &redirect(RedirectMatcher::Section), |_| 0));
        let read: Vec<_> = record.view().iter().map(Result::unwrap).collect();
        let views: Vec<_> = read
            .iter()
            .map(|one| one.view(&patterns).unwrap())
            .collect();
        assert_eq!(views, all.each_ref().map(Redirect::view));
        assert_eq!(read[1].position, 301);
        assert_eq!(read[1].view(&Packed::default()), Err(Damaged));
        for length in 0..record.bytes().len() {
            let cut = Redirects::of(&record.bytes()[..length]);
            assert!(
                cut.is_none_or(|cut| cut.view().iter().count() < 2),
                "{length}"
            );
        }
        for bit in 0..record.bytes().len() * 8 {
            let mut flipped = record.bytes().to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Whatever it says: it ends.
            for keyed in RedirectsView::over(&flipped).iter().flatten() {
                let _ = keyed.view(&patterns);
            }
        }
    }
}
