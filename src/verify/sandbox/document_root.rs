//! A document root in the place of the user's: the same names, nothing of what is in the files but what `send-as-is` reads.
//!
//! In: what the compiler knows of the files. Out: folders and files on the disk. Absent: the copies of
//! `.htaccess` files.
//!
//! Whatever a file holds, the server has nothing of it to run: a page with commands in it is a page with
//! one letter in it here.

use std::fs;
use std::io;
use std::path::Path;

use edgewright_engine::model::site::{AsIs, FileKind, FileTree};

use crate::loader::to_path;

/// Makes `target` look like the directory `root` of `tree`.
///
/// # Errors
/// The disk refuses.
pub fn mirror(tree: &FileTree, root: &[u8], target: &Path) -> io::Result<()> {
    fs::create_dir_all(target)?;
    let prefix = [root.strip_suffix(b"/").unwrap_or(root), b"/"].concat();
    // A directory comes before what is in it.
    for (path, kind) in tree.entries.range(prefix.clone()..) {
        let Some(name) = path.strip_prefix(prefix.as_slice()) else {
            break;
        };
        let said = tree.as_is.get(path);
        let path = target.join(to_path(name));
        match kind {
            FileKind::Directory => fs::create_dir_all(path)?,
            FileKind::File => fs::write(path, said.map_or(b"x".to_vec(), header_of))?,
            FileKind::Empty => fs::write(path, "")?,
        }
    }
    Ok(())
}

/// Header lines that say the same as those of a file.
fn header_of(said: &AsIs) -> Vec<u8> {
    let mut lines = Vec::new();
    if let Some(status) = said.status {
        lines.extend_from_slice(format!("Status: {status}\n").as_bytes());
    }
    if let Some(location) = &said.location {
        lines.extend_from_slice(&[b"Location: ", location.as_slice(), b"\n"].concat());
    }
    lines.extend_from_slice(b"\nx");
    lines
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    #[test]
    fn files_hold_nothing_but_what_is_sent_as_it_is() {
        let mut tree = FileTree::default();
        tree.insert(b"/srv/www/a", FileKind::File);
        tree.insert(b"/srv/www/b/c.asis", FileKind::File);
        let said = AsIs {
            status: Some(301),
            location: Some(b"/to".to_vec()),
        };
        tree.as_is.insert(b"/srv/www/b/c.asis".to_vec(), said);
        let folder = tempfile::tempdir().unwrap();
        mirror(&tree, b"/srv/www", folder.path()).unwrap();
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("a"), b"x");
        assert_eq!(read("b/c.asis"), b"Status: 301\nLocation: /to\n\nx");
    }
}
