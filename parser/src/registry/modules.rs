//! Which modules the server has loaded.
//!
//! In: `LoadModule` lines, or none. Out: [`Modules`]. Absent: what a module does.

use std::collections::BTreeSet;

use super::directives::Known;
use super::families::{Family, family_of};

/// Built into every server (Debian's `apache2 -l`).
const BUILT_IN: &[&str] = &[
    "core",
    "http_core",
    "mod_so",
    "mod_watchdog",
    "mod_log_config",
    "mod_logio",
    "mod_version",
    "mod_unixd",
];

/// What a server is assumed to have when the configuration loads nothing itself, so that a part of
/// one can be read: the modules a Debian server has enabled from the start, and those that
/// configurations with redirects commonly ask for.
const ASSUMED: &[&str] = &[
    "event",
    "mod_access_compat",
    "mod_actions",
    "mod_alias",
    "mod_allowmethods",
    "mod_auth_basic",
    "mod_auth_digest",
    "mod_authn_anon",
    "mod_authn_core",
    "mod_authn_file",
    "mod_authnz_ldap",
    "mod_authz_core",
    "mod_authz_groupfile",
    "mod_authz_host",
    "mod_authz_owner",
    "mod_authz_user",
    "mod_autoindex",
    "mod_brotli",
    "mod_cache",
    "mod_cache_disk",
    "mod_cgid",
    "mod_dav",
    "mod_dav_fs",
    "mod_deflate",
    "mod_dir",
    "mod_env",
    "mod_expires",
    "mod_ext_filter",
    "mod_filter",
    "mod_headers",
    "mod_http2",
    "mod_include",
    "mod_info",
    "util_ldap",
    "mod_macro",
    "mod_mime",
    "mod_mime_magic",
    "mod_negotiation",
    "mod_proxy",
    "mod_proxy_ajp",
    "mod_proxy_balancer",
    "mod_proxy_connect",
    "mod_proxy_fcgi",
    "mod_proxy_html",
    "mod_proxy_http",
    "mod_proxy_scgi",
    "mod_proxy_wstunnel",
    "mod_ratelimit",
    "mod_remoteip",
    "mod_reqtimeout",
    "mod_rewrite",
    "mod_setenvif",
    "mod_slotmem_shm",
    "mod_socache_shmcb",
    "mod_speling",
    "mod_ssl",
    "mod_status",
    "mod_substitute",
    "mod_unique_id",
    "mod_userdir",
    "mod_usertrack",
    "mod_vhost_alias",
    "mod_xml2enc",
];

/// Modules with hooks for access that are not `AP_AUTH_INTERNAL_PER_CONF`.
const ASKING_AGAIN: &[&str] = &["mod_allowmethods", "mod_log_debug", "mod_lua"];

/// Processing modules: a server has one, if only built in.
const PROCESSING: &[&str] = &["event", "prefork", "worker"];

/// Modules whose `LoadModule` name is not their source name without `mod_`, with `_module`.
const OTHER_SYMBOLS: &[(&str, &str)] = &[
    ("core", "core_module"),
    ("http_core", "http_module"),
    ("event", "mpm_event_module"),
    ("prefork", "mpm_prefork_module"),
    ("worker", "mpm_worker_module"),
    ("util_ldap", "ldap_module"),
    ("mod_cgi", "cgi_module"),
];

/// The modules a server has.
#[derive(Debug, Clone)]
pub struct Modules {
    /// Source names without `.c`: `mod_rewrite`, `core`.
    loaded: BTreeSet<String>,
    /// One of them is not httpd's own.
    foreign: bool,
    source: ModuleSource,
    unknown: UnknownDirectives,
    traits: ModuleTraits,
}

/// What depends on which modules are loaded, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ModuleTraits {
    /// A module has a say in access that may depend on more than the sections that apply, as `mod_lua` does
    /// (`auth_internal_per_conf` is 0).
    pub asks_again: bool,
    /// `mod_env` was loaded before `mod_alias`: `SetEnv` comes before a section's `Redirect`.
    pub env_before_alias: bool,
    /// `mod_speling` was loaded before `mod_dir`: `CheckSpelling` comes before a `FallbackResource`.
    pub speling_before_dir: bool,
    /// `mod_headers` was loaded before `mod_dir`: `RequestHeader` comes before a directory is answered.
    pub headers_before_dir: bool,
    /// `mod_rewrite` was loaded before `mod_headers`: `RequestHeader` sees the type of a rule with `T`.
    pub rewrite_before_headers: bool,
}

/// What a directive is that none of httpd's own modules has, where no line says which modules are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownDirectives {
    /// One of a well-known module (`php_value`, `PassengerEnabled`) is right: its module is taken for loaded.
    #[default]
    OfFamiliesAreLoaded,
    /// A mistake, as in an Apache without that module.
    Refused,
}

/// Where the knowledge comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModuleSource {
    /// Nothing was loaded by the configuration: a usual set is assumed.
    Assumed,
    /// The configuration's own `LoadModule` lines.
    Configured,
}

