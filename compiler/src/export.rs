//! What leaves the compiler: one file of this room for each target, and the build folder that they are written to.
//!
//! In: a [`Built`]: a [`Compilation`], the [`Reading`] it came from, and its bytes. Out: names and contents, file by file and
//! piece by piece, to whoever is a [`Folder`]; and for each target what it left out, with the place and the reason. Absent: the
//! disk, zip files, and the network. The same configuration gives the same bytes: no date, no random number.
//!
//! Count in = count out holds for each target: the units that it carries and those that it leaves out are all units.

mod build;
mod folder;
pub mod function;
pub mod item;
pub mod manifest;
mod page;
mod proxied;
mod report;
pub mod table;

use std::borrow::Cow;

use edgewright_engine::model::rules::Place;

use crate::account::Verdict;
use crate::compile::Compilation;
use crate::encode::Encoded;
use crate::reading::Reading;
pub use build::{Build, EmitError, MANIFEST_FILE, PAGE_FILE, REPORT_FILE, emit};
pub use folder::{BuildFolder, Files, Folder, FolderError, Written};
pub use function::{Function, PROGRAM_FILE, TABLE_FILE};
pub use manifest::{Manifest, ManifestError};
pub use proxied::Server;
pub use table::{ITEMS_FILE, Table, items};

/// Everything that a target may be made of.
#[derive(Debug, Clone, Copy)]
pub struct Built<'b> {
    /// The configuration as it was read.
    pub reading: &'b Reading,
    /// What it was compiled to.
    pub compilation: &'b Compilation,
    /// The bytes of that.
    pub encoded: &'b Encoded,
}

/// A target: something that answers requests, or that holds answers.
pub trait Export {
    /// Why the target has no part in a unit that became `verdict`; `None` if the target carries the unit.
    fn leaves_out(&self, verdict: &Verdict) -> Option<Cow<'static, str>>;

    /// Writes the files of the target.
    ///
    /// # Errors
    /// See [`EmitError`]; or the folder refuses.
    fn write(&self, built: Built<'_>, files: &mut Files<'_>) -> Result<(), FolderError>;
}

/// What an export came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The files that were written.
    pub files: Vec<Written>,
    /// How many units the target carries.
    pub carried: usize,
    /// The units that the target does not carry.
    pub left_out: Vec<LeftOut>,
}

/// A unit that a target does not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where the unit stands.
    pub place: Place,
    /// Why the target does not carry the unit, for a person to read.
    pub reason: Cow<'static, str>,
}

/// Writes the files of `target` into `folder`, and accounts for every unit.
///
/// # Errors
/// See [`EmitError`]; or `folder` refuses.
pub fn export(
    target: &dyn Export,
    built: Built<'_>,
    folder: &mut dyn Folder,
) -> Result<Exported, FolderError> {
    let mut files = Files::of(folder);
    target.write(built, &mut files)?;
    let units = built.reading.units.iter();
    let left_out: Vec<LeftOut> = units
        .zip(&built.compilation.account.verdicts)
        .filter_map(|(unit, verdict)| {
            let reason = target.leaves_out(verdict)?;
            let place = unit.place;
            Some(LeftOut { place, reason })
        })
        .collect();
    Ok(Exported {
        files: files.finish()?,
        carried: built.reading.units.len() - left_out.len(),
        left_out,
    })
}
