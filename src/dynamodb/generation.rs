//! A build as the items of its generation.
//!
//! In: a build folder. Out: [`Generation`]. Absent: writing it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use edgewright_compiler::export::item::Item;
use edgewright_compiler::export::{ITEMS_FILE, PROGRAM_FILE};
use edgewright_engine::artefact::item::{self, LONGEST_PIECE, Slot};
use edgewright_engine::artefact::program::Program;
use edgewright_engine::lambda::ledger::GenerationId;

use super::ledger::Size;

/// Everything of a build that goes into a table.
#[derive(Debug, Clone)]
pub struct Generation {
    /// Its number.
    pub id: GenerationId,
    /// How many entries it has.
    pub entries: usize,
    /// How many pieces its program lies in.
    pub pieces: usize,
    /// The entries, and the pieces of the program; in no slot yet.
    pub items: Vec<Item>,
}

impl Generation {
    /// Reads a build folder.
    ///
    /// # Errors
    /// A file is missing or damaged, or the two are not of the same build.
    pub fn open(build: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = build.join(name);
            fs::read(&path).with_context(|| {
                format!(
                    "cannot read {}: is this a folder that `edgewright migrate` wrote?",
                    path.display()
                )
            })
        };
        let lines = String::from_utf8(read(ITEMS_FILE)?).context(ITEMS_FILE)?;
        let entries = Item::parse_all(&lines).context(ITEMS_FILE)?;
        Self::new(&read(PROGRAM_FILE)?, entries)
    }

    fn new(program: &[u8], mut items: Vec<Item>) -> Result<Self> {
        let id = GenerationId(Program::load(program).context(PROGRAM_FILE)?.generation());
        let prefix = format!("{id}/");
        if let Some(other) = items.iter().find(|item| !item.key().starts_with(&prefix)) {
            bail!(
                "{PROGRAM_FILE} and {ITEMS_FILE} are not of the same build: the item {} is not of generation {id}",
                other.key()
            );
        }
        let entries = items.len();
        let pieces = program.chunks(LONGEST_PIECE);
        let piece = |(number, piece): (usize, &[u8])| {
            Item::of_bytes(format!("{prefix}{}", item::piece_in_slot(number)), piece)
        };
        items.extend(pieces.enumerate().map(piece));
        Ok(Self {
            id,
            entries,
            pieces: items.len() - entries,
            items,
        })
    }

    /// How much it is.
    pub fn size(&self) -> Size {
        Size {
            entries: self.entries as u64,
            pieces: self.pieces as u64,
        }
    }

    /// The items as they lie in a slot of a table.
    pub fn items_in(&self, slot: Slot) -> Vec<Item> {
        let moved = |item: &Item| {
            let (_, name) = item.key().split_once('/').unwrap_or_default();
            item.named(format!("{slot}/{name}"))
        };
        self.items.iter().map(moved).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use edgewright_engine::artefact::program::Parts;

    use super::*;

    fn program(files: usize) -> Vec<u8> {
        let mut parts = Parts {
            generation: 7,
            ..Parts::default()
        };
        parts.site.files = vec!["x".repeat(100); files];
        Program::encode(&parts).unwrap()
    }

    fn entry(key: &str) -> Item {
        Item::of_bytes(key.to_owned(), b"")
    }

    #[test]
    fn a_program_lies_in_pieces() {
        let program = program(10_000);
        let generation = Generation::new(&program, vec![entry("0000000000000007/a")]).unwrap();
        assert_eq!((generation.entries, generation.pieces), (1, 3));
        let pieces: Vec<u8> = generation.items[1..]
            .iter()
            .flat_map(|item| item.bytes().unwrap().to_vec())
            .collect();
        assert_eq!(pieces, program);
        let names: Vec<&str> = generation.items.iter().map(Item::key).collect();
        assert_eq!(names[1], "0000000000000007/@program/0");
        let items = generation.items_in(Slot(12));
        let names: Vec<&str> = items.iter().map(Item::key).collect();
        assert_eq!(
            names,
            ["12/a", "12/@program/0", "12/@program/1", "12/@program/2"]
        );
        assert_eq!(names[1], item::piece_name(Slot(12), 0));
        assert_eq!(items[0].bytes(), generation.items[0].bytes());
    }

    #[test]
    fn entries_of_another_build_are_refused() {
        let entries = vec![entry("0000000000000008/a")];
        assert!(Generation::new(&program(1), entries).is_err());
    }
}
