//! Sections Apache passes over.
//!
//! In: lines after the opening of a conditional section that is false. Out: the directives in it, each
//! with the reason it has no effect. Absent: looking at anything else in them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::line::Line;
use crate::source::{Origin, Span};
use crate::syntax::Directive;
use crate::words;

use super::item::{Item, Skipped};
use super::nest::Nest;
use super::reader::Reader;
use super::step::Feed;

impl Reader<'_> {
    /// Passes over a section with everything in it (`ap_soak_end_container`): sections are counted,
    /// nothing else is understood, no variable replaced.
    pub(super) fn skip_section(
        &mut self,
        open: &Directive,
        line: &Line,
        feed: &mut Feed<'_>,
        nest: &mut Nest,
    ) {
        let text = String::from_utf8_lossy(line.text());
        let reason: Arc<str> = format!("it stands inside `{text}`, which is false").into();
        let mut names = Names::default();
        names.push(open.name.value.clone());
        for line in feed {
            if line.is_ignored() {
                continue;
            }
            let name = first_word(&line);
            match name.as_slice() {
                [b'<', b'/', ..] => {
                    let complaint = close(&mut names, &name, open.origin.span);
                    self.diagnostics.extend(
                        complaint.map(|complaint| {
                            complaint.other(line.origin().span, "this line ends it")
                        }),
                    );
                    if names.open.is_empty() {
                        return;
                    }
                }
                [b'<', ..] => names.push(without_bracket(name)),
                _ => nest_skipped(nest, &name, line.origin(), &reason),
            }
        }
        let section = String::from_utf8_lossy(&open.name.value).into_owned();
        let headline = format!("`{section}` is never closed");
        self.error("unclosed-section", headline, open.origin.span);
    }
}

/// Passes over whole lines that Apache never reads.
pub(super) fn nest_skipped(nest: &mut Nest, name: &[u8], origin: Origin, reason: &Arc<str>) {
    nest.push(Item::Skipped(Box::new(skipped(name, origin, reason))));
}

/// The line as an item.
pub(super) fn skipped(name: &[u8], origin: Origin, reason: &Arc<str>) -> Skipped {
    Skipped {
        name: name.to_vec(),
        origin,
        reason: Arc::clone(reason),
    }
}

/// Names of the sections that are open, with their `<`, the innermost last.
#[derive(Default)]
struct Names {
    open: Vec<Vec<u8>>,
    /// How many of each are open, by what follows the `<`, in lower case.
    counts: HashMap<Vec<u8>, usize>,
}

impl Names {
    fn push(&mut self, name: Vec<u8>) {
        *self.counts.entry(after_bracket(&name)).or_default() += 1;
        self.open.push(name);
    }

    fn truncate(&mut self, length: usize) {
        for name in self.open.drain(length..) {
            if let Some(count) = self.counts.get_mut(&after_bracket(&name)) {
                *count -= 1;
            }
        }
    }

    /// Where the innermost section called `bare` stands. Those that are looked through are closed then.
    fn innermost(&self, bare: &[u8]) -> Option<usize> {
        let bare = bare.to_ascii_lowercase();
        self.counts.get(&bare).filter(|count| **count > 0)?;
        self.open
            .iter()
            .rposition(|open| after_bracket(open) == bare)
    }
}

fn after_bracket(name: &[u8]) -> Vec<u8> {
    name.get(1..).unwrap_or_default().to_ascii_lowercase()
}

/// Closes the innermost section called `name`; says so when it is not the innermost of all, at
/// `span`, where the section that is passed over begins.
fn close(names: &mut Names, name: &[u8], span: Span) -> Option<Diagnostic> {
    // The last character goes, whether it is a bracket or not.
    let bare = name.get(2..name.len() - 1).unwrap_or_default();
    let meant = names.innermost(bare);
    let innermost = names.open.last().cloned().unwrap_or_default();
    let in_order = meant.is_some_and(|index| index + 1 == names.open.len());
    names.truncate(meant.unwrap_or(names.open.len()));
    (!in_order).then(|| {
        let expected = String::from_utf8_lossy(innermost.get(1..).unwrap_or_default()).into_owned();
        let saw = String::from_utf8_lossy(bare).into_owned();
        let headline = format!("`</{expected}>` is expected before `</{saw}>`");
        Diagnostic::error("unmatched-section", headline, span)
    })
}

/// The first word of a line.
pub(super) fn first_word(line: &Line) -> Vec<u8> {
    let mut words = words::Words::new(line, 0..line.text().len());
    words.take().map(|word| word.value).unwrap_or_default()
}

fn without_bracket(mut name: Vec<u8>) -> Vec<u8> {
    if name.last() == Some(&b'>') {
        name.pop();
    }
    name
}
