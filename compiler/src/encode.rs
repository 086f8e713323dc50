//! A compilation as the bytes that the edge reads, each part encoded once.
//!
//! In: the program's parts and the table's entries. Out: [`Encoded`]. Absent: files; see [`mod@crate::emit`].

use edgewright_engine::artefact::envelope::EnvelopeError;
use edgewright_engine::artefact::fingerprint::Fingerprint;
use edgewright_engine::artefact::program::{Parts, ProgramBody};
use edgewright_engine::artefact::table::{Entry, TableBody};

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
