//! Wildcards in path names.
//!
//! In: a path as written. Out: whether it is a pattern. Absent: matching; see the edge handler's `glob`.

/// True when `text` has a character that makes it a pattern (`apr_fnmatch_test`).
pub(crate) fn is_pattern(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    let mut bracket_open = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'?' | b'*' => return true,
            b'\\' => {
                bytes.next();
            }
            b'[' => bracket_open = true,
            b']' if bracket_open => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_pattern;

    #[test]
    fn knows_what_is_a_pattern() {
        for (text, expected) in [("a", false), ("a*", true), ("[a]", true), ("[a", false)] {
            assert_eq!(is_pattern(text.as_bytes()), expected, "{text}");
        }
    }
}
