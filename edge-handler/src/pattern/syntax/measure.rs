//! What follows from a tree alone: lengths, first bytes, anchors.
//!
//! In: a [`Node`]. Out: what holds for all its matches. Absent: what only whole patterns have; see `facts`.

use super::{Node, Place};
use crate::pattern::set::{NONE, Set};

impl Node {
    /// The byte set of a part that always takes one byte.
    pub fn single(&self) -> Option<Set> {
        match self {
            Self::Literal(literal) if literal.bytes.len() == 1 => literal.set(0),
            Self::Set(set) => Some(*set),
            Self::Literal(_)
            | Self::Empty
            | Self::Concat(_)
            | Self::Alternation(_)
            | Self::Group { .. }
            | Self::Repeat { .. }
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Atomic(_)
            | Self::Reference { .. }
            | Self::Keep
            | Self::Opaque(_) => None,
        }
    }

    /// How many bytes a match of the part takes: at least, and at most where there is a bound.
    pub fn length(&self) -> (usize, Option<usize>) {
        match self {
            Self::Literal(literal) => (literal.bytes.len(), Some(literal.bytes.len())),
            Self::Set(_) => (1, Some(1)),
            Self::Empty | Self::Place(_) | Self::Look { .. } | Self::Keep => (0, Some(0)),
            Self::Reference { .. } | Self::Opaque(_) => (0, None),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.length(),
            Self::Concat(parts) => parts.iter().fold((0, Some(0)), |(least, most), part| {
                let (more, longest) = part.length();
                let most = most
                    .zip(longest)
                    .and_then(|(one, two): (usize, usize)| one.checked_add(two));
                (least.saturating_add(more), most)
            }),
            Self::Alternation(parts) => {
                let lengths = || parts.iter().map(Self::length);
                let least = lengths().map(|(least, _)| least).min().unwrap_or(0);
                let most = lengths().map(|(_, most)| most).collect::<Option<Vec<_>>>();
                (least, most.and_then(|most| most.into_iter().max()))
            }
            Self::Repeat {
                inner, least, most, ..
            } => {
                let (short, long) = inner.length();
                let times = (*most != u32::MAX || long == Some(0)).then_some(*most as usize);
                let longest = long
                    .zip(times)
                    .and_then(|(long, times)| long.checked_mul(times));
                (short.saturating_mul(*least as usize), longest)
            }
        }
    }

    /// Can a match of the part be empty?
    pub fn may_be_empty(&self) -> bool {
        self.length().0 == 0
    }

    /// The one length of every match of the part, in bytes, as far as PCRE2 sees it: a number of rounds that is not
    /// fixed gives none, even of nothing.
    pub fn fixed_length(&self) -> Option<usize> {
        let fixed = match self {
            Self::Repeat {
                inner, least, most, ..
            } => least == most && inner.fixed_length().is_some(),
            Self::Concat(parts) | Self::Alternation(parts) => {
                parts.iter().all(|part| part.fixed_length().is_some())
            }
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.fixed_length().is_some(),
            Self::Reference { .. } | Self::Opaque(_) => false,
            Self::Empty
            | Self::Literal(_)
            | Self::Set(_)
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Keep => true,
        };
        let (least, most) = self.length();
        most.filter(|most| fixed && *most == least)
    }

    /// Adds the bytes a match of the part may begin with to `bytes`. Returns whether there is such a byte for
    /// sure: not when the match may be empty.
    pub fn first_bytes(&self, bytes: &mut Set) -> First {
        match self {
            Self::Literal(literal) => {
                bytes.union(&literal.set(0).unwrap_or(NONE));
                First::Certain
            }
            Self::Set(set) => {
                bytes.union(set);
                First::Certain
            }
            Self::Empty | Self::Place(_) | Self::Look { .. } | Self::Keep => First::Open,
            Self::Reference { .. } | Self::Opaque(_) => {
                bytes.union(&NONE.complement());
                First::Open
            }
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.first_bytes(bytes),
            Self::Concat(parts) => {
                let certain = parts
                    .iter()
                    .any(|part| part.first_bytes(bytes) == First::Certain);
                if certain { First::Certain } else { First::Open }
            }
            Self::Alternation(parts) => {
                let open = parts
                    .iter()
                    .filter(|part| part.first_bytes(bytes) == First::Open);
                if open.count() == 0 {
                    First::Certain
                } else {
                    First::Open
                }
            }
            Self::Repeat {
                inner, least, most, ..
            } => {
                if *most == 0 {
                    return First::Open;
                }
                let first = inner.first_bytes(bytes);
                if *least == 0 { First::Open } else { first }
            }
        }
    }

    /// Does every match begin at the start of the subject, or else does none begin later where none begins there?
    pub fn is_anchored(&self) -> bool {
        match self {
            Self::Place(Place::Start) => true,
            Self::Concat(parts) => parts.first().is_some_and(Self::is_anchored),
            Self::Alternation(parts) => parts.iter().all(Self::is_anchored),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.is_anchored(),
            Self::Repeat { .. }
            | Self::Empty
            | Self::Literal(_)
            | Self::Set(_)
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Reference { .. }
            | Self::Keep
            | Self::Opaque(_) => false,
        }
    }
}

/// Whether a match begins with a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// A match begins with one of the bytes found.
    Certain,
    /// A match may be empty.
    Open,
}
