//! What a section sets.
//!
//! In: nothing. Out: [`Settings`]. Absent: merging two of them; see `evaluate::merge`.

use serde::{Deserialize, Serialize};

use super::SectionId;
use super::access::{HostAccess, Requirement};
use super::as_is::is_as_is;
use super::headers::{Expires, HeaderLine};
use super::host::Proxy;
use super::mime::{Mime, Negotiation};
use crate::model::expression::Expression;
use crate::model::rules::{Place, RedirectListId, RuleSetId};
use crate::pattern::Pattern;

/// A one-argument `Alias` or `ScriptAlias`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionAlias {
    /// The file name.
    pub target: Expression,
    /// The path of the `<Location>` around it, unless that is a regular expression.
    pub location: Option<Vec<u8>>,
}

/// What one section (or a server as a whole) sets. `None` means: says nothing about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Rewriting; `None` when the section holds no rewrite directive.
    pub rewrite: Option<DirectoryRewrite>,
    /// Redirects of the section.
    pub redirects: Option<RedirectListId>,
    /// One-argument `Alias` or `ScriptAlias`.
    pub alias: Option<SectionAlias>,
    /// `AliasPreservePath`.
    pub alias_preserves_path: Option<bool>,
    /// `ProxyPass` or `ProxyPassMatch` of the section, the last one.
    pub proxy: Option<Proxy>,
    /// `RedirectRelative`.
    pub redirect_relative: Option<bool>,
    /// `DirectoryIndex`; an empty list for `disabled`.
    pub directory_index: Option<Vec<Vec<u8>>>,
    /// `DirectorySlash`.
    pub directory_slash: Option<bool>,
    /// `DirectoryIndexRedirect`: the status, `Some(0)` for `off`.
    pub index_redirect: Option<u16>,
    /// `FallbackResource`: empty for `disabled`.
    pub fallback: Option<Vec<u8>>,
    /// `ErrorDocument`, by status.
    pub error_documents: Vec<(u16, ErrorDocument)>,
    /// `AddDefaultCharset`; an empty name for `Off`.
    pub default_charset: Option<Vec<u8>>,
    /// `Header`, in order.
    pub headers: Vec<HeaderLine>,
    /// `ExpiresActive` and what else `mod_expires` has; `None` when the section holds none of its directives.
    pub expires: Option<Box<Expires>>,
    /// `Options`.
    pub allow: AllowOptions,
    /// `UseCanonicalName`.
    pub canonical_name: Option<CanonicalName>,
    /// `AcceptPathInfo`.
    pub accept_path_info: Option<bool>,
    /// Who may come in, by `Require`.
    pub requirement: Option<Requirement>,
    /// Who may come in, by `Allow` and `Deny`.
    pub host_access: Option<HostAccess>,
    /// `AllowMethods`: the methods; none for `reset`, which allows all.
    pub methods: Option<Vec<Vec<u8>>>,
    /// `SSLRequireSSL`.
    pub requires_tls: bool,
    /// `AddType` and what else `mod_mime` has; `None` when the section holds none of its directives, or where no file is
    /// chosen among several.
    pub mime: Option<Box<Mime>>,
    /// `LanguagePriority`, `ForceType` and the like; `None` as with [`mime`](Self::mime).
    pub negotiation: Option<Box<Negotiation>>,
    /// `CheckSpelling` and what limits it; `None` when the section holds none of its directives.
    pub spelling: Option<Spelling>,
    /// `SetEnvIf` and kin.
    pub set_env_if: Vec<EnvRule>,
    /// `SetEnv` and `PassEnv`: name and value.
    pub set_env: Vec<(Vec<u8>, Vec<u8>)>,
    /// `UnsetEnv`: names of what sections around it set.
    pub unset_env: Vec<Vec<u8>>,
    /// `<Files>` and `<FilesMatch>` inside, in order.
    pub files: Vec<SectionId>,
    /// `<If>`, `<ElseIf>` and `<Else>` inside, in order.
    pub ifs: Vec<SectionId>,
    /// The section cannot be read: Apache answers 500 for everything in it.
    pub broken: bool,
}

impl Settings {
    /// Does a line name the handler `send-as-is` for some files?
    pub fn name_as_is(&self) -> bool {
        let named = |handler: &Option<Vec<u8>>| handler.as_deref().is_some_and(is_as_is);
        let forced = self.negotiation.as_deref();
        let mut extensions = self.mime.iter().flat_map(|mime| mime.extensions.values());
        forced.is_some_and(|forced| named(&forced.handler))
            || extensions.any(|extension| named(&extension.handler))
    }
}

bitflags::bitflags! {
    /// `Options`, those that have to do with paths.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    pub struct Allowed: u8 {
        /// `FollowSymLinks`.
        const FOLLOW_SYMLINKS = 1;
        /// `SymLinksIfOwnerMatch`.
        const SYMLINKS_IF_OWNER_MATCH = 1 << 1;
        /// `Indexes`.
        const INDEXES = 1 << 2;
        /// `MultiViews`.
        const MULTIVIEWS = 1 << 3;
    }
}

/// What a section says about misspelled names (`spconfig`). It is not merged: where it says anything, the rest is as in
/// a configuration without a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    /// `CheckSpelling`.
    pub enabled: bool,
    /// `CheckCaseOnly`: names that differ in more than the case of letters are another name.
    pub case_only: bool,
    /// `CheckBasenameMatch`: names that are the same up to the first dot are alike.
    pub basename_match: bool,
}

impl Default for Spelling {
    fn default() -> Self {
        Self {
            enabled: false,
            case_only: false,
            basename_match: true,
        }
    }
}

