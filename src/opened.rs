//! Where the files of a configuration are: on this machine, or in a copy of a server's.
//!
//! In: paths and options of the command line. Out: [`Opened`]: what is to be read, how, and the files.
//! Absent: reading them; see `input`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use edgewright_compiler::{Entry, EntryKind, Input, LoadError, Loader, ReadOptions};

use crate::archive::packed::{self, Packed, is_archive};
use crate::archive::{Kind, Linkage};
use crate::args;
use crate::loader::rooted::{Mount, Rooted, clean};
use crate::loader::{Disk, to_bytes, to_path};
use crate::typed::{
    input_of, is_standard_input, local_path, local_paths, no_builds, once, read_options,
};

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
    /// The files of this machine.
    Here(Disk),
    /// The files of folders that stand for a server's.
    Copy(Rooted),
    /// Those of an archive of `collect`, and of folders of this machine that stand for document roots.
    Archive(Packed, Rooted),
}

impl Files {
    /// True when paths of the configuration are those of this machine.
    pub fn are_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    /// The size of a file in bytes, where the disk tells it.
    pub fn size(&self, path: &[u8]) -> Option<u64> {
        let place = match self {
            Self::Here(_) => to_path(path).to_owned(),
            Self::Copy(rooted) => rooted.here(path)?,
            Self::Archive(..) => return None,
        };
        Some(std::fs::metadata(place).ok()?.len())
    }

    fn loader(&self, path: &[u8]) -> &dyn Loader {
        match self {
            Self::Here(disk) => disk,
            Self::Copy(rooted) => rooted,
            Self::Archive(_, rooted) if rooted.holds(path) => rooted,
            Self::Archive(packed, _) => packed,
        }
    }
}

impl Loader for Files {
    fn read(&self, path: &[u8], most: u64) -> Result<Vec<u8>, LoadError> {
        self.loader(path).read(path, most)
    }

    fn head(&self, path: &[u8], most: usize) -> Result<Vec<u8>, LoadError> {
        self.loader(path).head(path, most)
    }

    fn list(&self, path: &[u8], most: u64) -> Result<Vec<Entry>, LoadError> {
        self.loader(path).list(path, most)
    }

    fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.loader(path).kind(path)
    }

    fn length(&self, path: &[u8]) -> Option<u64> {
        self.loader(path).length(path)
    }
}

impl Opened {
    /// Finds out where the files of `paths` are, and what they are.
    ///
    /// # Errors
    /// A path or a folder that is named does not exist.
    pub fn new(paths: &[PathBuf], given: &args::Reading) -> Result<Self> {
        once(paths)?;
        no_builds(paths)?;
        let options = read_options(given)?;
        if let [path] = paths
            && is_archive(path)
        {
            return Self::archive(path, given, options);
        }
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

    /// An archive says itself what it is; what the command line says besides goes before.
    fn archive(path: &Path, given: &args::Reading, mut options: ReadOptions) -> Result<Self> {
        if given.root.is_some() || !given.map.is_empty() {
            bail!(
                "{} brings its own files: leave out --root and --map",
                path.display()
            );
        }
        let (manifest, packed) = packed::open(path, &options.limits)?;
        let mut local = Vec::new();
        local_mounts(&options, &mut local)?;
        let files = Files::Archive(packed, Rooted::new(local));
        let paths: Vec<Vec<u8>> = manifest
            .paths
            .iter()
            .map(|path| clean(path.as_bytes()))
            .collect();
        let kind = given.kind.unwrap_or(match manifest.kind {
            Kind::Main => args::Kind::Main,
            Kind::Vhost => args::Kind::Vhost,
            Kind::Htaccess => args::Kind::Htaccess,
            Kind::Docroot => args::Kind::Docroot,
        });
        let defines = manifest.defines.into_iter();
        options.defines.extend(defines.map(String::into_bytes));
        options.time_zone = options.time_zone.or(manifest.time_zone);
        if let Some(server) = manifest.server {
            // The others are loaded by lines of the configuration.
            let own = server.modules.into_iter();
            let own = own.filter(|module| module.linkage == Linkage::Static);
            options
                .modules
                .extend(own.map(|module| module.name.into_bytes()));
            options.version = server.version.unwrap_or(options.version);
        }
        Ok(Self {
            input: input_of(paths, Some(kind), &files)?,
            options,
            files,
        })
    }
}

/// Paths of this machine.
fn here(paths: &[PathBuf]) -> Result<(Files, Vec<Vec<u8>>)> {
    let paths = local_paths(paths)?;
    Ok((Files::Here(Disk::naming(&paths)), paths))
}

/// Paths of the server, or of this machine where neither folder has them.
fn in_copy(paths: &[PathBuf], rooted: Rooted) -> Result<(Files, Vec<Vec<u8>>)> {
    let mut named = Vec::new();
    let mut all = Vec::new();
    for path in paths {
        if let Some(server) = rooted.server_path(path) {
            all.push(server);
        } else if is_standard_input(path) || path.exists() {
            named.push(local_path(path));
            all.push(local_path(path));
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

/// The folders of `--root` and `--map`, and with them those of the options.
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
    if !mounts.is_empty() {
        local_mounts(options, &mut mounts)?;
    }
    Ok(mounts)
}

/// Folders of this machine that the options name are found as they are named.
fn local_mounts(options: &ReadOptions, mounts: &mut Vec<Mount>) -> Result<()> {
    let local = options
        .docroots
        .iter()
        .map(|docroot| docroot.local_path.clone());
    for path in local.chain(options.server_root.clone()) {
        let here = to_path(&path);
        mounts.push(Mount {
            server: to_bytes(&std::path::absolute(here)?),
            here: folder("--server-root", here)?,
        });
    }
    Ok(())
}

fn folder(option: &str, path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        bail!("{option} {}: there is no such folder", path.display());
    }
    path.canonicalize()
        .with_context(|| format!("{option} {}", path.display()))
}
