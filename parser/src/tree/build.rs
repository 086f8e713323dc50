//! Making a tree.
//!
//! In: the logical lines of a file. Out: nodes, and what is wrong. Absent: what a line says; see [`crate::directive`].

use std::collections::HashMap;

use super::{Node, NodeKind, Refused, Section};
use crate::diagnostic::{Diagnostic, Severity};
use crate::directive::parse_directive;
use crate::line::Line;
use crate::lines::{Lines, SERVER_LINE_LIMIT};
use crate::load::is_conditional;
use crate::source::{FileId, LineStarts, Span, Spanned};
use crate::syntax::{Kind, Word};
use crate::words::Words;

/// How deep sections may be nested. What looks at a tree is recursive.
const DEEPEST: usize = 100;

/// The nodes of a file, and what is wrong with it.
pub(super) fn build(file: FileId, bytes: &[u8]) -> (Vec<Node>, Vec<Diagnostic>) {
    let starts = LineStarts::of(bytes);
    let mut builder = Builder::default();
    let mut lines = Lines::new(file, bytes);
    let mut start = 0;
    while let Some(line) = lines.next() {
        let extent = Span {
            file,
            start,
            end: u32::try_from(lines.position()).unwrap_or(u32::MAX),
        };
        start = extent.end;
        let span = line.origin().span;
        builder.line(&line, |kind| Node {
            extent,
            span,
            place: starts.line_column(span.start),
            kind,
        });
    }
    builder.finish()
}

/// Sections while they are read.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// How many of each name are open, in lower case; those nested too deep are not among them.
    names: HashMap<Vec<u8>, usize>,
    /// Names of open sections that are nested too deep, in lower case, the innermost last.
    too_deep: Vec<Vec<u8>>,
    /// Sections called `Macro` that are open.
    macros: usize,
    diagnostics: Vec<Diagnostic>,
}

struct Open {
    name: Word,
    line: Node,
    nodes: Vec<Node>,
}

/// What a line does to sections, with the name of the section.
enum Bracket {
    Opens(Word),
    Closes(Word),
    Neither,
}

impl Builder {
    fn line(&mut self, line: &Line, node: impl Fn(NodeKind) -> Node) {
        if let Some(error) = line.too_long(SERVER_LINE_LIMIT) {
            self.diagnostics.push(error);
        }
        match line.text().first() {
            None => self.push(node(NodeKind::Blank)),
            Some(b'#') => {
                let comment = Spanned {
                    value: line.text().to_vec(),
                    span: line.origin().span,
                };
                self.push(node(NodeKind::Comment(comment)));
            }
            Some(_) => {
                let (kind, bracket) = self.read(line);
                match bracket {
                    Bracket::Opens(name) => self.enter(name, node(kind)),
                    Bracket::Closes(name) => self.close(&name, node(kind)),
                    Bracket::Neither => self.push(node(kind)),
                }
            }
        }
    }

