//! The command line: arguments → command → exit code (0 clean, 1 findings, 2 could not run).

mod access_log;
mod archive;
mod args;
mod attach;
mod aws_cli;
mod broken;
mod collect;
mod command;
mod contract;
mod describe;
mod dynamodb;
mod engine;
mod findings;
mod folder;
mod input;
mod loader;
mod opened;
mod package;
mod probe;
mod progress;
mod render;
mod settings;
mod stopwatch;
mod summary;
mod time_zone;
mod traffic;
mod typed;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use dynamodb::Refusal;
use mimalloc::MiMalloc;

/// Compiling is many small texts made and dropped, which takes the C library's allocator twice as long.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    match command::run(&arguments.command) {
        Ok(exit) => exit.into(),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("edgewright: {error:#}");
            // That the table says no is a finding: everything could run.
            ExitCode::from(if error.is::<Refusal>() { 1 } else { 2 })
        }
    }
}

/// `edgewright … | head` is not an error.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
