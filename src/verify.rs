//! Comparing with the Apache at hand.
//!
//! In: a configuration. Out: what its Apache answers, and what the engine does, in one form.
//! Absent: printing; see `command::verify`.

pub mod comparison;
pub mod ending;
pub mod harmless;
pub mod install;
pub mod layout;
pub mod prelude;
pub mod requests;
pub mod seen;
pub mod server;
pub mod tls;
pub mod wire;
