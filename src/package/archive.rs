//! A zip file as Lambda takes it: the same files give the same bytes.
//!
//! In: names, contents, modes; or files, as a [`Folder`] takes them. Out: the zip file's bytes. Absent: which files.

use std::io::{Cursor, Write};

use anyhow::Result;
use edgewright_compiler::{Folder, FolderError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// One file of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    /// Its name, without folders.
    name: &'static str,
    /// Its content.
    bytes: Vec<u8>,
    /// Who may do what with it.
    mode: Mode,
}

/// Unix permissions. Lambda runs the function as another user than the owner of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Everybody may read it.
    Data,
    /// Everybody may read and run it.
    Program,
}

impl Mode {
    fn bits(self) -> u32 {
        match self {
            Self::Data => 0o644,
            Self::Program => 0o755,
        }
    }
}

/// A zip file's content while it is gathered.
#[derive(Debug)]
pub struct Contents(Vec<File>);

impl Contents {
    /// Content that begins with a program.
    pub fn of_program(name: &'static str, bytes: Vec<u8>) -> Self {
        let mode = Mode::Program;
        Self(vec![File { name, bytes, mode }])
    }

    /// The zip file.
    ///
    /// # Errors
    /// Two files have one name.
    pub fn zip(&self) -> Result<Vec<u8>> {
        zip(&self.0)
    }
}

impl Folder for Contents {
    fn begin(&mut self, name: &'static str) -> Result<(), FolderError> {
        self.0.push(File {
            name,
            bytes: Vec::new(),
            mode: Mode::Data,
        });
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), FolderError> {
        if let Some(file) = self.0.last_mut() {
            file.bytes.extend_from_slice(piece);
        }
        Ok(())
    }
}

/// The zip file: in the order of `files`, dated 1980, as small as deflate makes it.
///
/// # Errors
/// Two files have one name.
fn zip(files: &[File]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(file.mode.bits());
        writer.start_file(file.name, options)?;
        writer.write_all(&file.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::io::Read as _;

    use super::*;

    fn files() -> Vec<File> {
        let file = |name, mode| File {
            name,
            bytes: name.as_bytes().repeat(1000),
            mode,
        };
        vec![file("program", Mode::Program), file("data", Mode::Data)]
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let mut archive = zip::ZipArchive::new(Cursor::new(zip(&files()).unwrap())).unwrap();
        for (index, file) in files().iter().enumerate() {
            let mut packed = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            packed.read_to_end(&mut bytes).unwrap();
            assert_eq!(packed.name().unwrap(), file.name);
            assert_eq!(packed.unix_mode().unwrap() & 0o777, file.mode.bits());
            assert_eq!(bytes, file.bytes);
        }
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let first = zip(&files()).unwrap();
        // Dates in a zip file have a resolution of two seconds.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert_eq!(zip(&files()).unwrap(), first);
    }
}
