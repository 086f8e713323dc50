//! The files that were read: names and contents.
//!
//! In: files as they are loaded. Out: [`Sources`], which turns a span into file, line and column.
//! Absent: reading and rendering.

use std::sync::Arc;

use crate::source::{FileId, Span};

/// A line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The line, from 1; 0 in a file that is not known.
    pub line: u32,
}

/// Every file that was read. A [`FileId`] counts from here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: Vec<Source>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name as a message shows it: a path that can be opened on this machine.
    pub name: String,
    /// Its content.
    pub bytes: Arc<[u8]>,
    /// Where each line begins.
    line_starts: Vec<u32>,
}

impl Sources {
    /// Adds a file. Content beyond 4 GiB has no places.
    pub fn add(&mut self, name: &[u8], bytes: Vec<u8>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source::new(name, bytes));
        id
    }

    /// The file with this id.
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// All files, in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.files.iter()
    }

    /// The line where `span` begins.
    pub fn place(&self, span: Span) -> Place {
        let line = self
            .get(span.file)
            .map_or(0, |source| source.line_column(span.start).0);
        Place {
            file: span.file,
            line,
        }
    }

    /// `file:line` as a message shows it.
    pub fn display(&self, place: Place) -> String {
        match self.get(place.file) {
            Some(source) => format!("{}:{}", source.name, place.line),
            None => format!("line {}", place.line),
        }
    }

    /// The whole line `place` names.
    pub fn span_of_line(&self, place: Place) -> Option<Span> {
        let file = place.file;
        let (start, end) = self.get(file)?.line_range(place.line)?;
        Some(Span { file, start, end })
    }
}

impl Source {
    fn new(name: &[u8], bytes: Vec<u8>) -> Self {
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .filter_map(|(at, _)| u32::try_from(at + 1).ok());
        let line_starts = std::iter::once(0).chain(ends).collect();
        Self {
            name: String::from_utf8_lossy(name).into_owned(),
            bytes: bytes.into(),
            line_starts,
        }
    }

    /// Line and column of a byte, both from 1; the column counts bytes.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line.wrapping_sub(1)).copied();
        let column = offset - start.unwrap_or(0) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), column)
    }

    /// First byte of line `line` (from 1) and the byte after its last, without the line's end.
    pub fn line_range(&self, line: u32) -> Option<(u32, u32)> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *self.line_starts.get(index)?;
        let next = self.line_starts.get(index + 1).copied();
        let end = match next {
            Some(next) => next - 1,
            None => u32::try_from(self.bytes.len()).ok()?,
        };
        Some((start, end))
    }

    /// The text of line `line` (from 1), without its end.
    pub fn line(&self, line: u32) -> Option<&[u8]> {
        let (start, end) = self.line_range(line)?;
        self.bytes
            .get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// How many lines it has.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }
}
