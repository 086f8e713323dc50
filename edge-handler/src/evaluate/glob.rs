//! Wildcards and path prefixes, as the sections, `ServerAlias` and `mod_alias` compare them.
//!
//! In: a pattern and a text. Out: whether, or how far, they match. Absent: regular expressions.

use crate::budget::Budget;
use crate::evaluate::matching::Captures;
use crate::site::PathMatcher;

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

/// So many bytes of a wildcard and a path are compared in the time of a step.
const BYTES_A_STEP: usize = 8;

/// Does `<Location>` with this argument apply to `uri` (`ap_location_walk`)? `captures` is
/// filled by a regular expression that matches.
pub fn location_matches(
    matcher: &PathMatcher,
    uri: &[u8],
    captures: &mut Captures,
    budget: &Budget,
) -> bool {
    match matcher {
        PathMatcher::Plain(path) => {
            uri.starts_with(path)
                && (path.ends_with(b"/") || matches!(uri.get(path.len()), None | Some(b'/')))
        }
        PathMatcher::Wildcard(glob) => wildcard_matches(glob, uri, budget),
        PathMatcher::Regex(pattern) => pattern.find(uri, captures, budget),
    }
}

fn wildcard_matches(glob: &[u8], path: &[u8], budget: &Budget) -> bool {
    let stars = memchr::memchr_iter(b'*', glob).count();
    // What follows the last star is tried at each byte.
    let work = if stars > 1 || glob.contains(&b'[') {
        glob.len().saturating_mul(path.len())
    } else {
        glob.len() + path.len()
    };
    let steps = 1 + work / BYTES_A_STEP;
    budget.spend(steps as u64).is_ok() && glob_matches(glob, path, GlobMode::Path)
}

/// Does `<Files>` with this argument apply to a file of this name (its last path component;
/// `ap_file_walk`)?
pub fn file_matches(
    matcher: &PathMatcher,
    name: &[u8],
    captures: &mut Captures,
    budget: &Budget,
) -> bool {
    match matcher {
        PathMatcher::Plain(path) => path == name,
        PathMatcher::Wildcard(glob) => wildcard_matches(glob, name, budget),
        PathMatcher::Regex(pattern) => pattern.find(name, captures, budget),
    }
}

/// Does `<Directory>` with this argument name exactly `directory` (`ap_directory_walk`, which
/// asks this for every directory on the way to the file)? A trailing slash counts on neither side,
/// except that a regular expression sees the directory as given.
pub fn directory_matches(
    matcher: &PathMatcher,
    directory: &[u8],
    captures: &mut Captures,
    budget: &Budget,
) -> bool {
    let bare = |path: &[u8]| path.strip_suffix(b"/").unwrap_or(path).to_vec();
    match matcher {
        PathMatcher::Plain(path) => bare(path) == bare(directory),
        PathMatcher::Wildcard(glob) => wildcard_matches(&bare(glob), &bare(directory), budget),
        PathMatcher::Regex(pattern) => pattern.find(directory, captures, budget),
    }
}

/// `alias_matches` of `mod_alias.c`: how much of `uri` the path of a `Redirect` or `Alias` takes.
/// `None` when it does not match. A run of slashes in the path matches any run in the URI.
pub fn alias_matches(uri: &[u8], path: &[u8]) -> Option<usize> {
    let taken = match uri.strip_prefix(path) {
        // As it nearly always is: runs are of the same length.
        Some(rest) if path.ends_with(b"/") => path.len() + slashes(rest),
        Some(_) => path.len(),
        None => loose_prefix(uri, path)?,
    };
    let whole = path.ends_with(b"/") || matches!(uri.get(taken), None | Some(b'/'));
    (whole && taken > 0).then_some(taken)
}

/// How much of `uri` the whole of `path` takes, whatever the lengths of runs.
fn loose_prefix(uri: &[u8], path: &[u8]) -> Option<usize> {
    let (mut at, mut from) = (0, 0);
    while at < path.len() {
        if uri.get(from) != Some(&path[at]) {
            return None;
        }
        let is_slash = path[at] == b'/';
        at += if is_slash { slashes(&path[at..]) } else { 1 };
        from += if is_slash { slashes(&uri[from..]) } else { 1 };
    }
    Some(from)
}

