//! `.htaccess` files: which there are, which are read, what is in them.
//!
//! In: document roots, through the loader. Out: the site's file tree, with a section for every
//! `.htaccess` file Apache would read. Absent: merging them for a request.

use std::borrow::Cow;
use std::sync::Arc;

use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{FileKind, PathMatcher, SectionId, SectionKind};
use edgewright_engine::text::glob::{GlobMode, glob_matches};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::{FileId, Span};

use super::context::Context;
use super::scope::{Scope, Server};
use super::walk::Target;
use super::{Resolver, values};
use crate::load::{Conditionals, Skipped, paths};
use crate::loader::{Entry, EntryKind};
use crate::reading::{UnitStatus, is_condition, unit_kind};
use crate::registry::directives::Overrides;

/// How deep directories are followed: links may lead back.
const DEEPEST: usize = 64;

/// What the parser says of an error in a line; it does not know what kind of file the line is in.
const REFUSED_BY_SERVER: &str = "Apache refuses to start with this line";
/// What the same error does in a `.htaccess` file.
const REFUSED_IN_DIRECTORY: &str =
    "Apache answers 500 for the whole directory because of this line";

/// What `<Directory>` says about `.htaccess` files.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryOverride {
    pub(crate) matcher: PathMatcher,
    pub(crate) policy: Policy,
}

impl DirectoryOverride {
    /// True when the section is exactly this directory's. A regular expression has no say in which
    /// files are read: it is asked after that.
    fn is_for(&self, directory: &[u8]) -> bool {
        let directory = directory.strip_suffix(b"/").unwrap_or(directory);
        match &self.matcher {
            PathMatcher::Plain(path) => path.strip_suffix(b"/").unwrap_or(path) == directory,
            PathMatcher::Wildcard(path) => glob_matches(path, directory, GlobMode::Path),
            PathMatcher::Regex(_) => false,
        }
    }
}

/// `AllowOverride` and `AllowOverrideList`; `None` says nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) overrides: Option<Overrides>,
    /// Names in lower case.
    pub(crate) list: Option<Vec<Vec<u8>>>,
}

impl Policy {
    fn add(&mut self, inner: &Self) {
        if inner.overrides.is_some() {
            self.overrides = inner.overrides;
        }
        if inner.list.is_some() {
            self.list.clone_from(&inner.list);
        }
    }

    /// A line says that nothing is allowed: Apache does not even open the file. Without any line it
    /// opens the file, and nothing in it is allowed.
    pub(crate) fn is_none(&self) -> bool {
        self.overrides == Some(Overrides::empty()) && self.list.as_ref().is_none_or(Vec::is_empty)
    }

    /// The conditional sections Apache asks there (`invoke_cmd`).
    fn conditionals(&self) -> Conditionals {
        if self
            .overrides
            .unwrap_or_default()
            .intersects(Overrides::ALL)
        {
            return Conditionals::Any;
        }
        Conditionals::Listed(self.list.clone().unwrap_or_default())
    }

    /// Does the same file mean the same under both?
    fn is_like(&self, other: &Self) -> bool {
        let list = |policy: &Self| policy.list.clone().unwrap_or_default();
        self.overrides == other.overrides && list(self) == list(other)
    }
}

/// `AllowOverride words…` (`set_override`).
///
/// # Errors
/// A word it does not know.
pub(crate) fn overrides(words: &[&[u8]]) -> Result<Overrides, String> {
    let mut allowed = Overrides::empty();
    for word in words {
        let lower = word.to_ascii_lowercase();
        match lower.as_slice() {
            b"limit" => allowed |= Overrides::LIMIT,
            b"fileinfo" => allowed |= Overrides::FILE_INFO,
            b"authconfig" => allowed |= Overrides::AUTH_CONFIG,
            b"indexes" => allowed |= Overrides::INDEXES,
            b"options" => allowed |= Overrides::OPTIONS,
            b"nonfatal=override" => allowed |= Overrides::NONFATAL_OVERRIDE,
            b"nonfatal=unknown" => allowed |= Overrides::NONFATAL_UNKNOWN,
            b"nonfatal=all" => {
                allowed |= Overrides::NONFATAL_OVERRIDE | Overrides::NONFATAL_UNKNOWN;
            }
            b"none" => allowed = Overrides::empty(),
            b"all" => allowed = Overrides::ALL,
            _ if lower.starts_with(b"options=") => allowed |= Overrides::OPTIONS,
            _ => return Err(format!("`AllowOverride` has no `{}`", values::shown(word))),
        }
    }
    Ok(allowed)
}

/// What holds in every directory of one server, sections in the order they merge.
pub(crate) struct Policies<'p> {
    pub(crate) default: Policy,
    pub(crate) sections: Vec<&'p DirectoryOverride>,
}