impl Modules {
    /// What is there before any `LoadModule`; `extra` are `LoadModule` names from the options.
    pub fn new(source: ModuleSource, extra: &[Vec<u8>], unknown: UnknownDirectives) -> Self {
        let assumed = match source {
            ModuleSource::Assumed => ASSUMED,
            ModuleSource::Configured => &[],
        };
        let names = BUILT_IN.iter().chain(assumed);
        let loaded = names.map(|name| (*name).to_owned()).collect();
        let mut modules = Self {
            loaded,
            foreign: false,
            source,
            unknown,
            traits: ModuleTraits::default(),
        };
        for symbol in extra {
            modules.load(symbol);
        }
        modules
    }

    /// Does the server have a module with this directive? Where nothing is loaded at all, and no one knows, it does.
    pub fn have(&self, known: &Known) -> bool {
        let mut modules = known.modules.iter();
        self.source == ModuleSource::Assumed
            || modules.any(|module| self.has(module.as_bytes()) || self.may_be_built_in(module))
    }

    /// A processing module that no line loads is built in, and nobody knows which.
    fn may_be_built_in(&self, module: &str) -> bool {
        let is = |name: &&str| module.strip_suffix(".c") == Some(name);
        let is_loaded = |name: &&str| self.loaded.contains(*name);
        PROCESSING.iter().any(is) && !PROCESSING.iter().any(is_loaded)
    }

    /// The family of a directive that is not httpd's own, where its module is taken for loaded: nothing says which
    /// modules the server has.
    pub fn family_of(&self, name: &[u8]) -> Option<&'static Family> {
        let taken = self.source == ModuleSource::Assumed
            && self.unknown == UnknownDirectives::OfFamiliesAreLoaded;
        taken.then(|| family_of(name)).flatten()
    }

    /// `LoadModule symbol …`.
    pub fn load(&mut self, symbol: &[u8]) {
        let name = source_name(&String::from_utf8_lossy(symbol));
        if ASKING_AGAIN.contains(&&*name) {
            self.traits.asks_again = true;
        }
        if name == "mod_env" && !self.loaded.contains("mod_alias") {
            self.traits.env_before_alias = true;
        }
        if name == "mod_speling" && !self.loaded.contains("mod_dir") {
            self.traits.speling_before_dir = true;
        }
        if name == "mod_headers" && !self.loaded.contains("mod_dir") {
            self.traits.headers_before_dir = true;
        }
        if name == "mod_rewrite" && !self.loaded.contains("mod_headers") {
            self.traits.rewrite_before_headers = true;
        }
        let mut own = BUILT_IN.iter().chain(ASSUMED).chain(OTHER_OWN);
        self.foreign |= !own.any(|own| *own == name);
        self.loaded.insert(name);
    }

    /// What follows from the modules for every request. Of those only assumed nothing does, and they
    /// are in Debian's order.
    pub fn traits(&self) -> ModuleTraits {
        self.traits
    }

    /// `<IfModule name>`: a source name (`mod_rewrite.c`) or a `LoadModule` name.
    pub fn has(&self, name: &[u8]) -> bool {
        let Ok(name) = std::str::from_utf8(name) else {
            return false;
        };
        match name.strip_suffix(".c") {
            Some(source) => self.loaded.contains(source),
            None => name.ends_with("_module") && self.loaded.contains(&source_name(name)),
        }
    }

    /// Is one of httpd's own modules loaded, as far as anybody knows?
    pub fn may_have(&self, source: &str) -> bool {
        self.source == ModuleSource::Assumed || self.loaded.contains(source)
    }

    /// True when something is loaded that is not httpd's own, whose directives nobody here knows.
    pub fn has_foreign(&self) -> bool {
        self.foreign
    }
}

/// httpd's own modules that are in none of the lists above.
const OTHER_OWN: &[&str] = &[
    "prefork",
    "worker",
    "mod_asis",
    "mod_auth_form",
    "mod_authn_dbd",
    "mod_authn_dbm",
    "mod_authn_socache",
    "mod_authnz_fcgi",
    "mod_authz_dbd",
    "mod_authz_dbm",
    "mod_bucketeer",
    "mod_buffer",
    "mod_cache_socache",
    "mod_case_filter",
    "mod_case_filter_in",
    "mod_cern_meta",
    "mod_cgi",
    "mod_charset_lite",
    "mod_data",
    "mod_dav_lock",
    "mod_dbd",
    "mod_dialup",
    "mod_dumpio",
    "mod_echo",
    "mod_file_cache",
    "mod_heartbeat",
    "mod_heartmonitor",
    "mod_ident",
    "mod_imagemap",
    "mod_lbmethod_bybusyness",
    "mod_lbmethod_byrequests",
    "mod_lbmethod_bytraffic",
    "mod_lbmethod_heartbeat",
    "mod_log_debug",
    "mod_log_forensic",
    "mod_lua",
    "mod_md",
    "mod_proxy_express",
    "mod_proxy_fdpass",
    "mod_proxy_ftp",
    "mod_proxy_hcheck",
    "mod_proxy_http2",
    "mod_proxy_uwsgi",
    "mod_reflector",
    "mod_request",
    "mod_sed",
    "mod_session",
    "mod_session_cookie",
    "mod_session_crypto",
    "mod_session_dbd",
    "mod_slotmem_plain",
    "mod_socache_dbm",
    "mod_socache_memcache",
    "mod_socache_redis",
    "mod_suexec",
    "mod_systemd",
];

