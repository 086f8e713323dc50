//! A set of bytes.
//!
//! In: bytes, or a test of bytes. Out: [`Set`], which tells whether and where its bytes stand in a text. Absent:
//! how a pattern writes a set.

/// The empty set.
pub(in crate::pattern) static NONE: Set = Set { words: [0; 4] };

/// Sets that many patterns have: a number is enough to write one.
pub(in crate::pattern) static USUAL: [Set; 16] = [
    ANY,
    NO_SLASH,
    DIGITS,
    Set::of_ranges(&[(b'a', b'z')]),
    Set::of_ranges(&[(b'a', b'z'), (b'A', b'Z')]),
    Set::of_ranges(&[(b'a', b'z'), (b'0', b'9')]),
    Set::of_ranges(&[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')]),
    Set::of_ranges(&[(b'a', b'z'), (b'0', b'9'), (b'-', b'-')]),
    Set::of_ranges(&[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9'), (b'-', b'-')]),
    WORDS,
    Set::of_ranges(&[
        (b'a', b'z'),
        (b'A', b'Z'),
        (b'0', b'9'),
        (b'_', b'_'),
        (b'-', b'-'),
    ]),
    SPACES,
    Set::of_ranges(&[(0, b'\n' - 1), (b'\n' + 1, 255)]),
    Set::of_ranges(&[(0, b'.' - 1), (b'.' + 1, 255)]),
    Set::of_ranges(&[(0, b'.' - 1), (b'/' + 1, 255)]),
    Set::of_ranges(&[(0, b'-' - 1), (b'-' + 1, 255)]),
];

/// Any byte.
pub(in crate::pattern) const ANY: Set = Set {
    words: [u64::MAX; 4],
};

/// `[^/]`.
pub(in crate::pattern) const NO_SLASH: Set = Set {
    words: [!(1 << b'/'), u64::MAX, u64::MAX, u64::MAX],
};

/// `\d`.
pub(in crate::pattern) const DIGITS: Set = Set {
    words: [0x3FF << b'0', 0, 0, 0],
};

/// `\s`: tab to carriage return, and the blank.
pub(in crate::pattern) const SPACES: Set = Set {
    words: [0x1F << b'\t' | 1 << b' ', 0, 0, 0],
};

/// `\w`.
pub(in crate::pattern) const WORDS: Set = Set {
    words: [
        DIGITS.words[0],
        CAPITALS << 32 | CAPITALS | 1 << (b'_' - 64),
        0,
        0,
    ],
};

/// What `ask` says of the set of this number: a usual one, or one of `own`, which are numbered after those.
#[inline]
pub(in crate::pattern) fn numbered<R>(
    own: &[[u8; Set::BYTES]],
    number: u8,
    ask: impl Fn(&Set) -> R,
) -> R {
    let number = usize::from(number);
    match USUAL.get(number) {
        Some(usual) => ask(usual),
        None => match own.get(number - USUAL.len()) {
            Some(own) => ask(&Set::of_bytes(own)),
            None => ask(&NONE),
        },
    }
}

/// `A` to `Z`, in the word of the bytes from 64 on.
const CAPITALS: u64 = 0x07FF_FFFE;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Set {
    words: [u64; 4],
}

impl Set {
    /// How many bytes a set takes where it is written.
    pub const BYTES: usize = 32;

    /// The set as bytes.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// The set that [`Set::to_bytes`] made bytes of. Any bytes are a set.
    pub fn of_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self { words }
    }

    /// The set of all bytes of some ranges, first and last byte included.
    const fn of_ranges(ranges: &[(u8, u8)]) -> Self {
        let mut words = [0; 4];
        let mut range = 0;
        while range < ranges.len() {
            let (mut byte, last) = ranges[range];
            while byte <= last {
                words[(byte >> 6) as usize] |= 1 << (byte & 63);
                if byte == u8::MAX {
                    break;
                }
                byte += 1;
            }
            range += 1;
        }
        Self { words }
    }

    /// The set of one byte.
    pub fn of(byte: u8) -> Self {
        let mut set = NONE;
        set.insert(byte);
        set
    }

    /// The set of the bytes that a test admits.
    pub fn that(admits: impl Fn(u8) -> bool) -> Self {
        let mut set = NONE;
        (0..=255)
            .filter(|byte| admits(*byte))
            .for_each(|byte| set.insert(byte));
        set
    }

    /// Takes in a byte.
    pub fn insert(&mut self, byte: u8) {
        self.words[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Is a byte in the set?
    pub fn contains(&self, byte: u8) -> bool {
        self.words[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// Takes in all bytes of another set.
    pub fn union(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(other.words) {
            *word |= other;
        }
    }

    /// The bytes that are not in the set.
    #[must_use]
    pub fn complement(self) -> Self {
        Self {
            words: self.words.map(|word| !word),
        }
    }

    /// Have the two sets no byte in common?
    pub fn is_disjoint(&self, other: &Self) -> bool {
        self.words
            .iter()
            .zip(other.words)
            .all(|(word, other)| word & other == 0)
    }

    /// The set with both cases of every letter in it (ASCII only).
    #[must_use]
    pub fn folded(mut self) -> Self {
        // All letters stand in one word, the two cases 32 bits apart.
        let letters = self.words[1];
        self.words[1] |= (letters & CAPITALS) << 32 | (letters >> 32 & CAPITALS);
        self
    }

    /// The bytes of the set in order, as ranges of neighbours.
    pub fn ranges(&self) -> Vec<(u8, u8)> {
        let outside = self.complement();
        let mut ranges = Vec::new();
        let mut next = self.from(0);
        while let Some(first) = next {
            let end = first.checked_add(1).and_then(|behind| outside.from(behind));
            ranges.push((first, end.map_or(u8::MAX, |end| end - 1)));
            next = end.and_then(|end| self.from(end));
        }
        ranges
    }

    /// The first byte from `byte` on that is in the set.
    fn from(&self, byte: u8) -> Option<u8> {
        let start = usize::from(byte >> 6);
        let masks = [u64::MAX << (byte & 63), u64::MAX, u64::MAX, u64::MAX];
        let words = self.words.iter().enumerate().skip(start).zip(masks);
        let mut bits = words.map(|((at, word), mask)| (at, word & mask));
        let (at, bits) = bits.find(|(_, bits)| *bits != 0)?;
        u8::try_from(64 * at + bits.trailing_zeros() as usize).ok()
    }

    /// Is there a letter in it (ASCII only)?
    pub fn has_letters(&self) -> bool {
        self.words[1] & (CAPITALS | CAPITALS << 32) != 0
    }

    /// Is it what `.` stands for?
    pub fn is_dot(&self) -> bool {
        *self == ANY || *self == Self::of(b'\n').complement()
    }

    /// Are most bytes in it?
    pub fn is_wide(&self) -> bool {
        let count: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        count > 128
    }

    /// The set without capital letters (ASCII only).
    #[must_use]
    pub fn without_capitals(mut self) -> Self {
        self.words[1] &= !CAPITALS;
        self
    }

    fn is_everything(&self) -> bool {
        self.words == [u64::MAX; 4]
    }

    /// How many bytes at the beginning of `text` are in the set.
    pub fn run(&self, text: &[u8]) -> usize {
        if self.is_everything() {
            return text.len();
        }
        let outside = text.iter().position(|byte| !self.contains(*byte));
        outside.unwrap_or(text.len())
    }

    /// Where the first byte of the set is.
    pub fn position(&self, text: &[u8]) -> Option<usize> {
        match self.only() {
            Some(byte) => memchr::memchr(byte, text),
            None => text.iter().position(|byte| self.contains(*byte)),
        }
    }

    /// Where the last byte of the set is.
    pub fn last_position(&self, text: &[u8]) -> Option<usize> {
        match self.only() {
            Some(byte) => memchr::memrchr(byte, text),
            None => text.iter().rposition(|byte| self.contains(*byte)),
        }
    }

    /// Is it one letter in both its cases?
    pub fn is_one_letter(&self) -> bool {
        let letter = (b'a'..=b'z').find(|letter| self.contains(*letter));
        letter.is_some_and(|letter| *self == Self::of(letter).folded())
    }

    /// The byte of a set of one.
    pub fn only(&self) -> Option<u8> {
        let count: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        let word = self.words.iter().position(|word| *word != 0)?;
        let byte = 64 * word + self.words.get(word)?.trailing_zeros() as usize;
        u8::try_from(byte).ok().filter(|_| count == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_what_the_set_holds() {
        for (set, expected) in [
            (NONE, &[][..]),
            (ANY, &[(0, 255)]),
            (NO_SLASH, &[(0, b'/' - 1), (b'/' + 1, 255)]),
            (Set::of(255), &[(255, 255)]),
            (Set::of(0), &[(0, 0)]),
            (
                WORDS,
                &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
            ),
            (Set::that(|byte| (63..=64).contains(&byte)), &[(63, 64)]),
        ] {
            assert_eq!(set.ranges(), expected);
        }
    }
}
