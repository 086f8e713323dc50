//! A loader that counts what it brings, and stops at a bound.
//!
//! In: a [`Loader`] and [`Bounds`]. Out: [`Metered`], the same loader until a bound is reached. Absent:
//! saying so; whoever asked for the file knows the line.

use std::cell::Cell;

use super::options::{Bound, Bounds};
use crate::loader::{Entry, EntryKind, LoadError, Loader};

/// A loader with a budget.
pub struct Metered<'a> {
    loader: &'a dyn Loader,
    /// Files and names that may still come.
    files: Cell<u64>,
    /// Bytes that may still come.
    bytes: Cell<u64>,
    /// The bound that was reached.
    reached: Cell<Option<Bound>>,
}

impl<'a> Metered<'a> {
    /// `loader`, nothing counted yet.
    pub fn new(loader: &'a dyn Loader, bounds: &Bounds) -> Self {
        Self {
            loader,
            files: Cell::new(bounds.files),
            bytes: Cell::new(bounds.file_bytes),
            reached: Cell::new(None),
        }
    }

    /// The bound that was reached, if one was.
    pub fn reached(&self) -> Option<Bound> {
        self.reached.get()
    }

    /// Counts a file of `length` bytes that is used once more without being read again.
    ///
    /// # Errors
    /// A bound is reached.
    pub fn again(&self, length: usize) -> Result<(), LoadError> {
        self.take(Bound::Files, 1)?;
        self.take(Bound::FileBytes, length)
    }

    /// What stands at `path`; `None` for nothing.
    pub fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.loader.kind(path)
    }

    /// How many bytes a file has, if anyone knows.
    pub fn length(&self, path: &[u8]) -> Option<u64> {
        self.loader.length(path)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// The file cannot be read, or a bound is reached.
    pub fn read(&self, path: &[u8]) -> Result<Vec<u8>, LoadError> {
        self.take(Bound::Files, 1)?;
        let read = self.loader.read(path, self.bytes.get());
        match read {
            Ok(bytes) => {
                self.take(Bound::FileBytes, bytes.len())?;
                Ok(bytes)
            }
            Err(LoadError::TooLong) => Err(self.stop(Bound::FileBytes)),
            Err(error) => Err(error),
        }
    }

    /// The beginning of a file.
    ///
    /// # Errors
    /// The file cannot be read, or a bound is reached.
    pub fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        self.take(Bound::Files, 1)?;
        let bytes = self.loader.head(path, most)?;
        self.take(Bound::FileBytes, bytes.len())?;
        Ok(bytes)
    }

    /// The names in a directory.
    ///
    /// # Errors
    /// The directory cannot be read, or a bound is reached.
    pub fn list(&self, path: &[u8]) -> Result<Vec<Entry>, LoadError> {
        self.take(Bound::Files, 1)?;
        match self.loader.list(path, self.files.get()) {
            Ok(entries) => {
                self.take(Bound::Files, entries.len())?;
                Ok(entries)
            }
            Err(LoadError::TooLong) => Err(self.stop(Bound::Files)),
            Err(error) => Err(error),
        }
    }

    fn take(&self, bound: Bound, count: usize) -> Result<(), LoadError> {
        if self.reached.get().is_some() {
            return Err(LoadError::TooLong);
        }
        let left = match bound {
            Bound::Files => &self.files,
            _ => &self.bytes,
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match left.get().checked_sub(count) {
            Some(rest) => {
                left.set(rest);
                Ok(())
            }
            None => Err(self.stop(bound)),
        }
    }

    fn stop(&self, bound: Bound) -> LoadError {
        self.reached.set(self.reached.get().or(Some(bound)));
        LoadError::TooLong
    }
}
