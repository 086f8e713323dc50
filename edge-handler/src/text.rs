//! Texts of URLs and paths: escaping, wildcards, prefixes.
//!
//! In: bytes. Out: bytes, or whether they match. Absent: regular expressions (`pattern`), and what a
//! configuration says about paths (`evaluate`).

pub mod escape;
pub mod glob;
pub mod number;
pub mod prefix;
pub mod uri;
