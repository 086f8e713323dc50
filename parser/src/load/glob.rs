//! Wildcards in path names.
//!
//! In: a path as written, and names. Out: whether it is a pattern, and whether a name matches. Absent: paths of several
//! components; see [`super::files`].

/// True when `text` has a character that makes it a pattern (`apr_fnmatch_test`).
pub fn is_pattern(text: &[u8]) -> bool {
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

/// Does `pattern` match the whole of `name`? `*`, `?`, `[…]` and `\c`, none of which looks at slashes (`apr_fnmatch`
/// without flags).
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where to go on after a mismatch: behind the last `*`, and one byte further in the name.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, from));
            continue;
        }
        let step = match (name.get(from), pattern.get(at..)) {
            (None, None | Some([])) => return true,
            (Some(byte), Some(rest)) => match_one(rest, *byte),
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                at += length;
                from += 1;
            }
            (None, Some((after_star, start))) if start < name.len() => {
                retry = Some((after_star, start + 1));
                (at, from) = (after_star, start + 1);
            }
            _ => return false,
        }
    }
}

/// Matches one byte with what `pattern` begins with: the length of that, if it matches (`fnmatch_ch`).
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    let is = |matches: bool, length| matches.then_some(length);
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => match in_bracket(rest, byte) {
            Some((found, length)) => is(found, length + 1),
            None => is(byte == b'[', 1),
        },
        [b'\\', escaped, ..] => is(*escaped == byte, 2),
        [plain, ..] => is(*plain == byte, 1),
    }
}

/// Is `byte` in the class that `text` begins with, its `[` already gone? With the length of the class; `None` when
/// nothing closes it.
fn in_bracket(text: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let first = usize::from(negated);
    let mut at = first;
    let mut found = false;
    loop {
        match text.get(at)? {
            b']' if at > first => return Some((found != negated, at + 1)),
            b'\\' => at += 1,
            _ => {}
        }
        let low = *text.get(at)?;
        let mut high = low;
        match (text.get(at + 1), text.get(at + 2)) {
            (Some(b'-'), Some(end)) if *end != b']' => {
                at += if *end == b'\\' { 3 } else { 2 };
                high = *text.get(at)?;
            }
            _ => {}
        }
        found |= (low..=high).contains(&byte);
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{is_pattern, matches};

    #[test]
    fn knows_what_is_a_pattern() {
        for (text, expected) in [("a", false), ("a*", true), ("[a]", true), ("[a", false)] {
            assert_eq!(is_pattern(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn matches_names() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let found = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(found, expected, "{pattern} {name}");
        };
        check("*.conf", "a.conf", true);
        check("*.conf", "a.conf.bak", false);
        check("a?c*", "abc", true);
        check("[a-c]x", "bx", true);
        check("[!a-c]x", "bx", false);
        check("[a", "[a", true);
        check("\\*", "*", true);
        check("\\*", "a", false);
        check("*a*b", "xaxxb", true);
        check("", "", true);
        check("", "a", false);
    }
}
