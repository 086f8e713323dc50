//! Reads Apache configuration.
//!
//! In: the bytes of a file, or a [`Loader`](load::Loader) for all the files of a server. Out: directives in Apache's
//! order, a tree of one file as it is written, and diagnostics, each with its place. Absent: I/O, and what a directive
//! means for a request.
//!
//! | You want | Take |
//! |---|---|
//! | the directives of one file or a snippet | [`parse`] |
//! | one file to format, check or edit: nothing lost, sections nested | [`tree::parse`] |
//! | a whole configuration as a server reads it: `Include`, `Define`, `<IfModule>`, macros | [`load::load`] |
//! | what httpd knows of a directive: its module, where it may stand, how many words it takes | [`registry`] |
//!
//! # One file
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
//!
//! # A whole configuration
//!
//! A server decides while it reads: what a line is depends on the `Define`s, macros and `<IfModule>`s before it. Files
//! come from a `Loader`: here from memory, in a program usually from the disk (`examples/list_includes.rs`).
//!
//! ```
//! use edgewright_parser::load::{Item, LoadOptions, load};
//! use edgewright_parser::loader::memory::MemoryLoader;
//!
//! let files = MemoryLoader::new()
//!     .with("/etc/apache2/apache2.conf", "Define HOST shop.test\nInclude sites/*.conf\n")
//!     .with("/etc/apache2/sites/shop.conf", "<IfDefine HOST>\nRedirect /old https://${HOST}/\n</IfDefine>\n");
//! let loaded = load(&[b"/etc/apache2/apache2.conf".to_vec()], &files, &LoadOptions::default());
//!
//! let Some(Item::Directive(redirect)) = loaded.items.first() else { panic!("one directive") };
//! let sources = &loaded.reader.sources;
//! assert_eq!(sources.display(sources.place(redirect.origin.span)), "/etc/apache2/sites/shop.conf:2");
//! assert!(loaded.reader.diagnostics.is_empty());
//! ```
//!
//! # Step by step
//!
//! The pieces of [`load`] are there by themselves: [`lines::Lines`], then [`interpolate::interpolate`], then
//! [`directive::parse_directive`].
//!
//! # Features
//!
//! `serde`: syntax, places, diagnostics and trees can be written as data.

#![cfg_attr(doctest, doc = include_str!("../README.md"))]

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
pub mod tree;
pub mod words;

pub use directive::{Reading, parse_directive};
pub use fragment::{Parsed, parse};
pub use interpolate::interpolate;
pub use line::Line;
pub use lines::Lines;
