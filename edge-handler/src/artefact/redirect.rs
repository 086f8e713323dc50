//! Redirects as bytes: written once, asked where they stand.
//!
//! In: a [`Redirect`], or its record. Out: the record; [`RedirectView`], which borrows either. Absent: matching it; see
//! `evaluate::alias`.
//!
//! ```text
//! file, line
//! PREFIX + path, or REGEX + number of the pattern, or SECTION + number of the expression, one more, or 0 for none
//! status, target
//! ```

use crate::artefact::packed::{Cursor, Damaged, TooLong, push_number, push_text};
use crate::artefact::pattern::PatternView;
use crate::artefact::shared::{Shared, SharedBuilder};
use crate::model::expression::Expression;
use crate::model::rules::{Place, Redirect, RedirectMatcher};

/// What a redirect is found by: one table for who writes and who reads.
mod tag {
    pub const PREFIX: u8 = 0;
    pub const REGEX: u8 = 1;
    pub const SECTION: u8 = 2;
}

/// A [`Redirect`] that borrows what it says.
#[derive(Debug, Clone, Copy)]
pub struct RedirectView<'a> {
    /// [`Redirect::place`].
    pub place: Place,
    /// [`Redirect::matcher`].
    pub matcher: MatcherView<'a>,
    /// [`Redirect::status`].
    pub status: u16,
    /// [`Redirect::target`].
    pub target: &'a [u8],
    /// [`Redirect::expression`].
    pub expression: Option<&'a Expression>,
}

/// A [`RedirectMatcher`] that borrows what it says.
#[derive(Debug, Clone, Copy)]
pub enum MatcherView<'a> {
    /// [`RedirectMatcher::Prefix`].
    Prefix(&'a [u8]),
    /// [`RedirectMatcher::Regex`].
    Regex(PatternView<'a>),
    /// [`RedirectMatcher::Section`].
    Section,
}

impl<'a> RedirectView<'a> {
    /// Reads a record that is all of `bytes`.
    ///
    /// # Errors
    /// The bytes are no record.
    pub fn written(bytes: &'a [u8], shared: &'a Shared) -> Result<Self, Damaged> {
        let mut rest = Cursor::over(bytes);
        let record = RedirectRecord::take(&mut rest).ok_or(Damaged)?;
        if !rest.rest().is_empty() {
            return Err(Damaged);
        }
        record.view(shared)
    }

    /// A copy of the redirect: for the desk, which has a whole configuration.
    pub fn to_redirect(self) -> Redirect {
        Redirect {
            place: self.place,
            matcher: match self.matcher {
                MatcherView::Prefix(path) => RedirectMatcher::Prefix(path.to_vec()),
                MatcherView::Regex(pattern) => RedirectMatcher::Regex(pattern.to_pattern()),
                MatcherView::Section => RedirectMatcher::Section,
            },
            status: self.status,
            target: self.target.to_vec(),
            expression: self.expression.cloned(),
        }
    }
}

impl Redirect {
    /// The redirect, borrowed.
    pub fn view(&self) -> RedirectView<'_> {
        let Self {
            place,
            matcher,
            status,
            target,
            expression,
        } = self;
        RedirectView {
            place: *place,
            matcher: match matcher {
                RedirectMatcher::Prefix(path) => MatcherView::Prefix(path),
                RedirectMatcher::Regex(pattern) => MatcherView::Regex(pattern.into()),
                RedirectMatcher::Section => MatcherView::Section,
            },
            status: *status,
            target,
            expression: expression.as_ref(),
        }
    }
}

/// A redirect as it is written: what it has of [`Shared`] are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedirectRecord<'a> {
    /// [`Redirect::place`].
    pub place: Place,
    matcher: Matcher<'a>,
    /// [`Redirect::status`].
    pub status: u16,
    /// [`Redirect::target`].
    pub target: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matcher<'a> {
    Prefix(&'a [u8]),
    Regex(u32),
    Section(Option<u32>),
}

