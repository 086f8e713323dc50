//! Facts about a whole pattern that follow from its tree.
//!
//! In: a [`Syntax`]. Out: what every text that matches is, begins with or holds. Absent: what holds for parts of a pattern;
//! see `syntax::measure`.

use super::syntax::{Case, Fidelity, Literal, Node, Place, Syntax};

/// How a pattern begins: `^` and a literal.
#[derive(Debug, Clone, Copy)]
pub struct Head<'s> {
    /// The literal, as it is written; empty where none stands there.
    pub text: &'s [u8],
    /// The parts behind the literal.
    pub rest: &'s [Node],
}

impl Head<'_> {
    /// Does every text that matches begin with `byte`, as part of a literal?
    pub fn requires_first(&self, byte: u8) -> bool {
        match (self.text.first(), self.rest.first()) {
            (Some(first), _) => *first == byte,
            (None, Some(Node::Repeat { inner, least, .. })) => {
                *least > 0 && inner.single().and_then(|set| set.only()) == Some(byte)
            }
            (None, _) => false,
        }
    }
}

impl Syntax {
    /// How the pattern begins, if that is `^`.
    pub fn head(&self) -> Option<Head<'_>> {
        let [Node::Place(Place::Start), rest @ ..] = self.root.parts() else {
            return None;
        };
        Some(match rest {
            [Node::Literal(literal), rest @ ..] => Head {
                text: &literal.bytes,
                rest,
            },
            rest => Head { text: &[], rest },
        })
    }

    /// The one text that the pattern matches, if letters have to agree in case: the pattern is `^`, a literal and `$`.
    pub fn exact_text(&self) -> Option<&[u8]> {
        match (self.fidelity, self.root.parts()) {
            (
                Fidelity::Same,
                [
                    Node::Place(Place::Start),
                    Node::Literal(Literal {
                        bytes,
                        case: Case::Sensitive,
                    }),
                    Node::Place(Place::End),
                ],
            ) => Some(bytes),
            (Fidelity::Same, [Node::Place(Place::Start), Node::Place(Place::End)]) => Some(&[]),
            _ => None,
        }
    }

    /// The longest literal that stands, as it is written or in letters of another case, in every text that matches;
    /// the first of several, empty where there is none.
    pub fn longest_literal(&self) -> &[u8] {
        let mut longest: &[u8] = &[];
        keep_longest(&self.root, &mut longest);
        longest
    }
}

fn keep_longest<'s>(node: &'s Node, longest: &mut &'s [u8]) {
    match node {
        Node::Literal(literal) if literal.bytes.len() > longest.len() => *longest = &literal.bytes,
        Node::Group { inner, .. } | Node::Atomic(inner) => keep_longest(inner, longest),
        Node::Repeat { inner, least, .. } if *least > 0 => keep_longest(inner, longest),
        Node::Concat(parts) => parts.iter().for_each(|part| keep_longest(part, longest)),
        Node::Literal(_)
        | Node::Repeat { .. }
        | Node::Alternation(_)
        | Node::Empty
        | Node::Set(_)
        | Node::Place(_)
        | Node::Look { .. }
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => {}
    }
}

impl Node {
    /// Does every text that the node matches hold `byte`, as part of a literal?
    pub fn requires(&self, byte: u8) -> bool {
        self.requires_literal(&|bytes| bytes.contains(&byte))
    }

    /// Does every text that the node matches hold a literal that `is_it` admits?
    pub fn requires_literal(&self, is_it: &impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Literal(literal) => is_it(&literal.bytes),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.requires_literal(is_it),
            Self::Repeat { inner, least, .. } => *least > 0 && inner.requires_literal(is_it),
            Self::Concat(parts) => parts.iter().any(|part| part.requires_literal(is_it)),
            Self::Alternation(parts) => parts.iter().all(|part| part.requires_literal(is_it)),
            Self::Empty
            | Self::Set(_)
            | Self::Place(_)
            | Self::Look { .. }
            | Self::Reference { .. }
            | Self::Keep
            | Self::Opaque(_) => false,
        }
    }

    /// Does a literal somewhere in the node hold `text`?
    pub fn writes(&self, text: &[u8]) -> bool {
        self.any(&|node| match node {
            Self::Literal(literal) => memchr::memmem::find(&literal.bytes, text).is_some(),
            _ => false,
        })
    }

    /// Is the node a repetition of nearly any byte, in groups or not?
    pub fn is_wide(&self) -> bool {
        match self {
            Self::Group { inner, .. } => inner.is_wide(),
            Self::Repeat { inner, .. } => inner.single().is_some_and(|set| set.is_wide()),
            _ => false,
        }
    }
}
