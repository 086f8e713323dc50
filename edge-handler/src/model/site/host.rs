//! The main server and virtual hosts.
//!
//! In: nothing. Out: [`Host`]. Absent: choosing one for a request; see `evaluate::vhost`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::headers::OriginHeader;
use super::remote::RemoteIp;
use super::virtual_roots::VirtualRoots;
use super::{EnvRule, SectionId, Settings};
use crate::model::request::Scheme;
use crate::model::rules::{MapId, Place, RedirectListId, RuleSetId};
use crate::pattern::Pattern;

/// The main server or one virtual host, main server settings already merged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Where its section begins; `None` for the main server.
    pub place: Option<Place>,
    /// `<VirtualHost>` addresses; empty for the main server.
    pub addresses: Vec<Address>,
    /// Host part of `ServerName`, as written.
    pub name: Vec<u8>,
    /// Port of `ServerName`.
    pub port: Option<u16>,
    /// Scheme of `ServerName`.
    pub scheme: Option<Scheme>,
    /// `ServerAlias`, in order.
    pub aliases: Vec<HostPattern>,
    /// `SSLEngine on`.
    pub tls: bool,
    /// `DocumentRoot`, absolute, without a trailing slash.
    pub document_root: Vec<u8>,
    /// `ServerAdmin`.
    pub admin: Vec<u8>,
    /// `MergeSlashes`.
    pub merge_slashes: bool,
    /// `AllowEncodedSlashes`.
    pub encoded_slashes: EncodedSlashes,
    /// `TraceEnable`.
    pub trace_enable: TraceEnable,
    /// Rewriting in server context; `None` when the host holds no rewrite directive at all, so
    /// that `mod_rewrite` does nothing for it.
    pub rewrite: Option<ServerRewrite>,
    /// Redirects in server context: the host's own, then the main server's.
    pub redirects: RedirectListId,
    /// `Alias` and kin: the host's own, then the main server's.
    pub url_aliases: Vec<Alias>,
    /// `ProxyPass` and `ProxyPassMatch`, in order.
    pub proxies: Vec<Proxy>,
    /// `SetEnvIf` and kin in server context: the main server's, then the host's own.
    pub environment: Vec<EnvRule>,
    /// Whose word is taken for who the client is; `None` where nobody's is.
    pub remote_ip: Option<RemoteIp>,
    /// `UserDir`: where URLs that begin with `/~` lead.
    pub user_dirs: UserDirs,
    /// Document roots that depend on what the host is called.
    pub virtual_roots: VirtualRoots,
    /// What holds in the whole host, before any section: main server and host merged.
    pub settings: Settings,
    /// `RequestHeader` lines that no answer depends on, by the names of headers. In a program they are not among `settings`.
    pub origin_headers: Vec<OriginHeader>,
    /// `<Directory>` (shortest first) and `.htaccess`-bearing directories are found by path;
    /// these are the plain and wildcard `<Directory>` sections in walk order.
    pub directories: Vec<SectionId>,
    /// `<DirectoryMatch>` and `<Directory ~>`, in order.
    pub directory_patterns: Vec<SectionId>,
    /// `<Location>` and `<LocationMatch>`, in order.
    pub locations: Vec<SectionId>,
    /// `.htaccess` files that are something else for this host than for the site: another
    /// `AllowOverride` holds for them. `None` where this host does not read the file; for a directory
    /// that is closed to it (`evaluate::files::CLOSED`), where it tries to.
    pub overrides: BTreeMap<Vec<u8>, Option<SectionId>>,
}