impl<'a> RedirectRecord<'a> {
    /// Takes a record from the front of bytes; `None` when there is none.
    pub(super) fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        let (file, line) = (bytes.number()?, bytes.number()?);
        let matcher = match bytes.byte()? {
            tag::PREFIX => Matcher::Prefix(bytes.text()?),
            tag::REGEX => Matcher::Regex(bytes.number()?),
            tag::SECTION => Matcher::Section(bytes.number()?.checked_sub(1)),
            _ => return None,
        };
        Some(Self {
            place: Place { file, line },
            matcher,
            status: bytes.short()?,
            target: bytes.text()?,
        })
    }

    /// The redirect with what it has of `shared`.
    ///
    /// # Errors
    /// There is no such thing.
    pub fn view(self, shared: &'a Shared) -> Result<RedirectView<'a>, Damaged> {
        let (matcher, expression) = match self.matcher {
            Matcher::Prefix(path) => (MatcherView::Prefix(path), None),
            Matcher::Regex(number) => {
                let pattern = PatternView::written(&shared.patterns, number)?;
                (MatcherView::Regex(pattern), None)
            }
            Matcher::Section(None) => (MatcherView::Section, None),
            Matcher::Section(Some(number)) => {
                let decode = |record: &[u8]| postcard::from_bytes(record).ok();
                let expression = shared.expressions.made(number, decode).ok_or(Damaged)?;
                (MatcherView::Section, Some(expression))
            }
        };
        Ok(RedirectView {
            place: self.place,
            matcher,
            status: self.status,
            target: self.target,
            expression,
        })
    }
}

/// Appends the record of `redirect`; what it has of others goes to `shared`.
pub(super) fn push(
    bytes: &mut Vec<u8>,
    redirect: &Redirect,
    shared: &mut SharedBuilder,
) -> Result<(), TooLong> {
    let Redirect {
        place: Place { file, line },
        matcher,
        status,
        target,
        expression,
    } = redirect;
    push_number(bytes, *file);
    push_number(bytes, *line);
    match matcher {
        RedirectMatcher::Prefix(path) => {
            bytes.push(tag::PREFIX);
            push_text(bytes, path);
        }
        RedirectMatcher::Regex(pattern) => {
            bytes.push(tag::REGEX);
            push_number(bytes, shared.pattern(pattern)?);
        }
        RedirectMatcher::Section => {
            bytes.push(tag::SECTION);
            let expression = expression.as_ref();
            let number = expression.map(|expression| shared.expression(expression));
            push_number(bytes, number.transpose()?.map_or(0, |number| number + 1));
        }
    }
    push_number(bytes, u32::from(*status));
    push_text(bytes, target);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::pattern::{Pattern, PatternOptions};

    fn check(matcher: RedirectMatcher, expression: Option<Expression>) {
        let redirect = Redirect {
            place: Place { file: 1, line: 200 },
            matcher,
            status: 301,
            target: b"http://h/b".to_vec(),
            expression,
        };
        assert_eq!(redirect.view().to_redirect(), redirect);
        let mut builder = SharedBuilder::default();
        let record = builder.redirect(&redirect).unwrap();
        let shared = builder.finish();
        let view = RedirectView::written(&record, &shared).unwrap();
        assert_eq!(view.to_redirect(), redirect);
        for length in 0..record.len() {
            assert!(RedirectView::written(&record[..length], &shared).is_err());
        }
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Whatever it says: it ends.
            _ = RedirectView::written(&flipped, &shared);
            _ = RedirectView::written(&flipped, &Shared::default());
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let pattern = Pattern::new("^/a", PatternOptions::default());
        check(RedirectMatcher::Prefix(b"/a".to_vec()), None);
        check(RedirectMatcher::Regex(pattern), None);
        check(RedirectMatcher::Section, None);
        let expression = Expression::parse_string(b"/b%{REQUEST_URI}").unwrap();
        check(RedirectMatcher::Section, Some(expression));
    }
}
