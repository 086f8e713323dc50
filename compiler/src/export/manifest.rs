//! What was built, and from what: `manifest.json`, for whoever packs, deploys or replaces a build.
//!
//! In: a [`Compilation`] and the files it was written to; or a manifest's bytes. Out: [`Manifest`]. Absent: the disk.
//!
//! A manifest has a version. Only [`written_files`] reads any version: a folder of whatever edgewright may be replaced.

use std::collections::BTreeMap;
use std::fmt;

use edgewright_engine::artefact::item::generation_named;
use edgewright_engine::model::trigger::Trigger;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::folder::Written;
use super::proxied::{Server, proxied};
use crate::account::Totals;
use crate::class::ViewerClass;
use crate::compile::Compilation;
use crate::inputs::{self, Input};
use crate::reading::{Counts, Reading};
use crate::spans::in_text;

/// The version of a manifest's own layout.
const VERSION: u32 = 3;

/// What every generator's name begins with.
const GENERATOR: &str = "edgewright";

/// What was built, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The program that wrote the build, with its version.
    pub generator: String,
    /// The generation of the program and its table; in the file sixteen hexadecimal digits.
    #[serde(serialize_with = "to_digits", deserialize_with = "from_digits")]
    pub generation: u64,
    /// How many units ended in each class.
    pub account: Totals,
    /// How many units were removed, by the code of their diagnostic.
    pub removed: BTreeMap<String, usize>,
    /// How many diagnostics there are, by code.
    pub findings: BTreeMap<String, usize>,
    /// How much was read.
    pub counts: Counts,
    /// How large the table is.
    pub table: TableSize,
    /// How many paths have a precomputed decision.
    pub precomputed: Decided,
    /// How many redirects lead further than their line says, because chains were joined.
    pub collapsed_redirects: usize,
    /// Where CloudFront should call the function, unless somebody chooses.
    pub trigger: Trigger,
    /// The parts of a request that can change an answer, each with the lines that read it.
    pub inputs: BTreeMap<Input, Readers>,
    /// What viewers are told apart by at origin-request; `None` where no class helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer_class: Option<ViewerClass>,
    /// The servers that rules proxy to, each with the lines that name it.
    pub proxied: BTreeMap<Server, Readers>,
    /// The files of the build besides the manifest, by name.
    pub files: BTreeMap<String, FileFacts>,
    /// The configuration's files.
    pub sources: Vec<String>,
}

/// How large a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSize {
    /// How many entries it has.
    pub entries: usize,
    /// The length of the longest item in bytes, as DynamoDB counts it.
    pub longest_item_bytes: usize,
}

/// How many paths have a precomputed decision, a path counting once for each host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Paths with one answer, whatever the request.
    pub constant: usize,
    /// Paths with an answer that some questions about the request tell.
    pub guarded: usize,
    /// Paths left to the evaluator, by what it would have to know.
    pub undecided: BTreeMap<String, usize>,
}

/// The lines that read or name something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readers {
    /// How many lines there are.
    pub count: usize,
    /// The place of the first line; `None` where no single line does, but the configuration as a whole.
    pub first: Option<String>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The file's length in bytes.
    pub bytes: usize,
    /// The CRC-32 of the file's content, in eight hexadecimal digits.
    pub crc32: String,
}

/// What is known of a build when all but its manifest is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuildFacts<'f> {
    pub generation: u64,
    pub longest_item_bytes: usize,
    pub files: &'f [Written],
}

/// Why bytes are no manifest that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestError {
    /// The bytes are no manifest: what is wrong with them.
    Damaged(String),
    /// The manifest is of this version, which is not known here.
    Version(u32),
}

impl fmt::Display for ManifestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => write!(out, "the manifest is damaged: {what}"),
            Self::Version(version) => write!(
                out,
                "the manifest is of version {version}, and this edgewright reads version {VERSION}"
            ),
        }
    }
}

impl std::error::Error for ManifestError {}

