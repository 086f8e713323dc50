//! Paths as bytes.
//!
//! In: paths of the server and of this machine. Out: the same, joined and cleaned.
//! Absent: asking whether anything is there.

/// `path` below `root`, unless it is absolute (`ap_server_root_relative`); cleaned.
pub fn join(root: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") || root.is_empty() {
        return clean(path);
    }
    clean(&[root, b"/", path].concat())
}

/// Without empty, `.` and `..` components and without a trailing slash; the root is `/`.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let absolute = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in path.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if absolute => {}
            _ => kept.push(component),
        }
    }
    let joined = kept.join(&b'/');
    match (absolute, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// The directory a file stands in; `.` for a bare name.
pub fn parent(path: &[u8]) -> Vec<u8> {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(0) => b"/".to_vec(),
        Some(slash) => path[..slash].to_vec(),
        None => b".".to_vec(),
    }
}

/// What of `path` is below `directory`: without a leading slash, empty for the directory itself.
pub fn below<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    match path.strip_prefix(directory)? {
        b"" => Some(b""),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{below, clean, join, parent};

    #[test]
    fn cleans() {
        let cases: &[(&str, &str)] = &[
            ("/a//b/./c/", "/a/b/c"),
            ("/a/../b", "/b"),
            ("/..", "/"),
            ("a/..", "."),
            ("../a", "../a"),
            ("", "."),
        ];
        for (path, expected) in cases {
            assert_eq!(clean(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn joins_and_splits() {
        assert_eq!(join(b"/etc", b"a/b"), b"/etc/a/b");
        assert_eq!(join(b"/etc", b"/a"), b"/a");
        assert_eq!(parent(b"/a/b"), b"/a");
        assert_eq!(parent(b"a"), b".");
        assert_eq!(below(b"/a/b", b"/a/"), Some(b"b".as_slice()));
        assert_eq!(below(b"/ab", b"/a"), None);
    }
}
