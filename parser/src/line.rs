//! One logical line and where each of its bytes came from.
//!
//! In: stretches of a file, or of other lines. Out: [`Line`]. Absent: where lines end ([`crate::lines`]).

use std::ops::Range;
use std::sync::Arc;

use crate::bytes::{trim_end, trim_start};
use crate::source::{FileId, Origin, Span};

/// A logical line: joined, trimmed text and the way back from it to the file.
#[derive(Debug, Clone)]
pub struct Line {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    whole: Span,
    used_at: Option<Arc<[Span]>>,
    length_as_read: usize,
}

/// A stretch of the text with one source; it ends where the next begins.
#[derive(Debug, Clone, Copy)]
struct Piece {
    text_start: usize,
    source: Source,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    /// Byte by byte from this place in the file.
    Copied(usize),
    /// As a whole for this range of the file: `${NAME}`, or a macro's parameter.
    Replaced(usize, usize),
}

impl Line {
    /// A line that stands in no file: `text` becomes the whole file.
    pub fn from_text(file: FileId, text: &[u8]) -> Self {
        let mut builder = LineBuilder::new(file);
        builder.copy_file(text, 0..text.len());
        builder.finish()
    }

    /// The text: continuations joined, white space around it gone.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Blank, or a comment: Apache does nothing with it.
    pub fn is_ignored(&self) -> bool {
        matches!(self.text.first(), None | Some(b'#'))
    }

    /// How many bytes Apache had to keep to read it: after joining, before trimming, with the line
    /// feed at its end.
    pub fn length_as_read(&self) -> usize {
        self.length_as_read
    }

    /// Where `range` of the text stands in the file.
    ///
    /// Interpolated text stands where its `${NAME}` does; an empty range before the byte it is
    /// at, or after the last one.
    pub fn span(&self, range: Range<usize>) -> Span {
        let Some(last) = self.text.len().checked_sub(1) else {
            return self.whole;
        };
        if range.is_empty() {
            let place = match self.place(range.start.min(last)) {
                (start, _) if range.start <= last => start,
                (_, end) => end,
            };
            return span(self.whole.file, place, place);
        }
        let start = self.place(range.start.min(last)).0;
        let end = self.place((range.end - 1).min(last)).1;
        span(self.whole.file, start, end.max(start))
    }

    /// Where the line stands and how it came to be read.
    pub fn origin(&self) -> Origin {
        Origin {
            span: self.whole,
            used_at: self.used_at.clone(),
        }
    }

    /// The `Use` lines that led to this one, outermost first.
    pub fn used_at(&self) -> &[Span] {
        self.used_at.as_deref().unwrap_or_default()
    }

    /// The range of the file that the text's byte `at` stands for.
    fn place(&self, at: usize) -> (usize, usize) {
        let (piece, _) = self.piece_at(at);
        match piece.source {
            Source::Copied(from) => {
                let byte = from + (at - piece.text_start);
                (byte, byte + 1)
            }
            Source::Replaced(start, end) => (start, end),
        }
    }

    /// The piece with the text's byte `at`, and where it ends. A text that is not empty has a
    /// piece at 0, so the piece before the first is never asked for.
    fn piece_at(&self, at: usize) -> (Piece, usize) {
        let next = self.pieces.partition_point(|piece| piece.text_start <= at);
        let end = self
            .pieces
            .get(next)
            .map_or(self.text.len(), |piece| piece.text_start);
        let nowhere = Piece {
            text_start: at,
            source: Source::Replaced(0, 0),
        };
        let piece = self.pieces[..next].last().copied().unwrap_or(nowhere);
        (piece, end.max(at + 1))
    }
}

/// Puts a line together from left to right.
#[derive(Debug)]
pub(crate) struct LineBuilder {
    line: Line,
    /// Where the line stands, when its text does not tell.
    place: Option<Span>,
}

impl LineBuilder {
    /// An empty line of `file`.
    pub(crate) fn new(file: FileId) -> Self {
        let line = Line {
            text: Vec::new(),
            pieces: Vec::new(),
            whole: span(file, 0, 0),
            used_at: None,
            length_as_read: 0,
        };
        Self { line, place: None }
    }

