//! What `check` finds, case by case. Whether the requests it shows are true: `shown.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use edgewright_compiler::compile;
use edgewright_test_engines::reading;

const ROOT: &str = "/srv/www";

/// Every code that an analysis gives is described.
#[test]
fn codes_are_described() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let described = fs::read_to_string(root.join("docs/analyses.md")).unwrap();
    let sources = fs::read_dir(root.join("compiler/src/analysis")).unwrap();
    let sources = sources.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let mut count = 0;
    for source in sources {
        let calls = ["Finding::warning(", "Finding::note("];
        let behind = calls.iter().flat_map(|call| source.split(call).skip(1));
        for code in behind.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        {
            count += 1;
            assert!(described.contains(&format!("\n| `{code}` |")), "{code}");
        }
    }
    assert!(count > 30, "only {count} codes");
}

/// Findings of a virtual host with `lines`, and of `.htaccess` lines in its document root: code and
/// line of the file they stand in.
fn found(host: &str, htaccess: &str) -> BTreeSet<(&'static str, u32)> {
    let config = format!(
        "ServerName h.test:80\nDocumentRoot {ROOT}\n<Directory {ROOT}>\nAllowOverride All\nOptions FollowSymLinks\n</Directory>\nInclude host.conf\n"
    );
    let files = [
        (
            format!("{ROOT}/.htaccess"),
            format!("RewriteEngine On\n{htaccess}"),
        ),
        (format!("{ROOT}/index.html"), "x".to_owned()),
        (
            "/etc/apache2/host.conf".to_owned(),
            format!("RewriteEngine On\n{host}"),
        ),
    ];
    let files = files
        .into_iter()
        .filter(|(name, _)| !(htaccess.is_empty() && name.ends_with(".htaccess")));
    let reading = reading(&format!("ServerRoot /etc/apache2\n{config}"), files);
    let compilation = compile(&reading).unwrap();
    let all = reading.diagnostics.iter().chain(&compilation.diagnostics);
    let ours = all.filter(|one| one.code != "not-at-edge");
    ours.map(|one| {
        (
            one.code,
            one.span.map_or(0, |span| reading.sources.place(span).line),
        )
    })
    .collect()
}