/// The `Options` of one section (`opts`, `opts_add` and `opts_remove` of `core_dir_config`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct AllowOptions {
    /// What is allowed, and nothing else; `None` when no line was without signs (`OPT_UNSET`).
    pub only: Option<Allowed>,
    /// Names with a `+`.
    pub add: Allowed,
    /// Names with a `-`.
    pub remove: Allowed,
}

impl AllowOptions {
    /// These on top of others (`merge_core_dir_configs`). What was added stays so where a line
    /// without signs followed in the same section: another line with a sign below brings it back.
    #[must_use]
    pub fn over(self, base: Self) -> Self {
        if self.only.is_some() {
            return self;
        }
        if (self.add | self.remove).is_empty() {
            return base;
        }
        let (add, remove) = (
            (base.add - self.remove) | self.add,
            (base.remove - self.add) | self.remove,
        );
        Self {
            only: base.only.map(|only| (only - remove) | add),
            add,
            remove,
        }
    }

    /// Might links be forbidden because of these?
    pub fn may_forbid_links(self) -> bool {
        let links = Allowed::FOLLOW_SYMLINKS | Allowed::SYMLINKS_IF_OWNER_MATCH;
        self.remove.intersects(links) || self.only.is_some_and(|only| !only.intersects(links))
    }

    /// Might content be negotiated because of these?
    pub fn may_negotiate(self) -> bool {
        let whole = self.add | self.only.unwrap_or_default();
        whole.contains(Allowed::MULTIVIEWS)
    }
}

/// Rewriting in per-directory context (`rewrite_perdir_conf`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRewrite {
    /// `RewriteEngine`.
    pub engine: Option<bool>,
    /// `RewriteOptions`; `None` when there was none.
    pub options: Option<RewriteOptions>,
    /// The section's own rules.
    pub rules: RuleSetId,
    /// `RewriteBase`.
    pub base: Option<Vec<u8>>,
    /// The per-directory prefix, with its trailing slash; `None` at server level.
    pub directory: Option<Vec<u8>>,
}

bitflags::bitflags! {
    /// `RewriteOptions`, several lines joined.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    pub struct RewriteOptions: u16 {
        /// `Inherit`.
        const INHERIT = 1;
        /// `InheritBefore`.
        const INHERIT_BEFORE = 1 << 1;
        /// `InheritDown`.
        const INHERIT_DOWN = 1 << 2;
        /// `InheritDownBefore`.
        const INHERIT_DOWN_BEFORE = 1 << 3;
        /// `IgnoreInherit`.
        const IGNORE_INHERIT = 1 << 4;
        /// `AllowNoSlash`.
        const ALLOW_NO_SLASH = 1 << 5;
        /// `AllowAnyURI`.
        const ALLOW_ANY_URI = 1 << 6;
        /// `MergeBase`.
        const MERGE_BASE = 1 << 7;
        /// `IgnoreContextInfo`.
        const IGNORE_CONTEXT_INFO = 1 << 8;
        /// `LegacyPrefixDocRoot`.
        const LEGACY_PREFIX_DOC_ROOT = 1 << 9;
        /// `UnsafePrefixStat`.
        const UNSAFE_PREFIX_STAT = 1 << 10;
    }
}

/// `UseCanonicalName`: what a server is called in URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CanonicalName {
    /// `Off`: what the client calls it.
    Asked,
    /// `On`: `ServerName`, and its port.
    Configured,
    /// `DNS`: what its address is called, which is taken for `ServerName`; the port is the client's.
    LookedUp,
}

/// `ErrorDocument`. What it says may hold variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorDocument {
    /// `default`: the server's own page.
    Default,
    /// A text, which is the page.
    Text(Expression),
    /// A URL-path on the same server.
    Path(Expression),
    /// An absolute URL: becomes a 302.
    Url(Expression),
}

impl ErrorDocument {
    /// Does the status stay, and nothing but the page change?
    pub fn keeps_status(&self) -> bool {
        match self {
            Self::Default | Self::Text(_) => true,
            Self::Path(_) | Self::Url(_) => false,
        }
    }

    /// The URL-path on the same server, as it is written.
    pub fn path(&self) -> Option<&[u8]> {
        match self {
            Self::Path(path) => Some(&path.source),
            Self::Default | Self::Text(_) | Self::Url(_) => None,
        }
    }

    /// What is evaluated for each answer.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Self::Text(said) | Self::Path(said) | Self::Url(said) => Some(said),
            Self::Default => None,
        }
    }
}

/// One `SetEnvIf`, `SetEnvIfNoCase`, `SetEnvIfExpr` or `BrowserMatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvRule {
    /// Where it stands.
    pub place: Place,
    /// What is looked at.
    pub attribute: EnvAttribute,
    /// What it is matched with; not used for an expression.
    pub pattern: Pattern,
    /// What happens then. Values may hold `$1`–`$9`.
    pub changes: Vec<EnvChange>,
}

/// What a `SetEnvIf` looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EnvAttribute {
    /// A request header, by its name.
    Header(Vec<u8>),
    /// Every header whose name matches.
    HeaderPattern(Pattern),
    /// `Request_URI`.
    Uri,
    /// `Request_Method`.
    Method,
    /// `Request_Protocol`.
    Protocol,
    /// `Remote_Addr`.
    ClientAddress,
    /// `Remote_Host`.
    ClientHost,
    /// `Server_Addr`.
    ServerAddress,
    /// An environment variable set before, else a header of that name.
    Variable(Vec<u8>),
    /// `SetEnvIfExpr`.
    Expression(Expression),
}

/// A change to an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvChange {
    /// The variable.
    pub name: Vec<u8>,
    /// Its new value; `None` to remove it.
    pub value: Option<Vec<u8>>,
}
