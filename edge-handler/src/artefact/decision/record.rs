//! Precomputed decisions as bytes: written once, read where they stand.
//!
//! In: steps, the last one first. Out: [`PathDecision`], which owns the bytes, and [`DecisionView`], which borrows them.
//! Absent: how a step is written (see [`super::step`]), and what it says to a request (see [`super::answer`]).
//!
//! ```text
//! tag            where it begins without a query string, and where with one
//! offsets        of the first steps, where the tag does not tell them
//! step, step, …  see `step`
//! ```
//!
//! Nothing is decoded: whoever asks follows the bytes from question to question. Offsets are not negative, so nothing
//! goes in circles, and what leads outside is damaged.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::step::{Asked, Ending, EndingBuf, Step};
use crate::artefact::packed::{Cursor, push_number};

/// How a record begins: one table for who writes and who reads. A tag without a query string and one with are added.
mod tag {
    /// Without a query string: only an evaluation can tell; the first step is the first; or its offset follows.
    pub const BARE_UNKNOWN: u8 = 0;
    pub const BARE_FIRST: u8 = 1;
    pub const BARE_AT: u8 = 2;
    /// The tags above fit in here.
    pub const BARE: u8 = 3;
    /// With one: only an evaluation can tell; the same, the query string at the end; the first step is the same; or its
    /// offset follows.
    pub const QUERIED_UNKNOWN: u8 = 0;
    pub const QUERIED_APPENDED: u8 = 4;
    pub const QUERIED_SAME: u8 = 8;
    pub const QUERIED_AT: u8 = 12;
}

/// What becomes of one path on one host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathDecision(Box<[u8]>);

/// A [`PathDecision`] that borrows its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionView<'a> {
    bare: Option<At>,
    queried: Queried,
    /// The steps, one after another.
    steps: &'a [u8],
}

/// Where a step stands: so many bytes before the end of its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At(u32);

/// What becomes of a path with a query string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Queried {
    /// Only an evaluation can tell.
    #[default]
    Unknown,
    /// Without a query string the same happens, but for the query string at the end of the `Location`.
    Appended,
    /// The first step is this one.
    From(At),
}

impl PathDecision {
    /// The decision, borrowed.
    pub fn view(&self) -> Option<DecisionView<'_>> {
        DecisionView::read(&self.0)
    }

    /// The record.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The decision that is written in `record`; `None` when it is none.
    pub fn of(record: &[u8]) -> Option<Self> {
        let is_sound = DecisionView::read(record)?.is_sound();
        is_sound.then(|| Self(record.into()))
    }
}

impl Serialize for PathDecision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for PathDecision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = <&[u8]>::deserialize(deserializer)?;
        Self::of(record).ok_or_else(|| D::Error::custom("not a precomputed decision"))
    }
}

impl<'a> DecisionView<'a> {
    /// Reads the beginning of a record; steps are read when they are come to.
    pub fn read(record: &'a [u8]) -> Option<Self> {
        let mut bytes = Cursor::over(record);
        let tag = bytes.byte()?;
        let bare = match tag & tag::BARE {
            tag::BARE_UNKNOWN => None,
            tag::BARE_FIRST => Some(0),
            tag::BARE_AT => Some(bytes.number()?),
            _ => return None,
        };
        let queried = match tag & !tag::BARE {
            tag::QUERIED_AT => Some(bytes.number()?),
            _ => bare,
        };
        let steps = bytes.rest();
        let at = |offset: u32| Some(At(u32::try_from(steps.len()).ok()?.checked_sub(offset)?));
        let bare = match bare {
            Some(offset) => Some(at(offset)?),
            None => None,
        };
        let queried = match (tag & !tag::BARE, queried) {
            (tag::QUERIED_UNKNOWN, _) => Queried::Unknown,
            (tag::QUERIED_APPENDED, _) => Queried::Appended,
            (tag::QUERIED_SAME | tag::QUERIED_AT, Some(offset)) => Queried::From(at(offset)?),
            _ => return None,
        };
        Some(Self {
            bare,
            queried,
            steps,
        })
    }

    /// The first step without a query string; `None` when only an evaluation can tell.
    pub fn bare(&self) -> Option<At> {
        self.bare
    }

    /// What becomes of the path with a query string.
    pub fn queried(&self) -> Queried {
        self.queried
    }

