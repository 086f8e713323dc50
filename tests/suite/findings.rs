//! What `check` finds, case by case. Whether the requests it shows are true: `shown.rs`.

use std::collections::BTreeSet;

use edgewright_compiler::compile;
use edgewright_test_engines::reading;

const ROOT: &str = "/srv/www";

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
    host("Redirect / http://x.test", &[("missing-slash", 2)]);
    host("Redirect / http://x.test/", &[]);
    host("Redirect /a http://x.test/b/", &[("doubled-slash", 2)]);
    host("Redirect /a.html http://x.test/b/", &[]);
    htaccess("RewriteRule ^c$ b [R]", &[("file-path-in-redirect", 2)]);
    htaccess("RewriteBase /\nRewriteRule ^c$ b [R]", &[]);
    htaccess("RewriteRule ^/c$ /b [R]", &[("impossible-pattern", 2)]);
    host("RewriteRule ^c$ /b [R]", &[("impossible-pattern", 2)]);
}

#[test]
fn redirects_that_lead_on() {
    host(
        "Redirect /a /b\nRedirect /b http://x.test/c",
        &[("redirect-chain", 2)],
    );
    host(
        "Redirect /a http://h.test/b\nRedirect /b /c\nRedirect /c http://x.test/",
        &[
            ("redirect-chain", 2),
            ("redirect-chain", 3),
            ("doubled-slash", 4),
        ],
    );
    host(
        "Redirect /a http://x.test/b\nRedirect /b http://x.test/c",
        &[],
    );
    host("RewriteRule ^/a /a/b [R,L]", &[("redirect-loop", 2)]);
    host(
        "RewriteRule ^/a$ /b [R,L]\nRewriteRule ^/b$ /a [R,L]",
        &[("redirect-loop", 2), ("redirect-loop", 3)],
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
