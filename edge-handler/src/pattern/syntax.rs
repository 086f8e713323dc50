//! What a pattern consists of.
//!
//! In: the parts of a pattern, as they are read. Out: [`Syntax`], the one tree that engines and analyses take. Absent:
//! reading a pattern's text (`read`), writing one (`print`), matching.

mod measure;

use super::set::Set;
pub use measure::First;

/// A pattern, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// The whole pattern.
    pub root: Node,
    /// How many groups the pattern has, group 0 not counted.
    pub groups: u32,
    /// Whether letters have to agree in case. Case is ignored where it is for all letters, and there are some.
    pub case: Case,
    /// How well the tree describes the pattern.
    pub fidelity: Fidelity,
}

/// How well a tree describes a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// PCRE2 accepts the pattern and matches what the tree says, with the same groups.
    Same,
    /// PCRE2 may refuse the pattern; it matches those texts at most.
    AtLeast,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Nothing; matches everywhere.
    Empty,
    /// Bytes that stand for themselves.
    Literal(Literal),
    /// One byte of a set, letters of both cases in it where case is ignored.
    Set(Set),
    /// Two parts or more in a row.
    Concat(Vec<Node>),
    /// Two parts or more, of which the first that leads to a match counts.
    Alternation(Vec<Node>),
    /// A capturing group.
    Group {
        /// The group's number, from 1 on.
        number: u32,
        /// The group's name, if it has one.
        name: Option<Box<[u8]>>,
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
    /// What only PCRE2 knows, as it is written: `\p{Lu}`, `(?1)`. Any text may match.
    Opaque(Box<[u8]>),
}

/// Bytes that stand for themselves, one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The bytes as they are written.
    pub bytes: Vec<u8>,
    /// Whether letters have to agree in case. Bytes without letters are [`Case::Sensitive`].
    pub case: Case,
}

impl Literal {
    /// The set of bytes that match the byte at `at`.
    pub fn set(&self, at: usize) -> Option<Set> {
        let byte = *self.bytes.get(at)?;
        Some(self.case.of(Set::of(byte)))
    }

    /// Is there a letter in it?
    pub fn has_letters(&self) -> bool {
        self.bytes.iter().any(u8::is_ascii_alphabetic)
    }
}

impl Node {
    /// A literal, or nothing where there are no bytes.
    pub fn literal(bytes: Vec<u8>, case: Case) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let mut literal = Literal { bytes, case };
        if case == Case::Ignored && !literal.has_letters() {
            literal.case = Case::Sensitive;
        }
        Self::Literal(literal)
    }

    /// One byte of a set. A set of one is a literal.
    pub fn set(set: Set) -> Self {
        match set.only() {
            Some(byte) => Self::literal(vec![byte], Case::Sensitive),
            None => Self::Set(set),
        }
    }

    /// Parts in a row. Rows in it are taken apart, and literals beside one another are one.
    pub fn concat(parts: Vec<Self>) -> Self {
        let is_plain = |part: &Self| !matches!(part, Self::Concat(_) | Self::Empty);
        let is_literal = |part: &Self| matches!(part, Self::Literal(_));
        let mut neighbours = parts.windows(2);
        let meet = neighbours.any(|two| two.iter().all(is_literal));
        if !meet && parts.iter().all(is_plain) {
            return Self::joined(parts);
        }
        let mut row = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Concat(parts) => parts.into_iter().for_each(|part| append(&mut row, part)),
                part => append(&mut row, part),
            }
        }
        Self::joined(row)
    }

    fn joined(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            0 => Self::Empty,
            1 => parts.remove(0),
            _ => Self::Concat(parts),
        }
    }

    /// Branches of which one is taken.
    pub fn alternation(mut branches: Vec<Self>) -> Self {
        match branches.len() {
            0 => Self::Empty,
            1 => branches.remove(0),
            _ => Self::Alternation(branches),
        }
    }

    /// The parts of a row; of anything else that itself.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Concat(parts) => parts,
            Self::Empty => &[],
            part => std::slice::from_ref(part),
        }
    }

    /// The nodes directly inside.
    pub fn children(&self) -> &[Self] {
        match self {
            Self::Concat(parts) | Self::Alternation(parts) => parts,
            Self::Group { inner, .. }
            | Self::Repeat { inner, .. }
            | Self::Look { inner, .. }
            | Self::Atomic(inner) => std::slice::from_ref(inner),
            Self::Empty
            | Self::Literal(_)
            | Self::Set(_)
            | Self::Place(_)
            | Self::Reference { .. }
            | Self::Keep
            | Self::Opaque(_) => &[],
        }
    }

    /// Is there a node somewhere in this one, or is it this one, that `is_it` admits?
    pub fn any(&self, is_it: &impl Fn(&Self) -> bool) -> bool {
        is_it(self) || self.children().iter().any(|child| child.any(is_it))
    }
}

/// Appends a part that is no row. A literal without letters takes the case of the one beside it.
fn append(row: &mut Vec<Node>, part: Node) {
    match (row.last_mut(), part) {
        (_, Node::Empty) => {}
        (Some(Node::Literal(before)), Node::Literal(next))
            if before.case == next.case || !before.has_letters() || !next.has_letters() =>
        {
            if next.case == Case::Ignored {
                before.case = Case::Ignored;
            }
            before.bytes.extend(next.bytes);
        }
        (_, part) => row.push(part),
    }
}

/// Which number of repetitions is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greed {
    /// The largest.
    Greedy,
    /// The smallest.
    Lazy,
    /// The largest, and no other.
    Possessive,
}

/// Whether letters have to agree in case (ASCII only).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
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
pub enum Direction {
    /// To what follows.
    Ahead,
    /// To what stands before.
    Behind,
}

/// What a look asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// What is inside has to match.
    Positive,
    /// What is inside must not match.
    Negative,
}

/// A place in the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
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