impl From<serde_json::Error> for ManifestError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// A manifest as it is written.
#[derive(Serialize)]
struct Versioned<'m> {
    manifest_version: u32,
    #[serde(flatten)]
    manifest: &'m Manifest,
}

/// What manifests of all versions have.
#[derive(Deserialize)]
struct Head {
    manifest_version: u32,
}

/// What tells whose manifest it is, and what was written.
#[derive(Deserialize)]
struct Listing {
    generator: String,
    #[serde(default)]
    files: BTreeMap<String, Value>,
}

impl Manifest {
    /// The manifest of `compilation`, of which `facts` are known by now.
    pub(super) fn of(compilation: &Compilation, reading: &Reading, facts: &BuildFacts<'_>) -> Self {
        let BuildFacts {
            generation,
            longest_item_bytes,
            files,
        } = *facts;
        let Compilation {
            account,
            precomputed,
            collapsed,
            inputs,
            viewer_class,
            ..
        } = compilation;
        let readers = |(input, readers): (&Input, inputs::Readers)| {
            let first = readers.first.map(in_text);
            let first = first.map(|place| reading.sources.display(place));
            let count = readers.count;
            (input.clone(), Readers { count, first })
        };
        Self {
            generator: concat!("edgewright ", env!("CARGO_PKG_VERSION")).to_owned(),
            generation,
            account: account.totals,
            removed: owned(&account.removed),
            findings: codes(reading, compilation),
            counts: reading.counts,
            table: TableSize {
                entries: compilation.entries.len(),
                longest_item_bytes,
            },
            precomputed: Decided {
                constant: precomputed.constant,
                guarded: precomputed.guarded,
                undecided: owned(&precomputed.undecided),
            },
            collapsed_redirects: *collapsed,
            trigger: compilation.trigger(),
            inputs: inputs.iter().map(readers).collect(),
            viewer_class: viewer_class.clone(),
            proxied: proxied(reading),
            files: files.iter().map(file_facts).collect(),
            sources: reading.site.files.clone(),
        }
    }

    /// Reads the bytes of a manifest.
    ///
    /// # Errors
    /// The bytes are no manifest, or one of another version.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let Head { manifest_version } = serde_json::from_slice(bytes)?;
        if manifest_version != VERSION {
            return Err(ManifestError::Version(manifest_version));
        }
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The bytes that [`Manifest::read`] reads, indented for people.
    ///
    /// # Errors
    /// The manifest cannot be written as JSON; does not happen with the types that it has.
    pub fn write(&self) -> Result<Vec<u8>, ManifestError> {
        let mut bytes = serde_json::to_vec_pretty(&Versioned {
            manifest_version: VERSION,
            manifest: self,
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The names of the files that the manifest in `bytes` lists, whatever its version; `None` if edgewright did not write it.
pub fn written_files(bytes: &[u8]) -> Option<impl Iterator<Item = String>> {
    let listing: Listing = serde_json::from_slice(bytes).ok()?;
    let is_ours = listing.generator.starts_with(GENERATOR);
    is_ours.then(|| listing.files.into_keys())
}

fn file_facts(file: &Written) -> (String, FileFacts) {
    let crc32 = format!("{:08x}", file.crc32);
    let bytes = file.bytes;
    (file.name.to_owned(), FileFacts { bytes, crc32 })
}

fn owned(counts: &BTreeMap<&str, usize>) -> BTreeMap<String, usize> {
    let counts = counts.iter();
    counts
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

/// How many diagnostics of which code.
fn codes(reading: &Reading, compilation: &Compilation) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for diagnostic in reading.diagnostics.iter().chain(&compilation.diagnostics) {
        *codes.entry(diagnostic.code.to_owned()).or_default() += 1;
    }
    codes
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn to_digits<S: Serializer>(generation: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{generation:016x}"))
}

fn from_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = generation_named(&text);
    read.ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no generation")))
}

#[cfg(test)]
mod tests;
