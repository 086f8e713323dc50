//! Directives of modules that httpd does not ship.
//!
//! In: a directive's name. Out: its [`Family`], when it is one that many servers have. Absent: what such a directive
//! does: none of those listed changes where a request is redirected to.
//!
//! A `.htaccess` file, or a file meant for a virtual host, does not say which modules its server has. A host for PHP has
//! mod_php, and `php_value` there is no mistake.

/// The directives of one module.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// What people call the module.
    pub module: &'static str,
    /// How names of its directives begin, in lower case.
    prefixes: &'static [&'static str],
    /// Names in full, in lower case, that begin otherwise.
    names: &'static [&'static str],
}

const fn family(
    module: &'static str,
    prefixes: &'static [&'static str],
    names: &'static [&'static str],
) -> Family {
    Family {
        module,
        prefixes,
        names,
    }
}

/// Names and prefixes as the modules' own documents have them.
const FAMILIES: &[Family] = &[
    family("mod_php", &["php_", "php3_"], &["phpinidir"]),
    family("mod_suphp", &["suphp_"], &[]),
    family(
        "Passenger",
        &["passenger", "rails", "rack"],
        &["unionstationkey", "unionstationsupport"],
    ),
    family(
        "ModSecurity",
        &["sec"],
        &[
            "modsecurity",
            "modsecurity_rules",
            "modsecurity_rules_file",
            "modsecurity_rules_remote",
        ],
    ),
    family("mod_wsgi", &["wsgi"], &[]),
    family("mod_perl", &["perl", "<perl"], &["modperl"]),
    family("mod_python", &["python"], &[]),
    family("mod_fcgid", &["fcgid"], &["fcgiwrapper"]),
    family("mod_fastcgi", &["fastcgi"], &[]),
    family("mod_uwsgi", &["uwsgi"], &[]),
    family("mod_mono", &["mono"], &[]),
    family("mod_jk", &["jk"], &[]),
    family("Shibboleth", &["shib"], &[]),
    family("mod_auth_mellon", &["mellon"], &[]),
    family("mod_auth_openidc", &["oidc", "oauth2"], &[]),
    family("mod_auth_cas", &["cas"], &[]),
    family("mod_auth_kerb", &["krb", "kerb"], &[]),
    family("mod_auth_gssapi", &["gssapi"], &[]),
    family("mod_auth_tkt", &["tkt"], &[]),
    family("mod_auth_mysql", &["authmysql", "auth_mysql"], &[]),
    family("mod_auth_pgsql", &["auth_pg"], &[]),
    family("mod_auth_pam", &["authpam", "auth_pam"], &[]),
    family(
        "mod_authnz_external",
        &[
            "authexternal",
            "groupexternal",
            "defineexternal",
            "addexternal",
        ],
        &[],
    ),
    family("mod_dav_svn", &["svn", "authzsvn"], &[]),
    family("mod_geoip", &["geoip"], &[]),
    family("mod_maxminddb", &["maxmind"], &[]),
    family(
        "mod_pagespeed",
        &["modpagespeed", "pagespeed", "<modpagespeed"],
        &[],
    ),
    family("mod_xsendfile", &["xsendfile"], &[]),
    family("mod_evasive", &["dos"], &[]),
    family("mod_qos", &["qs_"], &[]),
    family(
        "mod_bw",
        &["bandwidth", "minbandwidth", "largefilelimit"],
        &["maxconnection"],
    ),
    family("mod_cband", &["cband", "<cband"], &[]),
    family(
        "mod_limitipconn",
        &["maxconnperip", "noiplimit", "onlyiplimit"],
        &[],
    ),
    family("mod_rpaf", &["rpaf"], &[]),
    family("mod_cloudflare", &["cloudflare"], &["denyallbutcloudflare"]),
    family(
        "mpm_itk",
        &["assignuserid"],
        &[
            "maxclientsvhost",
            "nicevalue",
            "limituidrange",
            "limitgidrange",
        ],
    ),
    family(
        "mod_ruid2",
        &[
            "rmode",
            "ruidgid",
            "rminuidgid",
            "rdefaultuidgid",
            "rgroups",
        ],
        &[],
    ),
    family("mod_nss", &["nss"], &[]),
    family("mod_gnutls", &["gnutls"], &[]),
    family("mod_h264_streaming", &["h264streaming"], &[]),
    family("mod_tile", &["modtile", "loadtile", "addtile"], &[]),
    family("mod_gzip", &["mod_gzip"], &[]),
    family("mod_spdy", &["spdy"], &[]),
    family(
        "mod_upload_progress",
        &["uploadprogress", "trackuploads"],
        &[],
    ),
    family(
        "mod_cluster",
        &["advertise", "managerbalancername", "enablemcpmreceive"],
        &[],
    ),
    family("New Relic", &["newrelic"], &[]),
    family("WebSphere", &["websphere"], &[]),
];

/// The family of a directive, in any case; the name of a section begins with `<`.
pub fn family_of(name: &[u8]) -> Option<&'static Family> {
    let name = name.to_ascii_lowercase();
    FAMILIES.iter().find(|family| {
        let begins = |prefix: &&str| name.starts_with(prefix.as_bytes());
        let is = |full: &&str| name == full.as_bytes();
        family.prefixes.iter().any(begins) || family.names.iter().any(is)
    })
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, family_of};
    use crate::registry::directives;

    #[test]
    fn families_are_known_by_name() {
        let check = |name: &str, expected: Option<&str>| {
            let found = family_of(name.as_bytes()).map(|family| family.module);
            assert_eq!(found, expected, "{name}");
        };
        check("php_value", Some("mod_php"));
        check("PHP_Flag", Some("mod_php"));
        check("PassengerEnabled", Some("Passenger"));
        check("SecRuleEngine", Some("ModSecurity"));
        check("WSGIScriptAlias", Some("mod_wsgi"));
        check("<Perl", Some("mod_perl"));
        check("PerlSetVar", Some("mod_perl"));
        check("FcgidMaxRequestLen", Some("mod_fcgid"));
        check("ShibRequestSetting", Some("Shibboleth"));
        check("MellonEnable", Some("mod_auth_mellon"));
        check("GeoIPEnable", Some("mod_geoip"));
        check("MaxMindDBEnable", Some("mod_maxminddb"));
        check("ModPagespeed", Some("mod_pagespeed"));
        check("pagespeed", Some("mod_pagespeed"));
        check("XSendFile", Some("mod_xsendfile"));
        check("RewriteRul", None);
        check("Redirct", None);
        check("", None);
    }

    #[test]
    fn none_of_httpds_own_directives_is_in_a_family() {
        for name in directives::names() {
            assert_eq!(family_of(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn prefixes_are_lower_case_and_not_empty() {
        let all = FAMILIES
            .iter()
            .flat_map(|family| family.prefixes.iter().chain(family.names));
        for text in all {
            assert!(
                text.len() > 1 && *text == text.to_ascii_lowercase(),
                "{text}"
            );
        }
    }
}
