//! The directives that a copy may hold: all that is known to start nothing, open nothing, write nothing.
//!
//! In: a directive's name. Out: how it is to be written, and what has to be checked besides its name.
//! Absent: the checks (`arguments`).

use std::collections::HashMap;
use std::sync::LazyLock;

/// What has to be checked besides a directive's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The words do nothing by themselves.
    Words,
    /// The first word is a condition: `<If>`, `SetEnvIfExpr`.
    Condition,
    /// Words that begin with `expr=` are expressions: `Header`.
    Values,
    /// `RewriteCond`.
    RewriteCond,
    /// `RewriteMap`.
    RewriteMap,
    /// `RewriteRule`.
    RewriteRule,
    /// The words may name another server, and the socket it listens to.
    Target,
    /// `Require`.
    Require,
    /// `<AuthzProviderAlias>`.
    RequireAlias,
    /// `Allow` and `Deny`: a name of a client is looked up.
    Clients,
    /// `RemoteIPInternalProxy` and `RemoteIPTrustedProxy`: the name of a proxy is looked up.
    Proxies,
}

/// What becomes of a directive, by its name alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// The directive goes to the copy under this name, if its arguments pass.
    Checked(&'static str, Check),
    /// The server has a directive of `verify`'s own in its place.
    Replaced,
    /// The directive is not known to be harmless.
    Unlisted,
}

/// Directives whose arguments only have to be words.
const WORDS: &[&str] = &[
    // core
    "AcceptPathInfo",
    "AddDefaultCharset",
    "AllowEncodedSlashes",
    "AllowOverride",
    "AllowOverrideList",
    "ContentDigest",
    "DocumentRoot",
    "ErrorDocument",
    "FileETag",
    "HttpProtocolOptions",
    "LimitInternalRecursion",
    "LimitRequestBody",
    "LimitRequestFields",
    "LimitRequestFieldsize",
    "LimitRequestLine",
    "LimitXMLRequestBody",
    "MaxRangeOverlaps",
    "MaxRangeReversals",
    "MaxRanges",
    "MergeSlashes",
    "MergeTrailers",
    "Options",
    "QualifyRedirectURL",
    "RegexDefaultOptions",
    "RegisterHttpMethod",
    "ServerAdmin",
    "ServerAlias",
    "ServerName",
    "ServerPath",
    "ServerSignature",
    "ServerTokens",
    "SetInputFilter",
    "SetOutputFilter",
    "StrictHostCheck",
    "Timeout",
    "TraceEnable",
    "UseCanonicalName",
    "UseCanonicalPhysicalPort",
    // sections
    "<Directory",
    "<DirectoryMatch",
    "<Else",
    "<Files",
    "<FilesMatch",
    "<Limit",
    "<LimitExcept",
    "<Location",
    "<LocationMatch",
    "<RequireAll",
    "<RequireAny",
    "<RequireNone",
    "<VirtualHost",
    // mod_access_compat, mod_allowmethods, mod_auth*, mod_authz_core
    "AllowMethods",
    "AuthMerging",
    "AuthName",
    "AuthType",
    "AuthzSendForbiddenOnFailure",
    "Order",
    "Satisfy",
    // mod_actions, mod_alias
    "Action",
    "Alias",
    "AliasMatch",
    "AliasPreservePath",
    "Redirect",
    "RedirectMatch",
    "RedirectPermanent",
    "RedirectRelative",
    "RedirectTemp",
    "Script",
    "ScriptAlias",
    "ScriptAliasMatch",
    // mod_autoindex
    "AddAlt",
    "AddAltByEncoding",
    "AddAltByType",
    "AddDescription",
    "AddIcon",
    "AddIconByEncoding",
    "AddIconByType",
    "DefaultIcon",
    "HeaderName",
    "IndexHeadInsert",
    "IndexIgnore",
    "IndexIgnoreReset",
    "IndexOptions",
    "IndexOrderDefault",
    "IndexStyleSheet",
    "ReadmeName",
    // mod_brotli, mod_deflate, mod_filter, mod_ratelimit, mod_substitute
    "AddOutputFilterByType",
    "BrotliAlterETag",
    "BrotliCompressionQuality",
    "BrotliCompressionWindow",
    "BrotliFilterNote",
    "DeflateAlterEtag",
    "DeflateBufferSize",
    "DeflateCompressionLevel",
    "DeflateFilterNote",
    "DeflateMemLevel",
    "DeflateWindowSize",
    "Substitute",
    "SubstituteInheritBefore",
    "SubstituteMaxLineLength",
    // mod_dir
    "DirectoryCheckHandler",
    "DirectoryIndex",
    "DirectoryIndexRedirect",
    "DirectorySlash",
    "FallbackResource",
    // mod_env, mod_setenvif
    "BrowserMatch",
    "BrowserMatchNoCase",
    "PassEnv",
    "SetEnv",
    "SetEnvIf",
    "SetEnvIfNoCase",
    "UnsetEnv",
    // mod_expires
    "ExpiresActive",
    "ExpiresByType",
    "ExpiresDefault",
    // mod_mime, mod_negotiation
    "AddCharset",
    "AddEncoding",
    "AddInputFilter",
    "AddLanguage",
    "AddOutputFilter",
    "CacheNegotiatedDocs",
    "DefaultLanguage",
    "ForceLanguagePriority",
    "LanguagePriority",
    "ModMimeUsePathInfo",
    "MultiviewsMatch",
    "RemoveCharset",
    "RemoveEncoding",
    "RemoveHandler",
    "RemoveInputFilter",
    "RemoveLanguage",
    "RemoveOutputFilter",
    "RemoveType",
    // mod_proxy
    "ProxyAddHeaders",
    "ProxyBadHeader",
    "ProxyDomain",
    "ProxyErrorOverride",
    "ProxyMaxForwards",
    "ProxyPassInherit",
    "ProxyPassInterpolateEnv",
    "ProxyPassReverseCookieDomain",
    "ProxyPassReverseCookiePath",
    "ProxyPreserveHost",
    "ProxyRequests",
    "ProxyTimeout",
    "ProxyVia",
    // mod_reqtimeout, mod_speling, mod_status, mod_userdir, mod_usertrack, mod_vhost_alias
    "CheckBasenameMatch",
    "CheckCaseOnly",
    "CheckSpelling",
    "CookieDomain",
    "CookieExpires",
    "CookieHTTPOnly",
    "CookieName",
    "CookieSameSite",
    "CookieSecure",
    "CookieStyle",
    "CookieTracking",
    "ExtendedStatus",
    "RequestReadTimeout",
    "SeeRequestTail",
    "UserDir",
    "VirtualDocumentRoot",
    "VirtualDocumentRootIP",
    "VirtualScriptAlias",
    "VirtualScriptAliasIP",
    // mod_ssl: hosts that speak TLS do so in the copy, too
    "SSLRequireSSL",
    // mod_rewrite
    "RewriteBase",
    "RewriteEngine",
    "RewriteOptions",
];

