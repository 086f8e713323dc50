//! An archive of `collect` as the compiler's loader.
//!
//! In: the bytes of a file that somebody sent. Out: [`Packed`], the archive in memory. Absent: putting anything
//! on the disk.
//!
//! An archive is not trusted: of its entries only regular files count, their names are paths of the server and
//! nothing else, and entries and bytes are counted as they come.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use edgewright_compiler::{Entry, EntryKind, Limit, Limits, LoadError, Loader};
use flate2::read::GzDecoder;

use super::{FORMAT, LISTING, MANIFEST, Manifest, ROOT, VERSION, listing};
use crate::loader::rooted::clean;

/// How long a path may be, as on Linux (`PATH_MAX`).
const LONGEST_PATH: usize = 4096;

/// How deep directories may be.
const DEEPEST: usize = 256;

/// What an entry takes besides its bytes: a header, and padding.
const ENTRY_BYTES: u64 = 4096;

/// The files of an archive.
#[derive(Debug, Default)]
pub struct Packed {
    contents: HashMap<Vec<u8>, Vec<u8>>,
    /// By directory, without a trailing slash: what is in it.
    directories: HashMap<Vec<u8>, BTreeMap<Vec<u8>, EntryKind>>,
    /// How many more names there may be.
    names_left: u64,
}

/// Does the file begin as an archive does?
pub fn is_archive(path: &Path) -> bool {
    let mut magic = [0; 2];
    let is_file = path.is_file();
    let file = File::open(path).ok().filter(|_| is_file);
    file.is_some_and(|mut file| file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b])
}

/// Reads an archive, as much as `limits` allow.
///
/// # Errors
/// It is no archive of `collect`, a newer one, damaged, or larger than the limits.
pub fn open(path: &Path, limits: &Limits) -> Result<(Manifest, Packed)> {
    let name = || path.display().to_string();
    let file = File::open(path).with_context(name)?;
    read(file, limits).with_context(name)
}

fn read(file: impl Read, limits: &Limits) -> Result<(Manifest, Packed)> {
    let names = limits.get(Limit::Files);
    let most = limits.get(Limit::FileBytes);
    // More than the limits allow is never unpacked.
    let most_bytes = most.saturating_add(names.saturating_mul(ENTRY_BYTES));
    let bytes = GzDecoder::new(file).take(most_bytes);
    let mut archive = tar::Archive::new(bytes);
    let mut packed = Packed {
        names_left: names,
        ..Packed::default()
    };
    let mut left = most;
    let mut manifest = None;
    let mut listing = None;
    for entry in archive.entries()? {
        let mut entry = entry.context("the archive is damaged, or larger than is allowed")?;
        // Links, devices and anything else that is no file of a site.
        if entry.header().entry_type() != tar::EntryType::Regular {
            continue;
        }
        let name = entry.path_bytes().into_owned();
        let mut content = Vec::new();
        (&mut entry)
            .take(left.saturating_add(1))
            .read_to_end(&mut content)?;
        let size = u64::try_from(content.len())?;
        ensure!(
            size == entry.size() || size > left,
            "the archive is cut short"
        );
        left = left
            .checked_sub(size)
            .with_context(|| too_large(Limit::FileBytes, limits))?;
        match name.as_slice() {
            name if name == MANIFEST.as_bytes() => manifest = Some(manifest_of(&content)?),
            name if name == LISTING.as_bytes() => listing = Some(content),
            name => packed.unpack(name, content, limits)?,
        }
    }
    let manifest =
        manifest.context("it is no archive of `edgewright collect`: it has no manifest.json")?;
    for line in String::from_utf8(listing.unwrap_or_default())?.lines() {
        let listed = listing::of_line(line).context("its listing is damaged")?;
        packed.add(&listed.path, listed.kind, limits)?;
    }
    Ok((manifest, packed))
}

