//! The redirects of a key as bytes: written once, read where they stand.
//!
//! In: redirects with their positions. Out: [`Redirects`], which owns the bytes, and [`RedirectsView`], which borrows them
//! and gives each as a [`RedirectView`]. Absent: redirects of sections, which have no key.
//!
//! ```text
//! position, record of the redirect                                 and so on for the next redirect
//! ```

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::artefact::packed::{Cursor, Damaged, TooLong, push_number};
use crate::artefact::redirect::{self, RedirectRecord};
use crate::artefact::shared::SharedBuilder;
use crate::model::rules::{Redirect, RedirectMatcher};

/// The redirects of a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redirects(Vec<u8>);

/// [`Redirects`] that borrow their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RedirectsView<'a> {
    bytes: Cursor<'a>,
}

/// A redirect of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyedRedirect<'a> {
    /// How many stand before the redirect in its list.
    pub position: u32,
    /// The redirect.
    pub redirect: RedirectRecord<'a>,
}

impl Redirects {
    /// Appends a redirect behind those that stand before it in its list. False, and nothing is appended, for one that has no
    /// key.
    ///
    /// # Errors
    /// The patterns of all redirects are longer than 4 GiB.
    pub fn push(
        &mut self,
        position: u32,
        redirect: &Redirect,
        shared: &mut SharedBuilder,
    ) -> Result<bool, TooLong> {
        if redirect.matcher == RedirectMatcher::Section || redirect.expression.is_some() {
            return Ok(false);
        }
        push_number(&mut self.0, position);
        redirect::push(&mut self.0, redirect, shared)?;
        Ok(true)
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
        Some(Self {
            position: bytes.number()?,
            redirect: RedirectRecord::take(bytes)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::artefact::redirect::RedirectView;
    use crate::artefact::shared::Shared;
    use crate::model::rules::Place;
    use crate::pattern::{Pattern, PatternOptions};

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
        let all = [
            redirect(RedirectMatcher::Prefix(b"/a".to_vec())),
            redirect(RedirectMatcher::Regex(pattern)),
        ];
        let mut record = Redirects::default();
        let mut builder = SharedBuilder::default();
        for (position, redirect) in (300..).zip(&all) {
            assert_eq!(record.push(position, redirect, &mut builder), Ok(true));
        }
        let section = redirect(RedirectMatcher::Section);
        assert_eq!(record.push(9, &section, &mut builder), Ok(false));
        let shared = builder.finish();
        let read: Vec<_> = record.view().iter().map(Result::unwrap).collect();
        let views = read
            .iter()
            .map(|keyed| keyed.redirect.view(&shared).unwrap());
        assert!(views.map(RedirectView::to_redirect).eq(all));
        assert_eq!(read[1].position, 301);
        let none = Shared::default();
        let lost = read[1].redirect.view(&none);
        assert_eq!(lost.err(), Some(Damaged));
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
                _ = keyed.redirect.view(&shared);
            }
        }
    }
}
