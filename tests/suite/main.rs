//! Tests that need nothing but this repository.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

mod action;
mod architecture;
mod check;
mod cli;
mod codes;
mod debug;
mod deploy;
mod deviations;
mod explain;
mod field;
mod findings;
mod golden;
mod inputs;
mod logs;
mod own_headers;
mod package;
mod probe;
mod readme;
mod rooms;
mod seed_site;
mod semantics;
mod serve;
mod shown;
mod supply;
mod travel;
