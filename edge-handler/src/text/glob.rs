//! Wildcards and path prefixes, as the sections, `ServerAlias` and `mod_alias` compare them.
//!
//! In: a pattern and a text. Out: whether, or how far, they match. Absent: regular expressions.

/// How `*` and `?` treat slashes and letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobMode {
    /// They match anything (`apr_fnmatch` without flags).
    Text,
    /// They match anything, letters either case (`APR_FNM_CASE_BLIND`).
    TextIgnoringCase,
    /// They do not match `/` (`APR_FNM_PATHNAME`).
    Path,
}

/// `apr_fnmatch`: `*`, `?`, `[…]`, `\c`.
pub fn glob_matches(pattern: &[u8], text: &[u8], mode: GlobMode) -> bool {
    if mode != GlobMode::Path {
        return segment_matches(pattern, text, mode);
    }
    let mut patterns = split_pattern(pattern).into_iter();
    let mut texts = text.split(|byte| *byte == b'/');
    loop {
        match (patterns.next(), texts.next()) {
            (Some(pattern), Some(text)) if segment_matches(pattern, text, mode) => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Cuts a pattern at its slashes, written `/` or `\/`.
fn split_pattern(pattern: &[u8]) -> Vec<&[u8]> {
    let mut segments = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < pattern.len() {
        match (pattern[at], pattern.get(at + 1)) {
            (b'/', _) => {
                segments.push(&pattern[start..at]);
                start = at + 1;
            }
            (b'\\', Some(b'/')) => {
                segments.push(&pattern[start..at]);
                start = at + 2;
                at += 1;
            }
            (b'\\', Some(_)) => at += 1,
            _ => {}
        }
        at += 1;
    }
    segments.push(&pattern[start..]);
    segments
}

/// Matches without regard to slashes, going back to the last `*` on a mismatch.
fn segment_matches(pattern: &[u8], text: &[u8], mode: GlobMode) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            retry = Some((at, from));
            continue;
        }
        let step = match (text.get(from), at < pattern.len()) {
            (None, false) => return true,
            (Some(byte), true) => match_one(&pattern[at..], *byte, mode),
            _ => None,
        };
        if let Some(length) = step {
            at += length;
            from += 1;
        } else {
            match retry {
                Some((after_star, start)) if start < text.len() => {
                    retry = Some((after_star, start + 1));
                    (at, from) = (after_star, start + 1);
                }
                _ => return false,
            }
        }
    }
}

/// Matches one byte with the element at the start of `pattern`; the element's length if it does
/// (`fnmatch_ch`).
fn match_one(pattern: &[u8], byte: u8, mode: GlobMode) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => match match_bracket(rest, byte, mode) {
            Some((true, length)) => Some(length + 1),
            Some((false, _)) => None,
            None => same(b'[', byte, mode).then_some(1),
        },
        [b'\\', escaped, ..] => same(*escaped, byte, mode).then_some(2),
        [plain, ..] => same(*plain, byte, mode).then_some(1),
        [] => None,
    }
}

fn same(wanted: u8, byte: u8, mode: GlobMode) -> bool {
    wanted == byte || mode == GlobMode::TextIgnoringCase && wanted.eq_ignore_ascii_case(&byte)
}

/// Matches a bracket expression, the `[` already gone: the answer and its length. `None` when it
/// is never closed, and so no bracket expression at all.
fn match_bracket(pattern: &[u8], byte: u8, mode: GlobMode) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        match pattern.get(at)? {
            b']' if at > first => return Some((found != negated, at + 1)),
            b'\\' => at += 1,
            _ => {}
        }
        let low = *pattern.get(at)?;
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some(b'-'), Some(end)) if *end != b']' => {
                at += if *end == b'\\' { 3 } else { 2 };
                let high = *pattern.get(at)?;
                found |= in_range(low, high, byte, mode);
            }
            _ => found |= same(low, byte, mode),
        }
        at += 1;
    }
}

fn in_range(low: u8, high: u8, byte: u8, mode: GlobMode) -> bool {
    let folded = |byte: u8| byte.to_ascii_lowercase();
    let any_upper = [low, high, byte].iter().any(u8::is_ascii_uppercase);
    (low..=high).contains(&byte)
        || mode == GlobMode::TextIgnoringCase
            && any_upper
            && (folded(low)..=folded(high)).contains(&folded(byte))
}

