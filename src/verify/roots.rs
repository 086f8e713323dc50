//! Folders of the server, and those of this machine that stand for them.
//!
//! In: a reading, how its files were found, and the folder of a run. Out: [`Roots`]. Absent: copies of the
//! configuration and of `.htaccess` files (`sandbox`).
//!
//! A document root that this machine lacks gets an empty stand-in, with the folders that `<Directory>` sections
//! name: Apache walks through folders, and would never come to those sections. Stand-ins lie below one folder as
//! they do on the server, so a section for the folder above several of them holds for all.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use edgewright_compiler::{Input, ReadOptions, Reading};
use edgewright_engine::model::site::{PathMatcher, SectionKind, Site};

use super::sandbox::document_root;
use super::sandbox::relocation::Relocation;
use crate::loader::{to_bytes, to_path};
use crate::opened::Opened;

/// The folder that stand-ins lie below.
const STAND_INS: &str = "roots";

/// Folders of the server, and what stands for them here.
#[derive(Debug)]
pub struct Roots {
    /// From paths of the configuration to paths here, and back.
    pub relocation: Relocation,
    /// What `ServerRoot` is here.
    pub server_root: PathBuf,
    /// The main server's document root where the configuration names none.
    pub main: PathBuf,
    /// Folders here that stand for document roots whose content is unknown.
    pub unknown: Vec<PathBuf>,
}

impl Roots {
    /// Makes what is missing in `folder`.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn make(reading: &Reading, opened: &Opened, folder: &Path) -> io::Result<Self> {
        let (site, input) = (&reading.site, &opened.input);
        let mut options = opened.options.clone();
        if !opened.files.are_here() {
            let root = folder.join("server-root");
            fs::create_dir(&root)?;
            options.server_root = Some(to_bytes(&root));
        }
        let htdocs = folder.join("htdocs");
        let mut roots = Self {
            relocation: Relocation::default(),
            server_root: server_root(reading, input, &options),
            main: htdocs.clone(),
            unknown: match input {
                // A document root of the user's is known.
                Input::DocumentRoot(_) => Vec::new(),
                _ => vec![htdocs.clone()],
            },
        };
        let mut pairs = Vec::new();
        let is_main = matches!(input, Input::MainConfig(_));
        if is_main {
            let stand_ins = StandIns::of(site, opened.files.are_here());
            pairs = roots.make_stand_ins(&stand_ins, site, folder)?;
        }
        let main_root = site.hosts.first().map(|host| host.document_root.clone());
        let main_root = main_root.unwrap_or_default();
        for mapping in &options.docroots {
            let server = mapping.server_path.clone();
            let server = server.unwrap_or_else(|| main_root.clone());
            if !pairs.iter().any(|(_, there)| *there == server) {
                pairs.push((mapping.local_path.clone(), server));
            }
        }
        // Without a `DocumentRoot`, whatever happens to be in this machine's default is nobody's.
        if !is_main || !site.tree.known.contains(&main_root) {
            pairs.push((to_bytes(&htdocs), main_root));
        }
        pairs.push((to_bytes(&roots.server_root), site.server_root.clone()));
        pairs.retain(|(here, there)| here != there && !there.is_empty());
        roots.relocation = Relocation::new(pairs);
        Ok(roots)
    }

    /// Makes the stand-ins; returns each with what it stands for.
    fn make_stand_ins(
        &mut self,
        stand_ins: &StandIns,
        site: &Site,
        folder: &Path,
    ) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let base = folder.join(STAND_INS);
        let local = |path: &[u8]| base.join(to_path(path.strip_prefix(b"/").unwrap_or(path)));
        for root in &stand_ins.known {
            document_root::mirror(&site.tree, root, &local(root))?;
        }
        for root in &stand_ins.unknown {
            fs::create_dir_all(local(root))?;
            self.unknown.push(local(root));
        }
        let main = site.hosts.first().map(|host| host.document_root.as_slice());
        let main = main.filter(|main| stand_ins.unknown.contains(*main));
        self.main = main.map_or_else(|| self.main.clone(), local);
        let all = [&stand_ins.known, &stand_ins.unknown, &stand_ins.above];
        let all = all.into_iter().flatten();
        Ok(all
            .map(|path| (to_bytes(&local(path)), path.clone()))
            .collect())
    }

    /// Makes the folders that `<Directory>` sections name in document roots that are not known. One that
    /// cannot be made is as good as one that is not there.
    pub fn make_named_folders(&self, site: &Site, folder: &Path) {
        let roots = site.hosts.iter().map(|host| host.document_root.as_slice());
        let roots: HashSet<&[u8]> = roots.filter(|root| !root.is_empty()).collect();
        let read: HashSet<&[u8]> = site.tree.known.iter().map(Vec::as_slice).collect();
        let named = plain_sections(site).filter(|path| can_be_made(path));
        let named = named.filter(|path| !is_within_any(path, &read));
        for path in named.filter(|path| is_within_any(path, &roots)) {
            let here = self.relocation.to_here(path);
            let here = to_path(&here);
            if here.starts_with(folder) {
                let _ = fs::create_dir_all(here);
            }
        }
    }
}

