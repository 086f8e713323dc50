//! What the C library says about bytes.
//!
//! In, out: bytes and numbers. Absent: anything about configurations.

/// `isspace` in the C locale: also vertical tab and form feed.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Without the white space before it.
pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let blank = text.iter().take_while(|&&byte| is_space(byte)).count();
    &text[blank..]
}

/// Without the white space after it.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let blank = text
        .iter()
        .rev()
        .take_while(|&&byte| is_space(byte))
        .count();
    &text[..text.len() - blank]
}

/// `atoi` of glibc: what does not fit a `long` is cut to it, then its low 32 bits are the number.
pub(crate) fn atoi(text: &[u8]) -> i32 {
    let text = trim_start(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let magnitude = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_i128, |sum, byte| {
            (sum * 10 + i128::from(byte - b'0')).min(1 << 64)
        });
    let value = if negative { -magnitude } else { magnitude };
    let long = value.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the C library truncates here"
    )]
    let int = long as i32;
    int
}

/// Text for a message: the bytes as they are where they are UTF-8, at most 60 of them.
pub(crate) fn shown(text: &[u8]) -> String {
    const LONGEST: usize = 60;
    let cut = &text[..text.len().min(LONGEST)];
    let mut shown = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoi_is_that_of_c() {
        for (text, number) in [
            ("", 0),
            (" \x0b12x", 12),
            ("-7", -7),
            ("+7", 7),
            ("--7", 0),
            ("4294967597", 301),
            ("99999999999999999999", -1),
            ("-99999999999999999999", 0),
        ] {
            assert_eq!(atoi(text.as_bytes()), number, "{text:?}");
        }
    }
}
