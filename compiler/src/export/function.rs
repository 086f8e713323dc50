//! The function: the program, and the table in memory.
//!
//! In: a [`Built`]. Out: `rules.bin` and `table.bin`. Absent: the function's binary, its settings and the zip file, which the
//! command line adds.

use std::borrow::Cow;

use super::folder::{Files, FolderError};
use super::{Built, Export};
use crate::account::{Class, Verdict};

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