    /// An empty line that stands where `line` stands.
    pub(crate) fn like(line: &Line) -> Self {
        let mut builder = Self::new(line.whole.file);
        builder.place = Some(line.whole);
        builder.line.used_at.clone_from(&line.used_at);
        builder.line.length_as_read = line.length_as_read;
        builder
    }

    /// The same, reached by these `Use` lines.
    pub(crate) fn used_at(mut self, used_at: Arc<[Span]>) -> Self {
        self.line.used_at = Some(used_at);
        self
    }

    /// Appends a stretch of the file.
    pub(crate) fn copy_file(&mut self, file: &[u8], range: Range<usize>) {
        let start = range.start;
        let text = file.get(range).unwrap_or_default();
        if self.line.pieces.is_empty() {
            self.line.whole = span(self.line.whole.file, start, start);
        }
        self.push(Source::Copied(start), text);
    }

    /// Appends a stretch of `line`'s text.
    pub(crate) fn copy(&mut self, line: &Line, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let (piece, end) = line.piece_at(at);
            let end = end.min(range.end);
            let source = match piece.source {
                Source::Copied(from) => Source::Copied(from + (at - piece.text_start)),
                replaced @ Source::Replaced(..) => replaced,
            };
            self.push(source, &line.text[at..end]);
            at = end;
        }
    }

    /// Appends `text` in the place of `range` of `line`'s text.
    pub(crate) fn replace(&mut self, line: &Line, range: Range<usize>, text: &[u8]) {
        let span = line.span(range);
        self.push(
            Source::Replaced(span.start as usize, span.end as usize),
            text,
        );
    }

    /// Removes the end of a physical line if a backslash before it asks for the next one; `false`,
    /// and nothing removed, if there is none.
    pub(crate) fn strip_continuation(&mut self) -> bool {
        let text = self.line.text.as_slice();
        let without_feed = text.strip_suffix(b"\n").unwrap_or(text);
        let without_return = without_feed.strip_suffix(b"\r").unwrap_or(without_feed);
        let Some(rest) = without_return.strip_suffix(b"\\") else {
            return false;
        };
        let length = rest.len();
        self.line.text.truncate(length);
        self.forget_pieces_from(length);
        true
    }

    /// Trims the line, and settles where it stands unless another line said so.
    pub(crate) fn finish(mut self) -> Line {
        self.line.length_as_read = self.line.length_as_read.max(self.line.text.len());
        self.trim();
        self.finish_untrimmed()
    }

    /// The same without trimming.
    pub(crate) fn finish_untrimmed(mut self) -> Line {
        self.line.whole = self
            .place
            .unwrap_or_else(|| self.line.span(0..self.line.text.len()));
        self.line
    }

    fn trim(&mut self) {
        let kept = trim_end(&self.line.text).len();
        self.line.text.truncate(kept);
        self.forget_pieces_from(kept);
        let blank = kept - trim_start(&self.line.text).len();
        if blank == 0 {
            return;
        }
        let (first, _) = self
            .line
            .pieces
            .iter()
            .enumerate()
            .rfind(|(_, piece)| piece.text_start <= blank)
            .unzip();
        self.line.text.drain(..blank);
        self.line.pieces.drain(..first.unwrap_or(0));
        for piece in &mut self.line.pieces {
            if let (Source::Copied(from), true) = (&mut piece.source, piece.text_start < blank) {
                *from += blank - piece.text_start;
            }
            piece.text_start = piece.text_start.saturating_sub(blank);
        }
    }

    fn forget_pieces_from(&mut self, length: usize) {
        let pieces = &mut self.line.pieces;
        let kept = pieces.partition_point(|piece| piece.text_start < length);
        pieces.truncate(kept);
    }

    fn push(&mut self, source: Source, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        let text_start = self.line.text.len();
        self.line.pieces.push(Piece { text_start, source });
        self.line.text.extend_from_slice(text);
    }
}

/// A span with its ends cut to what fits.
fn span(file: FileId, start: usize, end: usize) -> Span {
    let cut = |place| u32::try_from(place).unwrap_or(u32::MAX);
    Span {
        file,
        start: cut(start),
        end: cut(end),
    }
}
