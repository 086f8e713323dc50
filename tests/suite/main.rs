//! Tests that need nothing but this repository.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

mod architecture;
mod cli;
mod deploy;
mod findings;
mod readme;
mod seed_site;
mod semantics;
mod supply;
mod travel;