impl Policies<'_> {
    /// What holds in `directory`, given what holds in the one above.
    fn inside(&self, above: &Policy, directory: &[u8]) -> Policy {
        let mut policy = above.clone();
        for section in &self.sections {
            if section.is_for(directory) {
                policy.add(&section.policy);
            }
        }
        policy
    }

    /// What holds in `directory`, from the root down.
    pub(crate) fn at(&self, directory: &[u8]) -> Policy {
        let mut policy = self.inside(&self.default, b"/");
        for (at, byte) in directory.iter().enumerate().skip(1) {
            if *byte == b'/' {
                policy = self.inside(&policy, &directory[..at]);
            }
        }
        self.inside(&policy, directory)
    }
}

/// A `.htaccess` file that was found.
pub(crate) struct AccessFile {
    server: Vec<u8>,
    local: Vec<u8>,
    /// What held for it when it was read.
    policy: Policy,
    /// What it means to servers with another policy.
    others: Vec<(Policy, SectionId)>,
}

impl AccessFile {
    /// No server reads the file.
    fn is_ignored(&self) -> bool {
        self.policy.is_none() && self.others.is_empty()
    }
}

/// A directory still to be looked at.
struct Pending {
    server: Vec<u8>,
    local: Vec<u8>,
    policy: Policy,
    depth: usize,
}

