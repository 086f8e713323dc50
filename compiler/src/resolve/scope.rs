//! What a server or a section collects while its directives are carried out.
//!
//! In: nothing. Out: [`Server`], [`Scope`]. Absent: carrying directives out (`walk`), merging (`merge`).

use std::collections::BTreeMap;

use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::{Condition, MapId, Place, Redirect, Rule};
use edgewright_engine::model::site::{
    Address, Alias, EncodedSlashes, EnvRule, HostPattern, Proxy, RemoteIp, RewriteOptions,
    SectionId, Settings, TraceEnable, Trust, UserDirs, Users,
};

use super::virtual_roots::VirtualRootLines;

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
    pub(crate) maps: BTreeMap<Vec<u8>, MapId>,
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

/// What lines of `mod_remoteip` say.
#[derive(Debug, Default, Clone)]
pub(crate) struct RemoteLines {
    pub(crate) header: Option<Vec<u8>>,
    pub(crate) proxies: Vec<(Subnet, Trust)>,
    /// A line is not followed, so nobody knows whose word is taken.
    pub(crate) is_unknown: bool,
}

impl RemoteLines {
    /// These on top of those of the main server (`merge_remoteip_server_config`).
    pub(crate) fn over(&self, base: &Self) -> Option<RemoteIp> {
        let header = self.header.as_ref().or(base.header.as_ref())?;
        let proxies = if self.proxies.is_empty() {
            &base.proxies
        } else {
            &self.proxies
        };
        let is_known = !self.is_unknown && !base.is_unknown;
        is_known.then(|| RemoteIp {
            header: header.clone(),
            proxies: proxies.clone(),
        })
    }
}

/// What `UserDir` lines say (`userdir_config`).
#[derive(Debug, Default, Clone)]
pub(crate) struct UserDirLines {
    pub(crate) places: Option<Vec<Vec<u8>>>,
    /// `UserDir disabled` without names.
    pub(crate) is_disabled: Option<bool>,
    pub(crate) enabled: Vec<Vec<u8>>,
    pub(crate) disabled: Vec<Vec<u8>>,
}

impl UserDirLines {
    /// These on top of those of the main server: lists of users are not merged (`merge_userdir_config`).
    pub(crate) fn over(&self, base: Option<&Self>) -> UserDirs {
        let places = self.places.as_ref();
        let places = places.or(base.and_then(|base| base.places.as_ref()));
        let is_disabled = self.is_disabled.or(base.and_then(|base| base.is_disabled));
        let disabled = self.disabled.clone();
        UserDirs {
            places: places.cloned().unwrap_or_default(),
            users: if is_disabled == Some(true) {
                Users::Only(self.enabled.clone(), disabled)
            } else {
                Users::Except(disabled)
            },
        }
    }

    /// One more line.
    ///
    /// # Errors
    /// What Apache says to its words.
    pub(crate) fn add(&mut self, words: &[&[u8]]) -> Result<(), String> {
        let Some((first, names)) = words.split_first() else {
            return Ok(());
        };
        let owned = |words: &[&[u8]]| words.iter().map(|word| word.to_vec()).collect::<Vec<_>>();
        match first.to_ascii_lowercase().as_slice() {
            b"disable" | b"disabled" if names.is_empty() => self.is_disabled = Some(true),
            b"disable" | b"disabled" => self.disabled.extend(owned(names)),
            b"enable" | b"enabled" if names.is_empty() => {
                return Err("`UserDir enabled` names users".to_owned());
            }
            b"enable" | b"enabled" => self.enabled.extend(owned(names)),
            _ => {
                let places = owned(words).into_iter();
                self.places = Some(places.filter(|place| !is_below_home(place)).collect());
            }
        }
        Ok(())
    }
}

/// Is it neither an absolute path nor a URL, but below a user's home?
pub(crate) fn is_below_home(place: &[u8]) -> bool {
    !place.starts_with(b"/") && !place.contains(&b':')
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
    /// `RemoteIPHeader` and the proxies whose word is taken.
    pub(crate) remote_ip: RemoteLines,
    /// `UserDir`; `None` where there is no such line.
    pub(crate) user_dirs: Option<UserDirLines>,
    /// `VirtualDocumentRoot` and its kind.
    pub(crate) virtual_roots: VirtualRootLines,
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

impl Server {
    /// Takes the word of proxies in these networks. One that is a host name is said elsewhere.
    pub(crate) fn trust(&mut self, words: &[&[u8]], trust: Trust) {
        for word in words {
            match Subnet::parse(word) {
                Some(subnet) => self.remote_ip.proxies.push((subnet, trust)),
                None => self.remote_ip.is_unknown = true,
            }
        }
    }
}
