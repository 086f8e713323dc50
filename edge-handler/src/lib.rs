//! Answers a request as the Apache it came from did.
//!
//! In: a [`request::Request`] and a [`site::Site`] (the configuration, settled). Out: an
//! [`outcome::Outcome`]. Absent: reading configuration text, and any network or file access
//! outside feature `lambda`.

pub mod budget;
pub mod canonical;
mod depth;
pub mod envelope;
pub mod evaluate;
pub mod fate;
pub mod filter;
pub mod handler;
pub mod index;
pub mod item;
pub mod key;
#[cfg(feature = "events")]
pub mod lambda;
pub mod names;
pub mod outcome;
pub mod packed;
pub mod plain;
pub mod program;
pub mod request;
pub mod rules;
pub mod site;
pub mod source;
pub mod table;
