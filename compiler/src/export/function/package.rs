//! The package of a function: what stands in its zip file beside the binary.
//!
//! In: a [`Stack`]; a [`Built`], or the bytes of a build. Out: the launcher, the settings, the program, and the table unless it
//! is in DynamoDB. Absent: the binary and the zip file, which the command line adds.

use std::borrow::Cow;

use edgewright_engine::lambda::configuration;

use super::stack::Stack;
use super::{Function, PROGRAM_FILE, TABLE_FILE};
use crate::account::Verdict;
use crate::export::folder::{Files, FolderError};
use crate::export::{Built, Export};

/// What Lambda loads, and what starts the binary.
const LAUNCHER: &str = include_str!("index.mjs");

/// The name of the launcher.
const LAUNCHER_FILE: &str = "index.mjs";

/// The package of a function that is deployed as a stack.
#[derive(Debug, Clone, Copy)]
pub struct FunctionPackage<'s>(pub &'s Stack);

impl FunctionPackage<'_> {
    /// Writes the files beside the binary, of a build with these bytes. The table's are not used where it is in DynamoDB.
    ///
    /// # Errors
    /// The text of an option cannot be used; or the folder refuses.
    pub fn write_build(
        self,
        program: &[Vec<u8>],
        table: &[Vec<u8>],
        files: &mut Files<'_>,
    ) -> Result<(), FolderError> {
        let Self(stack) = self;
        files.begin(LAUNCHER_FILE)?;
        files.bytes(LAUNCHER.as_bytes())?;
        files.begin(configuration::FILE_NAME)?;
        files.bytes(&stack.settings()?)?;
        files.begin(PROGRAM_FILE)?;
        files.pieces(program)?;
        if stack.options().table.is_none() {
            files.begin(TABLE_FILE)?;
            files.pieces(table)?;
        }
        Ok(())
    }
}

impl Export for FunctionPackage<'_> {
    fn leaves_out(&self, verdict: &Verdict) -> Option<Cow<'static, str>> {
        Function.leaves_out(verdict)
    }

    fn write(&self, built: Built<'_>, files: &mut Files<'_>) -> Result<(), FolderError> {
        self.write_build(&built.encoded.program, &built.encoded.table, files)
    }
}
