//! What a section sets.
//!
//! In: nothing. Out: [`Settings`]. Absent: merging two of them; see `evaluate::merge`.

use serde::{Deserialize, Serialize};

use super::SectionId;
use super::expression::Expression;
use super::host::Proxy;
use crate::rules::{Pattern, Place, RedirectListId, RuleSetId};

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
    /// `Options FollowSymLinks` or `SymLinksIfOwnerMatch` is on.
    pub symlinks: Option<bool>,
    /// `Options Indexes` is on.
    pub indexes: Option<bool>,
    /// `Options MultiViews` is on.
    pub multiviews: Option<bool>,
    /// `UseCanonicalName`.
    pub canonical_name: Option<bool>,
    /// `AcceptPathInfo`.
    pub accept_path_info: Option<bool>,
    /// Who may come in.
    pub access: Option<Access>,
    /// `SetEnvIf` and kin.
    pub set_env_if: Vec<EnvRule>,
    /// `SetEnv` and `PassEnv`: name and value.
    pub set_env: Vec<(Vec<u8>, Vec<u8>)>,
    /// `<Files>` and `<FilesMatch>` inside, in order.
    pub files: Vec<SectionId>,
    /// `<If>`, `<ElseIf>` and `<Else>` inside, in order.
    pub ifs: Vec<SectionId>,
    /// The section cannot be read: Apache answers 500 for everything in it.
    pub broken: bool,
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

/// `ErrorDocument`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorDocument {
    /// A text, or `default`: the status stays as it is.
    Text,
    /// A URL-path on the same server.
    Path(Vec<u8>),
    /// An absolute URL: becomes a 302.
    Url(Vec<u8>),
}

/// Who may come in, as far as it can be known at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// `Require all granted`.
    Granted,
    /// `Require all denied`.
    Denied,
    /// Something that depends on user or address: taken as granted, said in a diagnostic.
    Conditional,
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
