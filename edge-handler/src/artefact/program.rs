//! The compiled configuration, as the edge loads it: `rules.bin`.
//!
//! In: bytes the compiler wrote. Out: [`Program`]. Absent: the rules that live in the table
//! ([`crate::artefact::table`]), and compiling.
//!
//! The file is an [envelope](crate::artefact::envelope) with the magic `EDGP` around, in postcard's encoding:
//!
//! 1. the generation of the table it goes with (64 bits of hash over the table's entries);
//! 2. the [`Site`], its rule sets, redirect lists and map entries left out (their ids still count);
//! 3. one [`ListIndex`] for each rule set: the rules that are not in the table with their positions,
//!    and what finds them;
//! 4. one [`ListIndex`] for each redirect list;
//! 5. the [`Question`]s that precomputed decisions ask by their numbers;
//! 6. what rules and redirects have by number ([`Shared`]): patterns with their instructions, conditions;
//! 7. the [`Filter`] over the table's keys.
//!
//! Lists of numbers are stretches of little-endian bytes ([`crate::artefact::packed::Numbers`]), rules are
//! records one after another ([`crate::artefact::packed::Records`]) that are read where they stand: loading copies
//! stretches and makes nothing for a single rule. What was loaded is whole (the checksum) and sound (no index points
//! outside). Numbers and instructions in records are not looked at before they are needed: one that leads nowhere is
//! damage then.
//!
//! The version in the envelope goes up with every change of what the bytes mean, key fingerprints
//! included. A function reads its own version only: a build and the function that serves it come from
//! the same release, and a newer build is refused, not guessed at.

use serde::{Deserialize, Serialize};

use crate::artefact::decision::Question;
use crate::artefact::envelope::{EnvelopeError, Format};
use crate::artefact::filter::Filter;
use crate::artefact::index::ListIndex;
use crate::artefact::shared::Shared;
use crate::model::rules::{RedirectListId, RuleSetId};
use crate::model::site::Site;

const FORMAT: Format = Format {
    magic: *b"EDGP",
    version: 15,
};

/// Why bytes are not a program.
pub type ProgramError = EnvelopeError;

/// A compiled configuration, validated.
#[derive(Debug)]
pub struct Program {
    parts: Parts,
}

/// An encoded program but for its generation, which is a hash over the rest.
#[derive(Debug)]
pub struct ProgramBody(Vec<u8>);

impl ProgramBody {
    /// Encodes `parts` but for their generation.
    ///
    /// # Errors
    /// The parts cannot be encoded; does not happen with the types that they have.
    pub fn of(parts: &Parts) -> Result<Self, ProgramError> {
        let Parts {
            generation: _,
            site,
            rules,
            redirects,
            questions,
            shared,
            filter,
        } = parts;
        // In the order in which [`Parts`] are read.
        let encoded = postcard::to_allocvec(&(site, rules, redirects, questions, shared, filter));
        encoded
            .map(Self)
            .map_err(|_| ProgramError::Malformed("the program cannot be encoded"))
    }

    /// What a generation is a hash of.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The `rules.bin` of `generation`, in pieces.
    pub fn seal(self, generation: u64) -> Vec<Vec<u8>> {
        FORMAT.sealed(generation, vec![self.0])
    }
}

/// What a program is made of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Parts {
    /// The generation of the table it goes with.
    pub generation: u64,
    /// The configuration without rules, redirects and map entries.
    pub site: Site,
    /// The rule sets, named by [`RuleSetId`].
    pub rules: Vec<ListIndex>,
    /// The lists of redirects, named by [`RedirectListId`].
    pub redirects: Vec<ListIndex>,
    /// What precomputed decisions ask by number.
    pub questions: Vec<Question>,
    /// What rules and redirects have by number.
    pub shared: Shared,
    /// What is in the table.
    pub filter: Filter,
}

impl Program {
    /// SHA-256 of `rules.bin` of the configuration in `tests/suite/golden.rs`. It changes together with
    /// the version of `FORMAT`.
    pub const GOLDEN: &str = "293dcbbf98a7f85afc4b712efd8d8d724d1db2fc5f7942abf4099ae0a1eea022";

    /// The bytes of `rules.bin`.
    ///
    /// # Errors
    /// It cannot be encoded; does not happen with the types at hand.
    pub fn encode(parts: &Parts) -> Result<Vec<u8>, ProgramError> {
        Ok(ProgramBody::of(parts)?.seal(parts.generation).concat())
    }

    /// Reads a `rules.bin`.
    ///
    /// # Errors
    /// The bytes are not a whole `rules.bin` of this version.
    pub fn load(bytes: &[u8]) -> Result<Self, ProgramError> {
        let payload = FORMAT.open(bytes)?;
        let (parts, rest): (Parts, _) = postcard::take_from_bytes(payload)
            .map_err(|_| ProgramError::Malformed("not a program"))?;
        let sound = rest.is_empty()
            && parts.rules.iter().all(ListIndex::is_sound)
            && parts.redirects.iter().all(ListIndex::is_sound);
        if !sound {
            return Err(ProgramError::Malformed("an index points outside"));
        }
        Ok(Self::of(parts))
    }

    /// The program of these parts, which its bytes would be read as: for the compiler, which has them.
    pub fn of(parts: Parts) -> Self {
        Self { parts }
    }

    /// Forgets what was made of its records: the compiler asks about all of them.
    pub fn forget(&mut self) {
        self.parts.shared.forget();
    }

    /// What it is made of.
    pub fn into_parts(self) -> Parts {
        self.parts
    }

    /// The generation of the table it goes with.
    pub fn generation(&self) -> u64 {
        self.parts.generation
    }

    /// The configuration. Its rule sets, redirect lists and map entries are empty: they are had
    /// through [`crate::source::Indexed`].
    pub fn site(&self) -> &Site {
        &self.parts.site
    }

    /// What precomputed decisions ask by number.
    pub fn questions(&self) -> &[Question] {
        &self.parts.questions
    }

    /// What rules and redirects have by number.
    pub fn shared(&self) -> &Shared {
        &self.parts.shared
    }

    /// What is in the table.
    pub fn filter(&self) -> &Filter {
        &self.parts.filter
    }

    /// The rule sets, by id.
    pub fn rule_lists(&self) -> impl Iterator<Item = &ListIndex> {
        self.parts.rules.iter()
    }

    /// The lists of redirects, by id.
    pub fn redirect_lists(&self) -> impl Iterator<Item = &ListIndex> {
        self.parts.redirects.iter()
    }

    /// A rule set.
    pub fn rules(&self, set: RuleSetId) -> Option<&ListIndex> {
        self.parts.rules.get(usize::try_from(set.0).ok()?)
    }

    /// A list of redirects.
    pub fn redirects(&self, list: RedirectListId) -> Option<&ListIndex> {
        self.parts.redirects.get(usize::try_from(list.0).ok()?)
    }
}
