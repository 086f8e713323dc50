//! The build folder: every file that the edge, a deploy and a person need.
//!
//! In: a [`Compilation`] and the [`Reading`] it came from. Out: [`Build`], its files given to a [`Folder`]. Absent: the disk.
//!
//! Files are given away one after another: all together they would take more memory than compiling.

use edgewright_engine::artefact::envelope::EnvelopeError;

use super::folder::{Files, Folder, FolderError, Written};
use super::function::Function;
use super::item::LARGEST;
use super::manifest::{BuildFacts, Manifest};
use super::{Built, Export, page, report, table};
use crate::compile::Compilation;
use crate::reading::Reading;

/// What was built, and from what.
pub const MANIFEST_FILE: &str = "manifest.json";
/// What became of every line.
pub const REPORT_FILE: &str = "report.json";
/// The report for a person.
pub const PAGE_FILE: &str = "report.html";

/// Why nothing can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EmitError {
    /// An item would be longer than `DynamoDB` takes: its name and length in bytes.
    ItemTooLong(String, usize),
    /// Two keys have the same name in the table.
    SameName(String),
    /// The table cannot be encoded.
    Encoding(EnvelopeError),
}

impl std::fmt::Display for EmitError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ItemTooLong(name, length) => {
                write!(
                    out,
                    "the item {name} has {length} bytes; DynamoDB takes {LARGEST}"
                )
            }
            Self::SameName(name) => write!(out, "two keys share the item name {name}"),
            Self::Encoding(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for EmitError {}

impl From<EnvelopeError> for EmitError {
    fn from(error: EnvelopeError) -> Self {
        Self::Encoding(error)
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The generation of the program and its table.
    pub generation: u64,
    /// Every file, the manifest last.
    pub files: Vec<Written>,
}

/// Writes the build of `compilation` into `folder`, the manifest last, and says what was written.
///
/// # Errors
/// See [`EmitError`]; or `folder` refuses. It then has files that are no build.
pub fn emit(
    compilation: &Compilation,
    reading: &Reading,
    folder: &mut dyn Folder,
) -> Result<Build, FolderError> {
    let encoded = compilation.encode()?;
    let built = Built {
        reading,
        compilation,
        encoded: &encoded,
    };
    let mut files = Files::of(folder);
    Function.write(built, &mut files)?;
    let longest_item_bytes = table::write(built, &mut files)?;
    files.begin(REPORT_FILE)?;
    report::write(reading, compilation, &mut files)?;
    files.begin(PAGE_FILE)?;
    page::write(reading, compilation, &mut files)?;
    let generation = encoded.generation;
    let facts = BuildFacts {
        generation,
        longest_item_bytes,
        files: files.so_far()?,
    };
    let manifest = Manifest::of(compilation, reading, &facts);
    files.begin(MANIFEST_FILE)?;
    files.bytes(&manifest.write()?)?;
    let files = files.finish()?;
    Ok(Build { generation, files })
}
