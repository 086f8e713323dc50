//! Reads Apache configuration text.
//!
//! In: the bytes of a file, or one line of it. Out: logical lines, words, directives and
//! diagnostics, each with its place. Absent: reading files, following `Include` (the compiler),
//! and what a directive means for a request (the edge handler).

pub mod diagnostic;
pub mod source;
pub mod syntax;