    fn read(&mut self, line: &Line) -> (NodeKind, Bracket) {
        match parse_directive(line) {
            Ok(reading) => {
                if self.macros == 0 {
                    self.diagnostics.extend(reading.warnings);
                }
                let read = reading.directive;
                let is_bracket = matches!(read.kind, Kind::Open(_) | Kind::Close);
                let bracket = if is_bracket {
                    bracket(&read.name)
                } else {
                    Bracket::Neither
                };
                (NodeKind::Directive(Box::new(read)), bracket)
            }
            Err(error) => {
                let mut name = Words::new(line, 0..line.text().len());
                let name = name.take().unwrap_or_else(|| Spanned {
                    value: Vec::new(),
                    span: error.span.unwrap_or(line.origin().span),
                });
                if self.macros == 0 {
                    self.diagnostics.push(error.clone());
                }
                let bracket = bracket(&name);
                (
                    NodeKind::Refused(Box::new(Refused { name, error })),
                    bracket,
                )
            }
        }
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.nodes.push(node),
        }
    }

    fn enter(&mut self, name: Word, line: Node) {
        let lower = name.value.to_ascii_lowercase();
        if self.open.len() >= DEEPEST {
            if self.too_deep.is_empty() {
                let headline = format!("sections are nested more than {DEEPEST} deep");
                let error = Diagnostic::error("too-deep", headline, name.span);
                self.diagnostics.push(error);
            }
            self.too_deep.push(lower);
            return self.push(line);
        }
        self.macros += usize::from(lower == b"macro");
        *self.names.entry(lower).or_default() += 1;
        self.open.push(Open {
            name,
            line,
            nodes: Vec::new(),
        });
    }

    /// Closes the innermost section of that name; those in it are not closed by any line.
    fn close(&mut self, name: &Word, line: Node) {
        let lower = name.value.to_ascii_lowercase();
        if self.too_deep.last() == Some(&lower) {
            self.too_deep.pop();
            return self.push(line);
        }
        if self.names.get(&lower).is_none_or(|count| *count == 0) {
            if self.macros == 0 && self.too_deep.is_empty() {
                let shown = String::from_utf8_lossy(&name.value);
                let headline = format!("`</{shown}>` closes a section that was never opened");
                let error = Diagnostic::error("unmatched-section", headline, name.span)
                    .label(format!("no `<{shown}` before this line"));
                self.diagnostics.push(error);
            }
            return self.push(line);
        }
        self.too_deep.clear();
        while let Some(open) = self.open.pop() {
            if open.name.value.eq_ignore_ascii_case(&name.value) {
                return self.leave(open, Some(line));
            }
            self.unclosed(&open, Severity::Error);
            self.leave(open, None);
        }
    }

    fn unclosed(&mut self, open: &Open, severity: Severity) {
        if self.macros > usize::from(open.name.value.eq_ignore_ascii_case(b"macro")) {
            return;
        }
        let shown = String::from_utf8_lossy(&open.name.value);
        let headline = format!("`<{shown}` is never closed");
        let help = format!("add `</{shown}>`, at the latest at the end of the file");
        let said = Diagnostic::new(severity, "unclosed-section", headline, open.name.span);
        self.diagnostics.push(said.help(help));
    }

    /// Puts a section where it belongs, once it is out of the open ones.
    fn leave(&mut self, open: Open, close: Option<Node>) {
        let lower = open.name.value.to_ascii_lowercase();
        self.macros -= usize::from(lower == b"macro");
        if let Some(count) = self.names.get_mut(&lower) {
            *count -= 1;
        }
        let last = close.as_ref().or(open.nodes.last());
        let end = last.map_or(open.line.extent.end, |last| last.extent.end);
        let node = Node {
            extent: Span {
                end,
                ..open.line.extent
            },
            span: open.line.span,
            place: open.line.place,
            kind: NodeKind::Section(Box::new(Section {
                name: open.name,
                open: open.line,
                nodes: open.nodes,
                close,
            })),
        };
        self.push(node);
    }

    /// The end of the file. Apache does not notice a conditional section that holds and is not closed, nor sections in
    /// it.
    fn finish(mut self) -> (Vec<Node>, Vec<Diagnostic>) {
        let conditional = |open: &Open| is_conditional(&[b"<", &*open.name.value].concat());
        let first = self.open.iter().position(conditional);
        while let Some(open) = self.open.pop() {
            let is_noticed = first.is_none_or(|first| self.open.len() < first);
            let severity = if is_noticed {
                Severity::Error
            } else {
                Severity::Warning
            };
            self.unclosed(&open, severity);
            self.leave(open, None);
        }
        (self.nodes, self.diagnostics)
    }
}

/// What a line that begins with this word does to sections.
fn bracket(word: &Word) -> Bracket {
    let name = |skipped: usize| {
        let value = word.value.get(skipped..).unwrap_or_default();
        let value = value.strip_suffix(b">").unwrap_or(value);
        Spanned {
            value: value.to_vec(),
            span: word.span,
        }
    };
    match word.value.as_slice() {
        [b'<', b'/', ..] => Bracket::Closes(name(2)),
        [b'<', ..] => Bracket::Opens(name(1)),
        _ => Bracket::Neither,
    }
}
