//! The frame around every file the compiler writes for the edge.
//!
//! In: a payload. Out: the same with a header that tells what it is and whether it is whole, and
//! back. Absent: what the payload says.
//!
//! ```text
//! 0   4  magic          which file this is
//! 4   2  version        of its format, little endian
//! 6   2  zero
//! 8   8  length         of the payload in bytes, little endian
//! 16  4  checksum       CRC-32 of the payload, little endian
//! 20     payload        in postcard's encoding
//! ```

/// Length of the header in bytes.
const HEADER: usize = 20;

/// CRC-32 of `bytes`.
pub fn checksum(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// The [`checksum`] of bytes that come in pieces.
#[derive(Debug, Clone, Default)]
pub struct Checksum(crc32fast::Hasher);

impl Checksum {
    /// Takes in the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// That of all pieces so far.
    pub fn finish(&self) -> u32 {
        self.0.clone().finalize()
    }
}

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeError {
    /// They do not begin as such a file does.
    NotOurs,
    /// The format version, which this build cannot read.
    Version(u16),
    /// They are cut short, or something follows.
    Length,
    /// Some byte changed.
    Checksum,
    /// The checksum holds, but they were not written by this compiler.
    Malformed(&'static str),
}

impl std::fmt::Display for EnvelopeError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOurs => out.write_str("this is not a file of edgewright"),
            Self::Version(version) => write!(out, "format version {version} is not known here"),
            Self::Length => out.write_str("the file is cut short, or something follows its end"),
            Self::Checksum => out.write_str("the checksum does not hold: the file is damaged"),
            Self::Malformed(what) => write!(out, "the file is malformed: {what}"),
        }
    }
}

impl std::error::Error for EnvelopeError {}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The first four bytes.
    pub magic: [u8; 4],
    /// The version of the payload's format.
    pub version: u16,
}

impl Format {
    /// `payload` with a header.
    pub fn seal(self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = self.header(std::iter::once(payload));
        bytes.extend_from_slice(payload);
        bytes
    }

    /// `pieces` behind a header and their `generation`, which the payload begins with.
    pub fn sealed(self, generation: u64, mut pieces: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        // A number can always be encoded.
        let number = postcard::to_allocvec(&generation).unwrap_or_default();
        pieces.insert(0, number);
        let header = self.header(pieces.iter().map(Vec::as_slice));
        pieces.insert(0, header);
        pieces
    }

    /// The header of a payload that comes in `pieces`.
    pub fn header<'p>(self, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<u8> {
        let mut length = 0;
        let mut checksum = Checksum::default();
        for piece in pieces {
            length += piece.len() as u64;
            checksum.take(piece);
        }
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend(self.magic);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(checksum.finish().to_le_bytes());
        bytes
    }

    /// The payload of `bytes`.
    ///
    /// # Errors
    /// The header is another one, the length differs, or the checksum does.
    pub fn open(self, bytes: &[u8]) -> Result<&[u8], EnvelopeError> {
        let (header, payload) = bytes
            .split_first_chunk::<HEADER>()
            .ok_or(EnvelopeError::NotOurs)?;
        let [m0, m1, m2, m3, v0, v1, z0, z1, rest @ ..] = *header;
        let [l0, l1, l2, l3, l4, l5, l6, l7, c0, c1, c2, c3] = rest;
        if [m0, m1, m2, m3] != self.magic || [z0, z1] != [0, 0] {
            return Err(EnvelopeError::NotOurs);
        }
        let version = u16::from_le_bytes([v0, v1]);
        if version != self.version {
            return Err(EnvelopeError::Version(version));
        }
        let length = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        if length != payload.len() as u64 {
            return Err(EnvelopeError::Length);
        }
        if u32::from_le_bytes([c0, c1, c2, c3]) != checksum(payload) {
            return Err(EnvelopeError::Checksum);
        }
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    const FORMAT: Format = Format {
        magic: *b"TEST",
        version: 3,
    };

    #[test]
    fn what_was_sealed_opens() {
        assert_eq!(FORMAT.open(&FORMAT.seal(b"payload")).unwrap(), b"payload");
    }

    #[test]
    fn pieces_have_the_header_of_the_whole() {
        let pieces: [&[u8]; 3] = [b"pay", b"", b"load"];
        let header = FORMAT.header(pieces.into_iter());
        assert_eq!([&header, &b"payload"[..]].concat(), FORMAT.seal(b"payload"));
    }

    #[test]
    fn every_cut_is_an_error() {
        let sealed = FORMAT.seal(b"payload");
        for length in 0..sealed.len() {
            assert!(FORMAT.open(&sealed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_an_error() {
        let sealed = FORMAT.seal(b"payload");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(FORMAT.open(&flipped).is_err(), "{bit}");
        }
    }
}
