//! From a configuration that was read to everything the edge needs, on one screen.
//!
//! In: a [`Reading`]. Out: a [`Compilation`]. Absent: writing files; see [`mod@crate::export`].

use edgewright_engine::artefact::packed::TooLong;
use edgewright_engine::artefact::program::{Parts, ProgramError};
use edgewright_engine::artefact::table::Entry;
use edgewright_engine::model::trigger::Trigger;
use edgewright_parser::diagnostic::Diagnostic;

use crate::account::Account;
use crate::analysis;
use crate::class::ViewerClass;
use crate::clock;
use crate::compiled_site::CompiledSite;
use crate::encode::Encoded;
use crate::inputs::Inputs;
use crate::limits::{Limit, Limits};
use crate::lower::{Hops, Lowered, lower_with};
use crate::notices;
use crate::parallel::both;
use crate::precompute::{PrecomputedCounts, TOO_EXPENSIVE};
use crate::reading::Reading;
use crate::redundant::Redundant;
use crate::replay;
use crate::witness::Aiming;

/// A compiled configuration.
#[derive(Debug)]
#[non_exhaustive]
pub struct Compilation {
    /// What the program is made of, without a generation: that is known when all is [encoded](Compilation::encode).
    pub parts: Parts,
    /// The table, sorted by key.
    pub entries: Vec<Entry>,
    /// What became of every unit.
    pub account: Account,
    /// How many paths have a precomputed decision.
    pub precomputed: PrecomputedCounts,
    /// How many redirects lead further than their line says, because chains were joined.
    pub collapsed: usize,
    /// What of a request can change an answer.
    pub inputs: Inputs,
    /// What viewers are told apart by at origin-request, where that helps.
    pub viewer_class: Option<ViewerClass>,
    /// What compiling adds to the reading's diagnostics: redundant rules, rules the edge cannot
    /// answer surely.
    pub diagnostics: Vec<Diagnostic>,
}

impl Compilation {
    /// Where CloudFront should call the function: where there is a class, answers may be kept.
    pub fn trigger(&self) -> Trigger {
        ViewerClass::trigger(
            self.viewer_class.as_ref(),
            self.inputs.iter().map(|(input, _)| input),
        )
    }

    /// The bytes that the edge reads: whoever needs them asks once.
    ///
    /// # Errors
    /// The configuration is larger than the format can hold.
    pub fn encode(&self) -> Result<Encoded, CompileError> {
        Ok(Encoded::of(&self.parts, &self.entries)?)
    }
}

/// Says how many paths were too expensive to be precomputed.
fn not_precomputed(precomputed: &PrecomputedCounts, limits: &Limits) -> Option<Diagnostic> {
    let count = precomputed.undecided.get(TOO_EXPENSIVE)?;
    let what = format!(
        "{count} paths are answered rule by rule: precomputing their answers takes too many steps"
    );
    Some(limits.left_out(Limit::PrecomputeSteps, what, None))
}

/// Compiles `reading`.
///
/// # Errors
/// The configuration is larger than the format can hold.
pub fn compile(reading: &Reading) -> Result<Compilation, CompileError> {
    compile_with(reading, Hops::Kept)
}

/// Compiles `reading`, doing with chains of redirects what `hops` says.
///
/// # Errors
/// The configuration is larger than the format can hold.
pub fn compile_with(reading: &Reading, hops: Hops) -> Result<Compilation, CompileError> {
    let redundant = Redundant::find(&reading.site);
    let lowered = lower_with(&reading.site, &redundant, hops, &reading.limits)?;
    let account = Account::of(reading, &lowered, &redundant);
    let Lowered {
        parts,
        entries,
        precomputed,
        collapsed,
        ..
    } = lowered;
    let mut answering = CompiledSite::of(parts, &entries);
    let aiming = Aiming::of(&reading.site);
    let viewer_class = ViewerClass::of(&reading.site);
    let class = viewer_class.as_ref();
    let (mut proposed, found) = both(
        || notices::of(reading, &account, &redundant),
        || analysis::findings(reading, (&redundant, class), &mut answering, &aiming),
    );
    proposed.extend(found);
    let steps = analysis::steps(reading);
    let mut diagnostics = replay::tried(proposed, reading, &mut answering, &aiming, steps);
    diagnostics.extend(clock::unknown_zone(reading));
    diagnostics.extend(not_precomputed(&precomputed, &reading.limits));
    let parts = answering.into_parts();
    Ok(Compilation {
        parts,
        entries,
        precomputed,
        collapsed,
        inputs: Inputs::of(&reading.site),
        viewer_class,
        diagnostics,
        account,
    })
}

/// The configuration is larger than the format can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileError {
    /// Rules are longer than 4 GiB together.
    TooLong,
    /// The program or the table cannot be encoded.
    Encoding(ProgramError),
}

impl std::fmt::Display for CompileError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong => TooLong.fmt(out),
            Self::Encoding(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for CompileError {}

impl From<TooLong> for CompileError {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

impl From<ProgramError> for CompileError {
    fn from(error: ProgramError) -> Self {
        Self::Encoding(error)
    }
}
