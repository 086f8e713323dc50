//! A pattern, read once for everything that is asked about it.
//!
//! In: a [`Pattern`]. Out: [`PatternFacts`]: its tree, and its structure where the tree's facts do not say all. Absent: what
//! follows; see [`crate::shape`], [`crate::witness`], [`crate::redundant`].
//!
//! Most patterns are literal texts, and no structure is ever made of them.

use std::cell::OnceCell;

use edgewright_engine::artefact::index::Case;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::{self, Node, Place, Syntax};
use regex_syntax::hir::Hir;

use crate::structure::{Letters, Structure};

/// What is known about a pattern before it is matched with anything.
#[derive(Debug)]
pub(crate) struct PatternFacts {
    /// What the pattern consists of; `None` when that is not understood.
    pub syntax: Option<Syntax>,
    /// Whether letters have to agree in case.
    pub case: Case,
    structure: OnceCell<Option<Hir>>,
}

impl PatternFacts {
    /// The facts of `pattern`.
    pub fn of(pattern: &Pattern) -> Self {
        let syntax = pattern.syntax();
        let case = syntax.as_ref().map(|syntax| syntax.case);
        Self {
            case: match case {
                Some(syntax::Case::Ignored) => Case::Folded,
                Some(syntax::Case::Sensitive) | None => Case::Exact,
            },
            syntax,
            structure: OnceCell::new(),
        }
    }

    /// The text that every match is or begins with, when there is nothing else to the pattern.
    pub fn literal(&self) -> Option<&[u8]> {
        let head = self.syntax.as_ref()?.head()?;
        match head.rest {
            [] | [Node::Place(Place::End | Place::LastLine)] => Some(head.text),
            _ => None,
        }
    }

    /// What the pattern consists of: at least the texts it matches. Where case is ignored, letters stand for texts whose
    /// letters were lowered, once the structure's own are lowered too. `None` when it is not understood.
    pub fn structure(&self) -> Option<&Hir> {
        let letters = match self.case {
            Case::Exact => Letters::OfBothCases,
            Case::Folded => Letters::AsWritten,
        };
        let read = |syntax| Structure::of(syntax, letters).hir;
        let read = || self.syntax.as_ref().map(read);
        self.structure.get_or_init(read).as_ref()
    }
}
