//! The file system as the compiler's loader.
//!
//! In: paths as bytes. Out: [`Disk`]. Absent: any decision about what to read.

use std::ffi::OsStr;
use std::fs;
use std::io::{Error, ErrorKind};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use edgewright_compiler::{Entry, EntryKind, LoadError, Loader};

/// Reads from the disk. Symbolic links are followed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Loader for Disk {
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, LoadError> {
        let path = to_path(path);
        if path.is_dir() {
            return Err(LoadError::IsDirectory);
        }
        fs::read(path).map_err(|error| load_error(&error))
    }

    fn list(&self, path: &[u8]) -> Result<Vec<Entry>, LoadError> {
        let directory = fs::read_dir(to_path(path)).map_err(|error| load_error(&error))?;
        let mut entries = Vec::new();
        for item in directory {
            let item = item.map_err(|error| load_error(&error))?;
            // A dangling link, or a socket: Apache would not serve it either.
            let Some(kind) = kind_of(&item.path()) else {
                continue;
            };
            entries.push(Entry {
                name: item.file_name().into_vec(),
                kind,
            });
        }
        Ok(entries)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        kind_of(to_path(path))
    }
}

/// A path from the bytes of a configuration.
pub fn to_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

/// The bytes of a path from the command line.
pub fn to_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

fn kind_of(path: &Path) -> Option<EntryKind> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.is_dir() {
        Some(EntryKind::Directory)
    } else if metadata.is_file() {
        Some(if metadata.len() == 0 {
            EntryKind::Empty
        } else {
            EntryKind::File
        })
    } else {
        None
    }
}

fn load_error(error: &Error) -> LoadError {
    match error.kind() {
        ErrorKind::NotFound => LoadError::NotFound,
        ErrorKind::IsADirectory => LoadError::IsDirectory,
        _ => LoadError::Other(error.to_string()),
    }
}
