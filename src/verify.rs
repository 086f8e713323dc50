//! Comparing with the Apache at hand.
//!
//! In: a configuration. Out: what its Apache answers, and what the engine does, in one form.
//! Absent: printing; see `command::verify`.

pub mod cage;
pub mod cleanup;
pub mod comparison;
pub mod coverage;
pub mod folder;
pub mod install;
pub mod layout;
pub mod logged_status;
pub mod normalized_response;
pub mod own_headers;
mod own_page;
mod ports;
pub mod requests;
pub mod roots;
pub mod sandbox;
pub mod server;
pub mod tls;
pub mod wire;
pub mod wrapper_config;
