//! Answering a request: `mod_rewrite`, `mod_alias`, `mod_dir` and what of the core they rely on.
//!
//! In: a request, a site and a source of rules. Out: an answer. Absent: how rules are found
//! (`source`), and anything that needs a network or a disk.

pub mod cookie;
pub mod dialect;
pub mod environment;
pub mod escape;
pub mod expression;
pub mod glob;
pub mod matching;
pub mod vhost;
