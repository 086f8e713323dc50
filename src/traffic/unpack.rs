//! Logs as they are kept: plain, or packed with gzip or zstd.
//!
//! In: the bytes of a file or of standard input. Out: a reader of the text. Absent: lines.
//!
//! How a log is packed is read from its first bytes; its name says nothing. A text is never held as a
//! whole, so that a small file which unpacks to a large one takes time and no memory.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use anyhow::{Result, bail};
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// What is recognised and not read, and what to do.
const UNREAD: [(&[u8], &str); 4] = [
    (
        b"PAR1",
        "Parquet, which is not read: let CloudFront deliver JSON or W3C, or write it as JSON lines",
    ),
    (
        b"BZh",
        "packed with bzip2, which is not read: give `bzcat FILE | … --log -`",
    ),
    (
        b"\xfd7zXZ",
        "packed with xz, which is not read: give `xzcat FILE | … --log -`",
    ),
    (
        b"PK\x03\x04",
        "a zip file, which is not read: give `unzip -p FILE | … --log -`",
    ),
];

/// A reader of the text of `log`.
///
/// # Errors
/// The log cannot be read, or is packed in a way that is not read.
pub fn unpacked<'r>(mut log: impl BufRead + 'r) -> Result<Box<dyn BufRead + 'r>> {
    let mut start = Vec::new();
    // A pipe gives as few bytes at a time as it likes.
    log.by_ref().take(5).read_to_end(&mut start)?;
    for (magic, what) in UNREAD {
        if start.starts_with(magic) {
            bail!("the log is {what}");
        }
    }
    let (is_gzip, is_zstd) = (start.starts_with(GZIP), start.starts_with(ZSTD));
    let log = Cursor::new(start).chain(log);
    Ok(if is_gzip {
        Box::new(BufReader::new(MultiGzDecoder::new(log)))
    } else if is_zstd {
        Box::new(BufReader::new(Frames::new(log)))
    } else {
        Box::new(log)
    })
}

/// The text of several zstd frames, one after another.
struct Frames<R: BufRead> {
    source: R,
    decoder: FrameDecoder,
    /// Whether the decoder is within a frame.
    is_open: bool,
}

impl<R: BufRead> Frames<R> {
    fn new(source: R) -> Self {
        Self {
            source,
            decoder: FrameDecoder::new(),
            is_open: false,
        }
    }

    /// Begins the next frame with text; false when there is none.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped = &mut self.source.by_ref().take(length.into());
                    io::copy(skipped, &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_open {
                self.is_open = self.begin()?;
                if !self.is_open {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one_block = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder
                    .decode_blocks(&mut self.source, one_block)
                    .map_err(io::Error::other)?;
            }
            let length = self.decoder.read(buffer)?;
            if length > 0 || buffer.is_empty() {
                return Ok(length);
            }
            self.is_open = false;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "a failed test should say so"
    )]
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(text, level)
    }

    /// What is read, or why nothing is. The source gives one byte at a time.
    fn check(name: &str, packed: &[u8], expected: Result<&str, &str>) {
        let source = BufReader::with_capacity(1, packed);
        let read = || -> Result<String> {
            let mut text = String::new();
            unpacked(source)?.read_to_string(&mut text)?;
            Ok(text)
        };
        let read = read().map_err(|error| error.to_string());
        match expected {
            Ok(text) => assert_eq!(read.as_deref(), Ok(text), "{name}"),
            Err(reason) => {
                let found = read.expect_err(name);
                assert!(found.contains(reason), "{name}: {found}");
            }
        }
    }

    #[test]
    fn text_is_read_however_it_is_packed() {
        check("plain", b"a\nb", Ok("a\nb"));
        check("empty", b"", Ok(""));
        check("short", b"PA", Ok("PA"));
        check("gzip", &gzip(b"a\nb"), Ok("a\nb"));
        let several = [gzip(b"a\n"), gzip(b""), gzip(b"b")].concat();
        check("several members", &several, Ok("a\nb"));
        check("zstd", &zstd(b"a\nb"), Ok("a\nb"));
        let skipped = b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec();
        let several = [zstd(b"a\n"), skipped, zstd(b"b")].concat();
        check("several frames", &several, Ok("a\nb"));
    }

    #[test]
    fn what_cannot_be_read_says_so() {
        check(
            "Parquet",
            b"PAR1\x15\x04",
            Err("Parquet, which is not read"),
        );
        check("bzip2", b"BZh91AY", Err("bzcat"));
        check("xz", b"\xfd7zXZ\0", Err("xzcat"));
        check("zip", b"PK\x03\x04", Err("unzip -p"));
        let packed = gzip(b"a\nb");
        check("cut off", &packed[..packed.len() - 9], Err(""));
        let packed = zstd(&b"abcdefgh\n".repeat(100));
        check("cut off zstd", &packed[..packed.len() - 4], Err(""));
        check(
            "damaged zstd",
            b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff",
            Err(""),
        );
    }

    #[test]
    fn a_small_file_of_a_large_text_takes_no_memory() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![0; 1 << 20];
        for _ in 0..8 {
            encoder.write_all(&zeros).unwrap();
        }
        let packed = encoder.finish().unwrap();
        let mut lines = super::super::lines::Lines::of(unpacked(&packed[..]).unwrap());
        let mut line = Vec::new();
        assert!(lines.next_into(&mut line).unwrap().is_some());
        assert!(line.capacity() <= 2 * super::super::lines::MOST_LINE);
        assert!(lines.next_into(&mut line).unwrap().is_none());
    }
}
