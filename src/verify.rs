//! Comparing with the Apache at hand.
//!
//! In: a configuration. Out: what its Apache answers, and what the engine does, in one form.
//! Absent: printing; see `command::verify`.

pub mod harmless;
pub mod install;
pub mod seen;
pub mod server;
pub mod wire;