/// Directives whose arguments are checked.
const CHECKED: &[(&str, Check)] = &[
    ("<AuthzProviderAlias", Check::RequireAlias),
    ("<ElseIf", Check::Condition),
    ("<If", Check::Condition),
    ("<Proxy", Check::Target),
    ("<ProxyMatch", Check::Target),
    ("AddHandler", Check::Target),
    ("AddType", Check::Target),
    ("Allow", Check::Clients),
    ("BalancerMember", Check::Target),
    ("DefaultType", Check::Target),
    ("Deny", Check::Clients),
    ("ForceType", Check::Target),
    ("Header", Check::Values),
    ("ProxyPass", Check::Target),
    ("ProxyPassMatch", Check::Target),
    ("ProxyPassReverse", Check::Target),
    ("ProxySet", Check::Target),
    ("RemoteIPHeader", Check::Words),
    ("RemoteIPInternalProxy", Check::Proxies),
    ("RemoteIPTrustedProxy", Check::Proxies),
    ("RequestHeader", Check::Values),
    ("Require", Check::Require),
    ("RewriteCond", Check::RewriteCond),
    ("RewriteMap", Check::RewriteMap),
    ("RewriteRule", Check::RewriteRule),
    ("SetEnvIfExpr", Check::Condition),
    ("SetHandler", Check::Target),
];

/// Directives about the process, its modules, logs, users and connections, in lower case: the server
/// has `verify`'s own.
const REPLACED: &[&str] = &[
    "acceptfilter",
    "accessfilename",
    "bufferedlogs",
    "cookielog",
    "coredumpdirectory",
    "customlog",
    "defaultruntimedir",
    "enablemmap",
    "enablesendfile",
    "errorlog",
    "errorlogformat",
    "globallog",
    "group",
    "hostnamelookups",
    "keepalive",
    "keepalivetimeout",
    "listen",
    "listenbacklog",
    "loadmodule",
    "logformat",
    "loglevel",
    "maxclients",
    "maxconnectionsperchild",
    "maxkeepaliverequests",
    "maxmemfree",
    "maxrequestsperchild",
    "maxrequestworkers",
    "maxspareservers",
    "maxsparethreads",
    "minspareservers",
    "minsparethreads",
    "mutex",
    "namevirtualhost",
    "pidfile",
    "protocols",
    "scoreboardfile",
    "serverlimit",
    "serverroot",
    "startservers",
    "threadlimit",
    "threadsperchild",
    "threadstacksize",
    "transferlog",
    "typesconfig",
    "user",
];

/// Families of directives, in lower case, that come with a certificate or a proxy in front, neither of
/// which is here; but for those that are listed.
const REPLACED_FAMILIES: &[&str] = &["ssl", "remoteip"];

