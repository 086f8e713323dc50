//! Sections while they are read: what is open, what is in it.
//!
//! In: directives, openings and closings in order. Out: a tree of [`Item`]s, and what Apache says to
//! sections that do not match up. Absent: what a section means.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::{Origin, Span};
use crate::syntax::Directive;

use super::item::{Item, Refused, Section};

/// The open sections of one file, outermost first.
///
/// A conditional section is transparent: what is in it goes to the section around it. But it is read
/// by a reader of its own (`ap_build_cont_config`), so a section cannot begin in it and end outside.
pub(super) struct Nest {
    items: Vec<Item>,
    open: Vec<Open>,
    /// How many of each name are open, by name in lower case.
    names: HashMap<Vec<u8>, usize>,
    /// Where in `open` those stand that have items of their own.
    holders: Vec<usize>,
    /// Sections open now, those open where the file is included among them.
    depth: usize,
}

/// How deep sections may be nested. Apache goes on until its stack ends; what reads sections here
/// is recursive too.
const DEEPEST: usize = 40;

struct Open {
    /// Without `<`.
    name: Vec<u8>,
    span: Span,
    kind: OpenKind,
}

enum OpenKind {
    Conditional,
    /// A section that is nested too deep: what is in it goes to the section around it.
    TooDeep,
    Section(Directive, Vec<Item>),
    /// A section whose opening line Apache refuses, though only after reading everything.
    Refused(Refused, Vec<Item>),
}

impl OpenKind {
    /// What is in it does not go to the section around it.
    fn holds_items(&self) -> bool {
        match self {
            Self::Conditional | Self::TooDeep => false,
            Self::Section(..) | Self::Refused(..) => true,
        }
    }
}

impl Nest {
    /// A file read inside so many sections.
    pub(super) fn new(around: usize) -> Self {
        Self {
            items: Vec::new(),
            open: Vec::new(),
            names: HashMap::new(),
            holders: Vec::new(),
            depth: around,
        }
    }

    /// How many sections are open, those around the file included.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Something that opens and closes nothing.
    pub(super) fn push(&mut self, item: Item) {
        self.innermost().push(item);
    }

    /// `<Name …>`.
    ///
    /// # Errors
    /// It is nested too deep.
    pub(super) fn open(&mut self, directive: Directive) -> Result<(), Box<Diagnostic>> {
        let name = bare_name(&directive.name.value);
        let span = directive.name.span;
        let above = self.open.last().map(|open| &open.kind);
        let first = !matches!(above, Some(OpenKind::TooDeep));
        let deep = self.depth >= DEEPEST;
        self.enter(name, span, OpenKind::Section(directive, Vec::new()));
        if deep && first {
            let headline = format!("sections are nested more than {DEEPEST} deep");
            return Err(Box::new(Diagnostic::error("too-deep", headline, span)));
        }
        Ok(())
    }

    /// `<Name …` without its bracket, or otherwise wrong.
    pub(super) fn open_refused(&mut self, refused: Refused) {
        let name = bare_name(&refused.name);
        let span = refused.origin.span;
        self.enter(name, span, OpenKind::Refused(refused, Vec::new()));
    }

    fn enter(&mut self, name: Vec<u8>, span: Span, kind: OpenKind) {
        let deep = self.depth >= DEEPEST;
        let kind = if deep { OpenKind::TooDeep } else { kind };
        self.depth += usize::from(!deep);
        self.push_open(Open { name, span, kind });
    }

    fn push_open(&mut self, open: Open) {
        *self.names.entry(lower(&open.name)).or_default() += 1;
        if open.kind.holds_items() {
            self.holders.push(self.open.len());
        }
        self.open.push(open);
    }

    /// A conditional section that is true.
    pub(super) fn open_conditional(&mut self, name: &[u8], span: Span) {
        self.push_open(Open {
            name: bare_name(name),
            span,
            kind: OpenKind::Conditional,
        });
    }

