//! Reads Apache configuration text.
//!
//! In: the bytes of a file, or one line of it. Out: logical lines, words, directives and
//! diagnostics, each with its place. Absent: reading files, following `Include` (the compiler),
//! and what a directive means for a request (the edge handler).
//!
//! A server decides while it reads: what a line is depends on the `Define`s, macros and `<IfModule>`s
//! before it. So the pieces are separate, for the compiler to drive: [`lines::Lines`], then
//! [`interpolate::interpolate`], then [`directive::parse_directive`]. [`parse`] does all that can be done
//! for one file by itself:
//!
//! ```
//! use edgewright_parser::source::FileId;
//! use edgewright_parser::syntax::Kind;
//!
//! let text = b"RewriteEngine On\nRewriteRule ^/old$ /new [R=301,L]\nRewriteRule ^/a$\n";
//! let parsed = edgewright_parser::parse(FileId(0), text);
//! assert!(matches!(parsed.directives[1].kind, Kind::RewriteRule(_)));
//! // Apache refuses the last line; it is said, and the rest is read.
//! assert_eq!(parsed.diagnostics[0].code, "bad-argument-line");
//! ```

mod bytes;
mod cond_pattern;
pub mod diagnostic;
pub mod directive;
mod flags;
mod fragment;
pub mod interpolate;
pub mod line;
pub mod lines;
pub mod load;
pub mod loader;
pub mod macros;
pub mod print;
pub mod registry;
pub mod source;
pub mod sources;
pub mod syntax;
pub mod transcript;
pub mod words;

pub use directive::{Reading, parse_directive};
pub use fragment::{Parsed, parse};
pub use interpolate::interpolate;
pub use line::Line;
pub use lines::Lines;
