//! Tests against the real programs: Apache, and an emulator of the table.
//!
//! They fail, and never skip, when a program is missing; `scripts/test` installs what they need.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed test should say so"
)]

mod attach;
mod aws_account;
mod bootstrap;
mod cage;
mod corpus;
mod differential;
mod emulator;
mod function;
mod generations;
mod http;
mod lambda;
mod layouts;
mod legacy_site;
mod packaged;
mod pages;
mod records;
mod runtime_api;
mod tables;
mod template;
mod terraform;
mod travel;
mod verdicts;
mod verify;
