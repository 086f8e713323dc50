//! From what was read to an archive.
//!
//! In: what a [`Recorder`](super::recorder::Recorder) saw, and which of the files are maps. Out: the archive's
//! bytes, written out, and [`Packing`]: what is in it. Absent: reading; see `command::collect`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Context, Result};
use edgewright_compiler::EntryKind;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::recorder::Seen;
use super::secrets::{self, Blanked};
use crate::archive::listing::{self, Listed};
use crate::archive::{LISTING, MANIFEST, Manifest, ROOT};

/// What goes into an archive, and what does not.
#[derive(Debug, Default)]
pub struct Packing {
    /// Files with their contents.
    pub contents: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Names without contents.
    pub listed: Vec<Listed>,
    /// `file:line directive` of values that were left out.
    pub blanked: Vec<String>,
    /// Files with a private key, whose contents were left out.
    pub keys: Vec<String>,
}

impl Packing {
    /// Decides what of `seen` is packed. `maps` are files that are no configuration; `size` tells the size of a file.
    pub fn of(seen: Seen, maps: &BTreeSet<Vec<u8>>, size: impl Fn(&[u8]) -> Option<u64>) -> Self {
        let mut packing = Self::default();
        for (path, content) in seen.contents {
            if secrets::has_key(&content) {
                packing
                    .keys
                    .push(String::from_utf8_lossy(&path).into_owned());
                continue;
            }
            let content = if maps.contains(&path) {
                content
            } else {
                packing.blanked(&path, &content)
            };
            packing.contents.insert(path, content);
        }
        let names = seen.kinds.into_iter();
        let names = names.filter(|(path, _)| !packing.contents.contains_key(path));
        let listed = names.map(|(path, kind)| Listed {
            size: match kind {
                EntryKind::File => size(&path).unwrap_or(1).max(1),
                EntryKind::Empty | EntryKind::Directory => 0,
            },
            path,
            kind,
        });
        packing.listed = listed.collect();
        packing
    }

    fn blanked(&mut self, path: &[u8], content: &[u8]) -> Vec<u8> {
        let Blanked { text, lines } = if path.ends_with(b"/envvars") {
            secrets::environment(content)
        } else {
            secrets::configuration(content)
        };
        let path = String::from_utf8_lossy(path);
        let named = lines
            .into_iter()
            .map(|(line, name)| format!("{path}:{line} {name}"));
        self.blanked.extend(named);
        text
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// `out` cannot be written to.
    pub fn write(&self, manifest: &Manifest, out: impl Write) -> Result<()> {
        let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::default()));
        let text = serde_json::to_vec_pretty(manifest)?;
        append(&mut tar, MANIFEST.as_bytes(), &text)?;
        let lines: String = self.listed.iter().map(listing::to_line).collect();
        append(&mut tar, LISTING.as_bytes(), lines.as_bytes())?;
        for (path, content) in &self.contents {
            append(&mut tar, &[ROOT.as_bytes(), path].concat(), content)?;
        }
        tar.into_inner()?.finish()?.flush()?;
        Ok(())
    }
}

fn append(tar: &mut tar::Builder<impl Write>, name: &[u8], content: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(content.len())?);
    header.set_mode(0o644);
    header.set_mtime(0);
    let path = crate::loader::to_path(name);
    tar.append_data(&mut header, path, content)
        .with_context(|| path.display().to_string())
}
