//! A copy of a server's files as the compiler's loader.
//!
//! In: folders of this machine that stand for folders of the server, and paths of the server. Out: [`Rooted`],
//! which finds each path below the folder that stands for it. Absent: what is an archive; see `archive`.
//!
//! Symbolic links are followed here, and not by the operating system: the target of a link is a path of the
//! server, and neither a link nor `..` leads out of the folders that were given.

use std::fs;
use std::path::{Path, PathBuf};

use edgewright_compiler::{Entry, EntryKind, LoadError, Loader};

use super::{Disk, kind_of, names_in, to_bytes, to_path};

/// How many links may lead to one file, as on Linux (`MAXSYMLINKS`).
const MOST_LINKS: usize = 40;

/// A folder of this machine in the place of one of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The folder on the server: absolute and clean, `/` for all of it.
    pub server: Vec<u8>,
    /// The folder on this machine, without links.
    pub here: PathBuf,
}

/// Finds the server's files in folders of this machine.
#[derive(Debug, Clone, Default)]
pub struct Rooted {
    disk: Disk,
    /// The longest server path first.
    mounts: Vec<Mount>,
}

impl Rooted {
    /// The loader for these folders.
    pub fn new(mut mounts: Vec<Mount>) -> Self {
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.server.len()));
        Self {
            disk: Disk::default(),
            mounts,
        }
    }

    /// The same, with paths of this machine that are read as they are: the command line named them.
    #[must_use]
    pub fn naming(mut self, paths: &[Vec<u8>]) -> Self {
        self.disk = Disk::naming(paths);
        self
    }

    /// The path on the server of a path that a person typed: a path inside one of the folders, or the server's
    /// own. `None` when nothing is there by either reading.
    pub fn server_path(&self, typed: &Path) -> Option<Vec<u8>> {
        let absolute = std::path::absolute(typed).ok()?;
        let resolved = absolute
            .parent()
            .and_then(|parent| parent.canonicalize().ok())
            .map(|parent| parent.join(absolute.file_name().unwrap_or_default()));
        let inside = [Some(absolute), resolved]
            .into_iter()
            .flatten()
            .find_map(|path| self.inside(&path));
        let as_server = [b"/", to_bytes(typed).as_slice()].concat();
        inside.or_else(|| self.kind(&as_server).map(|_| clean(&as_server)))
    }

    fn inside(&self, path: &Path) -> Option<Vec<u8>> {
        let held = self.mounts.iter().filter_map(|mount| {
            let below = path.strip_prefix(&mount.here).ok()?;
            let server = [mount.server.as_slice(), b"/", &to_bytes(below)].concat();
            Some((mount.here.as_os_str().len(), clean(&server)))
        });
        let (_, server) = held.max_by_key(|(length, _)| *length)?;
        self.kind(&server).map(|_| server)
    }

    /// Where a path of the server is on this machine, links followed; `None` where links go in a circle.
    pub fn here(&self, path: &[u8]) -> Option<PathBuf> {
        if self.is_ours(path) {
            return Some(to_path(path).to_owned());
        }
        Some(self.place(&self.follow(Vec::new(), path)?))
    }

    /// Is the path in one of the folders?
    pub fn holds(&self, path: &[u8]) -> bool {
        let mut mounts = self.mounts.iter();
        mounts.any(|mount| below(path, &mount.server).is_some())
    }

    /// Is it a path of this machine: named by the command line, or found beside such a file?
    fn is_ours(&self, path: &[u8]) -> bool {
        !path.starts_with(b"/") || self.disk.names(path)
    }

    /// The folder that stands for the server's, without looking at links.
    fn place(&self, path: &[u8]) -> PathBuf {
        let mut mounts = self.mounts.iter();
        let found = mounts.find_map(|mount| Some((mount, below(path, &mount.server)?)));
        match found {
            Some((mount, b"")) => mount.here.clone(),
            Some((mount, rest)) => mount.here.join(to_path(rest)),
            None if path.is_empty() => PathBuf::from("/"),
            None => to_path(path).to_owned(),
        }
    }

    /// Follows `path` from the directory `at`, which has no links in it.
    fn follow(&self, mut at: Vec<u8>, path: &[u8]) -> Option<Vec<u8>> {
        let mut rest = components(path);
        let mut links = 0;
        while let Some(component) = rest.pop() {
            match component.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    at.truncate(at.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let next = [at.as_slice(), b"/", &component].concat();
            let Some(target) = self.link(&next) else {
                at = next;
                continue;
            };
            links += 1;
            if links > MOST_LINKS {
                return None;
            }
            if target.starts_with(b"/") {
                at.clear();
            }
            rest.extend(components(&target));
        }
        Some(at)
    }

    /// The target of a link; `None` for anything else. A folder that was given is none, whatever it replaces.
    fn link(&self, path: &[u8]) -> Option<Vec<u8>> {
        if self.mounts.iter().any(|mount| mount.server == path) {
            return None;
        }
        let target = fs::read_link(self.place(path)).ok()?;
        Some(to_bytes(&target))
    }

    fn found(&self, path: &[u8]) -> Result<Vec<u8>, LoadError> {
        let place = self.here(path).ok_or(LoadError::NotFound)?;
        Ok(to_bytes(&place))
    }
}

