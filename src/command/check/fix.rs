//! `edgewright check --fix`: what changes no answer is deleted, once both configurations answered the same.
//!
//! In: a checked configuration. Out: changed files. Absent: what may be deleted; see `findings::fix`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use edgewright_compiler::{
    Account, Entry, EntryKind, LoadError, Loader, Reading, Source, witnesses,
};

use crate::args::Engine;
use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::findings::Findings;
use crate::findings::fix::{Fixed, fixed};
use crate::input::read_opened;
use crate::loader::{to_bytes, to_path};
use crate::opened::Opened;
use crate::settings::Settings;
use crate::summary;
use crate::verify::normalized_response::NormalizedResponse;

/// How many rules are tried for all requests together: of very many rules not every request is asked.
const MOST_TRIED: usize = 200_000_000;

/// Deletes the lines that are proved to change no answer; returns true when a file was written.
///
/// # Errors
/// The configuration is no files of this machine, an answer would change, or a file cannot be written.
pub fn apply(
    settings: &Settings,
    reading: &Reading,
    account: &Account,
    findings: &Findings,
) -> Result<bool> {
    let files = fixed(reading, account, findings);
    let count: usize = files.iter().map(|one| one.count).sum();
    if count == 0 {
        return Ok(false);
    }
    let opened = Opened::new(&settings.conf, &settings.reading)?;
    if !opened.files.are_here() {
        bail!(
            "--fix writes into the configuration itself: name it without --root, --map and archives"
        );
    }
    let files = writable(reading, &files)?;
    let asked = compared(&opened, &files, count)?;
    for (name, content) in &files {
        let path = to_path(name);
        fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let findings = summary::count(count, "finding");
    let requests = summary::count(asked, "request");
    eprintln!("edgewright: {findings} fixed; {requests} are answered as before");
    Ok(true)
}

/// The files with their new contents, by name.
///
/// # Errors
/// One is no regular file, or was changed since it was read.
fn writable(reading: &Reading, files: &[Fixed]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let named = files.iter().map(|Fixed { file, content, .. }| {
        let Some(Source { name, bytes, .. }) = reading.sources.get(*file) else {
            bail!("a file has no name");
        };
        if !fs::metadata(name).is_ok_and(|metadata| metadata.is_file()) {
            bail!("{name} is no file that can be written");
        }
        if fs::read(name).is_ok_and(|now| now != **bytes) {
            bail!("{name} was changed while it was checked: run this again");
        }
        Ok((to_bytes(name.as_ref()), content.clone()))
    });
    named.collect()
}

/// Asks the configuration as it is and as it will be, `count` lines shorter, the same requests; returns how many.
///
/// # Errors
/// One would be answered differently.
fn compared(opened: &Opened, files: &BTreeMap<Vec<u8>, Vec<u8>>, count: usize) -> Result<usize> {
    let changed = Changed {
        below: &opened.files,
        files,
    };
    let old = read_opened(opened, &opened.files)?;
    let new = read_opened(opened, &changed)?;
    if new.units.len() + count != old.units.len() {
        bail!("nothing is written: other lines would be read");
    }
    let old = Answerer::of_reading(old, Engine::Reference)?;
    let new = Answerer::of_reading(new, Engine::Reference)?;
    let all = witnesses(old.site());
    let rules = old.count().max(1);
    let step = all.len().saturating_mul(rules).div_ceil(MOST_TRIED).max(1);
    let mut asked = 0;
    for witness in all.into_iter().step_by(step) {
        let request = OwnedRequest::from(witness.request);
        let answers = [&old, &new].map(|answerer| {
            NormalizedResponse::of_engine(&request.with(|request| answerer.answer(request)))
        });
        let [before, after] = answers;
        if before != after {
            bail!(
                "nothing is written: {} would be answered differently",
                request.to_text()
            );
        }
        asked += 1;
    }
    Ok(asked)
}

/// Files of which some have another content.
struct Changed<'f> {
    below: &'f dyn Loader,
    files: &'f BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Loader for Changed<'_> {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        match self.files.get(path) {
            Some(content) => Ok(content.clone()),
            None => self.below.read(path, most),
        }
    }

    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        match self.files.get(path) {
            Some(content) => Ok(content.get(..most).unwrap_or(content).to_vec()),
            None => self.below.head(path, most),
        }
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        self.below.list(path, most)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.below.kind(path)
    }

    fn length(&self, path: &[u8]) -> Option<u64> {
        match self.files.get(path) {
            Some(content) => u64::try_from(content.len()).ok(),
            None => self.below.length(path),
        }
    }
}