impl Resolver<'_> {
    /// Reads everything below one document root: `server` there, `local` here.
    pub(crate) fn read_tree(
        &mut self,
        server: &[u8],
        local: &[u8],
        policies: &Policies<'_>,
        access_names: &[Vec<u8>],
    ) {
        self.site.tree.insert(server, FileKind::Directory);
        self.site.tree.known.push(server.to_vec());
        let mut pending = vec![Pending {
            server: server.to_vec(),
            local: local.to_vec(),
            policy: policies.at(server),
            depth: 0,
        }];
        while let Some(directory) = pending.pop() {
            let mut entries = match self.reader.files.loader.list(&directory.local) {
                Ok(entries) => entries,
                Err(_) if let Some(bound) = self.reader.files.loader.reached() => {
                    let line = self.root_lines.get(server).copied();
                    return self.stop(bound.into(), line);
                }
                Err(error) => {
                    let complaint = self.reader.unreadable(&directory.local, &error, None);
                    self.say(complaint.severity(Severity::Warning));
                    continue;
                }
            };
            entries.sort();
            self.read_override(&directory, &entries, access_names);
            let below = entries
                .iter()
                .filter_map(|entry| self.tree_entry(&directory, entry, policies));
            let below: Vec<Pending> = below.collect();
            pending.extend(below.into_iter().rev());
        }
    }

    /// Adds one name to the tree; a directory is to be looked at next.
    fn tree_entry(
        &mut self,
        directory: &Pending,
        entry: &Entry,
        policies: &Policies<'_>,
    ) -> Option<Pending> {
        let server = join(&directory.server, &entry.name);
        let kind = file_kind(entry.kind);
        self.site.tree.entries.insert(server.clone(), kind);
        let enter = kind == FileKind::Directory && directory.depth < DEEPEST;
        enter.then(|| Pending {
            policy: policies.inside(&directory.policy, &server),
            local: join(&directory.local, &entry.name),
            depth: directory.depth + 1,
            server,
        })
    }

    fn read_override(&mut self, directory: &Pending, entries: &[Entry], access_names: &[Vec<u8>]) {
        let here = |name: &&Vec<u8>| {
            let mut files = entries
                .iter()
                .filter(|entry| entry.kind != EntryKind::Directory);
            files.any(|entry| entry.name == **name)
        };
        let given = self.site.tree.overrides.contains_key(&directory.server);
        if let Some(name) = access_names.iter().find(here).filter(|_| !given) {
            let local = join(&directory.local, name);
            self.htaccess(&directory.server, &local, &directory.policy);
            self.access_files.push(AccessFile {
                server: directory.server.clone(),
                local,
                policy: directory.policy.clone(),
                others: Vec::new(),
            });
        }
    }

    /// Files on the way to `root` or below it that mean something else under these policies: what
    /// they are then; `None` for one that is not read.
    pub(crate) fn read_otherwise(
        &mut self,
        root: &[u8],
        policies: &Policies<'_>,
    ) -> Vec<(Vec<u8>, Option<SectionId>)> {
        let mut files = std::mem::take(&mut self.access_files);
        let mut found = Vec::new();
        for file in &mut files {
            let near = paths::below(&file.server, root).or(paths::below(root, &file.server));
            let policy = near.map(|_| policies.at(&file.server));
            let Some(policy) = policy.filter(|policy| !policy.is_like(&file.policy)) else {
                continue;
            };
            let section = (!policy.is_none())
                .then(|| self.section_under(file, policy))
                .flatten();
            let key = file.server.strip_suffix(b"/").unwrap_or(&file.server);
            found.push((key.to_vec(), section));
        }
        self.access_files = files;
        found
    }

    /// What `file` means under `policy`. Servers with the same policy share the section, so that its rules
    /// are counted once.
    fn section_under(&mut self, file: &mut AccessFile, policy: Policy) -> Option<SectionId> {
        let mut others = file.others.iter();
        if let Some((_, section)) = others.find(|(other, _)| other.is_like(&policy)) {
            return Some(*section);
        }
        let opened = self.reader.open(&file.local).ok()?;
        let section = self.htaccess_section(&file.server, opened, &policy);
        file.others.push((policy, section));
        Some(section)
    }

    /// Notes the files that no server reads. Whether one reads a file is known after all servers are asked.
    pub(crate) fn note_ignored_files(&mut self) {
        let files = std::mem::take(&mut self.access_files);
        for file in files.iter().filter(|file| file.is_ignored()) {
            if let Ok(opened) = self.reader.open(&file.local) {
                self.ignore_htaccess(opened);
            }
        }
        self.access_files = files;
    }

    /// Reads one `.htaccess` file as the one of directory `server`, where its policy lets Apache read it.
    pub(crate) fn htaccess(&mut self, server: &[u8], local: &[u8], policy: &Policy) {
        self.counts.htaccess_files += 1;
        let file = match self.reader.open(local) {
            Ok(file) => file,
            Err(error) => {
                self.reader.cannot_read(local, &error, None);
                return;
            }
        };
        if policy.is_none() {
            return;
        }
        let id = self.htaccess_section(server, file, policy);
        let key = server.strip_suffix(b"/").unwrap_or(server);
        self.site.tree.overrides.insert(key.to_vec(), id);
    }

    fn htaccess_section(&mut self, server: &[u8], file: FileId, policy: &Policy) -> SectionId {
        let scope = self.htaccess_scope(server, file, policy);
        let place = Place {
            file: file.0,
            line: 1,
        };
        self.add_section(place, SectionKind::Htaccess, scope)
    }

    /// Carries out a `.htaccess` file (`ap_parse_htaccess`).
    fn htaccess_scope(&mut self, server: &[u8], file: FileId, policy: &Policy) -> Scope {
        let said = self.reader.diagnostics.len();
        let counted = self.units.len();
        let around = self.reader.begin_access_file();
        let items = self.reader.htaccess(file, policy.conditionals());
        self.reader.end_access_file(server, around);
        let mut scope = Scope::of_section(server);
        let mut nothing = Server::default();
        let mut target = Target {
            server: &mut nothing,
            section: Some(&mut scope),
            context: Context::htaccess(policy.overrides.unwrap_or_default()),
        };
        self.override_list = policy.list.clone().unwrap_or_default();
        self.walk(items, &mut target);
        self.report_pending(&mut scope.rewrite);
        self.override_list.clear();
        let said = &mut self.reader.diagnostics[said..];
        for error in said
            .iter_mut()
            .filter(|said| said.label == REFUSED_BY_SERVER)
        {
            REFUSED_IN_DIRECTORY.clone_into(&mut error.label);
        }
        let error = said.iter().find(|said| said.severity == Severity::Error);
        if let Some(error) = error {
            let at = error.span.map(|span| self.reader.sources.place(span));
            let at = at
                .map(|place| self.reader.sources.display(place))
                .unwrap_or_default();
            let reason = format!("Apache answers 500 in this directory because of {at}");
            self.deactivate(counted, &reason);
            scope = Scope::of_section(server);
            scope.settings.broken = true;
        }
        scope
    }

    /// A `.htaccess` file that `AllowOverride None` keeps from being read.
    fn ignore_htaccess(&mut self, file: FileId) {
        let reason: Arc<str> = "`AllowOverride None` holds for its directory".into();
        let skipped = self.reader.skipped_lines(file, &reason);
        let counts = |line: &Skipped| is_condition(&line.name) || unit_kind(&line.name).is_some();
        if skipped.iter().any(counts) {
            let span = Span {
                file,
                start: 0,
                end: 0,
            };
            let note =
                Diagnostic::note("htaccess-ignored", "this .htaccess file is not read", span)
                    .label("`AllowOverride None` holds for its directory")
                    .help("`AllowOverride All` in the `<Directory>` section lets Apache read it");
            self.say(note);
        }
        for skipped in skipped {
            self.walk_skipped(&skipped);
        }
    }

    /// Units counted since `first` that were placed are never consulted after all.
    pub(crate) fn deactivate(&mut self, first: usize, reason: &str) {
        for unit in self.units.iter_mut().skip(first) {
            if matches!(unit.status, UnitStatus::Placed(_)) {
                unit.status = UnitStatus::Inactive(Cow::Owned(reason.to_owned()));
            }
        }
    }
}

/// The same, as the site has it.
pub(crate) fn file_kind(kind: EntryKind) -> FileKind {
    match kind {
        EntryKind::File => FileKind::File,
        EntryKind::Empty => FileKind::Empty,
        EntryKind::Directory => FileKind::Directory,
    }
}

/// `directory/name`.
fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    [directory, b"/", name].concat()
}
