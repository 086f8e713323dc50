//! How files come in.
//!
//! In: nothing. Out: [`Loader`]. Absent: one over the disk, which takes a few lines; an
//! example of this crate has them. One over memory is [`memory::MemoryLoader`].

pub mod memory;

/// A file is read as a whole for its beginning up to this length, in bytes.
const LONGEST_READ_FOR_ITS_HEAD: u64 = 1 << 20;

/// Reads files. The only way out of this crate.
///
/// Paths are bytes as the configuration or the command line writes them. Links are followed.
pub trait Loader {
    /// The content of a file that has at most `most` bytes.
    ///
    /// # Errors
    /// There is no such file, it is a directory or another thing than a regular file, it is longer, or it
    /// cannot be read.
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError>;

    /// At most `most` bytes from the beginning of a file.
    ///
    /// # Errors
    /// As [`Loader::read`]; a loader that reads files as a whole refuses one that is longer than a mebibyte.
    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        let mut content = self.read(path, LONGEST_READ_FOR_ITS_HEAD)?;
        content.truncate(most);
        Ok(content)
    }

    /// What a directory with at most `most` names holds, without `.` and `..`, in any order.
    ///
    /// # Errors
    /// There is no such directory, it has more names, or it cannot be read.
    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError>;

    /// What stands at `path`; `None` for nothing.
    fn kind(&self, path: &[u8]) -> Option<EntryKind>;

    /// How many bytes the file at `path` has; `None` where that is not known.
    fn length(&self, path: &[u8]) -> Option<u64> {
        let _ = path;
        None
    }
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name, without the directory.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
}

/// What a name stands for, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A file with content.
    File,
    /// A file of size 0.
    Empty,
    /// A directory.
    Directory,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// Nothing has that name.
    NotFound,
    /// The path is a directory.
    IsDirectory,
    /// The path is a device, a pipe, a socket, or a file that the kernel makes up.
    NotRegular,
    /// The file is longer than what was asked for.
    TooLong,
    /// Anything else, in the operating system's words.
    Other(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotFound => out.write_str("there is no such file"),
            Self::IsDirectory => out.write_str("it is a directory"),
            Self::NotRegular => out.write_str("it is no regular file"),
            Self::TooLong => out.write_str("it is too long"),
            Self::Other(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for LoadError {}