/// Lines count from 2: the first switches the engine on.
#[track_caller]
fn host(lines: &str, expected: &[(&'static str, u32)]) {
    assert_eq!(
        found(lines, ""),
        expected.iter().copied().collect(),
        "{lines}"
    );
}

#[track_caller]
fn htaccess(lines: &str, expected: &[(&'static str, u32)]) {
    assert_eq!(
        found("", lines),
        expected.iter().copied().collect(),
        "{lines}"
    );
}

#[test]
fn conditions_that_say_something_else() {
    let rule = "RewriteRule ^/a$ /b [R,L]";
    let with = |conditions: &str| format!("{conditions}\n{rule}");
    host(
        &with("RewriteCond %{QUERY_STRING} a [OR]"),
        &[("or-on-last-condition", 2)],
    );
    host(
        &with("RewriteCond %{QUERY_STRING} a [OR]\nRewriteCond %{QUERY_STRING} b"),
        &[],
    );
    host(
        &with("RewriteCond %{HTTP_X_FORWARDED_PROTO} http"),
        &[("unknown-variable", 2)],
    );
    host(&with("RewriteCond %{HTTP:X-Forwarded-Proto} http"), &[]);
    host(
        &with("RewriteCond %{HTTP_HOST} ^http://h"),
        &[("scheme-in-host", 2)],
    );
    host(
        &with("RewriteCond %{HTTP_HOST} ^www.h.test$"),
        &[("dot-in-host", 2)],
    );
    host(&with(r"RewriteCond %{HTTP_HOST} ^www\.h\.test$"), &[]);
    host(
        &with(r"RewriteCond %{QUERY_STRING} ^\?id=1"),
        &[("question-mark-in-query", 2)],
    );
    host(&with(r"RewriteCond %{QUERY_STRING} ^\??id=1"), &[]);
    host(
        &with("RewriteCond %{REQUEST_FILENAME} !-f"),
        &[("file-test-in-server-context", 2)],
    );
    host(
        &with("RewriteCond %{DOCUMENT_ROOT}%{REQUEST_FILENAME} !-f"),
        &[],
    );
    host(
        &with("RewriteCond %{HTTP_HOST} !^a$ [OR]\nRewriteCond %{HTTP_HOST} !^b$"),
        &[("always-true-conditions", 2)],
    );
    host(
        &with("RewriteCond %{HTTP_HOST} !^a$\nRewriteCond %{HTTP_HOST} !^b$"),
        &[],
    );
    host(
        &with("RewriteCond %{QUERY_STRING} ^a$\nRewriteCond %{QUERY_STRING} ^b$"),
        &[("contradictory-conditions", 4)],
    );
}

#[test]
fn patterns_and_targets_that_say_something_else() {
    host(
        r"RewriteRule ^/p\.php\?id=1$ /b [R,L]",
        &[("query-in-pattern", 2)],
    );
    host(r"RewriteRule ^/p\.php\??$ /b [R,L]", &[]);
    host("Redirect /p.php?id=1 /b", &[("query-in-pattern", 2)]);
    host(r"RedirectMatch ^/p\?id=1$ /b", &[("query-in-pattern", 2)]);
    host(
        "RewriteRule ^/s$ - [R=301]",
        &[("redirect-without-target", 2)],
    );
    host(
        "RewriteRule ^/a$ /b [R,L,PT]",
        &[("pass-through-redirect", 2)],
    );
    host("RewriteRule ^/a$ /b%20c [R,L]", &[("percent-in-target", 2)]);
    host(r"RewriteRule ^/a$ /b\%20c [R,L,NE]", &[]);
    host(
        "RedirectMatch ^/d$ http://x.test/%20d",
        &[("percent-in-target", 2)],
    );
    host("Redirect /d http://x.test/%20d", &[]);
    host("RewriteRule ^/a/(.*)$ /b/$2 [R,L]", &[("missing-group", 2)]);
    host(
        "RewriteRule !^/b/(.*)$ /b/$1 [R,L]",
        &[("missing-group", 2)],
    );
    host("RewriteRule ^/a/(.*)$ /b/$1 [R,L]", &[]);
    host("Redirect /a/ http://x.test/b", &[("missing-slash", 2)]);
    host("Redirect / http://x.test/", &[]);
    host("Redirect /a http://x.test/b/", &[("doubled-slash", 2)]);
    host("Redirect /a.html http://x.test/b/", &[]);
    host("RewriteRule ^/a(.*)$ /b/$1 [R,L]", &[("doubled-slash", 2)]);
    host("RewriteRule ^/a/(.*)$ /b/$1 [R,L]", &[]);
    host("RewriteRule ^/a/?(.*)$ /b/$1 [R,L]", &[]);
    host("RedirectMatch ^/a(.*)$ /b/$1", &[("doubled-slash", 2)]);
    host("RedirectMatch ^/a(/.*)$ /b$1", &[]);
    htaccess("RewriteRule ^c$ b [R]", &[("file-path-in-redirect", 2)]);
    htaccess("RewriteBase /\nRewriteRule ^c$ b [R]", &[]);
    htaccess("RewriteRule ^/c$ /b [R]", &[("impossible-pattern", 2)]);
    host("RewriteRule ^c$ /b [R]", &[("impossible-pattern", 2)]);
}

/// Paths are decoded, and without query string and fragment.
#[test]
fn patterns_that_ask_for_what_never_comes() {
    let one = |code| [(code, 2)];
    host(
        "RewriteRule ^/p.php?id=1$ /b [R,L]",
        &one("query-in-pattern"),
    );
    host(
        r"RedirectMatch ^/p\.php?id=(.*)$ /b",
        &one("query-in-pattern"),
    );
    host(r"RewriteRule ^/p\.html?$ /b [R,L]", &[]);
    host("RewriteRule ^/a%20b$ /b [R,L]", &one("percent-in-pattern"));
    host(
        "RewriteRule ^/caf%C3%A9$ /b [R,L]",
        &one("percent-in-pattern"),
    );
    host("RewriteRule ^/x%3Fy$ /b [R,L]", &one("percent-in-pattern"));
    host("Redirect /a%20b /c", &one("percent-in-pattern"));
    host("RedirectMatch ^/a%20b /c", &one("percent-in-pattern"));
    host("RewriteRule ^/a(?:%20|\\s)b$ /b [R,L]", &[]);
    host("RewriteRule ^/100%2525$ /b [R,L]", &[]);
    host("RewriteRule ^/100%$ /b [R,L]", &[]);
    host("RewriteRule ^/a#b$ /b [R,L]", &one("fragment-in-pattern"));
    host("Redirect /a#b /b", &one("fragment-in-pattern"));
    host(
        r"RewriteRule ^/[\xc3\xa4\xb6]b$ /b [R,L]",
        &one("bytes-in-class"),
    );
    host(r"RewriteRule ^/[a-z\xc3\xa4\xb6]+b$ /b [R,L]", &[]);
    host(r"RewriteRule ^/[\x80-\xff]b$ /b [R,L]", &[]);
    host(r"RewriteRule ^/[\xc3][\x80-\xbf]b$ /b [R,L]", &[]);
    let with =
        |test: &str| format!("RewriteCond %{{REQUEST_URI}} {test}\nRewriteRule /a$ /b [R,L]");
    host(&with("^old"), &one("uri-without-slash"));
    host(&with("!^old"), &one("uri-without-slash"));
    host(&with("=old"), &one("uri-without-slash"));
    host(&with("^/old"), &[]);
    host(&with("old"), &[]);
}

#[test]
fn paths_of_redirects_that_never_come() {
    host("Redirect a /b", &[("redirect-path", 2)]);
    host("Redirect ^/a/(.*)$ /b/$1", &[("redirect-path", 2)]);
    host("Redirect /a/(.*) /b/$1", &[("redirect-path", 2)]);
    host("Redirect /wiki/A_(b) /b", &[]);
    htaccess("Redirect /a /b", &[]);
}

#[test]
fn targets_whose_characters_come_out_otherwise() {
    host("RewriteRule ^/a$ /b#c [R,L]", &[("fragment-escaped", 2)]);
    host("RewriteRule ^/a$ /b#c [R,L,NE]", &[]);
    host("Redirect /a /b#c", &[]);
    host(
        "RewriteRule ^/a/(.*)$ /b?c=$1 [L]",
        &[("capture-in-query", 2)],
    );
    host("RewriteRule ^/a/(.*)$ /b?c=$1 [B,L]", &[]);
    host(r"RewriteRule ^/a/(\d+)$ /b?c=$1 [L]", &[]);
    let map =
        |target: &str| format!("RewriteMap m int:tolower\nRewriteRule ^/a/(.*)$ {target} [R,L]");
    host(&map("/b/${n:$1}"), &[("unknown-map", 3)]);
    host(&map("/b/${m:$1}"), &[]);
}

#[test]
fn groups_that_are_not_there() {
    host("RewriteRule ^/a/(.*)$ /b/%1 [R,L]", &[("missing-group", 2)]);
    let with =
        |test: &str| format!("RewriteCond %{{QUERY_STRING}} {test}\nRewriteRule ^/a$ /b/%1? [R,L]");
    host(&with("!id=(.*)"), &[("missing-group", 3)]);
    host(&with("^id="), &[("missing-group", 3)]);
    host(&with("id=(.*)"), &[]);
    host("RedirectMatch ^/a/(.*)$ /b/$2", &[("missing-group", 2)]);
    host(r"RedirectMatch ^/a/(.*)$ /b/\1", &[("backslash-group", 2)]);
    host("RedirectMatch ^/a/(.*)$ /b/$1", &[]);
    host(
        r"RewriteRule ^/a/(.*)$ /b/\1 [R,L]",
        &[("backslash-group", 2)],
    );
}

#[test]
fn lines_that_lead_wherever_a_visitor_says() {
    let open = [("open-redirect", 2)];
    host("RewriteRule ^/go/(.*)$ http://$1 [R,L]", &open);
    host("RewriteRule ^/jump(.*)$ https://x.test$1 [R,L]", &open);
    host("RewriteRule ^/jump(/.*)$ https://x.test$1 [R,L]", &[]);
    host("RewriteRule ^/go/(de|fr)$ http://$1.x.test/ [R,L]", &[]);
    host("RedirectMatch ^/go/(.*)$ http://$1", &open);
    host("Redirect / https://x.test", &open);
    host(
        "RewriteRule ^/a$ https://%{HTTP_HOST}/b [R,L]",
        &[("host-in-location", 2)],
    );
    host(
        "RewriteCond %{HTTP_HOST} ^h\\.test$\nRewriteRule ^/a$ https://%{HTTP_HOST}/b [R,L]",
        &[],
    );
    host("Redirect / https://x.test/", &[]);
    host(
        "RewriteCond %{QUERY_STRING} ^url=([^&]+)\nRewriteRule ^/out$ %1? [R,L]",
        &[("open-redirect", 3)],
    );
    host(
        "RewriteCond %{QUERY_STRING} ^url=([a-z]+)$\nRewriteRule ^/out$ https://x.test/%1? [R,L]",
        &[],
    );
    host(
        "RewriteRule ^/p/(.*)$ http://$1 [P]",
        &[("open-proxy", 2), ("proxy-to-origin", 2)],
    );
}

/// Rules that reach further than they seem to, and sections that are about no URL.
#[test]
fn lines_that_reach_further() {
    host(
        "RewriteRule ^/a$ - [S=2]\nRewriteRule ^/a$ /b [R,L]",
        &[("skip-too-far", 2)],
    );
    host("RewriteRule ^/x$ - [S=1]\nRewriteRule ^/a$ /b [R,L]", &[]);
    host(
        "RewriteRule promo /sale [R,L]\nRewriteRule spring /may [R,L]",
        &[("unanchored-pattern", 2)],
    );
    host("RewriteRule ^/promo /sale [R,L]", &[]);
    host(r"RewriteRule \.php$ /sale [R,L]", &[]);
    let third = "RewriteRule ^/a/b$ /d [R,L]";
    let first = "RewriteCond %{HTTP_HOST} ^x\nRewriteRule ^/c$ /e [R,L]";
    host(
        &format!("{first}\nRewriteRule ^/a /f [R,L]\n{third}"),
        &[("condition-for-one-rule", 4), ("shadowed-rule", 5)],
    );
    host(
        &format!("{first}\n\nRewriteRule ^/a /f [R,L]\n{third}"),
        &[("shadowed-rule", 6)],
    );
    let section = |opening: &str| format!("<{opening}>\nRedirect 301 /b\n</Location>");
    host(&section("Location a"), &[("impossible-section", 2)]);
    host(&section("Location /a"), &[]);
    let section =
        |pattern: &str| format!("<LocationMatch \"{pattern}\">\nRedirect 301 /b\n</LocationMatch>");
    host(&section(r"^/a\?b=1"), &[("impossible-section", 2)]);
    host(&section("^/a.php?b=1"), &[("impossible-section", 2)]);
    host(&section("^a"), &[("impossible-section", 2)]);
    host(&section("^/a"), &[]);
}

/// A host's name that an earlier one goes by, and http where there is https.
#[test]
fn hosts_and_their_schemes() {
    let site = |alias: &str, target: &str| {
        format!(
            "Listen 443\n<VirtualHost *:80>\nServerName a.test\nServerAlias {alias}\nRedirect / https://a.test/\n</VirtualHost>\n\
             <VirtualHost *:80>\nServerName b.test\nRedirect /x /y\n</VirtualHost>\n\
             <VirtualHost *:443>\nSSLEngine on\nServerName a.test\nRedirect /x {target}://a.test/y\n</VirtualHost>"
        )
    };
    host(&site("*.test", "https"), &[("host-taken", 8)]);
    host(&site("c.test", "https"), &[]);
    host(
        &site("c.test", "http"),
        &[("insecure-target", 15), ("redirect-chain", 15)],
    );
}

#[test]
fn redirects_that_lead_on() {
    host(
        "Redirect /a /b\nRedirect /b http://x.test/c",
        &[("redirect-chain", 2)],
    );
    host(
        "Redirect /a http://h.test/b\nRedirect /b /c\nRedirect /c http://x.test/",
        &[("redirect-chain", 2), ("doubled-slash", 4)],
    );
    host(
        "Redirect /a http://x.test/b\nRedirect /b http://x.test/c",
        &[],
    );
    host("RewriteRule ^/a /a/b [R,L]", &[("redirect-loop", 2)]);
    host(
        "RewriteRule ^/a$ /b [R,L]\nRewriteRule ^/b$ /a [R,L]",
        &[("redirect-loop", 2)],
    );
    host("RewriteRule ^ https://h.test%{REQUEST_URI} [R,L]", &[]);
    host(
        "RewriteRule ^ http://h.test%{REQUEST_URI} [R,L]",
        &[("redirect-loop", 2)],
    );
    host(
        "RewriteCond %{HTTP_COOKIE} !seen\nRewriteRule ^ /%{REQUEST_URI} [R,L,CO=seen:1:h.test]",
        &[],
    );
    htaccess("RewriteRule ^b/(.*)$ /b/$1x [L]", &[("rewrite-loop", 2)]);
    htaccess("RewriteRule ^b/(.*)$ /b/$1x [END]", &[]);
    host(
        "RewriteRule ^/a$ /b [R]\nRewriteRule /b$ /c [R,L]",
        &[("redirect-goes-on", 2)],
    );
    host("RewriteRule ^/a$ /b [R]\nRewriteRule ^/c$ /d [R,L]", &[]);
}

#[test]
fn lines_that_match_some_of_the_same_requests() {
    let conflict = ("overlapping-rules", 3);
    host(
        "RewriteRule ^/a/(.*)$ /x [R,L]\nRewriteRule ^/(.*)\\.php$ /y [R,L]",
        &[],
    );
    host(
        "RewriteRule \\.php$ /x [R,L]\nRewriteRule ^/a/(.*)p$ /y [R,L]",
        &[],
    );
    host(
        "RewriteRule ^/(.*)a$ http://x.test/ [R,L]\nRewriteRule ^/a/(.*)$ http://y.test/ [R,L]",
        &[conflict],
    );
    host(
        "RedirectMatch ^/(.*)a$ http://x.test/\nRedirectMatch ^/a/(.*)$ http://y.test/",
        &[conflict],
    );
    host(
        "RewriteRule ^/a/b$ http://x.test/ [R,L]\nRewriteRule ^/a/(.*)$ http://y.test/ [R,L]",
        &[],
    );
}

/// The decision about the request that is shown is over its budget; the near miss is silent.
#[test]
fn lines_whose_decision_takes_too_long() {
    host(r"RewriteRule ^/a/(.+)\1+x$ /b [R,L]", &[("over-budget", 2)]);
    host(r"RewriteRule ^/a/(.+)x$ /b [R,L]", &[]);
    host(r"RewriteRule ^/a/(.*)*x$ /b [R,L]", &[("over-budget", 2)]);
    host(
        r"RewriteRule /([^/]+)/(.*/)?\1(?:/|$) /b [R,L]",
        &[("over-budget", 2)],
    );
    host(
        "RewriteCond %{HTTP_USER_AGENT} (.*)(.*)(.*)\\3bot\nRewriteRule ^/a$ /b [R,L]",
        &[("over-budget", 2)],
    );
    host(
        "RewriteCond %{HTTP_USER_AGENT} (?:google|bing)bot|slurp/\\d\nRewriteRule ^/a$ /b [R,L]",
        &[],
    );
    host("RewriteRule ^(.*)_(.*)$ $1-$2 [N]", &[]);
}
