//! One file as it is written, for formatters, linters and editors.
//!
//! In: the bytes of a file. Out: a [`Tree`]: sections nested, comments and blank lines kept, each with its place.
//! Absent: everything a server does while it reads: `Include`, variables and macros are lines like others here, and the
//! lines of a conditional section are there whether it holds or not; see [`crate::load`] for that.
//!
//! No byte is lost: [`Tree::print`] gives the text back.
//!
//! ```
//! use edgewright_parser::source::FileId;
//! use edgewright_parser::tree::{self, NodeKind};
//!
//! let text = b"# The shop\n<VirtualHost *:80>\n    Redirect /old /new\n</VirtualHost>\n";
//! let tree = tree::parse(FileId(0), text);
//! let NodeKind::Section(host) = &tree.nodes[1].kind else { panic!("a section") };
//! assert_eq!(host.nodes[0].place.to_string(), "3:5");
//! assert_eq!(tree.text(&host.nodes[0]), b"    Redirect /old /new\n");
//! assert_eq!(tree.print(), text);
//! ```

mod build;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, LineColumn, LineStarts, Span, Spanned};
use crate::syntax::{Directive, Word};

/// A file as it is written. Of a text beyond 4 GiB only what has a place is here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Tree {
    /// The file.
    pub file: FileId,
    /// What is in it, in order.
    pub nodes: Vec<Node>,
    /// What there is to say: lines that Apache refuses, sections that do not match up.
    pub diagnostics: Vec<Diagnostic>,
    #[cfg_attr(feature = "serde", serde(skip))]
    bytes: Vec<u8>,
    #[cfg_attr(feature = "serde", serde(skip))]
    lines: LineStarts,
}

/// A logical line, or a section with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Node {
    /// Every byte of it: white space before its text, continuations and the end of the line included. Each node begins
    /// where the one before it ends.
    pub extent: Span,
    /// The text, without white space around it; of a section the line that opens it.
    pub span: Span,
    /// Line and column where the text begins.
    pub place: LineColumn,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum NodeKind {
    /// White space only.
    Blank,
    /// A line that begins with `#`: the text from there on.
    Comment(Word),
    /// A directive. One that opens a section stands here only when sections are nested too deep, one that closes a section
    /// only when none of that name is open.
    Directive(Box<Directive>),
    /// A line that Apache refuses.
    Refused(Box<Refused>),
    /// A section.
    Section(Box<Section>),
}

/// A line that Apache refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Refused {
    /// The first word.
    pub name: Word,
    /// Why. In the body of a macro it is no error: parameters may make it right, and the tree does not tell of it.
    pub error: Diagnostic,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Section {
    /// The name as the opening line spells it: `VirtualHost`.
    pub name: Spanned<Vec<u8>>,
    /// The line that opens it: a directive, or a line that Apache refuses.
    pub open: Node,
    /// What is in it.
    pub nodes: Vec<Node>,
    /// The line that closes it; `None` when no line does.
    pub close: Option<Node>,
}

/// Reads one file. Never fails: what is wrong is among the tree's diagnostics.
pub fn parse(file: FileId, bytes: &[u8]) -> Tree {
    let (nodes, diagnostics) = build::build(file, bytes);
    Tree {
        file,
        nodes,
        diagnostics,
        bytes: bytes.to_vec(),
        lines: LineStarts::of(bytes),
    }
}

impl Tree {
    /// The text, put together from the lines of the tree.
    pub fn print(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.bytes.len());
        self.each_line(&mut |line| text.extend_from_slice(self.text(line)));
        text
    }

    /// Every byte of a node.
    pub fn text(&self, node: &Node) -> &[u8] {
        self.slice(node.extent)
    }

    /// The bytes of a span of this file.
    pub fn slice(&self, span: Span) -> &[u8] {
        let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        let range = at(span.start)..at(span.end);
        self.bytes.get(range).unwrap_or_default()
    }

    /// Line and column of a byte.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        self.lines.line_column(offset)
    }

    /// Calls `visit` with each line in order: sections are taken apart into the line that opens them, what is in them,
    /// and the line that closes them.
    pub fn each_line<'t>(&'t self, visit: &mut impl FnMut(&'t Node)) {
        each_line(&self.nodes, visit);
    }

    /// The nodes around a byte, outermost first: sections, and the line itself last.
    pub fn at(&self, offset: u32) -> Vec<&Node> {
        let mut path = Vec::new();
        let mut nodes = self.nodes.as_slice();
        while let Some(node) = holding(nodes, offset) {
            path.push(node);
            let NodeKind::Section(section) = &node.kind else {
                break;
            };
            nodes = &section.nodes;
            let ends = [Some(&section.open), section.close.as_ref()];
            let end = ends.into_iter().flatten();
            if let Some(line) = end.into_iter().find(|line| holds(line, offset)) {
                path.push(line);
                break;
            }
        }
        path
    }
}

fn each_line<'t>(nodes: &'t [Node], visit: &mut impl FnMut(&'t Node)) {
    for node in nodes {
        match &node.kind {
            NodeKind::Section(section) => {
                visit(&section.open);
                each_line(&section.nodes, visit);
                section.close.iter().for_each(&mut *visit);
            }
            _ => visit(node),
        }
    }
}

fn holds(node: &Node, offset: u32) -> bool {
    (node.extent.start..node.extent.end).contains(&offset)
}

/// The node of these, which follow one another, that has this byte.
fn holding(nodes: &[Node], offset: u32) -> Option<&Node> {
    let at = nodes.partition_point(|node| node.extent.end <= offset);
    nodes.get(at).filter(|node| holds(node, offset))
}
