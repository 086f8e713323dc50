//! From the bytes of a file to logical lines.
//!
//! In: a file's bytes. Out: one [`Line`] per logical line, continuations joined, white space
//! trimmed, blank lines and comments included. Absent: what is in a line, and any limit on its
//! length except as a question ([`Line::too_long`]).

use crate::diagnostic::Diagnostic;
use crate::line::{Line, LineBuilder};
use crate::source::{FileId, Span};

/// How long a line of the main configuration may be, in bytes (`VARBUF_MAX_LEN`).
pub const SERVER_LINE_LIMIT: usize = 16 * 1024 * 1024;

/// How long a line of a `.htaccess` file may be, in bytes (`HUGE_STRING_LEN`).
pub const HTACCESS_LINE_LIMIT: usize = 8192;

/// Reads logical lines (`ap_cfg_getline_core`, `cfg_trim_line`).
///
/// A backslash before the end of a physical line joins it with the next one; nothing else is done
/// at the join. A physical line ends for Apache at its first NUL byte, so here too.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    file: FileId,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `file`, whose contents are `bytes`.
    pub fn new(file: FileId, bytes: &'a [u8]) -> Self {
        Self { file, bytes, at: 0 }
    }

    /// How many bytes were read: where the next line begins.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Takes one physical line; a NUL byte cuts it.
    fn physical(&mut self) -> Option<Physical> {
        let start = self.at;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let line_feed = rest.iter().position(|&byte| byte == b'\n');
        let length = line_feed.unwrap_or(rest.len());
        self.at = start + length + usize::from(line_feed.is_some());
        let nul = rest[..length].iter().position(|&byte| byte == 0);
        Some(Physical {
            start,
            end: nul.map_or(self.at, |nul| start + nul),
            ended: line_feed.is_some() && nul.is_none(),
        })
    }
}

/// A physical line, its line feed included.
struct Physical {
    start: usize,
    end: usize,
    /// Whether it ends in a line feed.
    ended: bool,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let first = self.physical()?;
        let mut builder = LineBuilder::new(self.file);
        let mut current = first;
        loop {
            builder.copy_file(self.bytes, current.start..current.end);
            if !(current.ended && builder.strip_continuation()) {
                break;
            }
            match self.physical() {
                Some(next) => current = next,
                None => break,
            }
        }
        Some(builder.finish())
    }
}

impl Line {
    /// The error Apache gives when the line is longer than `limit`.
    pub fn too_long(&self, limit: usize) -> Option<Diagnostic> {
        let start = self.origin().span;
        (self.length_as_read() > limit).then(|| {
            Diagnostic::error(
                "line-too-long",
                format!(
                    "the line has {} bytes, more than the {limit} Apache reads",
                    self.length_as_read()
                ),
                Span {
                    end: start.start,
                    ..start
                },
            )
            .label("Apache refuses the whole file because of this line")
            .help("split it into several directives, or move it to the main configuration")
        })
    }
}