fn manifest_of(content: &[u8]) -> Result<Manifest> {
    let value: serde_json::Value =
        serde_json::from_slice(content).context("its manifest.json is damaged")?;
    if value["format"] != FORMAT {
        bail!("it is no archive of `edgewright collect`");
    }
    if value["version"] != VERSION {
        bail!(
            "it was written by another edgewright, with version {} of the layout: this one reads version {VERSION}",
            value["version"]
        );
    }
    serde_json::from_value(value).context("its manifest.json is damaged")
}

fn too_large(limit: Limit, limits: &Limits) -> String {
    let (name, value) = (limit.name(), limits.get(limit));
    format!(
        "it has more than the {value} {name} that are allowed: `--max {name}=NUMBER` allows more"
    )
}

impl Packed {
    /// One file of the archive. A name that is no path of the server is passed over.
    fn unpack(&mut self, name: &[u8], content: Vec<u8>, limits: &Limits) -> Result<()> {
        let Some(path) = name.strip_prefix(ROOT.as_bytes()) else {
            return Ok(());
        };
        if !path.starts_with(b"/") {
            return Ok(());
        }
        let path = clean(path);
        let kind = if content.is_empty() {
            EntryKind::Empty
        } else {
            EntryKind::File
        };
        self.add(&path, kind, limits)?;
        self.contents.insert(path, content);
        Ok(())
    }

    /// Notes what stands at `path`, and the directories above it. What came first stays.
    fn add(&mut self, path: &[u8], kind: EntryKind, limits: &Limits) -> Result<()> {
        let path = clean(path);
        let depth = path.split(|byte| *byte == b'/').count();
        ensure!(
            path.len() <= LONGEST_PATH && depth <= DEEPEST,
            "a path in it is too long"
        );
        let mut path = path.strip_suffix(b"/").unwrap_or(&path);
        let mut kind = kind;
        let mut is_above = false;
        while let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
            let (above, name) = (&path[..slash], &path[slash + 1..]);
            let names = self.directories.entry(above.to_vec()).or_default();
            if let Some(known) = names.get(name) {
                let agrees = !is_above || *known == EntryKind::Directory;
                ensure!(agrees, "in it a file has something below it");
                return Ok(());
            }
            let left = self.names_left.checked_sub(1);
            self.names_left = left.with_context(|| too_large(Limit::Files, limits))?;
            names.insert(name.to_vec(), kind);
            if kind == EntryKind::Directory {
                self.directories.entry(path.to_vec()).or_default();
            }
            (path, kind, is_above) = (above, EntryKind::Directory, true);
        }
        Ok(())
    }
}

impl Loader for Packed {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        let path = clean(path);
        if let Some(content) = self.contents.get(&path) {
            let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
            return if length > most {
                Err(LoadError::TooLong)
            } else {
                Ok(content.clone())
            };
        }
        match self.kind(&path) {
            None => Err(LoadError::NotFound),
            Some(EntryKind::Directory) => Err(LoadError::IsDirectory),
            Some(EntryKind::File | EntryKind::Empty) => Err(LoadError::Other(
                "the archive has its name and not its content".to_owned(),
            )),
        }
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        let path = clean(path);
        let path = path.strip_suffix(b"/").unwrap_or(&path);
        let names = self.directories.get(path).ok_or(LoadError::NotFound)?;
        if u64::try_from(names.len()).unwrap_or(u64::MAX) > most {
            return Err(LoadError::TooLong);
        }
        let entry = |(name, kind): (&Vec<u8>, &EntryKind)| Entry {
            name: name.clone(),
            kind: *kind,
        };
        Ok(names.iter().map(entry).collect())
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        let path = clean(path);
        let path = path.strip_suffix(b"/").unwrap_or(&path);
        if self.directories.contains_key(path) {
            return Some(EntryKind::Directory);
        }
        let slash = path.iter().rposition(|byte| *byte == b'/')?;
        let names = self.directories.get(&path[..slash])?;
        names.get(&path[slash + 1..]).copied()
    }
}

#[cfg(test)]
mod tests;
