//! Is the verdict on each directive of httpd true?
//!
//! In: `registry/directives.txt`. Out: failures: of a directive that is harmless and changes the site, of one that is followed
//! and changes nothing, of one that is neither and about which nothing is said; and docs/directives.md where it differs.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use std::fmt::Write as _;

use edgewright_parser::diagnostic::Severity;

use crate::registry::directives::{self, Expected, Known, Stands, Verdict};
use crate::testing::MemoryLoader;
use crate::{Input, ReadOptions, Reading, read};

/// Changes nothing, in any place.
const NOTHING: &str = "FileETag None";

/// A server with these lines, and these in a section.
fn reading(server: &str, section: &str) -> Reading {
    let text = format!(
        "ServerName h.test\nDocumentRoot /srv/www\nDefine KNOWN\n<Macro Known>\n{NOTHING}\n</Macro>\nRewriteEngine On\nRewriteRule ^/a$ /b [R]\n{server}\n\
         <Directory /srv/www>\nOptions None\n{section}\n</Directory>\n"
    );
    let loader = MemoryLoader::new()
        .with("/httpd.conf", text)
        .with("/more.conf", "Redirect /more /there\n")
        .with("/srv/www/.htaccess", "Redirect /h /i\n")
        .with("/map.txt", "a b\n");
    let options = ReadOptions {
        server_root: Some(b"/".to_vec()),
        ..ReadOptions::default()
    };
    read(
        &Input::MainConfig(vec![b"/httpd.conf".to_vec()]),
        &loader,
        &options,
    )
}

