//! Folders that change places, so that a file of another's is at every moment in one of them.
//!
//! In: paths. Out: changes on disk. Absent: which files are whose.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A name beside `target` that nobody but this program makes; what a killed run left there may go.
pub fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(format!(".edgewright-{suffix}"));
    target.with_file_name(name)
}

/// Puts the old folder back, where a run was killed while it changed the two.
pub fn restore(target: &Path) -> io::Result<()> {
    let old = beside(target, "old");
    if !exists(target) && exists(&old) {
        return fs::rename(old, target);
    }
    Ok(())
}

/// Makes `from` appear at `to` too. Files are linked, which keeps their owners, modes and times; folders
/// have no second name, and are made anew.
pub fn carry(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    if metadata.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            carry(&entry.path(), &to.join(entry.file_name()))?;
        }
        return fs::set_permissions(to, metadata.permissions());
    }
    fs::hard_link(from, to).or_else(|error| {
        if metadata.is_symlink() {
            return std::os::unix::fs::symlink(fs::read_link(from)?, to);
        }
        // Some file systems have no links. A pipe or a socket cannot be copied.
        if metadata.is_file() {
            return fs::copy(from, to).map(|_| ());
        }
        Err(error)
    })
}

/// Puts `folder` into the place of `target`, and removes what was there.
pub fn replace(folder: &Path, target: &Path) -> io::Result<()> {
    if !exists(target) {
        return fs::rename(folder, target);
    }
    if exchange(folder, target) {
        return remove(folder);
    }
    let old = beside(target, "old");
    remove(&old)?;
    fs::rename(target, &old)?;
    fs::rename(folder, target)?;
    remove(&old)
}

/// Lets two folders change their places at once; false where the system cannot.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn exchange(one: &Path, other: &Path) -> bool {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    renameat2(AT_FDCWD, one, AT_FDCWD, other, RenameFlags::RENAME_EXCHANGE).is_ok()
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn exchange(_: &Path, _: &Path) -> bool {
    false
}

/// Removes a folder that this program made.
pub fn remove(path: &Path) -> io::Result<()> {
    if exists(path) {
        return fs::remove_dir_all(path);
    }
    Ok(())
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}
