//! Document roots: where they are here, and reading them.
//!
//! In: hosts, and the local folders given for them. Out: the site's file tree. Absent: reading one
//! directory (`htaccess`).

use std::collections::{BTreeSet, HashMap, HashSet};

use edgewright_engine::evaluate::files::CLOSED;
use edgewright_engine::model::site::{
    Address, AliasMatcher, FileKind, Host, PathMatcher, SectionId, SectionKind,
};
use edgewright_engine::text::prefix::is_within;
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::htaccess::{DirectoryOverride, Policies, Policy, file_kind};
use super::merge::{DEFAULT_DOCUMENT_ROOT, component_count};
use super::scope::Server;
use super::virtual_roots::VirtualRootLines;
use super::{Resolver, values};
use crate::input::{Input, ReadOptions};
use crate::load::paths;
use crate::loader::EntryKind;
use crate::registry::directives::Overrides;
use crate::spans::in_text;

impl Resolver<'_> {
    /// What a configuration that is no server's lacks to be one.
    pub(crate) fn supply(&mut self, main: &mut Server, input: &Input) {
        main.name.get_or_insert_with(|| b"localhost".to_vec());
        main.document_root
            .get_or_insert_with(|| DEFAULT_DOCUMENT_ROOT.to_vec());
        let silent = main.rewrite.engine.is_none() && !main.rewrite.rules.is_empty();
        if silent && matches!(input, Input::VirtualHostInclude(_)) {
            main.rewrite.engine = Some(true);
            main.scope.rewrite.present = true;
            main.scope.rewrite.engine = Some(true);
            let first = main
                .rewrite
                .rules
                .first()
                .and_then(|rule| self.units.get(rule.unit));
            if let Some(span) = first.map(|unit| unit.origin.span) {
                let headline = "`RewriteEngine On` is assumed for this file";
                let note = Diagnostic::note("engine-assumed", headline, span)
                    .label("the file does not say; the virtual host that includes it must");
                self.say(note);
            }
        }
    }

    /// A part of a configuration does not say how its server is reached: by both ways. So there is
    /// the host once more, with TLS, and `%{HTTPS}` is what the visitor's URL says.
    pub(crate) fn add_tls(&mut self) {
        let [host] = self.site.hosts.as_slice() else {
            return;
        };
        let address = Address {
            ip: None,
            port: Some(443),
        };
        let twin = Host {
            addresses: vec![address],
            tls: true,
            ..host.clone()
        };
        self.site.hosts.push(twin);
    }

    /// Reads document roots and what `.htaccess` files are in them.
    pub(crate) fn read_roots(&mut self, main: &mut Server, input: &Input, options: &ReadOptions) {
        self.map_roots(main, input, options);
        let mut hosts = std::mem::take(&mut self.virtual_hosts);
        let default = match input {
            Input::MainConfig(_) => Policy::default(),
            _ => Policy {
                overrides: Some(Overrides::ALL),
                list: None,
            },
        };
        if let Input::Htaccess(path) = input {
            self.site
                .tree
                .insert(DEFAULT_DOCUMENT_ROOT, FileKind::Directory);
            self.htaccess(DEFAULT_DOCUMENT_ROOT, path, &default);
        }
        let mut done = HashMap::new();
        for server in std::iter::once(&*main).chain(&hosts) {
            let policies = Policies {
                default: default.clone(),
                sections: sections(main, server),
            };
            let names = server
                .access_file_names
                .as_ref()
                .or(main.access_file_names.as_ref());
            let names = names
                .cloned()
                .unwrap_or_else(|| vec![b".htaccess".to_vec()]);
            for root in roots(main, server, hosts.is_empty()) {
                if self.reader.is_stopped() {
                    break;
                }
                if let Some(first) = read_before(&root, &done) {
                    if *first != names {
                        self.report_other_names(server);
                    }
                    continue;
                }
                self.read_root(&root, &policies, &names, input);
                let folder = root.strip_suffix(b"/").unwrap_or(&root);
                done.insert(folder.to_vec(), names.clone());
            }
            for root in self.leads(main, server) {
                if self.is_here(&root, input) && read_before(&root, &done).is_none() {
                    self.read_root(&root, &policies, &names, input);
                    done.insert(root, names.clone());
                }
            }
        }
        let opens_closed = |main: &Server, server: &Server| {
            let policies = Policies {
                default: Policy::default(),
                sections: sections(main, server),
            };
            matches!(input, Input::MainConfig(_)) && !policies.at(CLOSED).is_none()
        };
        if opens_closed(main, main) {
            main.own_overrides.insert(CLOSED.to_vec(), None);
        }
        for server in &mut hosts {
            let policies = Policies {
                default: default.clone(),
                sections: sections(main, server),
            };
            let shared = main.document_root.clone();
            let shared = shared.filter(|_| server.document_root.is_none());
            let roots = roots(main, server, false).into_iter().chain(shared);
            let own = roots.flat_map(|root| self.read_otherwise(&root, &policies));
            server.own_overrides = own.collect();
            if opens_closed(main, server) {
                server.own_overrides.insert(CLOSED.to_vec(), None);
            }
        }
        self.virtual_hosts = hosts;
        self.note_ignored_files();
    }

    /// Is this directory of the server on this machine, or a copy of it?
    fn is_here(&self, root: &[u8], input: &Input) -> bool {
        let local = self.reader.files.local(root);
        let ours = matches!(input, Input::MainConfig(_)) || local != root;
        ours && self.reader.files.loader.kind(&local) == Some(EntryKind::Directory)
    }

    /// Directories outside of document roots that requests may be led to: by the text with which a rule's target begins,
    /// by `UserDir`, or by `VirtualDocumentRoot`. Only those that a `<Directory>` section is about: what else is there may be half the disk.
    fn leads(&self, main: &Server, server: &Server) -> Vec<Vec<u8>> {
        let rules = main.rewrite.rules.iter().chain(&server.rewrite.rules);
        let targets = rules.map(|rule| rule.value.substitution.source.as_slice());
        let lines = [&server.user_dirs, &main.user_dirs];
        let lines = lines.into_iter().flatten();
        let places = lines.flat_map(|lines| lines.places.iter().flatten());
        let virtual_roots = [&server.virtual_roots, &main.virtual_roots];
        let virtual_roots = virtual_roots
            .into_iter()
            .flat_map(VirtualRootLines::sources);
        let all = targets.chain(places.map(Vec::as_slice));
        let all = all.chain(virtual_roots);
        let folders = all.map(literal_folder).filter(|folder| is_deep(folder));
        let sections = main.directories.iter().chain(&server.directories);
        let about: Vec<&[u8]> = sections.filter_map(|id| self.is_about(*id)).collect();
        let is_named = |folder: &&[u8]| {
            let mut about = about.iter();
            about.any(|path| is_within(folder, path) || is_within(path, folder))
        };
        let found: BTreeSet<Vec<u8>> = folders.filter(is_named).map(paths::clean).collect();
        found.into_iter().collect()
    }

    /// The directory that a section is about, as far as its name is one; `None` for the root of all.
    fn is_about(&self, id: SectionId) -> Option<&[u8]> {
        let section = self.site.sections.get(usize::try_from(id.0).ok()?)?;
        let path = match &section.kind {
            SectionKind::Directory(PathMatcher::Plain(path)) => path.as_slice(),
            SectionKind::Directory(PathMatcher::Wildcard(path)) => literal_folder(path),
            _ => return None,
        };
        (path.len() > 1).then_some(path)
    }

    fn read_root(
        &mut self,
        root: &[u8],
        policies: &Policies<'_>,
        names: &[Vec<u8>],
        input: &Input,
    ) {
        let local = self.reader.files.local(root);
        // The synthetic server's document root is not this machine's, unless it was named.
        let is_named = matches!(input, Input::DocumentRoot(path) if *path == local);
        let ours = matches!(input, Input::MainConfig(_)) || local != root || is_named;
        match self.reader.files.loader.kind(&local).filter(|_| ours) {
            Some(EntryKind::Directory) => return self.read_tree(root, &local, policies, names),
            Some(kind) => {
                // An alias for one file.
                self.site.tree.insert(root, file_kind(kind));
                return self.site.tree.known.push(root.to_vec());
            }
            None => {}
        }
        let shown = values::shown(root);
        let headline = format!("what is below `{shown}` is not known");
        self.say(
            Diagnostic::without_place(Severity::Note, "docroot-unknown", headline).help(format!(
                "`--docroot {shown}=FOLDER` gives a copy of it, with its .htaccess files"
            )),
        );
    }

    /// Says that a host looks for files of other names in a document root that was read for another host.
    fn report_other_names(&mut self, server: &Server) {
        let place = server.place;
        let Some(span) = place.and_then(|place| self.reader.sources.span_of_line(in_text(place)))
        else {
            return;
        };
        let headline = "`AccessFileName` differs between hosts with one document root: the first host's counts";
        self.say(
            Diagnostic::warning("mirrored-in-part", headline, span)
                .label("the edge may answer otherwise than Apache")
                .help("give this host a document root of its own, or the same `AccessFileName`"),
        );
    }

    /// Tells the reader where document roots are here.
    fn map_roots(&mut self, main: &Server, input: &Input, options: &ReadOptions) {
        let unnamed = options
            .docroots
            .iter()
            .filter(|mapping| mapping.server_path.is_none());
        let unnamed = unnamed.map(|mapping| mapping.local_path.clone());
        let folder = match input {
            Input::DocumentRoot(path) => Some(path.clone()),
            _ => None,
        };
        let hosts = self
            .virtual_hosts
            .iter()
            .filter_map(|host| host.document_root.as_deref());
        let first = main
            .document_root
            .as_deref()
            .into_iter()
            .chain(hosts)
            .next();
        let root = first.unwrap_or(DEFAULT_DOCUMENT_ROOT).to_vec();
        for local in folder.into_iter().chain(unnamed) {
            self.reader.files.map(&root, &local);
        }
    }
}

