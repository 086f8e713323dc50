//! `edgewright debug program`: how large the parts of a build are.
//!
//! In: a configuration or a build folder. Out: [`Shown`]. Absent: the other files of a build.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};
use edgewright_compiler::export::{PROGRAM_FILE, TABLE_FILE};
use edgewright_compiler::{PartSizes, compile};
use edgewright_engine::artefact::key::KeySpace;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::EmbeddedTable;
use serde::Serialize;

use super::Shown;
use crate::args::Staged;
use crate::input::read_configuration;
use crate::summary::thousands;
use crate::typed;

/// A build as it is shown.
#[derive(Serialize)]
struct Data {
    generation: String,
    program: FileData,
    /// What the parts of the program take, in bytes.
    parts: PartSizes,
    table: FileData,
    /// The entries of the table, by what their keys are of.
    entries: BTreeMap<&'static str, Entries>,
}

#[derive(Serialize)]
struct FileData {
    bytes: usize,
    /// The version of the file's format.
    version: u16,
}

#[derive(Default, Serialize)]
struct Entries {
    count: usize,
    /// What the entries take as items, in bytes.
    bytes: usize,
}

pub(super) fn shown(arguments: &Staged) -> Result<Shown> {
    let (program, table) = files(arguments)?;
    let data = Data::of(&program, &table)?;
    Shown::of(&data, data.lines())
}

/// The contents of the program's and the table's file.
fn files(arguments: &Staged) -> Result<(Vec<u8>, Vec<u8>)> {
    let source = &arguments.source;
    if typed::is_build(source) {
        let read =
            |name| fs::read(source.join(name)).with_context(|| format!("cannot read {name}"));
        return Ok((read(PROGRAM_FILE)?, read(TABLE_FILE)?));
    }
    let reading = read_configuration(std::slice::from_ref(source), &arguments.reading)?;
    let encoded = compile(&reading)
        .and_then(|compilation| compilation.encode())
        .context("the configuration cannot be compiled")?;
    Ok((encoded.program.concat(), encoded.table.concat()))
}

impl Data {
    fn of(program: &[u8], table: &[u8]) -> Result<Self> {
        let loaded = Program::load(program).context(PROGRAM_FILE)?;
        let embedded = EmbeddedTable::load(table).context(TABLE_FILE)?;
        let mut entries: BTreeMap<&'static str, Entries> = BTreeMap::new();
        for entry in embedded.entries() {
            let Entries { count, bytes } = entries.entry(space(entry.key.space())).or_default();
            *count += 1;
            *bytes += entry.encode()?.len();
        }
        Ok(Self {
            generation: format!("{:016x}", loaded.generation()),
            program: FileData::of(program),
            parts: PartSizes::of(&loaded.into_parts())?,
            table: FileData::of(table),
            entries,
        })
    }

    fn lines(&self) -> Vec<String> {
        let row = |name: &str, bytes: usize, note: String| {
            format!("{name:<24} {:>14}  {note}", thousands(bytes))
        };
        let file = |name: &str, FileData { bytes, version }: &FileData| {
            row(name, *bytes, format!("bytes, format version {version}"))
        };
        let PartSizes {
            site,
            rules,
            redirects,
            questions,
            patterns,
            details,
            expressions,
            filter,
        } = self.parts;
        let parts = [
            ("  site", site),
            ("  rules", rules),
            ("  redirects", redirects),
            ("  questions", questions),
            ("  patterns", patterns),
            ("  conditions", details),
            ("  expressions", expressions),
            ("  filter", filter),
        ];
        let mut lines = vec![format!("generation {}", self.generation)];
        lines.push(file(PROGRAM_FILE, &self.program));
        lines.extend(parts.map(|(name, bytes)| row(name, bytes, "bytes".to_owned())));
        lines.push(file(TABLE_FILE, &self.table));
        let entries = self.entries.iter();
        lines.extend(entries.map(|(name, Entries { count, bytes })| {
            let note = format!("entries, {} bytes as items", thousands(*bytes));
            row(&format!("  {name}"), *count, note)
        }));
        lines
    }
}

impl FileData {
    fn of(bytes: &[u8]) -> Self {
        // The magic, then the version: see `edgewright_engine::artefact::envelope`.
        let version = bytes.get(4..6).and_then(|bytes| bytes.try_into().ok());
        Self {
            bytes: bytes.len(),
            version: u16::from_le_bytes(version.unwrap_or_default()),
        }
    }
}

fn space(space: KeySpace) -> &'static str {
    match space {
        KeySpace::Rules(_) => "rules",
        KeySpace::FoldedRules(_) => "rules, either case",
        KeySpace::Redirects(_) => "redirects",
        KeySpace::Map(_) => "map entries",
        KeySpace::Decisions(_) => "decisions",
    }
}
