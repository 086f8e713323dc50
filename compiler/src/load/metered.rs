//! A loader that counts what it brings, and stops at a limit.
//!
//! In: a [`Loader`] and [`Limits`]. Out: [`Metered`], the same loader until a limit is reached. Absent:
//! saying so; whoever asked for the file knows the line.

use std::cell::Cell;

use crate::limits::{Limit, Limits};
use crate::loader::{Entry, EntryKind, LoadError, Loader};

/// A loader with a budget.
pub(crate) struct Metered<'a> {
    loader: &'a dyn Loader,
    /// Files and names that may still come.
    files: Cell<u64>,
    /// Bytes that may still come.
    bytes: Cell<u64>,
    /// The limit that was reached.
    reached: Cell<Option<Limit>>,
}

impl<'a> Metered<'a> {
    /// `loader`, nothing counted yet.
    pub(crate) fn new(loader: &'a dyn Loader, limits: &Limits) -> Self {
        Self {
            loader,
            files: Cell::new(limits.get(Limit::Files)),
            bytes: Cell::new(limits.get(Limit::FileBytes)),
            reached: Cell::new(None),
        }
    }

    /// The limit that was reached, if one was.
    pub(crate) fn reached(&self) -> Option<Limit> {
        self.reached.get()
    }

    /// Counts a file of `length` bytes that is used once more without being read again.
    ///
    /// # Errors
    /// A limit is reached.
    pub(crate) fn again(&self, length: usize) -> Result<(), LoadError> {
        self.take(Limit::Files, 1)?;
        self.take(Limit::FileBytes, length)
    }

    /// What stands at `path`; `None` for nothing.
    pub(crate) fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.loader.kind(path)
    }

    /// How many bytes a file has, if anyone knows.
    pub(crate) fn length(&self, path: &[u8]) -> Option<u64> {
        self.loader.length(path)
    }

    /// The content of a file.
    ///
    /// # Errors
    /// The file cannot be read, or a limit is reached.
    pub(crate) fn read(&self, path: &[u8]) -> Result<Vec<u8>, LoadError> {
        self.take(Limit::Files, 1)?;
        let read = self.loader.read(path, self.bytes.get());
        match read {
            Ok(bytes) => {
                self.take(Limit::FileBytes, bytes.len())?;
                Ok(bytes)
            }
            Err(LoadError::TooLong) => Err(self.stop(Limit::FileBytes)),
            Err(error) => Err(error),
        }
    }

    /// The beginning of a file.
    ///
    /// # Errors
    /// The file cannot be read, or a limit is reached.
    pub(crate) fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        self.take(Limit::Files, 1)?;
        let bytes = self.loader.head(path, most)?;
        self.take(Limit::FileBytes, bytes.len())?;
        Ok(bytes)
    }

    /// The names in a directory.
    ///
    /// # Errors
    /// The directory cannot be read, or a limit is reached.
    pub(crate) fn list(&self, path: &[u8]) -> Result<Vec<Entry>, LoadError> {
        self.take(Limit::Files, 1)?;
        match self.loader.list(path, self.files.get()) {
            Ok(entries) => {
                self.take(Limit::Files, entries.len())?;
                Ok(entries)
            }
            Err(LoadError::TooLong) => Err(self.stop(Limit::Files)),
            Err(error) => Err(error),
        }
    }

    fn take(&self, limit: Limit, count: usize) -> Result<(), LoadError> {
        if self.reached.get().is_some() {
            return Err(LoadError::TooLong);
        }
        let left = match limit {
            Limit::Files => &self.files,
            _ => &self.bytes,
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match left.get().checked_sub(count) {
            Some(rest) => {
                left.set(rest);
                Ok(())
            }
            None => Err(self.stop(limit)),
        }
    }

    fn stop(&self, limit: Limit) -> LoadError {
        self.reached.set(self.reached.get().or(Some(limit)));
        LoadError::TooLong
    }
}