/// Conditional sections, with arguments that hold on every server. Which are true is settled before.
pub const CONDITIONALS: &[(&str, &str)] = &[
    ("<IfDefine", "!edgewright"),
    ("<IfDirective", "ServerName"),
    ("<IfFile", "/"),
    ("<IfModule", "core.c"),
    ("<IfSection", "Directory"),
    ("<IfVersion", ">= 2.0"),
];

/// A line of a `.htaccess` file that answers 500, since no module has it.
pub const UNKNOWN: &str = "EdgewrightUnknownDirective";

/// A line of a `.htaccess` file that answers 500, since it may not stand there.
pub const MISPLACED: &str = "ServerTokens Prod";

/// What becomes of the directive called `name`.
pub fn admission(name: &[u8]) -> Admission {
    static TABLE: LazyLock<HashMap<Vec<u8>, Admission>> = LazyLock::new(table);
    let lower = name.to_ascii_lowercase();
    if let Some(admission) = TABLE.get(&lower) {
        return *admission;
    }
    let is_family = |family: &&str| lower.starts_with(family.as_bytes());
    if REPLACED_FAMILIES.iter().any(is_family) {
        Admission::Replaced
    } else {
        Admission::Unlisted
    }
}

/// How a section is written that may stand in a copy: `<Directory`.
pub fn section(name: &[u8]) -> Option<&'static str> {
    let conditional = |(own, _): &&(&'static str, &str)| own.as_bytes().eq_ignore_ascii_case(name);
    match admission(name) {
        Admission::Checked(own, _) if own.starts_with('<') => Some(own),
        _ => CONDITIONALS.iter().find(conditional).map(|(own, _)| *own),
    }
}

fn table() -> HashMap<Vec<u8>, Admission> {
    let words = WORDS.iter().map(|name| (*name, Check::Words));
    let checked = words.chain(CHECKED.iter().copied());
    let checked = checked.map(|(name, check)| (name, Admission::Checked(name, check)));
    let replaced = REPLACED.iter().map(|name| (*name, Admission::Replaced));
    let all = checked.chain(replaced);
    all.map(|(name, admission)| (name.to_ascii_lowercase().into_bytes(), admission))
        .collect()
}

/// Modules that only answer: they start no program, open no connection, change no file. Those that choose
/// among servers behind a balancer keep memory that all processes of the machine may open; which server
/// answers is not compared.
pub const HARMLESS_MODULES: &[&str] = &[
    "access_compat",
    "actions",
    "alias",
    "allowmethods",
    "asis",
    "auth_basic",
    "auth_digest",
    "authn_anon",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_groupfile",
    "authz_host",
    "authz_owner",
    "authz_user",
    "autoindex",
    "brotli",
    "deflate",
    "dir",
    "env",
    "expires",
    "filter",
    "headers",
    "log_config",
    "lua",
    "mime",
    "mpm_event",
    "mpm_prefork",
    "mpm_worker",
    "negotiation",
    "proxy",
    "proxy_http",
    "ratelimit",
    "remoteip",
    "reqtimeout",
    "rewrite",
    "setenvif",
    "socache_shmcb",
    "speling",
    "ssl",
    "status",
    "substitute",
    "unique_id",
    "unixd",
    "userdir",
    "usertrack",
    "version",
    "vhost_alias",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_not_listed() {
        let acts = [
            "CustomLog",
            "ErrorLog",
            "GlobalLog",
            "TransferLog",
            "ScriptLog",
            "ForensicLog",
            "Include",
            "IncludeOptional",
            "Define",
            "Use",
            "<Macro",
            "Listen",
            "LoadFile",
            "LoadModule",
            "LuaHookFixups",
            "LuaMapHandler",
            "LuaQuickHandler",
            "PidFile",
            "ProxyRemote",
            "ProxyRemoteMatch",
            "SSLRandomSeed",
            "SSLPassPhraseDialog",
            "SuexecUserGroup",
            "User",
            "Group",
            "AuthUserFile",
            "AuthGroupFile",
            "MimeMagicFile",
            "TypesConfig",
            "CacheRoot",
            "DBDriver",
            "ExtFilterDefine",
            "MDMessageCmd",
            "ScriptSock",
            "ChrootDir",
            "DAVLockDB",
            "<AuthnProviderAlias",
            "AuthnzFcgiDefineProvider",
            "ProxyExpressDBMFile",
            "SSIEtag",
            "HostnameLookups",
            "ProxyBlock",
            "",
            "#",
            "<",
            "</",
        ];
        for name in acts {
            let admission = admission(name.as_bytes());
            assert!(!matches!(admission, Admission::Checked(..)), "{name}");
        }
        assert_eq!(
            admission(b"REDIRECT"),
            Admission::Checked("Redirect", Check::Words)
        );
        assert_eq!(section(b"<ifmodule"), Some("<IfModule"));
        assert_eq!(section(b"<Macro"), None);
    }
}