impl Host {
    /// A main server that has a name, a document root, and no other directive.
    pub fn new(name: impl Into<Vec<u8>>, document_root: impl Into<Vec<u8>>) -> Self {
        Self {
            place: None,
            addresses: Vec::new(),
            name: name.into(),
            port: None,
            scheme: None,
            aliases: Vec::new(),
            tls: false,
            document_root: document_root.into(),
            admin: Vec::new(),
            merge_slashes: true,
            encoded_slashes: EncodedSlashes::Refuse,
            trace_enable: TraceEnable::On,
            rewrite: None,
            redirects: RedirectListId(0),
            url_aliases: Vec::new(),
            proxies: Vec::new(),
            environment: Vec::new(),
            remote_ip: None,
            user_dirs: UserDirs::default(),
            virtual_roots: VirtualRoots::default(),
            settings: Settings::default(),
            origin_headers: Vec::new(),
            directories: Vec::new(),
            directory_patterns: Vec::new(),
            locations: Vec::new(),
            overrides: BTreeMap::new(),
        }
    }
}

/// `UserDir` on one host (`userdir_config`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserDirs {
    /// Absolute paths and URLs, in which the first `*` stands for the user; in the order in which they are tried.
    pub places: Vec<Vec<u8>>,
    /// Whom there is a directory for.
    pub users: Users,
}

/// For which users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Users {
    /// For all but these.
    Except(Vec<Vec<u8>>),
    /// For these, unless they are among the others (`UserDir disabled` without names).
    Only(Vec<Vec<u8>>, Vec<Vec<u8>>),
}

impl Default for Users {
    fn default() -> Self {
        Self::Except(Vec::new())
    }
}

impl Users {
    /// Is there one for `user`? The names are keys of a table of APR's, in which case does not count.
    pub fn contain(&self, user: &[u8]) -> bool {
        let is_user = |known: &Vec<u8>| known.eq_ignore_ascii_case(user);
        let among = |users: &[Vec<u8>]| users.iter().any(is_user);
        match self {
            Self::Except(disabled) => !among(disabled),
            Self::Only(enabled, disabled) => among(enabled) && !among(disabled),
        }
    }
}

/// Names a [`Host`] of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostId(pub u32);

/// An address of a `<VirtualHost>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The address; `None` for `*` and `_default_`.
    pub ip: Option<Vec<u8>>,
    /// The port; `None` for any.
    pub port: Option<u16>,
}

/// One name of `ServerAlias`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostPattern {
    /// A plain name.
    Exact(Vec<u8>),
    /// A name with `*` or `?`.
    Wildcard(Vec<u8>),
}

/// `AllowEncodedSlashes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EncodedSlashes {
    /// `%2F` in a path is a 404.
    #[default]
    Refuse,
    /// `%2F` becomes `/`.
    Decode,
    /// `%2F` stays as it is.
    Keep,
}

/// `TraceEnable`: what becomes of the method `TRACE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TraceEnable {
    /// The request is sent back as it came (`on` and `extended`).
    #[default]
    On,
    /// A 405.
    Off,
}

/// Rewriting in server context (`rewrite_server_conf` after `config_server_merge`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerRewrite {
    /// `RewriteOptions`, merged.
    pub options: super::RewriteOptions,
    /// The rules, inheritance applied.
    pub rules: RuleSetId,
    /// Maps by name.
    pub maps: BTreeMap<Vec<u8>, MapId>,
}

/// One `Alias`, `AliasMatch`, `ScriptAlias` or `ScriptAliasMatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Where it stands.
    pub place: Place,
    /// Which URL-paths it is for.
    pub matcher: AliasMatcher,
    /// The file or directory it stands for.
    pub target: Vec<u8>,
}

/// Which URL-paths an alias is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AliasMatcher {
    /// This path and everything below it.
    Prefix(Vec<u8>),
    /// A regular expression; groups may stand in the target.
    Regex(Pattern),
}

/// One `ProxyPass` or `ProxyPassMatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// Where it stands.
    pub place: Place,
    /// Which URL-paths it is for.
    pub matcher: AliasMatcher,
    /// The URL; `None` for `!`, which exempts the path.
    pub target: Option<Vec<u8>>,
    /// Whether the path is decoded and written anew.
    pub canon: Canon,
}

/// Whether a `ProxyPass` decodes the path of a request and writes it anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Canon {
    /// The path is decoded and written anew.
    On,
    /// `nocanon`: path and query go to the other server as the client sent them.
    Off,
}
