//! The file system as the compiler's loader.
//!
//! In: paths as bytes. Out: [`Disk`]. Absent: any decision about what to read.
//!
//! Only regular files are read: a device may never end, and a pipe may never begin. A pipe that the
//! command line names is somebody's wish, and read once. So is standard input.

pub mod rooted;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use edgewright_compiler::{Entry, EntryKind, LoadError, Loader};

/// The name of standard input.
pub const STANDARD_INPUT: &str = "/dev/stdin";

/// Reads from the disk. Symbolic links are followed.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Paths of the command line, which may be pipes.
    named: Vec<Vec<u8>>,
}

impl Disk {
    /// The disk for a command line that names these paths.
    pub fn naming(paths: &[Vec<u8>]) -> Self {
        Self {
            named: paths.to_vec(),
        }
    }

    /// Did the command line name this path?
    fn names(&self, path: &[u8]) -> bool {
        self.named.iter().any(|named| named == path)
    }
}

impl Loader for Disk {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        let metadata = fs::metadata(to_path(path)).map_err(|error| load_error(&error))?;
        if metadata.is_dir() {
            return Err(LoadError::IsDirectory);
        }
        if is_regular(&metadata) {
            return read_at_most(to_path(path), most);
        }
        if self.names(path) {
            return read_once(to_path(path), most);
        }
        Err(LoadError::NotRegular)
    }

    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        let metadata = fs::metadata(to_path(path)).map_err(|error| load_error(&error))?;
        if metadata.is_dir() {
            return Err(LoadError::IsDirectory);
        }
        if !is_regular(&metadata) {
            return Err(LoadError::NotRegular);
        }
        let file = File::open(to_path(path)).map_err(|error| load_error(&error))?;
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        let read = file.take(most).read_to_end(&mut bytes);
        read.map_err(|error| load_error(&error))?;
        Ok(bytes)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        let folder = to_path(path);
        let names = names_in(folder, most)?;
        // A dangling link, a device or a socket is left out: Apache would not serve it either.
        let entry = |name: Vec<u8>| {
            let kind = kind_of(&folder.join(to_path(&name)))?;
            Some(Entry { name, kind })
        };
        Ok(names.into_iter().filter_map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        kind_of(to_path(path))
    }

    fn length(&self, path: &[u8]) -> Option<u64> {
        let metadata = fs::metadata(to_path(path)).ok()?;
        metadata.is_file().then_some(metadata.len())
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

/// The names in a folder with at most `most` of them.
fn names_in(folder: &Path, most: u64) -> Result<Vec<Vec<u8>>, LoadError> {
    let directory = fs::read_dir(folder).map_err(|error| load_error(&error))?;
    let mut names = Vec::new();
    for (number, item) in (1..).zip(directory) {
        if number > most {
            return Err(LoadError::TooLong);
        }
        let item = item.map_err(|error| load_error(&error))?;
        names.push(item.file_name().into_vec());
    }
    Ok(names)
}

/// The content of a file with at most `most` bytes.
///
/// # Errors
/// The file cannot be read, or is longer.
pub fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    let file = File::open(path).map_err(|error| load_error(&error))?;
    at_most(file, most)
}

fn at_most(file: impl Read, most: u64) -> Result<Vec<u8>, LoadError> {
    let mut bytes = Vec::new();
    let mut some = file.take(most.saturating_add(1));
    some.read_to_end(&mut bytes)
        .map_err(|error| load_error(&error))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > most) {
        return Err(LoadError::TooLong);
    }
    Ok(bytes)
}

/// The content of a pipe, which is gone once it was read, though a configuration is read more than once:
/// to find out what it is, and to find out which modules it loads.
fn read_once(path: &Path, most: u64) -> Result<Vec<u8>, LoadError> {
    static READ: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(path) {
        return Ok(known.clone());
    }
    let bytes = if path == Path::new(STANDARD_INPUT) {
        // A socket cannot be opened by its name.
        at_most(std::io::stdin().lock(), most)?
    } else {
        read_at_most(path, most)?
    };
    read.insert(path.to_owned(), bytes.clone());
    Ok(bytes)
}

fn kind_of(path: &Path) -> Option<EntryKind> {
    let metadata = fs::metadata(path).ok()?;
    if is_made_up(&metadata) {
        None
    } else if metadata.is_dir() {
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

fn is_regular(metadata: &Metadata) -> bool {
    metadata.is_file() && !is_made_up(metadata)
}

/// Is it in a file system that the kernel makes up? Some of its files never end, others wait for ever,
/// and none is part of a site.
fn is_made_up(metadata: &Metadata) -> bool {
    static DEVICES: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let device = |path| fs::metadata(path).map(|metadata| metadata.dev());
        let root = device("/").ok();
        let made_up = ["/proc", "/sys"]
            .into_iter()
            .filter_map(|at| device(at).ok());
        // Where nothing is mounted there, it is a directory like any other.
        made_up.filter(|device| Some(*device) != root).collect()
    });
    DEVICES.contains(&metadata.dev())
}

fn load_error(error: &Error) -> LoadError {
    match error.kind() {
        ErrorKind::NotFound => LoadError::NotFound,
        ErrorKind::IsADirectory => LoadError::IsDirectory,
        _ => LoadError::Other(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    const MOST: u64 = 1 << 20;

    fn check(path: &str, named: &[&str], expected: &Result<Vec<u8>, LoadError>) {
        let named: Vec<Vec<u8>> = named.iter().map(|path| path.as_bytes().to_vec()).collect();
        let read = Disk::naming(&named).read(path.as_bytes(), MOST);
        assert_eq!(read, *expected, "{path}");
    }

    #[test]
    fn the_beginning_of_a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = to_bytes(&folder.path().join("a"));
        fs::write(to_path(&path), "Status: 410\n").unwrap();
        let disk = Disk::default();
        assert_eq!(disk.head(&path, 6), Ok(b"Status".to_vec()));
        assert_eq!(disk.head(&path, 99), Ok(b"Status: 410\n".to_vec()));
        assert_eq!(disk.head(b"/dev/zero", 9), Err(LoadError::NotRegular));
        assert_eq!(disk.head(b"/", 9), Err(LoadError::IsDirectory));
    }

    #[test]
    fn only_regular_files_are_read() {
        check("/dev/zero", &[], &Err(LoadError::NotRegular));
        check("/dev/null", &[], &Err(LoadError::NotRegular));
        check("/proc/self/mem", &[], &Err(LoadError::NotRegular));
        check("/proc/self/status", &[], &Err(LoadError::NotRegular));
        check("/", &[], &Err(LoadError::IsDirectory));
        check("/nothing/there", &[], &Err(LoadError::NotFound));
    }

    #[test]
    fn what_the_command_line_names_may_be_something_else_but_not_endless() {
        check("/dev/null", &["/dev/null"], &Ok(Vec::new()));
        check("/dev/zero", &["/dev/zero"], &Err(LoadError::TooLong));
        check("/dev/zero", &["/dev/null"], &Err(LoadError::NotRegular));
    }

    #[test]
    fn directories_end_at_the_limit() {
        let disk = Disk::default();
        assert_eq!(disk.list(b"/dev", 1), Err(LoadError::TooLong));
        assert!(disk.list(b"/dev", MOST).is_ok());
        assert!(disk.kind(b"/proc").is_none());
        assert!(disk.kind(b"/dev/null").is_none());
    }
}