fn slashes(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::budget::Allowance;
    use crate::budget::Budget;
    use crate::rules::Pattern;
    use crate::rules::pattern::PatternOptions;

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

    fn check_location(argument: &PathMatcher, uri: &str, expected: bool) {
        let budget = Budget::new(Allowance::APACHE);
        let found = location_matches(argument, uri.as_bytes(), &mut Captures::new(), &budget);
        assert_eq!(found, expected, "{argument:?} {uri}");
    }

    #[test]
    fn locations_end_at_slashes() {
        let plain = |path: &str| PathMatcher::Plain(path.into());
        check_location(&plain("/a"), "/a", true);
        check_location(&plain("/a"), "/a/b", true);
        check_location(&plain("/a"), "/ab", false);
        check_location(&plain("/a"), "/A", false);
        check_location(&plain("/a/"), "/a", false);
        check_location(&plain("/a/"), "/a/b", true);
        check_location(&plain("/"), "/a", true);
        check_location(&plain("/a/b"), "/a//b/c", false);
        check_location(&PathMatcher::Wildcard("/*/x".into()), "/a/x", true);
        check_location(&PathMatcher::Wildcard("/*/x".into()), "/a/b/x", false);
        let regex = PathMatcher::Regex(Pattern::new("a/b", PatternOptions::default()));
        check_location(&regex, "/xa/bc", true);
        check_location(&regex, "/a//b", false);
    }

    #[test]
    fn directories_and_files_match_whole() {
        let captures = &mut Captures::new();
        let budget = &Budget::new(Allowance::APACHE);
        let plain = |path: &str| PathMatcher::Plain(path.into());
        let glob = |path: &str| PathMatcher::Wildcard(path.into());
        assert!(directory_matches(
            &plain("/var/www/"),
            b"/var/www",
            captures,
            budget
        ));
        assert!(directory_matches(&plain("/"), b"/", captures, budget));
        assert!(!directory_matches(
            &plain("/var"),
            b"/var/www",
            captures,
            budget
        ));
        assert!(directory_matches(
            &glob("/home/*/public"),
            b"/home/x/public/",
            captures,
            budget
        ));
        assert!(!directory_matches(
            &glob("/home/*"),
            b"/home/x/public/",
            captures,
            budget
        ));
        assert!(file_matches(&plain("a.html"), b"a.html", captures, budget));
        assert!(file_matches(&glob("*.ht?l"), b"a.html", captures, budget));
        assert!(!file_matches(&plain("a"), b"a.html", captures, budget));
    }

    fn check_alias(path: &str, uri: &str, expected: Option<usize>) {
        assert_eq!(
            alias_matches(uri.as_bytes(), path.as_bytes()),
            expected,
            "{path} {uri}"
        );
    }

    #[test]
    fn aliases_match_whole_segments() {
        check_alias("/a", "/a", Some(2));
        check_alias("/a", "/a/", Some(2));
        check_alias("/a", "/a/b", Some(2));
        check_alias("/a", "/ab", None);
        check_alias("/a", "/a.html", None);
        check_alias("/a", "/a;x", None);
        check_alias("/b/", "/b", None);
        check_alias("/b/", "/b/c", Some(3));
        check_alias("/", "/foo", Some(1));
        check_alias("/a//b", "/a/b/c", Some(4));
        check_alias("/a/b", "/a///b", Some(6));
        check_alias("a", "/a", None);
        check_alias("", "/a", None);
        check_alias("/A", "/a", None);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(pattern: Vec<u8>, text: Vec<u8>) {
            for mode in [GlobMode::Text, GlobMode::TextIgnoringCase, GlobMode::Path] {
                glob_matches(&pattern, &text, mode);
            }
            host_matches(&pattern, &text);
            alias_matches(&pattern, &text);
        }

        #[test]
        fn any_wildcards_will_do(pattern in r"[*?\[\]!^a/\\-]{0,16}", text in r"[a/*\]\[-]{0,16}") {
            for mode in [GlobMode::Text, GlobMode::TextIgnoringCase, GlobMode::Path] {
                glob_matches(pattern.as_bytes(), text.as_bytes(), mode);
            }
        }
    }
}
