//! A text as words are looked for in it.
//!
//! In: a text. Out: [`Marked`]. Absent: looking; see [`super::words`].

use super::words::MARK;

/// Bytes that may be read behind the end.
const BEHIND: usize = 8;

/// Texts up to this length, in bytes, need no allocation.
const SHORT: usize = 256 - 2 - BEHIND;

/// A text with ASCII letters lowered, and a mark, a byte no text has, before and after it.
#[derive(Debug)]
pub struct Marked {
    short: [u8; SHORT + 2 + BEHIND],
    long: Vec<u8>,
    /// Length in bytes, marks included.
    length: usize,
}

impl Marked {
    /// `text`, marked.
    #[inline]
    pub fn of(text: &[u8]) -> Self {
        let length = text.len() + 2;
        let needed = length + BEHIND;
        let mut marked = Self {
            short: [MARK; SHORT + 2 + BEHIND],
            long: Vec::new(),
            length,
        };
        let room = if needed <= marked.short.len() {
            &mut marked.short
        } else {
            marked.long = vec![MARK; needed];
            marked.long.as_mut_slice()
        };
        let inside = room.get_mut(1..).unwrap_or_default();
        for (place, byte) in inside.iter_mut().zip(text) {
            *place = byte.to_ascii_lowercase();
        }
        marked
    }

    /// The text with its marks.
    pub fn bytes(&self) -> &[u8] {
        self.all().get(..self.length).unwrap_or_default()
    }

    /// The text with its letters lowered.
    pub fn lowered(&self) -> &[u8] {
        let end = self.length.saturating_sub(1);
        self.all().get(1..end).unwrap_or_default()
    }

    /// Eight bytes, and where they begin: from `first` on at every place, as long as `width` of them, at
    /// most eight, are of the text.
    pub fn eights(&self, width: usize, first: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let all = self.all();
        let end = (self.length + 1).saturating_sub(width);
        (first..end).map(move |at| {
            let eight = all.get(at..).and_then(<[u8]>::first_chunk);
            (at, eight.map_or(0, |eight| u64::from_le_bytes(*eight)))
        })
    }

    /// The same at every fourth place.
    pub fn fourths(&self, width: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let (fours, _) = self.all().as_chunks::<4>();
        let number = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
        let pairs = fours.iter().zip(fours.iter().skip(1));
        let eights = pairs.map(move |(four, next)| number(four) | number(next) << 32);
        let places = (0..(self.length + 1).saturating_sub(width)).step_by(4);
        places.zip(eights)
    }

    fn all(&self) -> &[u8] {
        let needed = self.length + BEHIND;
        match self.short.get(..needed) {
            Some(short) => short,
            None => &self.long,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_and_lowered() {
        for length in [3, 300, SHORT, SHORT + 1, 0, 5] {
            let marked = Marked::of(&b"A".repeat(length));
            let expected = [&b"\0"[..], &b"a".repeat(length), b"\0"].concat();
            assert_eq!(marked.bytes(), expected);
            assert_eq!(marked.eights(6, 0).count(), (length + 3).saturating_sub(6));
            let last = marked.eights(1, 0).last();
            assert_eq!(last, Some((length + 1, 0)), "{length}");
            let fourths = marked.eights(6, 0).step_by(4);
            assert!(fourths.eq(marked.fourths(6)), "{length}");
        }
    }
}
