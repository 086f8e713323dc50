//! Section `stages`: from text to a loaded program, on the seed-sized configuration.
//!
//! In: nothing. Out: [`Stages`], milliseconds of the processor, the best of three. Absent: requests.

use std::hint::black_box;

use anyhow::Result;
use edgewright_benches::set::{RULES, Set};
use edgewright_benches::site::{Artefact, Site};
use edgewright_engine::handler::Runtime;
use edgewright_parser::parse;
use edgewright_parser::source::FileId;
use serde::{Deserialize, Serialize};

use crate::compiling;
use crate::timing::processor;

/// Milliseconds of the processor for each stage.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stages {
    /// Text to directives.
    pub parse: f64,
    /// Text to a settled configuration, parsing included.
    pub read: f64,
    /// A settled configuration to program and table.
    pub compile: f64,
    /// Bytes of `rules.bin` to a program.
    pub program: f64,
    /// Bytes of both files to a site that can answer.
    pub start: f64,
}

/// Runs the section.
pub fn run() -> Result<Stages> {
    let config = Set::seed_sized(RULES, 13_000).config();
    let text = config.as_bytes();
    let artefact = Artefact::build(&config)?;
    let spent = [(); 3].map(|()| compiling::of(&["seed"]));
    let spent = spent.into_iter().collect::<Result<Vec<_>>>()?;
    let least = |times: &mut dyn Iterator<Item = f64>| times.fold(f64::INFINITY, f64::min) * 1e3;
    Ok(Stages {
        parse: best(|| parse(FileId(0), black_box(text))),
        read: least(&mut spent.iter().map(|spent| spent.read)),
        compile: least(&mut spent.iter().map(|spent| spent.compile)),
        program: best(|| Runtime::load(black_box(&artefact.program)).is_ok()),
        start: best(|| Site::load(black_box(&artefact)).is_ok()),
    })
}

/// Milliseconds of the fastest of three runs; what others do on the machine only ever adds.
fn best<T>(mut work: impl FnMut() -> T) -> f64 {
    let times = (0..3).map(|_| processor(|| black_box(work())).0);
    times.fold(f64::INFINITY, f64::min)
}
