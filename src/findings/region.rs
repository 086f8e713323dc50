//! A place as services count: lines and characters, and the name of the file seen from a folder.
//!
//! In: a span and the files. Out: [`Region`]. Absent: any format.

use edgewright_compiler::{Source, Sources};
use edgewright_parser::source::Span;

use super::fingerprint::Folder;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The file, seen from the folder.
    pub file: String,
    /// Where it begins.
    pub start: Position,
    /// What comes after it.
    pub end: Position,
}

/// A line and a character of it, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character of the line.
    pub column: usize,
}

impl Region {
    /// Where `span` stands; `None` in a file that is not known.
    pub fn of(span: Span, sources: &Sources, folder: &Folder) -> Option<Self> {
        let source = sources.get(span.file)?;
        Some(Self {
            file: folder.name(&source.name),
            start: Position::of(span.start, source),
            end: Position::of(span.end, source),
        })
    }
}

impl Position {
    fn of(offset: u32, source: &Source) -> Self {
        let place = source.line_column(offset);
        let before = usize::try_from(place.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let text = source.line(place.line).unwrap_or_default();
        let text = text.get(..before).unwrap_or(text);
        Self {
            line: place.line,
            column: String::from_utf8_lossy(text).chars().count() + 1,
        }
    }
}
