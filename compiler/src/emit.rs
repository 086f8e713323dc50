//! Writes what the edge needs as files: the build folder.
//!
//! In: a [`Compilation`] and the [`Reading`] it came from. Out: names and contents, file by file and piece
//! by piece, to whoever is a [`Folder`]: all files together would take more memory than compiling.
//! Absent: the disk. The same configuration gives the same bytes: no date, no random number.

mod folder;
pub mod item;
mod items;
pub mod manifest;
mod page;
mod proxied;
mod report;

use edgewright_engine::artefact::envelope::EnvelopeError;

use crate::compile::Compilation;
use crate::encode::Encoded;
use crate::reading::Reading;
use folder::Files;
pub use folder::{BuildFolder, Folder, FolderError, Written};
use item::LARGEST;
pub use items::items;
use manifest::BuildFacts;
pub use manifest::{Manifest, ManifestError};
pub use proxied::Server;

/// The program.
pub const PROGRAM_FILE: &str = "rules.bin";
/// The table, for the function's own package.
pub const TABLE_FILE: &str = "table.bin";
/// The table, one `DynamoDB` item a line.
pub const ITEMS_FILE: &str = "table.jsonl";
/// What was built, and from what.
pub const MANIFEST_FILE: &str = "manifest.json";
/// What became of every line.
pub const REPORT_FILE: &str = "report.json";

/// The same, for a person.
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
    let Encoded {
        generation,
        program,
        table,
    } = compilation.encode()?;
    let mut files = Files::of(folder);
    files.begin(PROGRAM_FILE)?;
    files.pieces(program)?;
    files.begin(TABLE_FILE)?;
    files.pieces(table)?;
    files.begin(ITEMS_FILE)?;
    let items = items(generation, &compilation.entries, &reading.sources);
    let longest_item_bytes = items::write(items, &mut files)?;
    files.begin(REPORT_FILE)?;
    report::write(reading, compilation, &mut files)?;
    files.begin(PAGE_FILE)?;
    page::write(reading, compilation, &mut files)?;
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
