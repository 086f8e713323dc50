//! What is known about files: the stand-in for Apache's disk.
//!
//! In: paths and their kinds, found while compiling. Out: [`FileTree`]. Absent: reading a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{AsIs, SectionId};
use crate::text::prefix::is_within;

/// Files and directories by absolute path, as bytes, without trailing slash (`/` itself is empty).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileTree {
    /// Every known path. Directories above a known path are known too.
    pub entries: BTreeMap<Vec<u8>, FileKind>,
    /// The lengths of files that share the name up to the first dot with another in the same directory: where everything
    /// else is the same, the shorter is chosen.
    pub lengths: BTreeMap<Vec<u8>, u64>,
    /// `.htaccess` sections by the directory they stand in.
    pub overrides: BTreeMap<Vec<u8>, SectionId>,
    /// Document roots (or alias targets) whose content was read. A question about a file below
    /// any other directory has no sure answer.
    pub known: Vec<Vec<u8>>,
    /// Directories that exist wherever the configuration is in use, without trailing slash: document roots, and what
    /// `<Directory>` sections below them are about.
    pub named: BTreeSet<Vec<u8>>,
    /// What files say that are sent as they are, by their paths.
    pub as_is: BTreeMap<Vec<u8>, AsIs>,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileKind {
    /// A regular file with content.
    File,
    /// A regular file of size 0.
    Empty,
    /// A directory.
    Directory,
}

impl FileTree {
    /// What stands at `path` (absolute; a trailing slash is ignored), if anything.
    pub fn kind(&self, path: &[u8]) -> Option<FileKind> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        self.entries.get(path).copied()
    }

    /// Does a [named](Self::named) directory stand at `path`, or below?
    pub fn leads_to_named(&self, path: &[u8]) -> bool {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        self.named.contains(path) || self.named_below(path).next().is_some()
    }

    /// The [named](Self::named) directories below `path`, each as what follows `path`.
    pub fn named_below(&self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let below = [path, b"/"].concat();
        let length = path.len();
        let from = Bound::Included(below.as_slice());
        let named = self.named.range::<[u8], _>((from, Bound::Unbounded));
        named
            .map(move |named| (named.starts_with(&below)).then(|| named.get(length..)))
            .map_while(Option::flatten)
    }

    /// The names in `directory`, in the order of their bytes, without `.` and `..`.
    pub fn names_in(&self, directory: &[u8]) -> impl Iterator<Item = &[u8]> {
        let directory = directory.strip_suffix(b"/").unwrap_or(directory);
        let prefix = [directory, b"/"].concat();
        let mut from = prefix.clone();
        std::iter::from_fn(move || {
            loop {
                let bounds = (Bound::Included(from.as_slice()), Bound::Unbounded);
                let (path, _) = self.entries.range::<[u8], _>(bounds).next()?;
                let name = path.strip_prefix(prefix.as_slice())?;
                from.clone_from(path);
                let Some(slash) = name.iter().position(|byte| *byte == b'/') else {
                    from.push(0);
                    return Some(name);
                };
                // What is in a directory stands together: on to what comes after it.
                from.truncate(prefix.len() + slash);
                from.push(b'/' + 1);
            }
        })
    }

    /// Is `path` in a directory whose content was read?
    pub fn is_known(&self, path: &[u8]) -> bool {
        self.known.iter().any(|root| is_within(path, root))
    }

    /// Adds `path` and every directory above it.
    pub fn insert(&mut self, path: &[u8], kind: FileKind) {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        for (at, byte) in path.iter().enumerate() {
            if *byte == b'/' {
                self.entries
                    .entry(path[..at].to_vec())
                    .or_insert(FileKind::Directory);
            }
        }
        self.entries.insert(path.to_vec(), kind);
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, FileTree};

    #[test]
    fn names_in_a_directory() {
        let mut tree = FileTree::default();
        for path in [
            "/w/a", "/w/b/c/d", "/w/b/e", "/w/b-x", "/w/b.x", "/w/z", "/wz",
        ] {
            tree.insert(path.as_bytes(), FileKind::File);
        }
        let names = |directory: &str| -> Vec<String> {
            let names = tree.names_in(directory.as_bytes());
            names
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect()
        };
        assert_eq!(names("/w"), ["a", "b", "b-x", "b.x", "z"]);
        assert_eq!(names("/w/"), names("/w"));
        assert_eq!(names("/w/b"), ["c", "e"]);
        assert_eq!(names("/none"), [] as [&str; 0]);
    }
}
