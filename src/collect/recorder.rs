//! A loader that remembers what it was asked for.
//!
//! In: another loader. Out: [`Recorder`], the same with a memory. Absent: what becomes of it; see `pack`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use edgewright_compiler::{Entry, EntryKind, LoadError, Loader};

use crate::loader::rooted::clean;

/// Passes everything on, and remembers the answers.
pub struct Recorder<'l> {
    loader: &'l dyn Loader,
    seen: RefCell<Seen>,
}

/// What a loader was asked for and had.
#[derive(Debug, Default)]
pub struct Seen {
    /// Files that were read.
    pub contents: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Names that were looked at or listed.
    pub kinds: BTreeMap<Vec<u8>, EntryKind>,
}

impl<'l> Recorder<'l> {
    /// Remembers what `loader` is asked for.
    pub fn new(loader: &'l dyn Loader) -> Self {
        Self {
            loader,
            seen: RefCell::default(),
        }
    }

    /// What was asked for.
    pub fn finish(self) -> Seen {
        self.seen.into_inner()
    }

    fn note(&self, path: Vec<u8>, kind: EntryKind) {
        self.seen.borrow_mut().kinds.insert(path, kind);
    }
}

impl Loader for Recorder<'_> {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        let bytes = self.loader.read(path, most)?;
        let contents = &mut self.seen.borrow_mut().contents;
        contents.insert(clean(path), bytes.clone());
        Ok(bytes)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        let entries = self.loader.list(path, most)?;
        for entry in &entries {
            let below = [path, b"/", entry.name.as_slice()].concat();
            self.note(clean(&below), entry.kind);
        }
        self.note(clean(path), EntryKind::Directory);
        Ok(entries)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        let kind = self.loader.kind(path)?;
        self.note(clean(path), kind);
        Some(kind)
    }
}