/// `ap_strcasecmp_match` as `ServerAlias` uses it: `*` and `?` only, letters either case.
pub fn host_matches(pattern: &[u8], host: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), host.get(from)) {
            (Some(b'*'), _) => {
                at += 1;
                retry = Some((at, from));
            }
            (None, None) => return true,
            (Some(wanted), Some(byte)) if *wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                at += 1;
                from += 1;
            }
            _ => match retry {
                Some((after_star, start)) if start < host.len() => {
                    retry = Some((after_star, start + 1));
                    (at, from) = (after_star, start + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Do `Text` and `Path` match?
    fn check(pattern: &str, text: &str, expected: [bool; 2]) {
        let found = [GlobMode::Text, GlobMode::Path]
            .map(|mode| glob_matches(pattern.as_bytes(), text.as_bytes(), mode));
        assert_eq!(found, expected, "{pattern} {text}");
    }

    #[test]
    fn wildcards_match_as_apr_fnmatch() {
        check("", "", [true, true]);
        check("*", "a/b", [true, false]);
        check("/*/b", "/a/b", [true, true]);
        check("/*", "/a/b", [true, false]);
        check("a?c", "a/c", [true, false]);
        check("*.html", "a.b.html", [true, true]);
        check("**a", "bba", [true, true]);
        check("a*b*c", "axbxbc", [true, true]);
        check("[a-c]x", "bx", [true, true]);
        check("[!a-c]x", "bx", [false, false]);
        check("[^a]", "b", [true, true]);
        check("[]a]", "]", [true, true]);
        check("[a", "[a", [true, true]);
        check("[a-]", "-", [true, true]);
        check("[\\]a]", "]", [true, true]);
        check("\\*", "*", [true, true]);
        check("\\*", "a", [false, false]);
        check("a\\", "a\\", [true, true]);
        check("a\\/b", "a/b", [true, true]);
        check("A", "a", [false, false]);
    }

    #[test]
    fn brackets_match_as_apr_fnmatch() {
        check("[a-\\c]", "b", [true, true]);
        check("[a-\\c]", "\\", [false, false]);
        check("[\\a-c]", "b", [true, true]);
        check("[a\\-c]", "b", [false, false]);
        check("[a\\-c]", "-", [true, true]);
        check("[!]a]", "]", [false, false]);
        check("[!]a]", "b", [true, true]);
        check("[]-a]", "^", [true, true]);
        check("[a-c", "b", [false, false]);
        check("[a-\\", "a", [false, false]);
        check("[/]", "/", [true, false]);
    }

    #[test]
    fn case_can_be_ignored() {
        let mode = GlobMode::TextIgnoringCase;
        assert!(glob_matches(b"A*[X-Z]", b"abcy", mode));
        assert!(!glob_matches(b"A*[X-Z]", b"abcw", mode));
    }

    fn check_host(pattern: &str, host: &str, expected: bool) {
        assert_eq!(
            host_matches(pattern.as_bytes(), host.as_bytes()),
            expected,
            "{pattern} {host}"
        );
    }

    #[test]
    fn stars_in_aliases_cross_dots() {
        check_host("*.a.t", "b.c.a.t", true);
        check_host("*.a.t", "a.t", false);
        check_host("X?.t", "xy.t", true);
        check_host("x?.t", "x.t", false);
        check_host("*", "", true);
        check_host("[a]", "a", false);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(pattern: Vec<u8>, text: Vec<u8>) {
            for mode in [GlobMode::Text, GlobMode::TextIgnoringCase, GlobMode::Path] {
                glob_matches(&pattern, &text, mode);
            }
            host_matches(&pattern, &text);
        }

        #[test]
        fn any_wildcards_will_do(pattern in r"[*?\[\]!^a/\\-]{0,16}", text in r"[a/*\]\[-]{0,16}") {
            for mode in [GlobMode::Text, GlobMode::TextIgnoringCase, GlobMode::Path] {
                glob_matches(pattern.as_bytes(), text.as_bytes(), mode);
            }
        }
    }
}