/// Is `root` one of these folders, or in one of them?
pub(crate) fn is_below_any(root: &[u8], folders: &HashSet<Vec<u8>>) -> bool {
    above(root).any(|folder| folders.contains(folder))
}

/// The value of the folder that `root` is, or is in.
fn read_before<'f, T>(root: &[u8], folders: &'f HashMap<Vec<u8>, T>) -> Option<&'f T> {
    above(root).find_map(|folder| folders.get(folder))
}

/// A folder, and all that it is in.
fn above(root: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = (0..root.len()).filter(|at| root.get(*at) == Some(&b'/'));
    slashes
        .chain([root.len()])
        .filter_map(|end| root.get(..end))
}

/// What a server's sections say about `.htaccess` files, in the order they merge.
fn sections<'s>(main: &'s Server, server: &'s Server) -> Vec<&'s DirectoryOverride> {
    let own: &[DirectoryOverride] = if std::ptr::eq(main, server) {
        &[]
    } else {
        &server.overrides
    };
    let mut sections: Vec<_> = main.overrides.iter().chain(own).collect();
    sections.sort_by_key(|section| component_count(&section.matcher));
    sections
}

/// Is it a directory in another than the root?
pub(crate) fn is_deep(folder: &[u8]) -> bool {
    memchr::memchr_iter(b'/', folder).nth(1).is_some()
}

/// The folder in which everything is that begins as a text of variable parts does.
pub(crate) fn literal_folder(text: &[u8]) -> &[u8] {
    let literal = text
        .iter()
        .take_while(|byte| !b"$%?*[\\".contains(byte))
        .count();
    let literal = text.get(..literal).unwrap_or_default();
    let end = literal.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    literal.get(..end).unwrap_or_default()
}

/// Directories a server serves files from.
fn roots(main: &Server, server: &Server, alone: bool) -> Vec<Vec<u8>> {
    let own = server.document_root.clone();
    let is_main = std::ptr::eq(main, server);
    let root = match own {
        Some(root) => Some(root),
        // A main server that only carries virtual hosts has no document root worth asking for.
        None => (is_main && alone).then(|| DEFAULT_DOCUMENT_ROOT.to_vec()),
    };
    let aliases = server
        .url_aliases
        .iter()
        .filter_map(|alias| match alias.matcher {
            AliasMatcher::Prefix(_) => Some(paths::clean(&alias.target)),
            AliasMatcher::Regex(_) => None,
        });
    root.into_iter().chain(aliases).collect()
}
