//! The function: the program, and the table in memory; and its package and its stack, as far as they need no disk.
//!
//! In: a [`Built`]. Out: `rules.bin` and `table.bin`. With [`FunctionOptions`] and a [`Dependence`]: a [`Stack`], which has the
//! template and the function in front of the cache, and the [`FunctionPackage`] that is deployed with it. Absent: the
//! function's binary and the zip file, which the command line adds.

pub mod cache_control;
pub mod cache_hits;
pub mod cache_key;
pub mod costs;
pub mod error;
pub mod inputs;
pub mod names;
pub mod needs;
pub mod options;
pub mod own_function;
pub mod package;
pub mod permissions;
mod regions;
mod settings;
pub mod stack;
mod template;
pub mod terraform;
pub mod viewer_function;

use std::borrow::Cow;

use super::folder::{Files, FolderError};
use super::{Built, Export};
use crate::account::{Class, Verdict};
pub use error::FunctionError;
pub use names::{MOST_ALIASES, SiteNames};
pub use needs::{BehaviourNeeds, PolicyNeeds};
pub use options::{Distribution, FunctionOptions, Ignored, Origin, TableStack};
pub use own_function::{OwnFunction, OwnFunctions};
pub use package::FunctionPackage;
pub use stack::{CodeHash, Dependence, Stack};
pub use terraform::TerraformModule;
pub use viewer_function::ViewerFunction;

/// The program.
pub const PROGRAM_FILE: &str = "rules.bin";
/// The table, for the function's own package.
pub const TABLE_FILE: &str = "table.bin";

/// The function with its table in memory.
#[derive(Debug, Clone, Copy)]
pub struct Function;

impl Export for Function {
    fn leaves_out(&self, verdict: &Verdict) -> Option<Cow<'static, str>> {
        match verdict.class {
            Class::Keyed | Class::Indexed | Class::Scanned => None,
            Class::Removed | Class::Ignored | Class::NotExpressible => Some(verdict.reason.clone()),
        }
    }

    fn write(&self, built: Built<'_>, files: &mut Files<'_>) -> Result<(), FolderError> {
        files.begin(PROGRAM_FILE)?;
        files.pieces(&built.encoded.program)?;
        files.begin(TABLE_FILE)?;
        files.pieces(&built.encoded.table)
    }
}
