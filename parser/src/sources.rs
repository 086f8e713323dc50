//! The files that were read: names and contents.
//!
//! In: files as they are loaded. Out: [`Sources`], which turns a span into file, line and column.
//! Absent: reading and rendering.

use std::sync::Arc;

use crate::source::{FileId, LineColumn, LineStarts, Span};

/// A line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    lines: LineStarts,
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
            .map_or(0, |source| source.line_column(span.start).line);
        Place {
            file: span.file,
            line,
        }
    }

    /// Line and column where `span` begins; `None` in a file that is not among these.
    pub fn line_column(&self, span: Span) -> Option<LineColumn> {
        Some(self.get(span.file)?.line_column(span.start))
    }

    /// The text of `span`; `None` where there is none.
    pub fn text(&self, span: Span) -> Option<&[u8]> {
        let range = usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?;
        self.get(span.file)?.bytes.get(range)
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
        Self {
            name: String::from_utf8_lossy(name).into_owned(),
            lines: LineStarts::of(&bytes),
            bytes: bytes.into(),
        }
    }

    /// Line and column of a byte.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        self.lines.line_column(offset)
    }

    /// First byte of line `line` (from 1) and the byte after its last, without the line's end.
    pub fn line_range(&self, line: u32) -> Option<(u32, u32)> {
        self.lines.range(line)
    }

    /// The text of line `line` (from 1), without its end.
    pub fn line(&self, line: u32) -> Option<&[u8]> {
        let (start, end) = self.line_range(line)?;
        self.bytes
            .get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// How many lines it has.
    pub fn line_count(&self) -> usize {
        self.lines.count()
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Sources};
    use crate::source::{FileId, Span};

    #[test]
    fn places_are_found_in_their_file() {
        let mut sources = Sources::default();
        sources.add(b"a.conf", b"x\n".to_vec());
        let file = sources.add(b"b.conf", b"one\n  two\n".to_vec());
        let span = Span {
            file,
            start: 6,
            end: 9,
        };
        let found = sources.line_column(span).map(|found| found.to_string());
        assert_eq!(found.as_deref(), Some("2:3"));
        assert_eq!(sources.text(span), Some(b"two".as_slice()));
        let place = sources.place(span);
        assert_eq!(place, Place { file, line: 2 });
        assert_eq!(sources.display(place), "b.conf:2");
        let elsewhere = Span {
            file: FileId(7),
            ..span
        };
        assert_eq!(sources.line_column(elsewhere), None);
        assert_eq!(sources.text(elsewhere), None);
    }
}
