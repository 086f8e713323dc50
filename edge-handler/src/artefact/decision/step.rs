//! The steps of a precomputed decision as bytes.
//!
//! In: questions and ends. Out: their bytes, and [`Step`]s, which borrow these. Absent: their order; see
//! [`super::record`].
//!
//! ```text
//! SHARED      number of a question; offsets for yes and for no
//! QUERY …     a comparison: name of a header where it is about one, text; offsets for yes and for no
//! NOTHING …   an end: what it needs; and with FLAG two lists, cookies and headers
//! ```
//!
//! An offset counts the bytes between the end of its step and the step it leads to.

use super::record::At;
use super::text::Text;
use crate::artefact::packed::{Cursor, push_number, push_text};
use crate::model::subject::About;

/// How a step begins: one table for who writes and who reads.
mod tag {
    /// A question of the program; and comparisons of a subject with a text.
    pub const SHARED: u8 = 0;
    pub const QUERY: u8 = 1;
    pub const HOST: u8 = 2;
    pub const HEADER: u8 = 3;
    /// Ends.
    pub const NOTHING: u8 = 4;
    pub const REDIRECT: u8 = 5;
    pub const STATUS: u8 = 6;
    pub const SERVE: u8 = 7;
    pub const SERVE_QUERY: u8 = 8;
    pub const PROXY: u8 = 9;
    /// Added to a comparison: letters match in either case. Added to an end: cookies and headers follow.
    pub const FLAG: u8 = 0x80;
}

/// Statuses are written as what differs from this one: those of redirects are one byte.
const USUAL_STATUS: u16 = 300;

/// One step on the way to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A question, and the steps that yes and no lead to: later ones.
    Ask(Asked<'a>, At, At),
    /// The end.
    End(Ending<'a>),
}

/// What a step asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// The question of the program with this number.
    Shared(u32),
    /// Is the subject equal to a text?
    Equal {
        /// What is asked about.
        about: About<'a>,
        /// ASCII letters are equal in either case.
        no_case: bool,
        /// The text.
        operand: &'a [u8],
    },
}

/// An answer with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// What the request becomes.
    pub effect: Effect<'a>,
    /// What goes with it.
    pub more: More<'a>,
}

/// An [`Outcome`](crate::model::outcome::Outcome) with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect<'a> {
    /// Path and query pass through unchanged.
    Nothing,
    /// A redirect with this status to this `Location`.
    Redirect(u16, Text<'a>),
    /// A status without a `Location`.
    Status(u16),
    /// This path is served, with this query string.
    Serve(&'a [u8], Option<Text<'a>>),
    /// The server at this URL answers.
    Proxy(Text<'a>),
}

/// What goes with an answer: two lists, or no bytes where both are empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct More<'a>(Cursor<'a>);

impl<'a> Step<'a> {
    /// Takes a step from the front of `bytes`; `None` when there is none.
    pub(super) fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        let tag = bytes.byte()?;
        let flag = tag & tag::FLAG != 0;
        let asked = match tag & !tag::FLAG {
            tag::SHARED if !flag => Asked::Shared(bytes.number()?),
            tag::QUERY => Asked::equal(About::Query, flag, bytes)?,
            tag::HOST => Asked::equal(About::Host, flag, bytes)?,
            tag::HEADER => Asked::equal(About::Header(bytes.text()?), flag, bytes)?,
            end => return Ending::take(end, flag, bytes).map(Self::End),
        };
        let (yes, no) = (bytes.number()?, bytes.number()?);
        let behind = At::before(*bytes)?;
        Some(Self::Ask(asked, behind.forward(yes)?, behind.forward(no)?))
    }
}

impl<'a> Asked<'a> {
    fn equal(about: About<'a>, no_case: bool, bytes: &mut Cursor<'a>) -> Option<Self> {
        Some(Self::Equal {
            about,
            no_case,
            operand: bytes.text()?,
        })
    }

    /// The question as a step; `yes` and `no` are offsets.
    pub(super) fn step(self, yes: u32, no: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Shared(number) => {
                bytes.push(tag::SHARED);
                push_number(&mut bytes, number);
            }
            Self::Equal {
                about,
                no_case,
                operand,
            } => {
                let flag = if no_case { tag::FLAG } else { 0 };
                match about {
                    About::Query => bytes.push(tag::QUERY | flag),
                    About::Host => bytes.push(tag::HOST | flag),
                    About::Header(name) => {
                        bytes.push(tag::HEADER | flag);
                        push_text(&mut bytes, name);
                    }
                }
                push_text(&mut bytes, operand);
            }
        }
        push_number(&mut bytes, yes);
        push_number(&mut bytes, no);
        bytes
    }
}

impl<'a> Ending<'a> {
    /// An end with nothing to it but its effect.
    pub fn of(effect: Effect<'a>) -> Self {
        let more = More::default();
        Self { effect, more }
    }

