//! A configuration, settled: what Apache knows after reading its files.
//!
//! In: nothing. Out: [`Site`] and its parts. Absent: how it came about (the compiler), and what is
//! decided per request: which sections apply and how they merge (`evaluate::walk`).

pub mod access;
pub mod as_is;
pub mod files;
pub mod headers;
pub mod host;
pub mod map;
pub mod mime;
pub mod modules;
pub mod remote;
pub mod section;
pub mod settings;
pub mod time_zone;
pub mod virtual_roots;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use access::{HostAccess, Requirement};
pub use as_is::AsIs;
pub use files::{FileKind, FileTree};
pub use headers::{Expires, HeaderLine};
pub use host::{
    Address, Alias, AliasMatcher, EncodedSlashes, Host, HostId, HostPattern, Proxy, ServerRewrite,
    TraceEnable, UserDirs, Users,
};
pub use map::{Map, MapFunction, MapKind};
pub use modules::Traits;
pub use remote::{RemoteIp, Trust};
pub use section::{PathMatcher, Section, SectionId, SectionKind};
pub use settings::{
    AllowOptions, Allowed, CanonicalName, DirectoryRewrite, EnvAttribute, EnvChange, EnvRule,
    ErrorDocument, RewriteOptions, SectionAlias, Settings, Spelling,
};
pub use time_zone::TimeZone;
pub use virtual_roots::{RootPart, RootPattern, Selection, VirtualRoots};

use crate::model::page::Document;
use crate::model::rules::{Redirect, RuleSet};

/// A whole configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    /// Names of the files directives came from, as a message shows them.
    pub files: Vec<String>,
    /// The main server first, then the virtual hosts in file order.
    pub hosts: Vec<Host>,
    /// Every section, named by [`SectionId`].
    pub sections: Vec<Section>,
    /// Rule sets, named by [`crate::model::rules::RuleSetId`].
    pub rule_sets: Vec<RuleSet>,
    /// Lists of redirects, named by [`crate::model::rules::RedirectListId`].
    pub redirect_lists: Vec<Vec<Redirect>>,
    /// Maps, named by [`crate::model::rules::MapId`].
    pub maps: Vec<Map>,
    /// What is known about files.
    pub tree: FileTree,
    /// What `TypesConfig` says about files of the site.
    pub types: mime::Types,
    /// Files that list others, by absolute path.
    pub type_maps: BTreeMap<Vec<u8>, mime::TypeMap>,
    /// Files that stand in for answers to errors, by path.
    pub documents: Vec<Document>,
    /// Ports from `Listen`, in order; empty when there was none.
    pub listen: Vec<u16>,
    /// `ServerRoot`.
    pub server_root: Vec<u8>,
    /// What follows from which modules are loaded.
    pub traits: Traits,
    /// Where the server's clock is; `None` for one in UTC, or one that nobody told.
    pub time_zone: Option<TimeZone>,
}

impl Site {
    /// The settings of all hosts, then of all sections.
    pub fn settings(&self) -> impl Iterator<Item = &Settings> {
        let hosts = self.hosts.iter().map(|host| &host.settings);
        hosts.chain(self.sections.iter().map(|section| &section.settings))
    }
}
