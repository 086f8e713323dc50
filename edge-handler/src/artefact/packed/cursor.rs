//! Reads postcard's encoding piece by piece.
//!
//! In: bytes. Out: [`Cursor`], which takes numbers and texts from their front and borrows. Absent: what they
//! mean. Whatever is cut short is `None`.
//!
//! The library's own reader makes whole values; who looks at one of many wants a few numbers of it.

/// What is left to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Reads `bytes` from their front.
    pub fn over(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What is left here and not there, where less is left.
    pub fn before(&self, there: Self) -> Option<&'a [u8]> {
        let length = self.rest.len().checked_sub(there.rest.len())?;
        self.rest.get(..length)
    }

    /// A `u8`.
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// A `bool`.
    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A `u32`, a length, or the number of an enum's variant: seven bits a byte, the lowest first, the
    /// highest bit set where more follow.
    pub fn number(&mut self) -> Option<u32> {
        let first = self.byte()?;
        // Nearly all are of one byte.
        if first < 0x80 {
            return Some(u32::from(first));
        }
        let mut number = u32::from(first & 0x7f);
        for shift in [7, 14, 21, 28] {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            number |= bits << shift;
            if byte < 0x80 {
                return (bits << shift >> shift == bits).then_some(number);
            }
        }
        None
    }

    /// A `u16`.
    pub fn short(&mut self) -> Option<u16> {
        u16::try_from(self.number()?).ok()
    }

    /// An optional `u32`.
    pub fn optional_number(&mut self) -> Option<Option<u32>> {
        Some(if self.flag()? {
            Some(self.number()?)
        } else {
            None
        })
    }

    /// Bytes, and their number before them.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// The next `length` bytes.
    #[inline]
    pub fn bytes(&mut self, length: u32) -> Option<&'a [u8]> {
        self.take(usize::try_from(length).ok()?)
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

/// What [`Cursor::number`] takes, and the rest: for who reads one after another that are nearly all of one byte.
#[inline]
pub fn take_short(bytes: &[u8]) -> Option<(u32, &[u8])> {
    match bytes.split_first()? {
        (byte @ 0..0x80, rest) => Some((u32::from(*byte), rest)),
        _ => take_long(bytes),
    }
}

#[cold]
fn take_long(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut cursor = Cursor::over(bytes);
    Some((cursor.number()?, cursor.rest()))
}

/// Appends what [`Cursor::number`] takes.
pub fn push_number(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

/// Appends what [`Cursor::text`] takes. Of a text longer than 4 GiB only the beginning is read again.
pub fn push_text(bytes: &mut Vec<u8>, text: &[u8]) {
    push_number(bytes, u32::try_from(text.len()).unwrap_or(u32::MAX));
    bytes.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(number: u32, short: u16, optional: Option<u32>, text: Vec<u8>, flag: bool, byte: u8) {
            let value = (number, short, optional, &text, flag, byte);
            let bytes = postcard::to_allocvec(&value).unwrap();
            let read = |bytes| {
                let mut cursor = Cursor::over(bytes);
                let (number, short) = (cursor.number()?, cursor.short()?);
                let (optional, text) = (cursor.optional_number()?, cursor.text()?.to_vec());
                Some((number, short, optional, text, cursor.flag()?, cursor.byte()?))
            };
            prop_assert_eq!(take_short(&bytes).map(|(taken, _)| taken), Some(number));
            prop_assert_eq!(read(&bytes), Some((number, short, optional, text.clone(), flag, byte)));
            for length in 0..bytes.len() {
                prop_assert_eq!(read(&bytes[..length]), None);
            }
            let mut written = Vec::new();
            push_number(&mut written, number);
            push_text(&mut written, &text);
            prop_assert_eq!(written, postcard::to_allocvec(&(number, &text)).unwrap());
        }

        #[test]
        fn any_bytes_will_do(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let mut cursor = Cursor::over(&bytes);
            let expected = postcard::take_from_bytes::<u32>(&bytes).ok();
            let found = cursor.number().map(|number| (number, cursor.rest()));
            prop_assert_eq!(found, expected);
        }
    }
}
