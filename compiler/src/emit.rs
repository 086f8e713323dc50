//! Writes what the edge needs as files: the build folder.
//!
//! In: a [`Compilation`] and the [`Reading`] it came from. Out: names and contents, file by file and piece
//! by piece, to whoever is a [`Folder`]: all files together would take more memory than compiling.
//! Absent: the disk. The same configuration gives the same bytes: no date, no random number.

mod folder;
mod items;
mod page;
mod proxied;
mod report;

use std::collections::BTreeMap;

use edgewright_engine::artefact::envelope::EnvelopeError;
use edgewright_engine::artefact::table::EmbeddedTable;
use serde_json::{Value, json};

use crate::compile::Compilation;
use crate::inputs::Readers;
use crate::reading::Reading;
use crate::spans::in_text;
use folder::Files;
pub use folder::{BuildFolder, Folder, FolderError, Written};

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

/// Version of the manifest's own layout.
const MANIFEST_VERSION: u32 = 1;

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
                    "the item {name} has {length} bytes; DynamoDB takes 400 kB"
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

/// Writes the build of `compilation` into `folder`, the manifest last, and says what was written.
///
/// # Errors
/// See [`EmitError`]; or `folder` refuses. It then has files that are no build.
pub fn emit(
    compilation: &Compilation,
    reading: &Reading,
    folder: &mut dyn Folder,
) -> Result<Vec<Written>, FolderError> {
    let mut files = Files::of(folder);
    files.begin(PROGRAM_FILE)?;
    files.bytes(&compilation.program)?;
    files.begin(TABLE_FILE)?;
    table(compilation, &mut files)?;
    files.begin(ITEMS_FILE)?;
    let longest_item = items::write(compilation, &reading.sources, &mut files)?;
    files.begin(REPORT_FILE)?;
    report::write(reading, compilation, &mut files)?;
    files.begin(PAGE_FILE)?;
    page::write(reading, compilation, &mut files)?;
    let manifest = manifest(compilation, reading, longest_item, files.so_far()?);
    files.begin(MANIFEST_FILE)?;
    files.bytes(format!("{manifest:#}\n").as_bytes())?;
    files.finish()
}

fn table(compilation: &Compilation, files: &mut Files<'_>) -> Result<(), FolderError> {
    let pieces = EmbeddedTable::pieces(compilation.generation, &compilation.entries);
    for piece in pieces.map_err(EmitError::from)? {
        files.bytes(&piece)?;
    }
    Ok(())
}

fn manifest(
    compilation: &Compilation,
    reading: &Reading,
    longest_item: usize,
    files: &[Written],
) -> Value {
    let inputs = &compilation.inputs;
    let counts = reading.counts;
    let file = |file: &Written| {
        let crc32 = format!("{:08x}", file.crc32);
        let facts = json!({ "bytes": file.bytes, "crc32": crc32 });
        (file.name.to_owned(), facts)
    };
    let reader = |(name, readers): (String, Readers)| {
        let first = readers
            .first
            .map(|place| reading.sources.display(in_text(place)));
        (name, json!({ "count": readers.count, "first": first }))
    };
    json!({
        "manifest_version": MANIFEST_VERSION,
        "generator": concat!("edgewright ", env!("CARGO_PKG_VERSION")),
        "generation": format!("{:016x}", compilation.generation),
        "account": compilation.account.totals,
        "removed": compilation.account.removed,
        "findings": codes(reading, compilation),
        "counts": {
            "files": counts.files,
            "virtual_hosts": counts.virtual_hosts,
            "htaccess_files": counts.htaccess_files,
            "rules": counts.rules,
            "conditions": counts.conditions,
            "redirects": counts.redirects,
            "maps": counts.maps,
            "map_entries": counts.map_entries,
        },
        "table": {
            "entries": compilation.entries.len(),
            "longest_item_bytes": longest_item,
        },
        "fates": compilation.fates,
        "collapsed_redirects": compilation.collapsed,
        "trigger": inputs.trigger(),
        "inputs": inputs.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "readers": inputs.iter().map(reader).collect::<serde_json::Map<_, _>>(),
        "cache_key": inputs.cache_key(),
        "uncacheable": inputs.uncacheable(),
        "proxied": proxied::proxied(reading),
        "files": files.iter().map(file).collect::<serde_json::Map<_, _>>(),
        "sources": reading.site.files,
    })
}

/// How many diagnostics of which code.
fn codes<'a>(reading: &'a Reading, compilation: &'a Compilation) -> BTreeMap<&'a str, usize> {
    let mut codes = BTreeMap::new();
    for diagnostic in reading.diagnostics.iter().chain(&compilation.diagnostics) {
        *codes.entry(diagnostic.code).or_default() += 1;
    }
    codes
}