    /// The step at a place; `None` when there is none, which only damage can cause.
    pub fn step(&self, at: At) -> Option<Step<'a>> {
        let mut bytes = self.from(at)?;
        Step::take(&mut bytes)
    }

    /// The steps in their order, with their places, up to damage.
    pub fn steps(&self) -> impl Iterator<Item = (At, Step<'a>)> {
        let mut bytes = Cursor::over(self.steps);
        std::iter::from_fn(move || {
            let at = At::before(bytes)?;
            Some((at, Step::take(&mut bytes)?))
        })
    }

    /// How it always ends without a query string, if it always ends the same.
    pub fn only_ending(&self) -> Option<Ending<'a>> {
        match self.step(self.bare?)? {
            Step::End(ending) => Some(ending),
            Step::Ask(..) => None,
        }
    }

    /// True when there is nothing to ask and everything is known.
    pub fn is_constant(&self) -> bool {
        let no_questions = self.steps().all(|(_, step)| matches!(step, Step::End(_)));
        no_questions && self.bare.is_some() && self.queried != Queried::Unknown
    }

    fn from(&self, At(at): At) -> Option<Cursor<'a>> {
        let before = self.steps.len().checked_sub(usize::try_from(at).ok()?)?;
        self.steps.get(before..).map(Cursor::over)
    }

    /// Is it steps to its end, and does each lead to steps?
    fn is_sound(&self) -> bool {
        let places: Vec<At> = self.steps().map(|(at, _)| at).collect();
        let is_place = |at: At| places.binary_search_by(|other| at.cmp(other)).is_ok();
        let mut bytes = Cursor::over(self.steps);
        let sound = std::iter::from_fn(|| Step::take(&mut bytes)).all(|step| match step {
            Step::Ask(_, yes, no) => is_place(yes) && is_place(no),
            Step::End(ending) => ending.is_sound(),
        });
        let begins = self.bare.is_none_or(is_place)
            && match self.queried {
                Queried::Unknown | Queried::Appended => true,
                Queried::From(at) => is_place(at),
            };
        sound && begins && bytes.rest().is_empty()
    }
}

impl At {
    /// The place of what is left to read.
    pub(super) fn before(bytes: Cursor<'_>) -> Option<Self> {
        u32::try_from(bytes.rest().len()).ok().map(Self)
    }

    pub(super) fn forward(self, offset: u32) -> Option<Self> {
        self.0.checked_sub(offset).map(Self)
    }
}

/// Writes a [`PathDecision`], its last step first: each leads to what is there already.
#[derive(Debug, Default)]
pub struct Builder {
    steps: Vec<u8>,
}

impl Builder {
    /// Adds an end, and says where it stands.
    pub fn end(&mut self, ending: &EndingBuf) -> At {
        self.add(ending.bytes())
    }

    /// Adds a question, and says where it stands.
    pub fn ask(&mut self, asked: Asked<'_>, yes: At, no: At) -> At {
        let At(behind) = self.first();
        let offset = |At(at): At| behind.saturating_sub(at);
        self.add(&asked.step(offset(yes), offset(no)))
    }

    fn add(&mut self, step: &[u8]) -> At {
        self.steps.splice(..0, step.iter().copied());
        self.first()
    }

    /// Where the step stands that was added last.
    fn first(&self) -> At {
        At(u32::try_from(self.steps.len()).unwrap_or(u32::MAX))
    }

    /// The decision that begins at `bare` without a query string, and with one as `queried` says.
    pub fn finish(self, bare: Option<At>, queried: Queried) -> PathDecision {
        let At(length) = self.first();
        let offset = |At(at): At| length.saturating_sub(at);
        let (bare_tag, bare_offset) = match bare.map(offset) {
            None => (tag::BARE_UNKNOWN, None),
            Some(0) => (tag::BARE_FIRST, None),
            Some(offset) => (tag::BARE_AT, Some(offset)),
        };
        let (queried_tag, queried_offset) = match queried {
            Queried::Unknown => (tag::QUERIED_UNKNOWN, None),
            Queried::Appended => (tag::QUERIED_APPENDED, None),
            Queried::From(at) if Some(at) == bare => (tag::QUERIED_SAME, None),
            Queried::From(at) => (tag::QUERIED_AT, Some(offset(at))),
        };
        let offsets = bare_offset.into_iter().chain(queried_offset);
        let mut record = Vec::with_capacity(1 + offsets.clone().count() * 5 + self.steps.len());
        record.push(bare_tag | queried_tag);
        for offset in offsets {
            push_number(&mut record, offset);
        }
        record.extend_from_slice(&self.steps);
        PathDecision(record.into())
    }
}

#[cfg(test)]
mod tests;
