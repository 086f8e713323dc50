//! Writing a build folder: whole, or not at all.
//!
//! In: file names and contents. Out: a folder on disk. Absent: what the files mean.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Writes `files` as the folder `target`, beside it first, then by renaming: whoever reads the
/// folder sees the old build or the new one, never half of one.
///
/// # Errors
/// `target` exists and is no build folder (it is not touched), or the disk refuses.
pub fn write(target: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    if target.exists() && !is_replaceable(target)? {
        bail!(
            "{} exists and is not a build folder: choose another with --out, or remove it",
            target.display()
        );
    }
    let fresh = sibling(target, "new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).with_context(|| format!("cannot create {}", fresh.display()))?;
    for (name, bytes) in files {
        let path = fresh.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let old = sibling(target, "old");
    remove(&old)?;
    if target.exists() {
        fs::rename(target, &old).with_context(|| format!("cannot move {}", target.display()))?;
    }
    fs::rename(&fresh, target).with_context(|| format!("cannot create {}", target.display()))?;
    remove(&old)
}

/// True for an empty folder and for one that a build wrote.
fn is_replaceable(target: &Path) -> Result<bool> {
    if !target.is_dir() {
        return Ok(false);
    }
    let empty = fs::read_dir(target)?.next().is_none();
    Ok(empty || target.join("manifest.json").is_file())
}

fn sibling(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{suffix}"));
    target.with_file_name(name)
}

fn remove(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_dir_all(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    #[test]
    fn a_build_replaces_a_build_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("deep/build");
        write(&target, &[("manifest.json", b"1"), ("extra", b"x")]).unwrap();
        write(&target, &[("manifest.json", b"2")]).unwrap();
        assert_eq!(fs::read(target.join("manifest.json")).unwrap(), b"2");
        assert!(!target.join("extra").exists());

        let other = place.path().join("precious");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "x").unwrap();
        assert!(write(&other, &[("manifest.json", b"1")]).is_err());
        assert!(other.join("file").exists());
    }
}
