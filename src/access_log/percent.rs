//! Percent-encoding.
//!
//! In: text. Out: the bytes it stands for. Absent: what a URL is made of; see the evaluator's `canonical`.

/// Percent-encoding undone. A `%` before anything but two hexadecimal digits is itself.
pub fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let pair = digit(at + 1).zip(digit(at + 2)).filter(|_| *byte == b'%');
        let value = pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        bytes.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    bytes
}