fn source_name(symbol: &str) -> String {
    let other = OTHER_SYMBOLS.iter().find(|(_, other)| *other == symbol);
    match (other, symbol.strip_suffix("_module")) {
        (Some((source, _)), _) => (*source).to_owned(),
        (None, Some(stem)) => format!("mod_{stem}"),
        (None, None) => symbol.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ModuleSource, ModuleTraits, Modules, UnknownDirectives};
    use crate::registry::directives;

    fn modules(source: ModuleSource, extra: &[Vec<u8>]) -> Modules {
        Modules::new(source, extra, UnknownDirectives::default())
    }

    #[test]
    fn knows_which_processing_module_has_a_directive() {
        let check = |symbols: &[&str], name: &str, expected: bool| {
            let mut loaded = modules(ModuleSource::Configured, &[]);
            for symbol in symbols {
                loaded.load(symbol.as_bytes());
            }
            let has = directives::find(name.as_bytes()).map(|known| loaded.have(known));
            assert_eq!(has, Some(expected), "{symbols:?} {name}");
        };
        for module in [
            "mpm_event_module",
            "mpm_worker_module",
            "mpm_prefork_module",
        ] {
            check(&[module], "Listen", true);
            check(&[module], "StartServers", true);
            check(&[module], "MaxRequestWorkers", true);
            check(&[module], "ServerLimit", true);
        }
        check(&["mpm_prefork_module"], "MinSpareServers", true);
        check(&["mpm_prefork_module"], "ThreadsPerChild", false);
        check(&["mpm_worker_module"], "ThreadsPerChild", true);
        check(&["mpm_worker_module"], "AsyncRequestWorkerFactor", false);
        check(&["mpm_event_module"], "MinSpareServers", false);
        // Built in, and nobody knows which.
        check(&["rewrite_module"], "Listen", true);
        check(&["rewrite_module"], "MinSpareServers", true);
        check(&["rewrite_module"], "ThreadsPerChild", true);
        check(&["rewrite_module"], "ProxyPass", false);
    }

    #[test]
    fn knows_what_is_loaded() {
        let mut configured = modules(ModuleSource::Configured, &[]);
        assert!(!configured.has(b"mod_rewrite.c"));
        configured.load(b"rewrite_module");
        let assumed = modules(ModuleSource::Assumed, &[]);
        for modules in [&configured, &assumed] {
            assert!(modules.has(b"mod_rewrite.c"));
            assert!(modules.has(b"rewrite_module"));
            assert!(modules.has(b"core.c"));
            assert!(!modules.has(b"mod_rewrite"));
            assert!(!modules.has(b"Mod_rewrite.c"));
            assert!(!modules.has(b"mod_php5.c"));
            assert!(!modules.has_foreign());
        }
        configured.load(b"php_module");
        assert!(configured.has_foreign());
    }

    #[test]
    fn knows_what_follows_from_it() {
        let check = |symbols: &[&str], expected| {
            let mut loaded = modules(ModuleSource::Configured, &[]);
            for symbol in symbols {
                loaded.load(symbol.as_bytes());
            }
            assert_eq!(loaded.traits(), expected, "{symbols:?}");
        };
        let asking = ModuleTraits {
            asks_again: true,
            ..ModuleTraits::default()
        };
        let env_first = ModuleTraits {
            env_before_alias: true,
            ..ModuleTraits::default()
        };
        let speling_first = ModuleTraits {
            speling_before_dir: true,
            ..ModuleTraits::default()
        };
        check(&["alias_module", "env_module"], ModuleTraits::default());
        check(&["env_module", "alias_module"], env_first);
        check(&["dir_module", "speling_module"], ModuleTraits::default());
        check(&["speling_module", "dir_module"], speling_first);
        let headers_first = ModuleTraits {
            headers_before_dir: true,
            ..ModuleTraits::default()
        };
        check(&["dir_module", "headers_module"], ModuleTraits::default());
        check(&["headers_module", "dir_module"], headers_first);
        let rewrite_first = ModuleTraits {
            rewrite_before_headers: true,
            ..ModuleTraits::default()
        };
        check(&["headers_module", "rewrite_module"], headers_first);
        check(
            &["dir_module", "rewrite_module", "headers_module"],
            rewrite_first,
        );
        check(&["lua_module"], asking);
        let assumed = modules(ModuleSource::Assumed, &[b"lua_module".to_vec()]);
        assert_eq!(assumed.traits(), asking);
        let assumed = modules(ModuleSource::Assumed, &[b"env_module".to_vec()]);
        assert_eq!(assumed.traits(), ModuleTraits::default());
    }
}
