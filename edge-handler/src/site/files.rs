//! What is known about files: the stand-in for Apache's disk.
//!
//! In: paths and their kinds, found while compiling. Out: [`FileTree`]. Absent: reading a disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SectionId;

/// Files and directories by absolute path, as bytes, without trailing slash (`/` itself is empty).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileTree {
    /// Every known path. Directories above a known path are known too.
    pub entries: BTreeMap<Vec<u8>, FileKind>,
    /// `.htaccess` sections by the directory they stand in.
    pub overrides: BTreeMap<Vec<u8>, SectionId>,
    /// Document roots (or alias targets) whose content was read. A question about a file below
    /// any other directory has no sure answer.
    pub known: Vec<Vec<u8>>,
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