    /// `</Name>`. On an error the sections up to the one meant are closed; if none is meant the line
    /// is passed over.
    ///
    /// # Errors
    /// It does not close the innermost section.
    pub(super) fn close(&mut self, name: &[u8], origin: &Origin) -> Result<(), Box<Diagnostic>> {
        let name = name.strip_prefix(b"</").unwrap_or(name);
        // Those that are looked through are closed, so all lookups together take no longer than all openings.
        let meant = |open: &Open| open.name.eq_ignore_ascii_case(name);
        let is_open = self.names.get(&lower(name)).is_some_and(|count| *count > 0);
        let index = is_open.then(|| self.open.iter().rposition(meant)).flatten();
        let Some(index) = index else {
            let expected = self.open.last();
            return Err(Box::new(unexpected(name, origin.span, expected)));
        };
        let innermost = index + 1 == self.open.len();
        let complaint = unexpected(name, origin.span, self.open.last());
        while self.open.len() > index {
            self.close_innermost();
        }
        if innermost {
            Ok(())
        } else {
            Err(Box::new(complaint))
        }
    }

    /// The end of the file: everything read, and what Apache says to what is still open.
    ///
    /// Apache never notices a conditional section that is not closed, nor sections in it.
    pub(super) fn finish(mut self) -> (Vec<Item>, Vec<Diagnostic>) {
        let conditional = |open: &Open| matches!(open.kind, OpenKind::Conditional);
        let noticed = self
            .open
            .iter()
            .take_while(|open| !conditional(open))
            .count();
        let report = |(index, open): (usize, &Open)| unclosed(open, index < noticed);
        let reports = self.open.iter().enumerate().map(report).collect();
        while !self.open.is_empty() {
            self.close_innermost();
        }
        (self.items, reports)
    }

    fn innermost(&mut self) -> &mut Vec<Item> {
        let holder = self.holders.last().and_then(|at| self.open.get_mut(*at));
        match holder.map(|open| &mut open.kind) {
            Some(OpenKind::Section(_, items) | OpenKind::Refused(_, items)) => items,
            Some(OpenKind::Conditional | OpenKind::TooDeep) | None => &mut self.items,
        }
    }

    fn close_innermost(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if let Some(count) = self.names.get_mut(&lower(&open.name)) {
            *count -= 1;
        }
        if open.kind.holds_items() {
            self.holders.pop();
        }
        match open.kind {
            OpenKind::Conditional | OpenKind::TooDeep => {}
            OpenKind::Section(open, items) => {
                self.depth -= 1;
                self.push(Item::Section(Box::new(Section { open, items })));
            }
            OpenKind::Refused(refused, items) => {
                self.depth -= 1;
                self.push(Item::Refused(Box::new(Refused { items, ..refused })));
            }
        }
    }
}

/// A section's name without `<`.
fn bare_name(name: &[u8]) -> Vec<u8> {
    name.strip_prefix(b"<").unwrap_or(name).to_vec()
}

fn lower(name: &[u8]) -> Vec<u8> {
    name.to_ascii_lowercase()
}

fn unexpected(name: &[u8], span: Span, expected: Option<&Open>) -> Diagnostic {
    let name = String::from_utf8_lossy(name);
    let Some(expected) = expected else {
        let headline = format!("`</{name}>` closes a section that was never opened");
        return Diagnostic::error("unmatched-section", headline, span)
            .label(format!("no `<{name}` before this line"));
    };
    let open = String::from_utf8_lossy(&expected.name);
    let headline = format!("`</{open}>` is expected before `</{name}>`");
    Diagnostic::error("unmatched-section", headline, span)
        .label(format!("`<{open}` is still open here"))
        .other(expected.span, "it was opened here")
}

fn unclosed(open: &Open, noticed: bool) -> Diagnostic {
    let name = String::from_utf8_lossy(&open.name);
    let headline = format!("`<{name}` is never closed");
    let make = if noticed {
        Diagnostic::error
    } else {
        Diagnostic::warning
    };
    make("unclosed-section", headline, open.span).help(format!(
        "add `</{name}>`, at the latest at the end of the file"
    ))
}
