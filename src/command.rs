//! One file per command.
//!
//! In: checked arguments. Out: text on standard output and an [`Exit`]. Absent: the work itself,
//! which the libraries do.

pub mod check;
pub mod explain;
pub mod migrate;
pub mod package;
pub mod replay;
pub mod serve;
pub mod verify;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::Command;
use crate::render::Colour;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to say.
    Clean,
    /// Something was found that a person should look at.
    Findings,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::SUCCESS,
            Exit::Findings => Self::from(1),
        }
    }
}

/// Runs a command.
///
/// # Errors
/// It could not run: exit code 2.
pub fn run(command: &Command) -> Result<Exit> {
    match command {
        Command::Check(arguments) => check::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Package(arguments) => package::run(arguments),
    }
}

/// Colours on a terminal, unless `NO_COLOR` is set.
pub fn colour_for(terminal: bool) -> Colour {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !refused {
        Colour::Allowed
    } else {
        Colour::None
    }
}
