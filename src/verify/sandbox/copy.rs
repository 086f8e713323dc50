//! One file of a copied configuration.
//!
//! In: lines, and where each comes from. Out: the file on disk; the origin of a line by its number. Absent: which
//! lines are copied.

use std::fs;
use std::io;
use std::path::PathBuf;

use edgewright_parser::source::Span;

/// One copy.
#[derive(Debug)]
pub(super) struct Copy {
    pub path: PathBuf,
    pub lines: Vec<CopiedLine>,
}

#[derive(Debug, Clone)]
pub(super) struct CopiedLine {
    pub text: Vec<u8>,
    /// Where the line comes from; `None` for one that was added.
    pub origin: Option<Span>,
}

impl Copy {
    pub fn write(&self) -> io::Result<()> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(&line.text);
            bytes.push(b'\n');
        }
        fs::write(&self.path, bytes)
    }

    /// Where line `number`, from 1, comes from.
    pub fn origin(&self, number: usize) -> Option<Span> {
        let line = self.lines.get(number.checked_sub(1)?)?;
        line.origin
    }

    /// Empties line `at`, and the section if it opens one; returns what it was.
    pub fn blank(&mut self, at: usize) -> Option<CopiedLine> {
        let removed = self.lines.get(at)?.clone();
        let first = |line: &CopiedLine| {
            let word = line
                .text
                .split(|byte| *byte == b' ' || *byte == b'>')
                .next();
            word.unwrap_or_default().to_vec()
        };
        let close = first(&removed)
            .strip_prefix(b"<")
            .map(|name| [b"</", name].concat());
        let mut rest = self.lines.iter().enumerate().skip(at);
        let end = close.and_then(|close| rest.find(|(_, line)| first(line) == close));
        let last = end.map_or(at, |(end, _)| end);
        for line in self.lines.iter_mut().take(last + 1).skip(at) {
            line.text.clear();
        }
        Some(removed)
    }
}