impl Loader for Rooted {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        self.disk.read(&self.found(path)?, most)
    }

    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        self.disk.head(&self.found(path)?, most)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        if self.is_ours(path) {
            return self.disk.list(path, most);
        }
        let at = self.follow(Vec::new(), path).ok_or(LoadError::NotFound)?;
        let names = names_in(&self.place(&at), most)?;
        let entry = |name: Vec<u8>| {
            let place = self.place(&self.follow(at.clone(), &name)?);
            let kind = kind_of(&place)?;
            Some(Entry { name, kind })
        };
        Ok(names.into_iter().filter_map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        kind_of(&self.here(path)?)
    }

    fn length(&self, path: &[u8]) -> Option<u64> {
        let metadata = fs::metadata(self.here(path)?).ok()?;
        metadata.is_file().then_some(metadata.len())
    }
}

/// The components of a path, the last first.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let parts = path.split(|byte| *byte == b'/');
    parts.rev().map(<[u8]>::to_vec).collect()
}

/// What of `path` is below `directory`, without a leading slash.
fn below<'p>(path: &'p [u8], directory: &[u8]) -> Option<&'p [u8]> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    match path.strip_prefix(directory)? {
        b"" => Some(b""),
        [b'/', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// An absolute path without empty, `.` and `..` components.
pub fn clean(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for component in path.split(|byte| *byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            _ => kept.push(component),
        }
    }
    [b"/", kept.join(&b'/').as_slice()].concat()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use std::os::unix::fs::symlink;

    use super::*;

    const MOST: u64 = 1 << 20;

    /// A copy of a server in `copy`, and a secret of this machine beside it.
    fn copy(place: &Path) -> Rooted {
        let root = place.join("copy");
        for folder in [
            "etc/apache2/sites-available",
            "etc/apache2/sites-enabled",
            "srv/www",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(place.join("secret"), "ours").unwrap();
        fs::write(root.join("secret"), "theirs").unwrap();
        fs::write(root.join("etc/apache2/sites-available/a.conf"), "a").unwrap();
        let link = |target: &str, name: &str| symlink(target, root.join(name)).unwrap();
        link(
            "/etc/apache2/sites-available/a.conf",
            "etc/apache2/sites-enabled/a.conf",
        );
        link(
            "../sites-available/a.conf",
            "etc/apache2/sites-enabled/b.conf",
        );
        link("/etc/apache2/sites-available", "etc/apache2/all");
        link("../../../../../../secret", "srv/up");
        link(place.join("secret").to_str().unwrap(), "srv/out");
        link("/srv/circle", "srv/circle");
        fs::create_dir(place.join("maps")).unwrap();
        fs::write(place.join("maps/m.txt"), "map").unwrap();
        Rooted::new(vec![
            Mount {
                server: b"/".to_vec(),
                here: root,
            },
            Mount {
                server: b"/srv/maps".to_vec(),
                here: place.join("maps"),
            },
        ])
    }

    #[test]
    fn paths_of_the_server_are_found_in_the_copy() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let rooted = copy(&place);
        let check = |path: &str, expected: Option<&str>| {
            let read = rooted.read(path.as_bytes(), MOST).ok();
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{path}");
        };
        check("/etc/apache2/sites-available/a.conf", Some("a"));
        check("/etc/apache2/sites-enabled/a.conf", Some("a"));
        check("/etc/apache2/sites-enabled/b.conf", Some("a"));
        check("/etc/apache2/all/a.conf", Some("a"));
        check("/etc/apache2/all/../../../secret", Some("theirs"));
        check("/../../secret", Some("theirs"));
        check("/srv/up", Some("theirs"));
        check("/srv/out", None);
        check("/srv/circle", None);
        check("/srv/maps/m.txt", Some("map"));
        check("/srv/maps/../../secret", Some("theirs"));
        check("/etc/passwd", None);
    }

    #[test]
    fn a_folder_lists_what_can_be_followed_inside() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let rooted = copy(&place);
        let check = |path: &str, expected: &[&str]| {
            let mut names: Vec<_> = rooted.list(path.as_bytes(), MOST).unwrap();
            names.sort();
            let names: Vec<_> = names
                .into_iter()
                .map(|entry| String::from_utf8(entry.name).unwrap())
                .collect();
            assert_eq!(names, expected, "{path}");
        };
        check("/etc/apache2/sites-enabled", &["a.conf", "b.conf"]);
        check("/srv", &["up", "www"]);
        assert_eq!(rooted.list(b"/srv", 2), Err(LoadError::TooLong));
    }

    #[test]
    fn a_typed_path_is_one_inside_the_copy_or_the_servers() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path().canonicalize().unwrap();
        let rooted = copy(&place);
        let check = |typed: &Path, expected: Option<&str>| {
            let found = rooted.server_path(typed);
            let expected = expected.map(|path| path.as_bytes().to_vec());
            assert_eq!(found, expected, "{}", typed.display());
        };
        let conf = "/etc/apache2/sites-available/a.conf";
        check(&place.join("copy").join(&conf[1..]), Some(conf));
        check(Path::new(conf), Some(conf));
        check(Path::new(&conf[1..]), Some(conf));
        check(&place.join("maps/m.txt"), Some("/srv/maps/m.txt"));
        check(&place.join("copy"), Some("/"));
        check(&place.join("secret"), None);
        check(Path::new("/etc/none"), None);
    }
}
