//! Which sections a path is in (`ap_location_walk`, `ap_directory_walk`, `ap_file_walk`).
//!
//! In: the argument of a section and a path. Out: whether the section applies. Absent: what a section then sets; see
//! `walk`.

use super::BYTES_A_STEP;
use crate::budget::Budget;
use crate::model::site::PathMatcher;
use crate::pattern::matching::Captures;
use crate::text::glob::{GlobMode, glob_matches};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Allowance;
    use crate::pattern::{Pattern, PatternOptions};

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
}
