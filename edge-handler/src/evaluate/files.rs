//! Questions about files, answered from what is known (`apr_stat`).
//!
//! In: a path. Out: what stands there. A question that what is known does not cover is answered
//! "nothing" and remembered, so that whoever asked can report it. Absent: reading a disk.

use crate::model::site::FileKind;
use crate::source::Source;
use crate::text::prefix::is_within;

use super::{Run, Trace};

/// The longest path the operating system takes (`PATH_MAX`).
const LONGEST_PATH: usize = 4096;
/// The longest name of one file (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

/// Directories that stand at the top of every Linux file system (FHS).
const TOP_LEVEL: [&[u8]; 19] = [
    b"/bin", b"/boot", b"/dev", b"/etc", b"/home", b"/lib", b"/lib64", b"/media", b"/mnt", b"/opt",
    b"/proc", b"/root", b"/run", b"/sbin", b"/srv", b"/sys", b"/tmp", b"/usr", b"/var",
];

/// A directory that only its owner may look into, on every Linux system; a server runs as somebody else.
pub const CLOSED: &[u8] = b"/root";

impl<S: Source> Run<'_, S> {
    /// Is this below a directory that the server may not look into (`EACCES`)?
    pub(super) fn is_closed(&self, path: &[u8]) -> bool {
        let below = path.strip_prefix(CLOSED);
        below.is_some_and(|rest| rest.starts_with(b"/")) && self.kind_of(path).is_none()
    }

    /// What stands at `path`; a relative path starts at `/`, where a server runs.
    pub(super) fn stat(&mut self, path: &[u8]) -> Option<FileKind> {
        if path.is_empty() {
            return None;
        }
        let canonical = canonical_path(path);
        let kind = self.stat_canonical(&canonical);
        kind.filter(|kind| !path.ends_with(b"/") || *kind == FileKind::Directory)
    }

    /// The same for a path that [`canonical_path`] made.
    pub(super) fn stat_canonical(&mut self, path: &[u8]) -> Option<FileKind> {
        if path.len() >= LONGEST_PATH {
            return None;
        }
        let plain = path.strip_suffix(b"/").unwrap_or(path);
        let kind = self.kind_of(plain);
        if kind.is_none() {
            self.remember_assumption(plain);
        }
        kind.filter(|kind| plain.len() == path.len() || *kind == FileKind::Directory)
    }

    /// What stands at the top of the file system under this name. Nothing is remembered: that a
    /// URL-path does not begin with a directory of the system is as sure as can be.
    pub(super) fn top_level(&self, path: &[u8]) -> Option<FileKind> {
        self.kind_of(path.strip_suffix(b"/").unwrap_or(path))
    }

    fn kind_of(&self, path: &[u8]) -> Option<FileKind> {
        if path.is_empty() || TOP_LEVEL.contains(&path) {
            return Some(FileKind::Directory);
        }
        let known = self.site.tree.kind(path);
        // A document root exists, and so does everything above it.
        let is_named = || self.site.tree.leads_to_named(path);
        let exists = || is_named() || self.leads_to_virtual_root(path);
        known.or_else(|| exists().then_some(FileKind::Directory))
    }

    /// Is the folder that the host's name led to here or below, as far as nobody has read what is there?
    fn leads_to_virtual_root(&self, path: &[u8]) -> bool {
        let root = self.virtual_root.as_deref();
        root.is_some_and(|root| is_within(root, path) && !self.site.tree.is_known(root))
    }

    fn remember_assumption(&mut self, path: &[u8]) {
        if self.options.trace == Trace::Off {
            return;
        }
        let covered = self.site.tree.is_known(path);
        if !covered && !self.assumed.iter().any(|known| known == path) {
            self.assumed.push(path.to_vec());
        }
    }
}

/// Is a name too long for the operating system (`ENAMETOOLONG`)?
pub(super) fn is_too_long(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    path.len() >= LONGEST_PATH || name.len() > LONGEST_NAME
}

/// An absolute path without empty, `.` and `..` parts (`apr_filepath_merge`); a trailing slash stays.
pub(crate) fn canonical_path(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len() + 1);
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let cut = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                out.truncate(cut);
            }
            part => {
                out.push(b'/');
                out.extend_from_slice(part);
            }
        }
    }
    let last = path.rsplit(|byte| *byte == b'/').next();
    if out.is_empty() || matches!(last, Some(b"" | b"." | b"..")) {
        out.push(b'/');
    }
    out
}

/// Is this more than `apr_filepath_merge` joins?
pub(super) fn is_too_long_to_join(root: &[u8], path: &[u8]) -> bool {
    // Room for slashes between the parts is counted in.
    root.len() + path.len() + 4 > LONGEST_PATH
}

/// `path` below `root`; `None` when it climbs out (`APR_FILEPATH_SECUREROOT`) or is too long.
pub(super) fn join_below(root: &[u8], path: &[u8]) -> Option<Vec<u8>> {
    let slashes = path.iter().take_while(|byte| **byte == b'/').count();
    let path = &path[slashes..];
    if is_too_long_to_join(root, path) {
        return None;
    }
    let mut depth = 0_usize;
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => depth = depth.checked_sub(1)?,
            _ => depth += 1,
        }
    }
    let root = root.strip_suffix(b"/").unwrap_or(root);
    let whole = [root, b"/", path].concat();
    Some(canonical_path(&whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths are where `apr_filepath_merge` of APR 1.7.2 begins to refuse.
    #[test]
    fn long_paths_are_not_joined() {
        let join = |length: usize| join_below(b"/root", &vec![b'a'; length]).is_some();
        assert!(join(4_087));
        assert!(!join(4_088));
        assert!(is_too_long_to_join(b"", &[b'a'; 4_093]));
        assert!(!is_too_long_to_join(b"", &[b'a'; 4_092]));
    }
}
