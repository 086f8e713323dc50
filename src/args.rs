//! The command line as typed: one file for the arguments of each command.
//!
//! In: the program's arguments. Out: [`Arguments`]. Absent: checking that files exist; see `input`.

mod attach;
mod bench;
mod check;
mod collect;
mod debug;
mod diff;
mod explain;
mod generations;
mod migrate;
mod package;
mod probe;
mod prune;
mod reading;
mod replay;
mod rule;
mod serve;
mod verify;

use clap::{Parser, Subcommand, ValueEnum};

pub use attach::{Attach, Detach, Place};
pub use bench::Bench;
pub use check::{Check, Choice, Format, Weight};
pub use collect::Collect;
pub use debug::{Debug, DebugDecision, Stage, Staged};
pub use diff::Diff;
pub use explain::{Explain, ExplainFormat};
pub use generations::{Deploy, PruneGenerations, Rollback, Status};
pub use migrate::Migrate;
pub use package::Package;
pub use probe::Probe;
pub use prune::Prune;
pub use reading::{Force, Kind, Reading, UnknownDirective};
pub use replay::Replay;
pub use rule::Rule;
pub use serve::Serve;
pub use verify::{Cage, Verify};

/// Moves the redirects of an Apache server to CloudFront's edge, with the same answers.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile a configuration into a build folder, and print where every line went
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(Migrate),
    /// Say what is wrong or will differ, without building anything
    #[command(after_help = check::EXAMPLES)]
    Check(Check),
    /// Say what a code of `check` means, with an example and what to do; without a code, list all
    #[command(after_help = rule::EXAMPLES)]
    Rule(Rule),
    /// Pack what Apache reads into one file, on its server, for another machine
    #[command(after_help = collect::EXAMPLES)]
    Collect(Collect),
    /// Show what happens to one request, rule by rule
    #[command(after_help = explain::EXAMPLES)]
    Explain(Explain),
    /// Show what each stage of the compiler made of a configuration; for those who work on edgewright
    #[command(hide = true, after_help = debug::EXAMPLES)]
    Debug(Debug),
    /// Answer requests given as JSON lines with JSON lines
    #[command(after_help = replay::EXAMPLES)]
    Replay(Replay),
    /// Answer over HTTP as the edge would
    #[command(after_help = serve::EXAMPLES)]
    Serve(Serve),
    /// Pack a build with the function's binary as Lambda@Edge takes it
    #[command(after_help = package::EXAMPLES)]
    Package(Package),
    /// Let a distribution that is there call the function, if its behaviour lets enough through
    #[command(after_help = attach::EXAMPLES)]
    Attach(Attach),
    /// Take the function away from a distribution again
    #[command(after_help = attach::DETACH_EXAMPLES)]
    Detach(Detach),
    /// Ask a deployed site, and say where it does not answer as the rules say
    #[command(after_help = probe::EXAMPLES)]
    Probe(Probe),
    /// Compare with the Apache of this machine, request by request
    #[command(after_help = verify::EXAMPLES)]
    Verify(Verify),
    /// Start a program that can do nothing but answer; `verify` starts Apache with it
    #[command(hide = true)]
    Cage(Cage),
    /// Say which URLs change between two configurations or builds
    #[command(after_help = diff::EXAMPLES)]
    Diff(Diff),
    /// Say which rules the traffic of an access log still uses
    #[command(after_help = prune::EXAMPLES)]
    Prune(Prune),
    /// Measure how long a build takes for a request, and fail when that is too long
    #[command(after_help = bench::EXAMPLES)]
    Bench(Bench),
    /// Put a build into a table as a generation of its own, and make it live
    #[command(after_help = generations::DEPLOY_EXAMPLES)]
    Deploy(Deploy),
    /// Make the generation that was live before live again
    Rollback(Rollback),
    /// List a table's generations, and which is live
    Status(Status),
    /// Remove old generations from a table
    #[command(after_help = generations::PRUNE_EXAMPLES)]
    PruneGenerations(PruneGenerations),
}

/// What answers a replayed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Every rule in order, as Apache tries them
    Reference,
    /// The compiled program and its table
    Edge,
    /// The function behind a model of CloudFront, whose cache all requests share
    #[value(name = "cloudfront", alias = "lambda")]
    CloudFront,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For a person
    Text,
    /// One JSON object
    Json,
}
