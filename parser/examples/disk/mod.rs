//! A loader over the disk.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use edgewright_parser::load::{Entry, EntryKind, LoadError, Loader};

/// Files of this machine, under their own names.
pub struct Disk;

impl Loader for Disk {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        let path = to_path(path);
        let found = fs::metadata(path).map_err(|error| reason(&error))?;
        if found.is_dir() {
            return Err(LoadError::IsDirectory);
        }
        if !found.is_file() {
            return Err(LoadError::NotRegular);
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(|error| reason(&error))?;
        let mut limited = file.take(most.saturating_add(1));
        limited
            .read_to_end(&mut bytes)
            .map_err(|error| reason(&error))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
            return Err(LoadError::TooLong);
        }
        Ok(bytes)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(to_path(path)).map_err(|error| reason(&error))? {
            let name = entry
                .map_err(|error| reason(&error))?
                .file_name()
                .into_vec();
            // A link that leads nowhere is no file.
            if let Some(kind) = self.kind(&[path, b"/", &name].concat()) {
                entries.push(Entry { name, kind });
            }
            if u64::try_from(entries.len()).is_ok_and(|count| count > most) {
                return Err(LoadError::TooLong);
            }
        }
        Ok(entries)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        let found = fs::metadata(to_path(path)).ok()?;
        Some(match (found.is_dir(), found.len()) {
            (true, _) => EntryKind::Directory,
            (false, 0) => EntryKind::Empty,
            (false, _) => EntryKind::File,
        })
    }
}

fn to_path(path: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(path))
}

fn reason(error: &io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::NotFound => LoadError::NotFound,
        _ => LoadError::Other(error.to_string()),
    }
}
