//! From a path on the server to files here.
//!
//! In: paths as the configuration writes them. Out: paths the [`Loader`] knows. Absent: reading.
//!
//! A configuration is often read away from its server. A path that is not found as written is
//! looked for below the local folders that stand for the server's: the mapped document roots, the
//! folder given for `ServerRoot`, the main configuration's folder and the one above it.

use super::glob;
use super::metered::Metered;
use super::options::LoadOptions;
use super::paths;
use crate::loader::{EntryKind, Loader};

/// Debian's compiled-in `HTTPD_ROOT`, for a configuration that never says `ServerRoot`.
const DEFAULT_ROOT: &[u8] = b"/etc/apache2";

/// How deep an included directory may be nested (`AP_MAX_FNMATCH_DIR_DEPTH`).
const DEEPEST_INCLUDED: usize = 20;

/// What an `Include` leads to.
#[derive(Default)]
pub struct Included {
    /// The files, in order.
    pub files: Vec<Vec<u8>>,
    /// A path, or a pattern in a directory, that nothing is found for.
    pub missing: Option<Vec<u8>>,
}

impl Included {
    fn nothing_at(path: Vec<u8>) -> Self {
        Self {
            files: Vec::new(),
            missing: Some(path),
        }
    }

    fn misses(&mut self, path: &[u8]) {
        self.missing.get_or_insert_with(|| path.to_vec());
    }
}

/// Finds files.
pub struct Files<'a> {
    /// What brings them, as long as there is room for more.
    pub loader: Metered<'a>,
    /// `ServerRoot`, as on the server.
    pub server_root: Vec<u8>,
    /// Folders here that stand for it, most trusted first.
    root_stand_ins: Vec<Vec<u8>>,
    /// Folders here that stand for others: server's, ours.
    mappings: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Files<'a> {
    /// `main` is the first file read, if there is one.
    pub fn new(loader: &'a dyn Loader, options: &LoadOptions, main: Option<&[u8]>) -> Self {
        let beside = main.map(|main| {
            let folder = paths::parent(&paths::clean(main));
            let above = paths::join(&folder, b"..");
            [folder, above]
        });
        let folders = options.folders.iter();
        let folders = folders.map(|folder| (paths::clean(&folder.server), folder.local.clone()));
        let given = options.server_root.iter().cloned();
        Self {
            loader: Metered::new(loader, &options.bounds),
            server_root: DEFAULT_ROOT.to_vec(),
            root_stand_ins: given.chain(beside.into_iter().flatten()).collect(),
            mappings: folders.collect(),
        }
    }

    /// From now on `server` is to be found at `local`.
    pub fn map(&mut self, server: &[u8], local: &[u8]) {
        self.mappings.push((paths::clean(server), local.to_vec()));
    }

    /// The path on the server, absolute (`ap_server_root_relative`).
    pub fn absolute(&self, path: &[u8]) -> Vec<u8> {
        paths::join(&self.server_root, path)
    }

    /// Where it is here: the first place that has something, else the most likely one.
    pub fn local(&self, path: &[u8]) -> Vec<u8> {
        let candidates = self.candidates(path);
        let found = candidates
            .iter()
            .find(|path| self.loader.kind(path).is_some());
        found.or(candidates.first()).cloned().unwrap_or_default()
    }

    /// What stands there.
    pub fn kind(&self, path: &[u8]) -> Option<EntryKind> {
        self.loader.kind(&self.local(path))
    }

    /// What `Include path` reads (`ap_process_fnmatch_configs`): wildcards in any component,
    /// directories with everything below them, each level in alphabetical order.
    pub fn included(&self, path: &[u8]) -> Included {
        if !glob::is_pattern(path) {
            let local = self.local(path);
            return match self.loader.kind(&local) {
                Some(kind) => Included {
                    files: self.files_below(local, kind, 0),
                    missing: None,
                },
                None => Included::nothing_at(local),
            };
        }
        let candidates = self.candidates(path);
        let mut expanded = candidates.iter().map(|pattern| self.expand(pattern));
        let found = expanded.find(|included| !included.files.is_empty());
        found.unwrap_or_else(|| Included::nothing_at(path.to_vec()))
    }

    fn candidates(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let absolute = self.absolute(path);
        let mapped = self.mappings.iter().filter_map(|(server, local)| {
            let rest = paths::below(&absolute, server)?;
            Some(paths::join(local, rest))
        });
        let in_root = paths::below(&absolute, &self.server_root);
        let stand_ins = in_root.into_iter().flat_map(|rest| {
            let roots = self.root_stand_ins.iter();
            roots.map(move |root| paths::join(root, rest))
        });
        let mut candidates: Vec<_> = mapped.chain(stand_ins).collect();
        candidates.push(absolute.clone());
        candidates
    }

    fn expand(&self, pattern: &[u8]) -> Included {
        let start: &[u8] = if pattern.starts_with(b"/") {
            b"/"
        } else {
            b"."
        };
        let components: Vec<&[u8]> = pattern
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
            .collect();
        let mut included = Included::default();
        self.expand_below(start, &components, &mut included);
        included
    }

    /// Every directory that a wildcard fits must have something for what follows it
    /// (`ap_process_fnmatch_configs`, once for each component).
    fn expand_below(&self, at: &[u8], components: &[&[u8]], included: &mut Included) {
        let Some((component, rest)) = components.split_first() else {
            match self.loader.kind(at) {
                Some(kind) => included
                    .files
                    .extend(self.files_below(at.to_vec(), kind, 0)),
                None => included.misses(at),
            }
            return;
        };
        let reached = self.matching(at, component, rest.is_empty());
        if reached.is_empty() {
            included.misses(&paths::join(at, component));
        }
        for path in reached {
            self.expand_below(&path, rest, included);
        }
    }

    /// Names in `directory` that match; directories only unless this is the last component.
    fn matching(&self, directory: &[u8], component: &[u8], last: bool) -> Vec<Vec<u8>> {
        if !glob::is_pattern(component) {
            return vec![paths::join(directory, component)];
        }
        let mut entries = self.loader.list(directory).unwrap_or_default();
        entries.retain(|entry| {
            (last || entry.kind == EntryKind::Directory)
                && !entry.name.starts_with(b".")
                && glob::matches(component, &entry.name)
        });
        entries.sort();
        entries
            .iter()
            .map(|entry| paths::join(directory, &entry.name))
            .collect()
    }

    fn files_below(&self, path: Vec<u8>, kind: EntryKind, depth: usize) -> Vec<Vec<u8>> {
        if depth > DEEPEST_INCLUDED {
            return Vec::new();
        }
        if kind != EntryKind::Directory {
            return vec![path];
        }
        let mut entries = self.loader.list(&path).unwrap_or_default();
        entries.sort();
        let below = entries
            .into_iter()
            .map(|entry| (paths::join(&path, &entry.name), entry.kind));
        below
            .flat_map(|(path, kind)| self.files_below(path, kind, depth + 1))
            .collect()
    }
}
