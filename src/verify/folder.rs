//! The folder a server runs in: a name that nobody can guess, and nobody else may enter.
//!
//! In: the user the server runs as. Out: the folder, which goes when it is dropped. Absent: what is in it.
//!
//! Patterns of a configuration meet the names of files, so a name by chance would make answers by chance.
//! The letters that differ are `q` and `z` only: what treats letters alike treats all these names alike.

use std::fs::{self, File, Permissions, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

use super::cage::{self, User};

/// What the names of all folders begin with.
const PREFIX: &str = "edgewright-verify-";

/// The file that is locked as long as its folder is in use.
const LOCK: &str = "lock";

/// How often a name is tried.
const TRIES: usize = 8;

/// Makes a folder, after removing those of runs that were killed.
///
/// # Errors
/// There is no place for temporary files.
pub fn create(user: Option<User>) -> io::Result<TempDir> {
    remove_abandoned(&std::env::temp_dir());
    let mut tries = (1..TRIES).filter_map(|_| new().ok());
    let folder = tries.next().map_or_else(new, Ok)?;
    let run = cage::run_folder(folder.path());
    fs::create_dir(&run)?;
    let mut mode = 0o700;
    if let Some(user) = user {
        std::os::unix::fs::chown(folder.path(), None, Some(user.group))?;
        std::os::unix::fs::chown(&run, Some(user.user), Some(user.group))?;
        mode = 0o750;
    }
    fs::set_permissions(&run, Permissions::from_mode(0o700))?;
    fs::set_permissions(folder.path(), Permissions::from_mode(mode))?;
    Ok(folder)
}

/// A name of 64 letters that cannot be guessed.
pub fn unguessable() -> String {
    let chance = RandomState::new().hash_one(PREFIX);
    let letter = |bit: u32| if chance >> bit & 1 == 0 { 'q' } else { 'z' };
    (0..u64::BITS).map(letter).collect()
}

fn new() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("{PREFIX}{}", unguessable()))
        .rand_bytes(0)
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    // The system unlocks the file when this program ends, however it ends. So the file stays open.
    let lock = File::create_new(folder.path().join(LOCK))?;
    lock.lock()?;
    std::mem::forget(lock);
    Ok(folder)
}

/// Removes folders of this user's that no running program has locked.
fn remove_abandoned(place: &Path) {
    let own = |path: &Path| {
        let data = fs::symlink_metadata(path).ok()?;
        let own = fs::metadata("/proc/self").ok()?.uid();
        (data.is_dir() && data.uid() == own).then_some(())
    };
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    for path in named.map(|entry| entry.path()) {
        let is_abandoned = own(&path).and_then(|()| File::open(path.join(LOCK)).ok());
        if let Some(lock) = is_abandoned
            && !matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
        {
            // A folder that stays is no worse than before.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    #[test]
    fn what_nobody_has_locked_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir(&path).unwrap();
            File::create_new(path.join(LOCK)).unwrap()
        };
        let used = folder("edgewright-verify-q");
        used.lock().unwrap();
        drop(folder("edgewright-verify-z"));
        drop(folder("another-z"));
        remove_abandoned(place.path());
        let left = fs::read_dir(place.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["another-z", "edgewright-verify-q"]);
        drop(used);
    }

    #[test]
    fn names_differ_in_two_letters_only() {
        let (one, other) = (unguessable(), unguessable());
        assert_ne!(one, other);
        assert!(
            one.chars().all(|letter| letter == 'q' || letter == 'z'),
            "{one}"
        );
        assert_eq!(one.len(), other.len());
    }
}
