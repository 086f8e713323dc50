//! Lines of a text of any length, in bounded memory.
//!
//! In: a reader. Out: line after line. Absent: what a line means.

use std::io::{self, BufRead};

/// Bytes of the longest line that is kept. Apache's request line and each header have 8190 bytes at most,
/// which its log writes as four times as many where all are escaped.
pub const MOST_LINE: usize = 128 << 10;

/// Whether a line is there as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The whole line.
    Whole,
    /// The beginning of a line that is longer than [`MOST_LINE`].
    Cut,
}

/// The lines of a text.
pub struct Lines<R> {
    text: R,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `text`.
    pub fn of(text: R) -> Self {
        Self { text }
    }

    /// Reads the next line into `line`, without what ends it; `None` at the end of the text.
    ///
    /// # Errors
    /// The text cannot be read.
    pub fn next_into(&mut self, line: &mut Vec<u8>) -> io::Result<Option<Extent>> {
        line.clear();
        let mut extent = Extent::Whole;
        let mut is_first = true;
        loop {
            let piece = self.text.fill_buf()?;
            if piece.is_empty() {
                return Ok((!is_first).then_some(extent));
            }
            is_first = false;
            let end = piece.iter().position(|byte| *byte == b'\n');
            let text = &piece[..end.unwrap_or(piece.len())];
            let kept = text.len().min(MOST_LINE - line.len());
            line.extend_from_slice(&text[..kept]);
            if kept < text.len() {
                extent = Extent::Cut;
            }
            let used = end.map_or(piece.len(), |end| end + 1);
            self.text.consume(used);
            if end.is_some() {
                return Ok(Some(extent));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;
    use std::io::BufReader;

    fn check(name: &str, text: &[u8], expected: &[(usize, Extent)]) {
        let mut lines = Lines::of(BufReader::with_capacity(7, text));
        let (mut line, mut found) = (Vec::new(), Vec::new());
        while let Some(extent) = lines.next_into(&mut line).unwrap() {
            found.push((line.len(), extent));
        }
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn lines_end_at_line_feeds_and_at_the_limit() {
        use Extent::{Cut, Whole};
        check("nothing", b"", &[]);
        check("no end", b"ab", &[(2, Whole)]);
        check("an end", b"ab\n", &[(2, Whole)]);
        check(
            "empty lines",
            b"\n\na",
            &[(0, Whole), (0, Whole), (1, Whole)],
        );
        check(
            "longer than a piece",
            b"0123456789\nab\n",
            &[(10, Whole), (2, Whole)],
        );
        let long = [vec![b'x'; MOST_LINE + 1], b"\nab".to_vec()].concat();
        check("too long", &long, &[(MOST_LINE, Cut), (2, Whole)]);
        let longest = vec![b'x'; MOST_LINE];
        check("as long as is kept", &longest, &[(MOST_LINE, Whole)]);
    }
}