/// Folders of the server that get a stand-in.
#[derive(Debug, Default)]
struct StandIns {
    /// Document roots whose content is unknown.
    unknown: BTreeSet<Vec<u8>>,
    /// Folders whose content is known: their files are not here, or a section holds for them and for others
    /// that are not here.
    known: BTreeSet<Vec<u8>>,
    /// Folders above, which sections are for.
    above: BTreeSet<Vec<u8>>,
}

impl StandIns {
    fn of(site: &Site, are_here: bool) -> Self {
        let read: HashSet<&[u8]> = site.tree.known.iter().map(Vec::as_slice).collect();
        let roots = site.hosts.iter().map(|host| host.document_root.as_slice());
        let unknown = roots.filter(|root| can_be_made(root) && !is_within_any(root, &read));
        let unknown: BTreeSet<&[u8]> = unknown.collect();
        let missing = unknown.iter().copied().collect();
        let sections: Vec<&[u8]> = plain_sections(site)
            .filter(|path| can_be_made(path) && !is_within_any(path, &read))
            .collect();
        let lead_to = |roots: &BTreeSet<&[u8]>| -> HashSet<&[u8]> {
            let leading: HashSet<_> = roots.iter().flat_map(|root| folders_above(root)).collect();
            let sections = sections.iter().copied();
            sections.filter(|path| leading.contains(path)).collect()
        };
        let mut above = lead_to(&unknown);
        let known = read.iter().copied().filter(|root| {
            let shares = is_within_any(root, &above) || is_within_any(root, &missing);
            can_be_made(root) && (!are_here || shares)
        });
        let known: BTreeSet<&[u8]> = known.collect();
        if !are_here {
            above.extend(lead_to(&known));
        }
        let owned = |paths: BTreeSet<&[u8]>| paths.into_iter().map(<[u8]>::to_vec).collect();
        Self {
            unknown: owned(unknown),
            known: owned(known),
            above: owned(above.into_iter().collect()),
        }
    }
}

/// The folders above `path`, without the topmost.
fn folders_above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = (1..path.len()).filter(|at| path.get(*at) == Some(&b'/'));
    slashes.filter_map(|end| path.get(..end))
}

/// Is `path` one of these folders, or below one?
fn is_within_any(path: &[u8], folders: &HashSet<&[u8]>) -> bool {
    folders.contains(path) || folders_above(path).any(|above| folders.contains(above))
}

/// The folders of `<Directory>` sections without wildcards, without trailing slash; not that of `/`.
fn plain_sections(site: &Site) -> impl Iterator<Item = &[u8]> {
    let paths = site.sections.iter().filter_map(|section| {
        let SectionKind::Directory(PathMatcher::Plain(path)) = &section.kind else {
            return None;
        };
        Some(path.strip_suffix(b"/").unwrap_or(path))
    });
    paths.filter(|path| !path.is_empty())
}

/// Is `path` one that leads nowhere else below another folder, and that can be written into a configuration?
fn can_be_made(path: &[u8]) -> bool {
    let means_something = |byte: &u8| byte.is_ascii_control() || b"\"\\$*?[]".contains(byte);
    let mut components = to_path(path).components();
    path.len() > 1
        && components.next() == Some(Component::RootDir)
        && components.all(|component| matches!(component, Component::Normal(_)))
        && !path.iter().any(means_something)
}

/// The folder given for it, else what the configuration says if its files are there, else the
/// folder of the first file.
fn server_root(reading: &Reading, input: &Input, options: &ReadOptions) -> PathBuf {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(given) = &options.server_root {
        return canonical(to_path(given));
    }
    let first = match input {
        Input::MainConfig(paths) | Input::VirtualHostInclude(paths) => paths.first(),
        Input::Htaccess(path) | Input::DocumentRoot(path) => Some(path),
    };
    let first = first
        .map(|path| canonical(to_path(path)))
        .unwrap_or_default();
    let written = to_path(&reading.site.server_root);
    if first.starts_with(written) {
        return written.to_owned();
    }
    first.parent().map(Path::to_owned).unwrap_or_default()
}