/// Lines of a followed directive that change the site, where the first words would not do.
const FOLLOWED: &[(&str, &str)] = &[
    ("AddHandler", "AddHandler send-as-is .asis"),
    ("AllowMethods", "AllowMethods GET"),
    ("RemoteIPHeader", "RemoteIPHeader X-Real-IP"),
    (
        "RemoteIPInternalProxy",
        "RemoteIPHeader X-Real-IP\nRemoteIPInternalProxy 10",
    ),
    (
        "RemoteIPTrustedProxy",
        "RemoteIPHeader X-Real-IP\nRemoteIPTrustedProxy 10",
    ),
    ("UserDir", "UserDir /home/*/www"),
    ("VirtualDocumentRoot", "VirtualDocumentRoot /srv/%0"),
    ("VirtualScriptAlias", "VirtualScriptAlias /srv/%0/cgi"),
    (
        "<AuthzProviderAlias",
        "<AuthzProviderAlias ip net 10>\n</AuthzProviderAlias>\n<Location /x>\nRequire net\n</Location>",
    ),
    (
        "<Directory",
        "<Directory /srv/www/a>\nOptions Indexes\n</Directory>",
    ),
    (
        "<DirectoryMatch",
        "<DirectoryMatch ^/srv/www/a>\nOptions Indexes\n</DirectoryMatch>",
    ),
    (
        "<Else",
        "<If \"true\">\n</If>\n<Else>\nOptions Indexes\n</Else>",
    ),
    (
        "<ElseIf",
        "<If \"true\">\n</If>\n<ElseIf \"true\">\nOptions Indexes\n</ElseIf>",
    ),
    ("<Files", "<Files a>\nOptions Indexes\n</Files>"),
    (
        "<FilesMatch",
        "<FilesMatch a>\nOptions Indexes\n</FilesMatch>",
    ),
    ("<If", "<If \"true\">\nOptions Indexes\n</If>"),
    ("<IfDefine", "<IfDefine KNOWN>\nRedirect /x /y\n</IfDefine>"),
    (
        "<IfDirective",
        "<IfDirective Redirect>\nRedirect /x /y\n</IfDirective>",
    ),
    ("<IfFile", "<IfFile /more.conf>\nRedirect /x /y\n</IfFile>"),
    (
        "<IfModule",
        "<IfModule mod_alias.c>\nRedirect /x /y\n</IfModule>",
    ),
    (
        "<IfSection",
        "<IfSection Directory>\nRedirect /x /y\n</IfSection>",
    ),
    (
        "<IfVersion",
        "<IfVersion >= 2.4>\nRedirect /x /y\n</IfVersion>",
    ),
    ("<Limit", "<Limit GET>\nRequire all denied\n</Limit>"),
    (
        "<LimitExcept",
        "<LimitExcept GET>\nRequire all denied\n</LimitExcept>",
    ),
    (
        "<Location",
        "<Location /x>\nRequire all denied\n</Location>",
    ),
    (
        "<LocationMatch",
        "<LocationMatch /x>\nRequire all denied\n</LocationMatch>",
    ),
    ("<Macro", "<Macro M>\nRedirect /x /y\n</Macro>\nUse M"),
    (
        "<RequireAll",
        "<RequireAll>\nRequire all denied\n</RequireAll>",
    ),
    (
        "<RequireAny",
        "<RequireAny>\nRequire all denied\n</RequireAny>",
    ),
    (
        "<RequireNone",
        "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire all denied\n</RequireNone>\n</RequireAll>",
    ),
    (
        "<VirtualHost",
        "<VirtualHost *:80>\nServerName a.test\n</VirtualHost>",
    ),
    ("AcceptPathInfo", "AcceptPathInfo On"),
    (
        "AccessFileName",
        "AccessFileName .rules\n<VirtualHost *:80>\n</VirtualHost>",
    ),
    ("Alias", "Alias /x /srv/x"),
    ("AliasMatch", "AliasMatch ^/x /srv/x"),
    ("allow", "Allow from all"),
    ("AllowEncodedSlashes", "AllowEncodedSlashes On"),
    ("AllowOverride", "AllowOverride All"),
    ("AllowOverrideList", "AllowOverrideList Redirect"),
    ("BrowserMatch", "BrowserMatch a b"),
    ("BrowserMatchNoCase", "BrowserMatchNoCase a b"),
    ("Define", "Define X /y\nRedirect /x ${X}"),
    ("deny", "Deny from all"),
    ("DirectoryIndexRedirect", "DirectoryIndexRedirect On"),
    ("DirectorySlash", "DirectorySlash Off"),
    ("ErrorDocument", "ErrorDocument 404 /x"),
    ("FallbackResource", "FallbackResource /x"),
    ("Include", "Include /more.conf"),
    ("IncludeOptional", "IncludeOptional /more.conf"),
    ("Listen", "Listen 8080"),
    ("LoadModule", "LoadModule alias_module x.so"),
    ("MergeSlashes", "MergeSlashes Off"),
    ("Options", "Options Indexes"),
    ("order", "Order deny,allow"),
    ("ProxyPass", "ProxyPass /x http://y/"),
    ("ProxyPassMatch", "ProxyPassMatch ^/x http://y/"),
    ("Redirect", "Redirect /x /y"),
    ("RedirectMatch", "RedirectMatch ^/x /y"),
    ("RedirectPermanent", "RedirectPermanent /x /y"),
    ("RedirectTemp", "RedirectTemp /x /y"),
    (
        "RegexDefaultOptions",
        "RegexDefaultOptions ICASE\nRedirectMatch ^/x /y",
    ),
    ("Require", "Require all denied"),
    (
        "RewriteBase",
        "<Directory /srv/www/b>\nRewriteBase /x/\n</Directory>",
    ),
    (
        "RewriteCond",
        "RewriteCond %{HTTPS} on\nRewriteRule ^/x$ /y",
    ),
    ("RewriteEngine", "RewriteEngine Off"),
    ("RewriteMap", "RewriteMap m txt:/map.txt"),
    ("RewriteOptions", "RewriteOptions Inherit"),
    ("RewriteRule", "RewriteRule ^/x$ /y"),
    ("Satisfy", "Satisfy any"),
    ("ScriptAlias", "ScriptAlias /x /srv/x"),
    ("ScriptAliasMatch", "ScriptAliasMatch ^/x /srv/x"),
    (
        "ServerAlias",
        "<VirtualHost *:80>\nServerAlias a.test\n</VirtualHost>",
    ),
    (
        "RemoveHandler",
        "AddHandler send-as-is .x\n<Location /x>\nRemoveHandler .x\n</Location>",
    ),
    ("ServerRoot", "ServerRoot /other"),
    ("SetHandler", "SetHandler send-as-is"),
    ("SetEnv", "SetEnv A b"),
    ("SetEnvIf", "SetEnvIf Host a b"),
    ("SetEnvIfExpr", "SetEnvIfExpr true a"),
    ("SetEnvIfNoCase", "SetEnvIfNoCase Host a b"),
    ("TraceEnable", "TraceEnable off"),
    (
        "UnDefine",
        "UnDefine KNOWN\n<IfDefine !KNOWN>\nRedirect /x /y\n</IfDefine>",
    ),
    (
        "UndefMacro",
        "UndefMacro Known\n<Macro Known>\nRedirect /x /y\n</Macro>\nUse Known",
    ),
    ("UnsetEnv", "UnsetEnv A"),
    ("Use", "<Macro M>\nRedirect /x /y\n</Macro>\nUse M"),
    ("UseCanonicalName", "UseCanonicalName On"),
    ("RedirectRelative", "RedirectRelative On"),
    ("AliasPreservePath", "AliasPreservePath On"),
    ("AddCharset", "Options +MultiViews\nAddCharset x .y"),
    ("AddEncoding", "Options +MultiViews\nAddEncoding x .y"),
    ("AddHandler", "Options +MultiViews\nAddHandler x .y"),
    ("AddLanguage", "Options +MultiViews\nAddLanguage x .y"),
    ("AddType", "Options +MultiViews\nAddType x .y"),
    ("DefaultLanguage", "Options +MultiViews\nDefaultLanguage x"),
    (
        "ForceLanguagePriority",
        "Options +MultiViews\nForceLanguagePriority Prefer",
    ),
    ("ForceType", "Options +MultiViews\nForceType x/y"),
    (
        "LanguagePriority",
        "Options +MultiViews\nLanguagePriority x",
    ),
    (
        "ModMimeUsePathInfo",
        "Options +MultiViews\nModMimeUsePathInfo On",
    ),
    (
        "MultiviewsMatch",
        "Options +MultiViews\nMultiviewsMatch Any",
    ),
    ("RemoveCharset", "Options +MultiViews\nRemoveCharset .y"),
    ("RemoveEncoding", "Options +MultiViews\nRemoveEncoding .y"),
    ("RemoveHandler", "Options +MultiViews\nRemoveHandler .y"),
    ("RemoveLanguage", "Options +MultiViews\nRemoveLanguage .y"),
    ("RemoveType", "Options +MultiViews\nRemoveType .y"),
    ("TypesConfig", "Options +MultiViews\nTypesConfig /map.txt"),
];

