//! A text as 64 bits.
//!
//! In: bytes. Out: [`Fingerprint`]. Absent: whose text it is; see [`super::key::KeySpace::print`].

/// Makes the fingerprint of a text piece by piece, so that a text need not be copied to be asked about, and
/// every prefix of a path costs one step more. Eight bytes at a time go into a multiplication whose
/// halves are joined, as in wyhash. Whose text it is comes last: [`super::key::KeySpace::print`].
#[derive(Debug, Clone, Copy)]
pub struct Fingerprint {
    state: u64,
    /// The last bytes, fewer than eight, the first of them lowest.
    rest: u64,
    length: u64,
}

impl Default for Fingerprint {
    /// The fingerprint of nothing at all.
    fn default() -> Self {
        Self {
            state: 0xcbf2_9ce4_8422_2325,
            rest: 0,
            length: 0,
        }
    }
}

impl Fingerprint {
    /// The fingerprint of `text`.
    pub fn of(text: &[u8]) -> u64 {
        let mut fingerprint = Self::default();
        let (eights, rest) = text.as_chunks::<8>();
        for eight in eights {
            fingerprint.rest = u64::from_le_bytes(*eight);
            fingerprint.mix();
        }
        fingerprint.rest = match text.last_chunk() {
            // The bytes before the rest are shifted out: no loop over single bytes.
            Some(last) if !rest.is_empty() => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
            _ => number(rest),
        };
        fingerprint.length = text.len() as u64;
        fingerprint.finish()
    }

    /// Takes in one more byte.
    pub fn push(&mut self, byte: u8) {
        self.take(u64::from(byte), 1);
    }

    /// Takes in more bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks();
        for eight in eights {
            self.take(u64::from_le_bytes(*eight), 8);
        }
        self.take(number(rest), rest.len() as u64);
    }

    /// Takes in `count` bytes, at most eight; those of `word` above them are zero.
    fn take(&mut self, word: u64, count: u64) {
        let filled = 8 * (self.length & 7);
        self.length += count;
        self.rest |= word << filled;
        if filled + 8 * count >= 64 {
            self.mix();
            // In two steps: a word cannot be shifted by its whole width.
            self.rest = word >> (63 - filled) >> 1;
        }
    }

    /// Makes an end of eight bytes.
    fn mix(&mut self) {
        self.state = join(self.state ^ self.rest, 0xa076_1d64_78bd_642f);
        self.rest = 0;
    }

    /// The fingerprint of what was taken in so far.
    pub fn finish(self) -> u64 {
        let last = join(self.state ^ self.rest, 0xe703_7ed1_a0b4_28db);
        join(last ^ self.length, 0x8ebc_6af0_9c88_c6e3)
    }
}

/// Fewer than eight bytes as a number, the first of them lowest.
fn number(bytes: &[u8]) -> u64 {
    let number = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    bytes.iter().rev().fold(0, number)
}

/// The two halves of a product, one upon the other.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves are taken apart on purpose"
)]
pub(crate) fn join(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_count_the_same_one_by_one() {
        let text = b"/a/path/of/some/length.html";
        for length in 0..text.len() {
            let (mut one, mut all) = (Fingerprint::default(), Fingerprint::default());
            text[..length].iter().for_each(|byte| one.push(*byte));
            all.extend(&text[..length / 3]);
            all.extend(&text[length / 3..length]);
            assert_eq!(one.finish(), all.finish(), "{length}");
        }
    }
}
