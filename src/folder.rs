//! Writing a build folder: whole, or not at all.
//!
//! In: files, one after another. Out: a folder on disk. Absent: what the files mean; how folders change places
//! is in `swap`.
//!
//! A file that no build wrote stays: nobody else may have a copy. What a build wrote is listed in its manifest.

mod swap;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use edgewright_compiler::export::manifest::written_files;
use edgewright_compiler::export::{MANIFEST_FILE, PROGRAM_FILE};
use edgewright_compiler::{Folder, FolderError};

/// A folder that is written beside its place, and then put there: whoever reads the place sees the old build
/// or the new one, never half of one. What is not [finished](Fresh::finish) goes away again.
#[derive(Debug)]
pub struct Fresh {
    target: PathBuf,
    folder: PathBuf,
    file: Option<(PathBuf, File)>,
    /// Names in the place that no build wrote.
    foreign: BTreeSet<OsString>,
}

impl Fresh {
    /// Begins the folder `target`.
    ///
    /// # Errors
    /// `target` exists and is no build folder (it is not touched), or the disk refuses.
    pub fn begin(target: &Path) -> Result<Self> {
        // The folder that a link leads to is replaced, and not the link.
        let target = target.canonicalize().unwrap_or_else(|_| target.to_owned());
        let folder = swap::beside(&target, "new");
        let name = || format!("cannot create {}", folder.display());
        swap::restore(&target).with_context(name)?;
        let foreign = foreign(&target)?;
        swap::remove(&folder).with_context(name)?;
        fs::create_dir_all(&folder).with_context(name)?;
        Ok(Self {
            target,
            folder,
            file: None,
            foreign,
        })
    }

    /// Puts the folder into its place. What else is there, and no build wrote, is in the new folder too.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(self) -> Result<()> {
        let target = &self.target;
        for name in &self.foreign {
            let from = target.join(name);
            swap::carry(&from, &self.folder.join(name))
                .with_context(|| format!("cannot keep {}", from.display()))?;
        }
        swap::replace(&self.folder, target)
            .with_context(|| format!("cannot create {}", target.display()))
    }
}

impl Folder for Fresh {
    fn begin(&mut self, name: &'static str) -> Result<(), FolderError> {
        if self.foreign.contains(&OsString::from(name)) {
            let foreign = self.target.join(name);
            return Err(anyhow!(
                "{} is not of the build that is there: move it away, or choose another folder with --out",
                foreign.display()
            )
            .into());
        }
        let path = self.folder.join(name);
        let file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        self.file = Some((path, file));
        Ok(())
    }

    fn append(&mut self, piece: &[u8]) -> Result<(), FolderError> {
        let (path, file) = self.file.as_mut().context("no file was begun")?;
        let written = file.write_all(piece);
        Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // Of a build that could not be made nothing should stay; that it does would be no worse an error.
        let _ = swap::remove(&self.folder);
    }
}

/// Names in `target` that no build wrote.
///
/// # Errors
/// `target` is neither missing, nor empty, nor a build folder.
fn foreign(target: &Path) -> Result<BTreeSet<OsString>> {
    if fs::symlink_metadata(target).is_err() {
        return Ok(BTreeSet::new());
    }
    let mut names = BTreeSet::new();
    let entries = fs::read_dir(target).ok();
    let is_folder = entries.is_some();
    for entry in entries.into_iter().flatten() {
        let entry = entry.with_context(|| format!("cannot read {}", target.display()))?;
        names.insert(entry.file_name());
    }
    match written(target) {
        _ if is_folder && names.is_empty() => {}
        Some(written) => names.retain(|name| !written.contains(name)),
        None => bail!(
            "{} exists and is not a build folder: choose another with --out, or remove it",
            target.display()
        ),
    }
    Ok(names)
}

/// Names that the build in `target` wrote; `None` if there is none.
fn written(target: &Path) -> Option<BTreeSet<OsString>> {
    let text = fs::read(target.join(MANIFEST_FILE)).ok()?;
    let listed: Vec<OsString> = match written_files(&text) {
        Some(names) => names.map(OsString::from).collect(),
        // A manifest that is damaged lists nothing; then the names of a build's files are all there is.
        None if target.join(PROGRAM_FILE).is_file() => own_names(),
        None => return None,
    };
    Some(listed.into_iter().chain([MANIFEST_FILE.into()]).collect())
}

/// Whether `folder` is a build, and which of the files that are read again it lacks. One file alone may be
/// anybody's.
pub fn as_build(folder: &Path) -> Option<Vec<&'static str>> {
    use edgewright_compiler::export::TABLE_FILE;
    let has = |name: &&str| folder.join(name).is_file();
    let needed = [PROGRAM_FILE, TABLE_FILE, MANIFEST_FILE];
    let is_build = written(folder).is_some() || needed.iter().filter(|name| has(name)).count() > 1;
    let missing = needed.into_iter().filter(|name| !has(name));
    is_build.then(|| missing.collect())
}

/// The files of a build.
fn own_names() -> Vec<OsString> {
    use edgewright_compiler::export::{ITEMS_FILE, PAGE_FILE, REPORT_FILE, TABLE_FILE};
    let names = [PROGRAM_FILE, TABLE_FILE, ITEMS_FILE, REPORT_FILE, PAGE_FILE];
    names.map(OsString::from).to_vec()
}

#[cfg(test)]
mod tests;
