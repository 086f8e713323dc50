//! Where the files of a configuration are: on this machine, or in a copy of a server's.
//!
//! In: paths and options of the command line. Out: [`Opened`]: what is to be read, how, and the files.
//! Absent: reading them; see `input`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{Entry, EntryKind, Input, LoadError, Loader, ReadOptions};

use crate::args;
use crate::input::{input_of, read_options};
use crate::loader::rooted::{Mount, Rooted, clean};
use crate::loader::{Disk, to_bytes};

/// A configuration that is ready to be read.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub input: Input,
    /// How it is to be read.
    pub options: ReadOptions,
    /// Where its files are.
    pub files: Files,
}

/// The files of a configuration.
#[derive(Debug)]
pub enum Files {
    /// Those of this machine.
    Here(Disk),
    /// Those of folders that stand for a server's.
    Copy(Rooted),
}

impl Files {
    /// True when paths of the configuration are those of this machine.
    pub fn are_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    fn loader(&self) -> &dyn Loader {
        match self {
            Self::Here(disk) => disk,
            Self::Copy(rooted) => rooted,
        }
    }
}

impl Loader for Files {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        self.loader().read(path, most)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        self.loader().list(path, most)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.loader().kind(path)
    }
}

impl Opened {
    /// Finds out where the files of `paths` are, and what they are.
    ///
    /// # Errors
    /// A path or a folder that is named does not exist.
    pub fn new(paths: &[PathBuf], given: &args::Reading) -> Result<Self> {
        let options = read_options(given)?;
        let mounts = mounts(given, &options)?;
        let (files, paths) = if mounts.is_empty() {
            here(paths)?
        } else {
            in_copy(paths, Rooted::new(mounts))?
        };
        Ok(Self {
            input: input_of(paths, given.kind, &files)?,
            options,
            files,
        })
    }
}

/// Paths of this machine.
fn here(paths: &[PathBuf]) -> Result<(Files, Vec<Vec<u8>>)> {
    for path in paths {
        if !path.exists() {
            bail!(
                "there is no {}: name a configuration file, or a document root",
                path.display()
            );
        }
    }
    let paths: Vec<Vec<u8>> = paths.iter().map(|path| to_bytes(path)).collect();
    Ok((Files::Here(Disk::naming(&paths)), paths))
}

/// Paths of the server, or of this machine where neither folder has them.
fn in_copy(paths: &[PathBuf], rooted: Rooted) -> Result<(Files, Vec<Vec<u8>>)> {
    let mut named = Vec::new();
    let mut all = Vec::new();
    for path in paths {
        if let Some(server) = rooted.server_path(path) {
            all.push(server);
        } else if path.exists() {
            named.push(to_bytes(path));
            all.push(to_bytes(path));
        } else {
            bail!(
                "there is no {}, neither on this machine nor in the folders of --root and --map: \
                 name a configuration file by its path on the server or in the copy",
                path.display()
            );
        }
    }
    Ok((Files::Copy(rooted.naming(&named)), all))
}

/// The folders of `--root` and `--map`. With them, those of the options that are folders of this machine are
/// still found as they are named.
fn mounts(given: &args::Reading, options: &ReadOptions) -> Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    if let Some(root) = &given.root {
        mounts.push(Mount {
            server: b"/".to_vec(),
            here: folder("--root", root)?,
        });
    }
    for text in &given.map {
        let (server, here) = text
            .split_once('=')
            .filter(|(server, _)| server.starts_with('/'))
            .with_context(|| {
                format!("--map {text}: write SERVER_PATH=DIR, with a path that begins with /")
            })?;
        mounts.push(Mount {
            server: clean(server.as_bytes()),
            here: folder("--map", Path::new(here))?,
        });
    }
    if mounts.is_empty() {
        return Ok(mounts);
    }
    let local = options
        .docroots
        .iter()
        .map(|docroot| docroot.local_path.clone());
    for path in local.chain(options.server_root.clone()) {
        let here = crate::loader::to_path(&path);
        mounts.push(Mount {
            server: to_bytes(&std::path::absolute(here)?),
            here: folder("--server-root", here)?,
        });
    }
    Ok(mounts)
}

fn folder(option: &str, path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        bail!("{option} {}: there is no such folder", path.display());
    }
    path.canonicalize()
        .with_context(|| format!("{option} {}", path.display()))
}
