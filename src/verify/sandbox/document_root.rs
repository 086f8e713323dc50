//! A document root in the place of the user's: the same names, nothing of what is in the files.
//!
//! In: what the compiler knows of the files. Out: folders and files on the disk. Absent: the copies of
//! `.htaccess` files.
//!
//! Whatever a file holds, the server has nothing of it to run: a page with commands in it is a page with
//! one letter in it here.

use std::fs;
use std::io;
use std::path::Path;

use edgewright_engine::model::site::{FileKind, FileTree};

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
        let path = target.join(to_path(name));
        match kind {
            FileKind::Directory => fs::create_dir_all(path)?,
            FileKind::File => fs::write(path, "x")?,
            FileKind::Empty => fs::write(path, "")?,
        }
    }
    Ok(())
}
