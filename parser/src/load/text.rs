//! Files that are no text.
//!
//! In: the first bytes of a file. Out: what is to be said of it. Absent: reading its lines.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// How much of a file is looked at to tell that it is no text.
const BINARY_SAMPLE: usize = 1024;

/// What to say of a file that is no text, or text that Apache does not read.
pub(super) fn unreadable_text(file: FileId, bytes: &[u8]) -> Option<Diagnostic> {
    let sample = bytes.get(..BINARY_SAMPLE).unwrap_or(bytes);
    if is_utf16(sample) {
        return Some(utf16(file));
    }
    sample.contains(&0).then(|| binary(file))
}

/// Is it UTF-16? Its first two bytes say so; without these, every other byte of Latin letters is zero.
fn is_utf16(sample: &[u8]) -> bool {
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") {
        return true;
    }
    let zeros = |odd: usize| {
        let every_other = sample.iter().skip(odd).step_by(2);
        every_other.filter(|byte| **byte == 0).count()
    };
    // A letter of another script among them has no zero.
    let is_text = |zeros: usize, others: usize| others == 0 && zeros * 10 >= sample.len() * 4;
    let (even, odd) = (zeros(0), zeros(1));
    sample.len() >= 4 && (is_text(even, odd) || is_text(odd, even))
}

fn utf16(file: FileId) -> Diagnostic {
    no_text(file, "this file is UTF-16, which Apache does not read")
        .label("every character takes two bytes")
        .help("save it as UTF-8")
}

fn binary(file: FileId) -> Diagnostic {
    no_text(file, "this is no configuration but a binary file")
        .label("there are NUL bytes in it")
        .help("name the text file it was made from, or leave it out")
}

/// Says of a whole file that it is no text.
fn no_text(file: FileId, headline: &str) -> Diagnostic {
    let span = Span {
        file,
        start: 0,
        end: 0,
    };
    Diagnostic::error("binary-file", headline, span)
}
