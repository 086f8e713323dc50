//! Files that are given away while they are made.
//!
//! In: bytes and values, in the order they stand in a file. Out: pieces of files, to a [`Folder`]; what was
//! [`Written`]. Absent: what the files say; the disk.

use edgewright_engine::artefact::envelope::{Checksum, EnvelopeError};
use serde::Serialize;

/// Pieces are given away when they are about this long.
const PIECE: usize = 1 << 16;

/// Why a folder takes no more, in its own words.
pub type FolderError = Box<dyn std::error::Error + Send + Sync>;

/// Takes the files of a build, one after another, each in pieces.
pub trait Folder {
    /// Begins the file `name`; the one before it is whole.
    ///
    /// # Errors
    /// There cannot be such a file.
    fn begin(&mut self, name: &'static str) -> Result<(), FolderError>;

    /// Adds `piece` to the end of the file that was begun last.
    ///
    /// # Errors
    /// There is no room for it.
    fn append(&mut self, piece: &[u8]) -> Result<(), FolderError>;
}

/// The files of a build in memory, for small ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildFolder {
    /// Name and content, in the order they were written: the manifest last.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

impl BuildFolder {
    /// The content of `name`.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let mut files = self.files.iter();
        let file = files.find(|(known, _)| *known == name);
        file.map(|(_, content)| content.as_slice())
    }
}

impl Folder for BuildFolder {
    fn begin(&mut self, name: &'static str) -> Result<(), FolderError> {
        self.files.push((name, Vec::new()));
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), FolderError> {
        if let Some((_, content)) = self.files.last_mut() {
            content.extend_from_slice(piece);
        }
        Ok(())
    }
}

/// A file that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: &'static str,
    /// Its length.
    pub bytes: usize,
    /// The CRC-32 of its content.
    pub crc32: u32,
}

/// Writes files into a folder.
pub struct Files<'f> {
    folder: &'f mut dyn Folder,
    /// What is not given away yet.
    piece: Vec<u8>,
    checksum: Checksum,
    written: Vec<Written>,
}

impl<'f> Files<'f> {
    /// Writes into `folder`.
    pub fn of(folder: &'f mut dyn Folder) -> Self {
        Self {
            folder,
            piece: Vec::with_capacity(PIECE),
            checksum: Checksum::default(),
            written: Vec::new(),
        }
    }

    /// Begins the file `name`; what follows is its content.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn begin(&mut self, name: &'static str) -> Result<(), FolderError> {
        self.end()?;
        self.folder.begin(name)?;
        self.checksum = Checksum::default();
        self.written.push(Written {
            name,
            bytes: 0,
            crc32: 0,
        });
        Ok(())
    }

    /// Adds `bytes`.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), FolderError> {
        if bytes.len() < PIECE {
            self.piece.extend_from_slice(bytes);
            return self.give_if_long();
        }
        self.give()?;
        self.add(bytes)
    }

    /// Adds `pieces`.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn pieces(&mut self, pieces: &[Vec<u8>]) -> Result<(), FolderError> {
        pieces.iter().try_for_each(|piece| self.bytes(piece))
    }

    /// Adds `value` as JSON, without blanks.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), FolderError> {
        write_json(&mut self.piece, value)?;
        self.give_if_long()
    }

    /// Adds `values` as JSON, with `between` between them.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn all_json<T: Serialize>(
        &mut self,
        values: impl Iterator<Item = T>,
        between: &[u8],
    ) -> Result<(), FolderError> {
        for (at, value) in values.enumerate() {
            if at > 0 {
                self.bytes(between)?;
            }
            self.json(&value)?;
        }
        Ok(())
    }

    /// What was written so far, all of it whole.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn so_far(&mut self) -> Result<&[Written], FolderError> {
        self.end()?;
        Ok(&self.written)
    }

    /// Ends the last file.
    ///
    /// # Errors
    /// The folder refuses.
    pub fn finish(mut self) -> Result<Vec<Written>, FolderError> {
        self.end()?;
        Ok(self.written)
    }

    fn end(&mut self) -> Result<(), FolderError> {
        self.give()?;
        if let Some(written) = self.written.last_mut() {
            written.crc32 = self.checksum.finish();
        }
        Ok(())
    }

    fn give_if_long(&mut self) -> Result<(), FolderError> {
        if self.piece.len() < PIECE {
            return Ok(());
        }
        self.give()
    }

    fn give(&mut self) -> Result<(), FolderError> {
        let mut piece = std::mem::take(&mut self.piece);
        self.add(&piece)?;
        piece.clear();
        self.piece = piece;
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FolderError> {
        self.checksum.take(bytes);
        if let Some(written) = self.written.last_mut() {
            written.bytes += bytes.len();
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.folder.append(bytes)
    }
}

/// Appends `value` as JSON.
pub(super) fn write_json(bytes: &mut Vec<u8>, value: &impl Serialize) -> Result<(), FolderError> {
    let malformed = EnvelopeError::Malformed("a value cannot be written as JSON");
    serde_json::to_writer(bytes, value).map_err(|_| malformed.into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::super::EmitError;
    use super::*;
    use edgewright_engine::artefact::envelope::checksum;

    fn check(pieces: &[usize]) {
        let mut folder = BuildFolder::default();
        let mut files = Files::of(&mut folder);
        files.begin("empty").unwrap();
        files.begin("long").unwrap();
        let content = |length: &usize| vec![b'0'; *length];
        let expected: Vec<u8> = pieces.iter().flat_map(content).collect();
        for piece in pieces.iter().map(content) {
            files.bytes(&piece).unwrap();
        }
        let written = files.finish().unwrap();
        assert_eq!(folder.files, [("empty", Vec::new()), ("long", expected)]);
        for (file, (name, content)) in written.iter().zip(&folder.files) {
            let facts = (*name, content.len(), checksum(content));
            assert_eq!((file.name, file.bytes, file.crc32), facts);
        }
    }

    /// Has no room, in its own words.
    struct Full;

    impl Folder for Full {
        fn begin(&mut self, _name: &'static str) -> Result<(), FolderError> {
            Ok(())
        }

        fn append(&mut self, _piece: &[u8]) -> Result<(), FolderError> {
            Err("no room".into())
        }
    }

    fn check_said(stop: impl FnOnce(&mut dyn Folder) -> Result<(), FolderError>, expected: &str) {
        let stopped = stop(&mut Full).unwrap_err();
        assert_eq!(stopped.to_string(), expected);
    }

    #[test]
    fn why_writing_stopped_is_told_in_the_words_of_who_stopped_it() {
        let full = |folder: &mut dyn Folder| {
            let mut files = Files::of(folder);
            files.begin("one")?;
            files.bytes(b"1")?;
            files.finish().map(|_| ())
        };
        check_said(full, "no room");
        let same = EmitError::SameName("k".to_owned());
        let message = same.to_string();
        check_said(|_| Err(same.into()), &message);
    }

    #[test]
    fn pieces_of_every_length_come_through() {
        check(&[]);
        check(&[1, 0, 2]);
        check(&[PIECE - 1, 1, 1]);
        check(&[1, PIECE, 1]);
        check(&[3 * PIECE, 7, 3 * PIECE]);
    }
}
