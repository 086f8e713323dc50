//! Document roots: where they are here, and reading them.
//!
//! In: hosts, and the local folders given for them. Out: the site's file tree. Absent: reading one
//! directory (`htaccess`).

use std::collections::HashMap;

use edgewright_edge_handler::evaluate::files::CLOSED;
use edgewright_edge_handler::site::{Address, AliasMatcher, FileKind, Host};
use edgewright_parser::diagnostic::{Diagnostic, Severity};

use super::htaccess::{DirectoryOverride, Policies, Policy, file_kind};
use super::merge::{DEFAULT_DOCUMENT_ROOT, component_count};
use super::scope::Server;
use super::{Resolver, values};
use crate::input::{Input, ReadOptions};
use crate::load::directives::Overrides;
use crate::load::paths;
use crate::loader::EntryKind;

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
        self.say(Diagnostic {
            severity: Severity::Note,
            code: "docroot-unknown",
            headline: format!("what is below `{shown}` is not known"),
            span: None,
            label: String::new(),
            witness: None,
            others: Vec::new(),
            help: vec![format!(
                "`--docroot {shown}=FOLDER` gives a copy of it, with its .htaccess files"
            )],
        });
    }

    /// Says that a host looks for files of other names in a document root that was read for another host.
    fn report_other_names(&mut self, server: &Server) {
        let place = server.place;
        let Some(span) = place.and_then(|place| self.reader.sources.span_of_line(place)) else {
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

/// The value of the folder that `root` is, or is in.
fn read_before<'f, T>(root: &[u8], folders: &'f HashMap<Vec<u8>, T>) -> Option<&'f T> {
    let slashes = (0..root.len()).filter(|at| root.get(*at) == Some(&b'/'));
    let mut above = slashes
        .chain([root.len()])
        .filter_map(|end| root.get(..end));
    above.find_map(|folder| folders.get(folder))
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
