//! Places in configuration text.
//!
//! In: nothing, or a text. Out: [`FileId`], [`Span`], [`Spanned`], [`Origin`]; [`LineStarts`] turns an offset into
//! line and column. Absent: names and contents of files; see [`crate::sources`].

use std::fmt;
use std::sync::Arc;

/// A file that was read: an index into whatever keeps the names and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FileId(pub u32);

/// A range of bytes in a file, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// A value with its place. Two are equal when their values are.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

/// Where a directive was written, and how the server came to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Origin {
    /// The directive itself; for one from a macro, its line in the macro's body.
    pub span: Span,
    /// The `Use` lines that led there, outermost first; empty for most.
    pub used_at: Option<Arc<[Span]>>,
}

/// A place as people count: both from 1, the column in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// Where each line of a text begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineStarts {
    starts: Vec<u32>,
    /// The length of the text.
    length: u32,
}

impl LineStarts {
    /// Of this text. What is beyond 4 GiB has no place.
    pub fn of(text: &[u8]) -> Self {
        let feeds = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let ends = feeds.filter_map(|(at, _)| u32::try_from(at + 1).ok());
        Self {
            starts: std::iter::once(0).chain(ends).collect(),
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
        }
    }

    /// Line and column of a byte.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.wrapping_sub(1)).copied();
        LineColumn {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: (offset - start.unwrap_or(0)).saturating_add(1),
        }
    }

    /// First byte of line `line` (from 1) and the byte after its last, without the line's end.
    pub fn range(&self, line: u32) -> Option<(u32, u32)> {
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let next = self.starts.get(index + 1).copied();
        Some((start, next.map_or(self.length, |next| next - 1)))
    }

    /// How many lines there are: one more than line feeds.
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::LineStarts;

    #[test]
    fn counts_lines_and_columns() {
        let check = |text: &str, offset: u32, expected: &str| {
            let found = LineStarts::of(text.as_bytes()).line_column(offset);
            assert_eq!(found.to_string(), expected, "{text:?} {offset}");
        };
        check("", 0, "1:1");
        check("ab", 1, "1:2");
        check("ab", 2, "1:3");
        check("a\nb", 1, "1:2");
        check("a\nb", 2, "2:1");
        check("a\n", 2, "2:1");
        check("a\n", 9, "2:8");
    }

    #[test]
    fn lines_have_ranges_without_their_ends() {
        let starts = LineStarts::of(b"ab\n\nc");
        let ranges: Vec<_> = (0..=5).map(|line| starts.range(line)).collect();
        let expected = [None, Some((0, 2)), Some((3, 3)), Some((4, 5)), None, None];
        assert_eq!(ranges, expected);
        assert_eq!(starts.count(), 3);
    }
}