/// Lines of a harmless directive that Apache takes, where the first words would not do.
const HARMLESS: &[(&str, &str)] = &[("BalancerMember", "BalancerMember balancer://x http://y/")];

/// The lines that `samples` have for a directive, or the directive with as many words as it needs.
fn line_of(name: &str, known: &Known, samples: &[(&str, &str)]) -> String {
    if let Some((_, lines)) = samples.iter().find(|(sampled, _)| *sampled == name) {
        return (*lines).to_owned();
    }
    let words = match &known.arguments {
        Expected::Words(range) => vec!["x"; *range.start()],
        Expected::Flag => vec!["On"],
        Expected::OwnGrammar => vec!["x", "y"],
    };
    format!("{name} {}", words.join(" "))
}

/// The site and what is said, with `lines` where they may stand and without.
fn both(lines: &str, known: &Known) -> (Reading, Reading) {
    // What other lines are needed for stays.
    let instead = |line| match line {
        "Options +MultiViews" => line,
        _ => NOTHING,
    };
    let instead = lines.lines().map(instead).collect::<Vec<_>>().join("\n");
    match known.stands {
        Stands::Section => (reading("", lines), reading("", &instead)),
        Stands::Server | Stands::Anywhere => (reading(lines, ""), reading(&instead, "")),
    }
}

fn known(name: &str) -> &'static Known {
    directives::find(name.as_bytes()).unwrap()
}

#[test]
fn harmless_directives_change_nothing() {
    let mut wrong = Vec::new();
    for name in directives::names() {
        let known = known(name);
        // What a section of another module holds is that module's.
        if known.verdict != Verdict::Harmless || name.starts_with('<') {
            continue;
        }
        let (with, without) = both(&line_of(name, known, HARMLESS), known);
        let warns = |reading: &Reading| {
            let said = reading.diagnostics.iter();
            said.filter(|one| one.severity > Severity::Note).count()
        };
        let said = &with.diagnostics;
        if with.site != without.site || warns(&with) != warns(&without) {
            wrong.push(format!("{name} {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn followed_directives_change_the_site() {
    let mut wrong = Vec::new();
    for name in directives::names() {
        let known = known(name);
        if known.verdict != Verdict::Followed {
            continue;
        }
        let lines = line_of(name, known, FOLLOWED);
        let (with, without) = both(&lines, known);
        if with.site == without.site && with.first_error().is_none() {
            wrong.push(format!("{lines}: {:?}", with.diagnostics));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of the documents, made of the verdicts.
fn document() -> String {
    let mut text = include_str!("../../../docs/directives.md")
        .split_once("<!-- made")
        .unwrap()
        .0
        .to_owned();
    let of = |verdict: Verdict| {
        let names = directives::names();
        let names: Vec<_> = names
            .filter(|name| known(name).verdict == verdict)
            .collect();
        names
    };
    text += "<!-- made of parser/src/registry/directives.txt -->\n";
    for (title, verdict) in [
        ("Followed", Verdict::Followed),
        ("Named", Verdict::Named),
        ("Harmless", Verdict::Harmless),
    ] {
        let names = of(verdict);
        write!(text, "\n## {title}: {}\n\n", names.len()).unwrap();
        let shown = names.iter().map(|name| match name.strip_prefix('<') {
            Some(section) => format!("`<{section}>`"),
            None => format!("`{name}`"),
        });
        text += &wrapped(&shown.collect::<Vec<_>>());
    }
    text
}

/// Words in lines of at most 120 letters.
fn wrapped(words: &[String]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for word in words {
        if width + word.len() + 1 > 120 {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text += word;
        width += word.len();
    }
    text + "\n"
}

#[test]
fn the_documents_have_each_verdict() {
    let expected = document();
    let found = include_str!("../../../docs/directives.md");
    if std::env::var_os("EDGEWRIGHT_WRITE_DOCS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/directives.md");
        std::fs::write(path, &expected).unwrap();
    }
    let hint = "EDGEWRIGHT_WRITE_DOCS=1 cargo test -p edgewright-compiler verdicts writes it anew";
    let mut lines = found.lines().zip(expected.lines());
    let first = lines.find(|(found, expected)| found != expected);
    assert!(
        first.is_none() && found.len() == expected.len(),
        "docs/directives.md: {first:?}: {hint}"
    );
}
