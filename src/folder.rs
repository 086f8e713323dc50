//! Writing a build folder: whole, or not at all.
//!
//! In: files, one after another. Out: a folder on disk. Absent: what the files mean.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, bail};
use edgewright_compiler::Folder;

/// A folder that is written beside its place, and then renamed: whoever reads the place sees the old build or
/// the new one, never half of one. What is not [finished](Fresh::finish) goes away again.
#[derive(Debug)]
pub struct Fresh {
    target: PathBuf,
    folder: PathBuf,
    file: Option<(PathBuf, File)>,
}

impl Fresh {
    /// Begins the folder `target`.
    ///
    /// # Errors
    /// `target` exists and is no build folder (it is not touched), or the disk refuses.
    pub fn begin(target: &Path) -> Result<Self> {
        if target.exists() && !is_replaceable(target)? {
            bail!(
                "{} exists and is not a build folder: choose another with --out, or remove it",
                target.display()
            );
        }
        let folder = sibling(target, "new");
        remove(&folder)?;
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            target: target.to_owned(),
            folder,
            file: None,
        })
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(self) -> Result<()> {
        let target = &self.target;
        let old = sibling(target, "old");
        remove(&old)?;
        if target.exists() {
            fs::rename(target, &old)
                .with_context(|| format!("cannot move {}", target.display()))?;
        }
        fs::rename(&self.folder, target)
            .with_context(|| format!("cannot create {}", target.display()))?;
        remove(&old)
    }
}

impl Folder for Fresh {
    type Error = Error;

    fn begin(&mut self, name: &'static str) -> Result<()> {
        let path = self.folder.join(name);
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        self.file = Some((path, file));
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<()> {
        let (path, file) = self.file.as_mut().context("no file was begun")?;
        file.write_all(piece)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // Of a build that could not be made nothing should stay; that it does would be no worse an error.
        let _ = remove(&self.folder);
    }
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

    fn write(target: &Path, files: &[(&'static str, &str)]) -> Result<()> {
        let mut fresh = Fresh::begin(target)?;
        for (name, content) in files {
            fresh.begin(name)?;
            fresh.append(content.as_bytes())?;
        }
        fresh.finish()
    }

    #[test]
    fn a_build_that_is_not_finished_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("build");
        write(&target, &[("manifest.json", "1")]).unwrap();
        let mut fresh = Fresh::begin(&target).unwrap();
        fresh.begin("manifest.json").unwrap();
        drop(fresh);
        assert_eq!(fs::read(target.join("manifest.json")).unwrap(), b"1");
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_build_replaces_a_build_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("deep/build");
        write(&target, &[("manifest.json", "1"), ("extra", "x")]).unwrap();
        write(&target, &[("manifest.json", "2")]).unwrap();
        assert_eq!(fs::read(target.join("manifest.json")).unwrap(), b"2");
        assert!(!target.join("extra").exists());

        let other = place.path().join("precious");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "x").unwrap();
        assert!(write(&other, &[("manifest.json", "1")]).is_err());
        assert!(other.join("file").exists());
    }
}
