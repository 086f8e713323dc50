//! A compilation as the bytes that the edge reads, each part encoded once.
//!
//! In: the program's parts and the table's entries. Out: [`Encoded`]. Absent: files; see [`mod@crate::export`].

use edgewright_engine::artefact::envelope::EnvelopeError;
use edgewright_engine::artefact::fingerprint::Fingerprint;
use edgewright_engine::artefact::program::{Parts, ProgramBody};
use edgewright_engine::artefact::table::{Entry, TableBody};
use postcard::experimental::serialized_size;
use serde::Serialize;

/// A program and its table as bytes, in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// A hash over program and table: equal builds have equal generations. The program counts, because a generation in
    /// `DynamoDB` holds both, and is never overwritten with another.
    pub generation: u64,
    /// The content of `rules.bin`.
    pub program: Vec<Vec<u8>>,
    /// The content of `table.bin`.
    pub table: Vec<Vec<u8>>,
}

impl Encoded {
    /// Encodes the program of `parts` and the table of `entries`.
    ///
    /// # Errors
    /// The entries are longer than the format can hold.
    pub fn of(parts: &Parts, entries: &[Entry]) -> Result<Self, EnvelopeError> {
        let program = ProgramBody::of(parts)?;
        let table = TableBody::of(entries)?;
        let mut hasher = Fingerprint::default();
        hasher.extend(program.bytes());
        table.bytes().for_each(|piece| hasher.extend(piece));
        let generation = hasher.finish();
        Ok(Self {
            generation,
            program: program.seal(generation),
            table: table.seal(generation),
        })
    }
}

/// What the parts of a program take in `rules.bin`, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PartSizes {
    /// Hosts, sections and files.
    pub site: usize,
    /// Rules that are not in the table, with what they are found by.
    pub rules: usize,
    /// Redirects that are not in the table, with what they are found by.
    pub redirects: usize,
    /// Questions that several decisions ask.
    pub questions: usize,
    /// Patterns of rules and redirects, each once.
    pub patterns: usize,
    /// Conditions, and what else few rules have.
    pub details: usize,
    /// Targets of redirects that are expressions.
    pub expressions: usize,
    /// The filter over the keys of the table.
    pub filter: usize,
}

impl PartSizes {
    /// The sizes of `parts`.
    ///
    /// # Errors
    /// A part cannot be encoded; does not happen with the types that they have.
    pub fn of(parts: &Parts) -> Result<Self, EnvelopeError> {
        let Parts {
            generation: _,
            site,
            rules,
            redirects,
            questions,
            shared,
            filter,
        } = parts;
        Ok(Self {
            site: size(site)?,
            rules: size(rules)?,
            redirects: size(redirects)?,
            questions: size(questions)?,
            patterns: size(&shared.patterns)?,
            details: size(&shared.details)?,
            expressions: size(&shared.expressions)?,
            filter: size(filter)?,
        })
    }
}

fn size(part: &impl Serialize) -> Result<usize, EnvelopeError> {
    let malformed = EnvelopeError::Malformed("a part of the program cannot be encoded");
    serialized_size(part).map_err(|_| malformed)
}