    fn take(tag: u8, is_more: bool, bytes: &mut Cursor<'a>) -> Option<Self> {
        let effect = match tag {
            tag::NOTHING => Effect::Nothing,
            tag::REDIRECT => Effect::Redirect(take_status(bytes)?, Text::take(bytes)?),
            tag::STATUS => Effect::Status(take_status(bytes)?),
            tag::SERVE => Effect::Serve(bytes.text()?, None),
            tag::SERVE_QUERY => Effect::Serve(bytes.text()?, Some(Text::take(bytes)?)),
            tag::PROXY => Effect::Proxy(Text::take(bytes)?),
            _ => return None,
        };
        let more = if is_more {
            More::take(bytes)?
        } else {
            More::default()
        };
        Some(Self { effect, more })
    }

    /// Is every text parts to its end?
    pub(super) fn is_sound(&self) -> bool {
        match self.effect {
            Effect::Nothing | Effect::Status(_) | Effect::Serve(_, None) => true,
            Effect::Redirect(_, text) | Effect::Serve(_, Some(text)) | Effect::Proxy(text) => {
                text.is_sound()
            }
        }
    }
}

fn take_status(bytes: &mut Cursor<'_>) -> Option<u16> {
    Some(bytes.short()? ^ USUAL_STATUS)
}

fn push_status(bytes: &mut Vec<u8>, status: u16) {
    push_number(bytes, u32::from(status ^ USUAL_STATUS));
}

impl<'a> More<'a> {
    fn take(bytes: &mut Cursor<'a>) -> Option<Self> {
        let lists = *bytes;
        for _ in 0..2 {
            for _ in 0..bytes.number()? {
                bytes.text()?;
            }
        }
        Some(Self(Cursor::over(lists.before(*bytes)?)))
    }

    fn write(bytes: &mut Vec<u8>, cookies: &[Vec<u8>], vary: &[Vec<u8>]) {
        for list in [cookies, vary] {
            push_number(bytes, u32::try_from(list.len()).unwrap_or(u32::MAX));
            for text in list {
                push_text(bytes, text);
            }
        }
    }

    /// True when there is nothing.
    pub fn is_empty(self) -> bool {
        self.0.rest().is_empty()
    }

    /// `Set-Cookie` values, in order.
    pub fn cookies(self) -> impl Iterator<Item = &'a [u8]> {
        let mut bytes = self.0;
        let count = bytes.number().unwrap_or(0);
        (0..count).map_while(move |_| bytes.text())
    }

    /// Request headers the answer varies by: those of them that the request has.
    pub fn vary(self) -> impl Iterator<Item = &'a [u8]> {
        let mut bytes = self.0;
        let cookies = bytes.number().unwrap_or(0);
        for _ in 0..cookies {
            bytes.text();
        }
        let count = bytes.number().unwrap_or(0);
        (0..count).map_while(move |_| bytes.text())
    }
}

/// An [`Ending`] that owns its bytes. Equal ends have equal bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndingBuf(Vec<u8>);

impl EndingBuf {
    /// An end with this effect, these cookies and these headers to vary by.
    pub fn new(effect: Effect<'_>, cookies: &[Vec<u8>], vary: &[Vec<u8>]) -> Self {
        let is_more = !cookies.is_empty() || !vary.is_empty();
        let mut bytes = Self::begun(effect, is_more);
        if is_more {
            More::write(&mut bytes, cookies, vary);
        }
        Self(bytes)
    }

    /// A copy of `ending`.
    pub fn of(ending: &Ending<'_>) -> Self {
        let Ending { effect, more } = *ending;
        let mut bytes = Self::begun(effect, !more.is_empty());
        bytes.extend_from_slice(more.0.rest());
        Self(bytes)
    }

    /// The bytes up to what goes with the effect.
    fn begun(effect: Effect<'_>, is_more: bool) -> Vec<u8> {
        let flag = if is_more { tag::FLAG } else { 0 };
        let length = match effect {
            Effect::Nothing | Effect::Status(_) => 0,
            Effect::Redirect(_, text) | Effect::Proxy(text) => text.len(),
            Effect::Serve(path, query) => path.len() + query.map_or(0, Text::len),
        };
        // Room for tag, status, and the lengths of two texts.
        let mut bytes = Vec::with_capacity(length + 8);
        match effect {
            Effect::Nothing => bytes.push(tag::NOTHING | flag),
            Effect::Redirect(status, location) => {
                bytes.push(tag::REDIRECT | flag);
                push_status(&mut bytes, status);
                location.write(&mut bytes);
            }
            Effect::Status(status) => {
                bytes.push(tag::STATUS | flag);
                push_status(&mut bytes, status);
            }
            Effect::Serve(path, None) => {
                bytes.push(tag::SERVE | flag);
                push_text(&mut bytes, path);
            }
            Effect::Serve(path, Some(query)) => {
                bytes.push(tag::SERVE_QUERY | flag);
                push_text(&mut bytes, path);
                query.write(&mut bytes);
            }
            Effect::Proxy(url) => {
                bytes.push(tag::PROXY | flag);
                url.write(&mut bytes);
            }
        }
        bytes
    }

    /// The end as a step.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The end, borrowed. There always is one: the type is made by [`EndingBuf::of`] only.
    pub fn read(&self) -> Option<Ending<'_>> {
        match Step::take(&mut Cursor::over(&self.0))? {
            Step::End(ending) => Some(ending),
            Step::Ask(..) => None,
        }
    }
}
