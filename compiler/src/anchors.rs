//! Anchors with something on their other side: text before `^`, or behind `$`.
//!
//! In: the tree of a pattern. Out: a [`Misplaced`] anchor. Absent: whether the pattern matches nothing because of it; ask
//! [`crate::language`].

use edgewright_engine::pattern::syntax::{Node, Place, Syntax};

/// An anchor that something stands on the other side of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// Text before `^`.
    BeforeStart,
    /// Text behind `$`.
    BehindEnd,
}

impl Misplaced {
    /// The first such anchor of a pattern.
    pub fn of(syntax: Option<&Syntax>) -> Option<Self> {
        let root = &syntax?.root;
        if root.any(&goes_on_behind_end) {
            Some(Self::BehindEnd)
        } else {
            root.any(&begins_before_start).then_some(Self::BeforeStart)
        }
    }

    /// Why nothing matches, and what to type.
    pub fn why(self) -> &'static str {
        match self {
            Self::BeforeStart => {
                "^ stands for the beginning of the text, and nothing comes before it: write \\^ for the character"
            }
            Self::BehindEnd => {
                "$ stands for the end of the text, and nothing can follow it: write \\$ for the character"
            }
        }
    }
}

/// Does something follow the end?
fn goes_on_behind_end(node: &Node) -> bool {
    let is_end = |node: &Node| matches!(node, Node::Place(Place::End | Place::LastLine));
    match node.parts() {
        [before @ .., _] => before.iter().any(|part| part.any(&is_end)),
        [] => false,
    }
}

/// Does something come before the beginning?
fn begins_before_start(node: &Node) -> bool {
    let is_start = |node: &Node| matches!(node, Node::Place(Place::Start));
    match node.parts() {
        [_, after @ ..] => after.iter().any(|part| part.any(&is_start)),
        [] => false,
    }
}
