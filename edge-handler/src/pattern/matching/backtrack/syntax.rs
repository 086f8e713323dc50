//! What a pattern consists of.
//!
//! In: nothing. Out: [`Node`], the tree of a pattern, and what follows from a tree alone. Absent: reading a
//! pattern's text (`read`), and matching.

use crate::pattern::matching::set::{NONE, Set};

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Node {
    /// Nothing; matches everywhere.
    Empty,
    /// One byte that stands for itself.
    Byte(u8),
    /// One byte of a set.
    Set(Set),
    /// Parts in a row.
    Row(Vec<Node>),
    /// Parts of which the first that leads to a match counts.
    Choice(Vec<Node>),
    /// A capturing group.
    Group {
        /// The group's number, from 1 on.
        number: u32,
        /// What is inside.
        inner: Box<Node>,
    },
    /// A part some times in a row.
    Repeat {
        /// What is repeated.
        inner: Box<Node>,
        /// How often at least.
        least: u32,
        /// How often at most; `u32::MAX` for any number.
        most: u32,
        /// Which number is tried first.
        greed: Greed,
    },
    /// A place in the subject.
    Place(Place),
    /// A look ahead or behind.
    Look {
        /// Where to look.
        direction: Direction,
        /// Whether what is inside has to match there.
        sense: Sense,
        /// What is looked for.
        inner: Box<Node>,
    },
    /// `(?>…)`: once matched, no other way through it is tried.
    Atomic(Box<Node>),
    /// What a group matched, once more.
    Reference {
        /// The group's number.
        group: u32,
        /// Whether letters have to agree in case.
        case: Case,
    },
    /// `\K`: the match is said to begin here.
    Keep,
}

/// Which number of repetitions is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Greed {
    /// The largest.
    Greedy,
    /// The smallest.
    Lazy,
    /// The largest, and no other.
    Possessive,
}

/// Whether letters have to agree in case (ASCII only).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Case {
    /// Letters have to agree.
    Sensitive,
    /// A letter stands for both of its cases.
    Ignored,
}

impl Case {
    /// The set as written, with letters of both cases where case is ignored.
    pub fn of(self, set: Set) -> Set {
        match self {
            Self::Sensitive => set,
            Self::Ignored => set.folded(),
        }
    }
}

/// Where a look goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Direction {
    /// To what follows.
    Ahead,
    /// To what stands before.
    Behind,
}

/// What a look asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Sense {
    /// What is inside has to match.
    Positive,
    /// What is inside must not match.
    Negative,
}

/// A place in the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum Place {
    /// The start of the subject.
    Start,
    /// The end of the subject.
    End,
    /// The end, or before a line feed at the end.
    LastLine,
    /// The start of a line.
    LineStart,
    /// The end of a line.
    LineEnd,
    /// Between a letter, digit or underscore and something else.
    WordEdge,
    /// Anywhere else.
    NoWordEdge,
}

impl Node {
    /// The byte set of a part that always takes one byte.
    pub fn single(&self) -> Option<Set> {
        match self {
            Self::Byte(byte) => Some(Set::of(*byte)),
            Self::Set(set) => Some(*set),
            Self::Row(parts) | Self::Choice(parts) if parts.len() == 1 => parts[0].single(),
            Self::Empty
            | Self::Row(_)
            | Self::Choice(_)
            | Self::Group { .. }
            | Self::Repeat { .. }
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Atomic(_)
            | Self::Reference { .. }
            | Self::Keep => None,
        }
    }

    /// How many bytes a match of the part takes: at least, and at most where there is a bound.
    pub fn length(&self) -> (usize, Option<usize>) {
        match self {
            Self::Byte(_) | Self::Set(_) => (1, Some(1)),
            Self::Empty | Self::Place(_) | Self::Look { .. } | Self::Keep => (0, Some(0)),
            Self::Reference { .. } => (0, None),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.length(),
            Self::Row(parts) => parts.iter().fold((0, Some(0)), |(least, most), part| {
                let (more, longest) = part.length();
                let most = most
                    .zip(longest)
                    .and_then(|(one, two): (usize, usize)| one.checked_add(two));
                (least.saturating_add(more), most)
            }),
            Self::Choice(parts) => {
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
            Self::Row(parts) | Self::Choice(parts) => {
                parts.iter().all(|part| part.fixed_length().is_some())
            }
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.fixed_length().is_some(),
            Self::Reference { .. } => false,
            Self::Empty
            | Self::Byte(_)
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
            Self::Byte(byte) => {
                bytes.insert(*byte);
                First::Certain
            }
            Self::Set(set) => {
                bytes.union(set);
                First::Certain
            }
            Self::Empty | Self::Place(_) | Self::Look { .. } | Self::Keep => First::Open,
            Self::Reference { .. } => {
                bytes.union(&NONE.complement());
                First::Open
            }
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.first_bytes(bytes),
            Self::Row(parts) => {
                let certain = parts
                    .iter()
                    .any(|part| part.first_bytes(bytes) == First::Certain);
                if certain { First::Certain } else { First::Open }
            }
            Self::Choice(parts) => {
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
            Self::Row(parts) => parts.first().is_some_and(Self::is_anchored),
            Self::Choice(parts) => parts.iter().all(Self::is_anchored),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.is_anchored(),
            Self::Repeat { .. }
            | Self::Empty
            | Self::Byte(_)
            | Self::Set(_)
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Reference { .. }
            | Self::Keep => false,
        }
    }
}

/// Whether a match begins with a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern::matching) enum First {
    /// A match begins with one of the bytes found.
    Certain,
    /// A match may be empty.
    Open,
}
