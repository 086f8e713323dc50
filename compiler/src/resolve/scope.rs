//! What a server or a section collects while its directives are carried out.
//!
//! In: nothing. Out: [`Server`], [`Scope`]. Absent: carrying directives out (`walk`), merging (`merge`).

use std::collections::BTreeMap;

use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::rules::{Condition, MapId, Place, Redirect, Rule};
use edgewright_edge_handler::site::{
    Address, Alias, EncodedSlashes, EnvRule, HostPattern, Proxy, RewriteOptions, SectionId,
    Settings, TraceEnable,
};

/// Something with the number of the unit it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Counted<T> {
    pub(crate) value: T,
    /// Index into [`crate::Reading::units`].
    pub(crate) unit: usize,
}

/// The rewrite directives of one context.
#[derive(Debug, Default)]
pub(crate) struct Rewrite {
    /// There was one, whatever it says.
    pub(crate) present: bool,
    pub(crate) engine: Option<bool>,
    pub(crate) options: Option<RewriteOptions>,
    pub(crate) rules: Vec<Counted<Rule>>,
    /// Conditions no rule has taken yet.
    pub(crate) pending: Vec<(Condition, edgewright_parser::source::Span)>,
    pub(crate) base: Option<Vec<u8>>,
    /// Maps by name; a later one of the same name replaces the earlier.
    pub(crate) maps: Vec<(Vec<u8>, MapId)>,
}

/// One section, or a server as a whole, per directory (`per_dir_config`).
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) settings: Settings,
    pub(crate) rewrite: Rewrite,
    pub(crate) redirects: Vec<Counted<Redirect>>,
    /// The section's directory string, with its trailing slash; `None` for a server.
    pub(crate) directory: Option<Vec<u8>>,
    /// The path of a `<Location>`.
    pub(crate) location: Option<Location>,
    /// What `Require`, `Order`, `Allow`, `Deny` said.
    pub(crate) access: super::access::AccessRules,
}

/// What a `<Location>` is for, as written (`cmd->path`, `cmd->regex`).
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) path: Vec<u8>,
    pub(crate) is_regex: bool,
}

impl Scope {
    /// Notes in the settings who may come in, all lines having been read.
    pub(crate) fn settle_access(&mut self) {
        self.settings.requirement = self.access.requirement();
        self.settings.host_access = self.access.hosts();
    }

    /// An empty section.
    pub(crate) fn of_section(directory: &[u8]) -> Self {
        let mut directory = directory.to_vec();
        if !directory.ends_with(b"/") {
            directory.push(b'/');
        }
        Self {
            directory: Some(directory),
            ..Self::default()
        }
    }
}

/// The main server or a virtual host, before merging (`server_rec`, `module_config`).
#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) place: Option<Place>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) port: Option<u16>,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) aliases: Vec<HostPattern>,
    pub(crate) tls: Option<bool>,
    pub(crate) document_root: Option<Vec<u8>>,
    pub(crate) admin: Option<Vec<u8>>,
    pub(crate) merge_slashes: Option<bool>,
    pub(crate) encoded_slashes: Option<EncodedSlashes>,
    pub(crate) trace_enable: Option<TraceEnable>,
    pub(crate) access_file_names: Option<Vec<Vec<u8>>>,
    /// Rewriting in server context.
    pub(crate) rewrite: Rewrite,
    pub(crate) redirects: Vec<Counted<Redirect>>,
    pub(crate) url_aliases: Vec<Alias>,
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) environment: Vec<EnvRule>,
    /// What holds in the whole server before any section.
    pub(crate) scope: Scope,
    pub(crate) directories: Vec<SectionId>,
    pub(crate) directory_patterns: Vec<SectionId>,
    pub(crate) locations: Vec<SectionId>,
    /// `<Directory>` paths with what they say about `.htaccess` files.
    pub(crate) overrides: Vec<super::htaccess::DirectoryOverride>,
    /// `.htaccess` files that are read otherwise than for the first server that serves them.
    pub(crate) own_overrides: BTreeMap<Vec<u8>, Option<SectionId>>,
}
