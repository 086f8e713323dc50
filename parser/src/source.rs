//! Places in configuration text.
//!
//! In: nothing. Out: [`FileId`], [`Span`], [`Spanned`], [`Origin`]. Absent: names and contents of files.

use std::sync::Arc;

/// A file that was read: an index into whatever keeps the names and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A range of bytes in a file, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
pub struct Origin {
    /// The directive itself; for one from a macro, its line in the macro's body.
    pub span: Span,
    /// The `Use` lines that led there, outermost first; empty for most.
    pub used_at: Option<Arc<[Span]>>,
}
