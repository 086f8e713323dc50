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

    /// Of such a file two headers are remembered, and nothing else: it may be a page.
    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        let bytes = self.loader.head(path, most)?;
        if bytes.len() < most {
            let contents = &mut self.seen.borrow_mut().contents;
            contents
                .entry(clean(path))
                .or_insert_with(|| saying(&bytes));
        }
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

/// The lines that say what a file is answered with that is sent as it is.
fn saying(head: &[u8]) -> Vec<u8> {
    let lines = head.split_inclusive(|byte| *byte == b'\n');
    let header = lines.take_while(|line| line.contains(&b':'));
    let is = |line: &[u8], name: &[u8]| {
        let written = line.get(..name.len());
        written.is_some_and(|written| written.eq_ignore_ascii_case(name))
    };
    let said = header.filter(|line| is(line, b"Status:") || is(line, b"Location:"));
    [said.collect::<Vec<_>>().concat().as_slice(), b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::saying;

    #[test]
    fn only_what_is_said_is_remembered() {
        let head = b"STATUS: 301\nX: secret\nlocation: /a\n\nStatus: 302\nbody\n";
        assert_eq!(saying(head), b"STATUS: 301\nlocation: /a\n\n");
        assert_eq!(saying(b"<html>\nLocation: /a\n"), b"\n");
    }
}
