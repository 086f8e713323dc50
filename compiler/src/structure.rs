//! A pattern's tree as the crates for automata and literals take it.
//!
//! In: a [`Syntax`]. Out: [`Structure`], which describes *at least* the texts that PCRE2 matches. Absent: reading a pattern,
//! which the engine's `pattern` does; what follows, see [`crate::shape`] and [`crate::language`].

use edgewright_engine::pattern::set::Set;
use edgewright_engine::pattern::syntax::{Case, Fidelity, Greed, Literal, Node, Place, Syntax};
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, Dot, Hir, Look, Repetition};

/// What a pattern consists of.
#[derive(Debug, Clone)]
pub(crate) struct Structure {
    /// Its parts.
    pub hir: Hir,
    /// How well they describe the pattern.
    pub fidelity: Fidelity,
}

/// What letters stand for where case is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letters {
    /// Both their cases.
    OfBothCases,
    /// Themselves: whoever asks lowers them, and the texts.
    AsWritten,
}

impl Structure {
    /// The structure of a pattern.
    pub fn of(syntax: &Syntax, letters: Letters) -> Self {
        let mut lowering = Lowering {
            syntax,
            letters,
            fidelity: syntax.fidelity,
        };
        let hir = lowering.node(&syntax.root);
        Self {
            hir,
            fidelity: lowering.fidelity,
        }
    }
}

struct Lowering<'s> {
    syntax: &'s Syntax,
    letters: Letters,
    fidelity: Fidelity,
}

impl Lowering<'_> {
    /// A part for which `hir` stands, more or less.
    fn roughly(&mut self, hir: Hir) -> Hir {
        self.fidelity = Fidelity::AtLeast;
        hir
    }

    fn node(&mut self, node: &Node) -> Hir {
        match node {
            Node::Empty => Hir::empty(),
            Node::Literal(literal) => self.literal(literal),
            Node::Set(set) => self.set(*set),
            Node::Concat(parts) => Hir::concat(self.nodes(parts)),
            Node::Alternation(branches) => Hir::alternation(self.nodes(branches)),
            Node::Group { number, inner, .. } => Hir::capture(Capture {
                index: *number,
                name: None,
                sub: Box::new(self.node(inner)),
            }),
            Node::Repeat {
                inner,
                least,
                most,
                greed,
            } => self.repeat(inner, (*least, *most), *greed),
            Node::Place(place) => self.place(*place),
            Node::Look { .. } | Node::Keep => self.roughly(Hir::empty()),
            Node::Atomic(inner) => {
                let inner = self.node(inner);
                self.roughly(inner)
            }
            Node::Reference { group, case } => self.reference(*group, *case),
            Node::Opaque(_) => self.roughly(anything()),
        }
    }

    fn nodes(&mut self, nodes: &[Node]) -> Vec<Hir> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn literal(&self, literal: &Literal) -> Hir {
        if literal.case == Case::Sensitive || self.letters == Letters::AsWritten {
            return Hir::literal(literal.bytes.as_slice());
        }
        let bytes = (0..literal.bytes.len()).filter_map(|at| literal.set(at));
        Hir::concat(bytes.map(|set| class(&set)).collect())
    }

    fn set(&self, set: Set) -> Hir {
        match self.letters {
            Letters::AsWritten if !set.is_wide() => class(&set.without_capitals()),
            Letters::AsWritten | Letters::OfBothCases => class(&set),
        }
    }

    fn repeat(&mut self, inner: &Node, (least, most): (u32, u32), greed: Greed) -> Hir {
        let sub = Box::new(self.node(inner));
        let hir = Hir::repetition(Repetition {
            min: least,
            max: (most != u32::MAX).then_some(most),
            greedy: greed != Greed::Lazy,
            sub,
        });
        match greed {
            Greed::Greedy | Greed::Lazy => hir,
            Greed::Possessive => self.roughly(hir),
        }
    }

    fn place(&mut self, place: Place) -> Hir {
        match place {
            Place::Start => Hir::look(Look::Start),
            Place::End => Hir::look(Look::End),
            Place::WordEdge => Hir::look(Look::WordAscii),
            Place::NoWordEdge => Hir::look(Look::WordAsciiNegate),
            Place::LastLine | Place::LineStart | Place::LineEnd => self.roughly(Hir::empty()),
        }
    }

    /// What a group matched is one of the texts of its expression, wherever that stood.
    fn reference(&mut self, group: u32, case: Case) -> Hir {
        self.fidelity = Fidelity::AtLeast;
        let same_case = case == Case::Sensitive || self.syntax.case == Case::Ignored;
        let referred = expression(&self.syntax.root, group).filter(|_| same_case);
        match referred.filter(|inner| !inner.any(&is_reference)) {
            Some(inner) => texts(&self.node(inner)),
            None => anything(),
        }
    }
}

fn is_reference(node: &Node) -> bool {
    matches!(node, Node::Reference { .. })
}

/// What is inside the group of this number.
fn expression(node: &Node, group: u32) -> Option<&Node> {
    match node {
        Node::Group { number, inner, .. } if *number == group => Some(inner),
        node => node
            .children()
            .iter()
            .find_map(|child| expression(child, group)),
    }
}

/// A structure without groups and places.
fn texts(hir: &Hir) -> Hir {
    use regex_syntax::hir::HirKind;
    match hir.kind() {
        HirKind::Capture(group) => texts(&group.sub),
        HirKind::Look(_) => Hir::empty(),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(texts).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(texts).collect()),
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(texts(&repetition.sub)),
            ..*repetition
        }),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

fn anything() -> Hir {
    Hir::repetition(Repetition {
        min: 0,
        max: None,
        greedy: true,
        sub: Box::new(Hir::dot(Dot::AnyByte)),
    })
}

fn class(set: &Set) -> Hir {
    let ranges = set.ranges();
    let ranges = ranges
        .iter()
        .map(|(first, last)| ClassBytesRange::new(*first, *last));
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}

/// Is `byte` a member? Alternatives of one letter are a class of characters even where everything
/// else is bytes.
pub(crate) fn class_contains(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(bytes) => {
            let mut ranges = bytes.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&byte))
        }
        Class::Unicode(characters) => {
            let mut ranges = characters.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
    }
}

#[cfg(test)]
mod tests;
