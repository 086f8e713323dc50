//! Paths that begin with a path: directories, and prefixes as `mod_alias` compares them.
//!
//! In: two paths. Out: how much of one the other takes. Absent: wildcards (`glob`), regular expressions (`pattern`).

use std::borrow::Cow;

/// Is `path` this directory or below it?
pub fn is_within(path: &[u8], directory: &[u8]) -> bool {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
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

/// `path` with every run of slashes made one, as `alias_matches` of `mod_alias.c` compares.
pub fn collapse_slashes(path: &[u8]) -> Cow<'_, [u8]> {
    let mut slashes = memchr::memchr_iter(b'/', path);
    if !slashes.any(|slash| path.get(slash + 1) == Some(&b'/')) {
        return Cow::Borrowed(path);
    }
    let mut collapsed = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || collapsed.last() != Some(&b'/') {
            collapsed.push(*byte);
        }
    }
    Cow::Owned(collapsed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        fn any_bytes_will_do(path: Vec<u8>, uri: Vec<u8>) {
            alias_matches(&uri, &path);
        }
    }
}
