//! The files of a build: what the compiler writes and the edge reads.
//!
//! In: bytes. Out: [`program::Program`] (`rules.bin`), [`table::EmbeddedTable`] (`table.bin`) and
//! [`table::Entry`] (one item of a database), all validated. Absent: reading files, and deciding anything.

pub mod decision;
pub mod envelope;
pub mod filter;
pub mod fingerprint;
pub mod index;
pub mod item;
pub mod key;
pub mod packed;
pub mod pattern;
pub mod program;
pub mod redirect;
pub mod rule;
pub mod shared;
pub mod table;
