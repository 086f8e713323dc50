//! Files in memory: for tests, and for texts that are open in an editor.
//!
//! In: paths and contents. Out: [`MemoryLoader`], a [`Loader`] over them. Absent: links, and files that cannot be read.

use std::collections::BTreeMap;

use super::{Entry, EntryKind, LoadError, Loader};

/// Files in memory. Directories exist when something is below them.
#[derive(Debug, Clone, Default)]
pub struct MemoryLoader {
    files: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryLoader {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more file.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.files
            .insert(path.as_ref().to_vec(), content.as_ref().to_vec());
        self
    }
}

impl Loader for MemoryLoader {
    fn length(&self, path: &[u8]) -> Option<u64> {
        u64::try_from(self.files.get(path)?.len()).ok()
    }

    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        match (self.files.get(path), self.kind(path)) {
            (Some(content), _) if is_beyond(content.len(), most) => Err(LoadError::TooLong),
            (Some(content), _) => Ok(content.clone()),
            (None, Some(_)) => Err(LoadError::IsDirectory),
            (None, None) => Err(LoadError::NotFound),
        }
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        let below = directory_prefix(path);
        let mut names = BTreeMap::new();
        for (name, content) in self.files.range(below.clone()..) {
            let Some(rest) = name.strip_prefix(below.as_slice()) else {
                break;
            };
            match rest.iter().position(|byte| *byte == b'/') {
                Some(slash) => names.insert(rest[..slash].to_vec(), EntryKind::Directory),
                None => names.insert(rest.to_vec(), file_kind(content)),
            };
        }
        if names.is_empty() {
            return Err(LoadError::NotFound);
        }
        if is_beyond(names.len(), most) {
            return Err(LoadError::TooLong);
        }
        let entry = |(name, kind)| Entry { name, kind };
        Ok(names.into_iter().map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        if let Some(content) = self.files.get(path) {
            return Some(file_kind(content));
        }
        let below = directory_prefix(path);
        let (first, _) = self.files.range(below.clone()..).next()?;
        first.starts_with(&below).then_some(EntryKind::Directory)
    }
}

fn is_beyond(length: usize, most: u64) -> bool {
    u64::try_from(length).is_ok_and(|length| length > most)
}

fn file_kind(content: &[u8]) -> EntryKind {
    if content.is_empty() {
        EntryKind::Empty
    } else {
        EntryKind::File
    }
}

fn directory_prefix(path: &[u8]) -> Vec<u8> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    [path, b"/"].concat()
}
