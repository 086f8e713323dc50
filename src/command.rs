//! One file per command.
//!
//! In: checked arguments. Out: text on standard output and an [`Exit`]. Absent: the work itself,
//! which the libraries do.

pub mod attach;
pub mod bench;
pub mod check;
pub mod collect;
pub mod debug;
pub mod deploy;
pub mod diff;
pub mod explain;
pub mod migrate;
pub mod package;
pub mod probe;
pub mod prune;
pub mod prune_generations;
pub mod replay;
pub mod rollback;
pub mod rule;
pub mod serve;
pub mod status;
pub mod verify;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::args::Command;
use crate::render::Colour;
use crate::verify::cage;

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
        Command::Attach(arguments) => attach::run(arguments),
        Command::Detach(arguments) => attach::detach(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Rule(arguments) => rule::run(arguments),
        Command::Collect(arguments) => collect::run(arguments),
        Command::Debug(arguments) => debug::run(&arguments.stage),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Cage(arguments) => cage::enter(arguments).map(|()| Exit::Clean),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Package(arguments) => package::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Probe(arguments) => probe::run(arguments),
        Command::Prune(arguments) => prune::run(arguments),
        Command::Deploy(arguments) => deploy::run(arguments),
        Command::Rollback(arguments) => rollback::run(arguments),
        Command::Status(arguments) => status::run(arguments),
        Command::PruneGenerations(arguments) => prune_generations::run(arguments),
    }
}

/// Prints `text`. A reader that went away is an error here, and no panic.
///
/// # Errors
/// Standard output cannot be written to.
fn say(text: &str) -> Result<()> {
    Ok(io::stdout().lock().write_all(text.as_bytes())?)
}

/// What somebody says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirmed {
    Yes,
    No,
    /// Standard input is no terminal.
    NobodyThere,
}

/// Asks on a terminal.
///
/// # Errors
/// The terminal cannot be read or written.
fn confirmed(question: &str) -> Result<Confirmed> {
    if !io::stdin().is_terminal() {
        return Ok(Confirmed::NobodyThere);
    }
    say(&format!("{question} [y/N] "))?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(match answer.trim() {
        "y" | "yes" => Confirmed::Yes,
        _ => Confirmed::No,
    })
}

/// Runs what talks to AWS.
///
/// # Errors
/// The system gives no network runtime.
fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the network runtime")?;
    Ok(runtime.block_on(work))
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
