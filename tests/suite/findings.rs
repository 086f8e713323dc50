//! What `check` finds, case by case. Whether the requests it shows are true: `shown.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use edgewright_compiler::compile;
use edgewright_parser::diagnostic::Diagnostic;
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
    // Most rules here are as short as they can be, and have no status.
    let ours = all.filter(|one| !["not-at-edge", TEMPORARY].contains(&one.code));
    ours.map(|one| {
        (
            one.code,
            one.span.map_or(0, |span| reading.sources.place(span).line),
        )
    })
    .collect()
}

/// A code with tests of its own.
const TEMPORARY: &str = "temporary-move";

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
    host("RewriteRule ^/a:(.*)$ /b/$1 [R,L]", &[]);
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
    host(
        "RewriteRule ^/a$ /b?x=1#c [R,L]",
        &[("fragment-escaped", 2)],
    );
    host("RewriteRule ^/a$ /b?id=https://x.test/#c [R,L]", &[]);
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
        &[("condition-for-one-rule", 4)],
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
    // What is for all comes behind what is for some.
    htaccess(
        "RewriteRule ^.?$ http://x.test/ [R,L]\nRewriteRule ^(.+)$ http://y.test/$1 [R,L]",
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

/// Text before `^` or behind `$`, wherever patterns stand.
#[test]
fn anchors_with_something_on_their_other_side() {
    let never = [("impossible-pattern", 2)];
    host("RewriteRule ^/b$c /x [R=301,L]", &never);
    host("RewriteRule c^/b /x [R=301,L]", &never);
    host("RewriteRule ^/view-$1 /x [R=301,L]", &never);
    host("RedirectMatch 301 ^/b$c /x", &never);
    host("RedirectMatch 301 c^/b /x", &never);
    host("RewriteRule ^/b(c|$) /x [R=301,L]", &[]);
    host("RewriteRule (^|/)b$ /x [R=301,L]", &[]);
    host("RewriteRule ^/b\\$c /x [R=301,L]", &[]);
    host("RedirectMatch 301 ^/b(c$|d)$ /x", &[]);
    host("RedirectMatch 301 ^/b$|^/c$ /x", &[]);
    host(
        "RewriteCond %{QUERY_STRING} ^a$b\nRewriteRule ^/z$ /y [R=301,L]",
        &[("contradictory-conditions", 3)],
    );
}

/// Flags and targets that have no effect.
#[test]
fn flags_and_targets_without_effect() {
    host("RewriteRule ^/a$ /b [N,L]", &[("flag-without-effect", 2)]);
    host(
        "RewriteRule ^/a$ - [S=1,L]\nRewriteRule ^/b$ /c [R=301,L]",
        &[("flag-without-effect", 2)],
    );
    host("RewriteRule ^/a$ /b [NC,L]", &[]);
    host(
        "RewriteRule ^/a$ - [S=1]\nRewriteRule ^/b$ /c [R=301,L]",
        &[],
    );
    host("RewriteRule ^/a_(.*)$ /a-$1 [N]", &[]);
    host(
        "RewriteRule ^/a$ /b.html [R=200,L]",
        &[("target-ignored", 2)],
    );
    host(
        "RewriteRule ^/a$ /b.html [R=404,L]",
        &[("target-ignored", 2)],
    );
    host(
        "RewriteRule ^/a$ /b.html [R=404,L]\nRewriteRule ^/c$ /d.html [R=404,L]",
        &[("target-ignored", 2)],
    );
    host("RewriteRule ^/a$ - [R=404,L]", &[]);
    host("RewriteRule ^/a$ /b.html [F]", &[]);
    host("RewriteRule ^/a$ /b.html [R=303,L]", &[]);
}

/// `$0` is the whole of what was matched, slash included.
#[test]
fn the_whole_match_as_a_group() {
    host(
        "RewriteRule ^/d(.*)$ /e/$0 [R=301,L]",
        &[("doubled-slash", 2)],
    );
    host("RewriteRule ^/d(.*)$ /e$0 [R=301,L]", &[]);
    host("RedirectMatch 301 ^/d(.*)$ /e/$0", &[("doubled-slash", 2)]);
    host("RedirectMatch 301 ^/d(.*)$ /e$0", &[]);
    htaccess("RewriteRule ^d(.*)$ /e/$0 [R=301,L]", &[]);
    htaccess(
        "RewriteRule .* https://x.test$0 [R=301,L]",
        &[("open-redirect", 2)],
    );
    htaccess("RewriteRule .* https://x.test/$0 [R=301,L]", &[]);
}

/// A rewrite that goes on, and redirects whose status is another one than was meant.
#[test]
fn lines_that_lead_further_than_they_say() {
    let later = "RewriteRule ^/c/(.*)$ /d/$1 [L]";
    host(
        &format!("RewriteRule ^/a/(.*)$ /c/$1\n{later}"),
        &[("rewrite-goes-on", 2)],
    );
    host(&format!("RewriteRule ^/a/(.*)$ /c/$1 [L]\n{later}"), &[]);
    host(&format!("RewriteRule ^/a$ /c/x\n{later}"), &[]);
    // The later rule is for all paths.
    host(
        "RewriteRule ^/a/(.*)$ /c/$1\nRewriteRule ^(.*)$ /index.html [L]",
        &[],
    );
    host(
        "RewriteRule ^/api/v1/(.*)$ /api/v2/$1 [R=301,L]",
        &[("redirect-loses-post", 2)],
    );
    host(
        "RewriteCond %{REQUEST_METHOD} =POST\nRewriteRule ^/a$ /b [R=302,L]",
        &[("redirect-loses-post", 3)],
    );
    host("RewriteRule ^/api/v1/(.*)$ /api/v2/$1 [R=308,L]", &[]);
    host("RewriteRule ^/api/docs/(.*)$ /docs/api/$1 [R=301,L]", &[]);
    host(
        "RewriteCond %{REQUEST_METHOD} !=POST\nRewriteRule ^/api/v1/(.*)$ /api/v2/$1 [R=301,L]",
        &[],
    );
}

/// The line of the one note about redirects without a status.
#[track_caller]
fn temporary(lines: &str, expected: Option<u32>) {
    let config = format!("ServerName h.test:80\nDocumentRoot {ROOT}\nRewriteEngine On\n{lines}\n");
    let files: [(String, String); 0] = [];
    let reading = reading(&config, files);
    let compilation = compile(&reading).unwrap();
    let mut told = compilation.diagnostics.iter();
    let told: Vec<_> = told.by_ref().filter(|one| one.code == TEMPORARY).collect();
    let line = |one: &&Diagnostic| one.span.map(|span| reading.sources.place(span).line);
    let lines_told: Vec<Option<u32>> = told.iter().map(line).collect();
    let expected: Vec<Option<u32>> = expected.into_iter().map(Some).collect();
    assert_eq!(lines_told, expected, "{lines}");
}

#[test]
fn redirects_without_a_status() {
    let two = "RewriteRule ^/a$ /b [R,L]\nRewriteRule ^/c$ /d [R,L]\nRedirect /e /f";
    temporary(two, Some(4));
    temporary("Redirect /e /f\nRedirect temp /g /h", Some(4));
    temporary("Redirect temp /g /h\nRedirectMatch ^/e$ /f", Some(5));
    temporary(
        "RewriteRule ^/a$ /b [R=302,L]\nRedirect 302 /e /f\nRedirectTemp /g /h",
        None,
    );
    temporary("RewriteRule ^/a/(.*)$ /b/$1 [R,L]", None);
    let with =
        |test: &str| format!("RewriteCond {test}\nRewriteRule ^/(.*)$ https://h.test/$1 [R,L]");
    temporary(&with("%{HTTPS} off"), Some(5));
    temporary(&with("%{HTTP_HOST} =x.test"), Some(5));
    temporary(&with("%{HTTP_COOKIE} beta"), None);
}

/// One note for all dots.
#[test]
fn dots_before_the_endings_of_files() {
    host(
        "RewriteRule ^/a.html$ /b [R=301,L]\nRewriteRule ^/c.html$ /d [R=301,L]",
        &[("dot-in-path", 2)],
    );
    host("RedirectMatch 301 ^/a.html$ /b", &[("dot-in-path", 2)]);
    host(r"RewriteRule ^/a\.html$ /b [R=301,L]", &[]);
    host(r"RewriteRule ^/a.b$ /b [R=301,L]", &[]);
    host(r"RewriteRule ^/(.*).html$ /b [R=301,L]", &[]);
}

/// A URL where a path keeps the status.
#[test]
fn pages_for_errors() {
    let forbidden = "RewriteRule ^/a$ - [F]";
    host(
        &format!("ErrorDocument 403 http://h.test/403.html\n{forbidden}"),
        &[("error-document-url", 2)],
    );
    host(
        "ErrorDocument 404 https://h.test/404.html",
        &[("error-document-url", 2)],
    );
    host("ErrorDocument 404 https://other.test/404.html", &[]);
    host("ErrorDocument 404 \"Not here\"", &[]);
}

/// What a folder has in it decides.
#[track_caller]
fn folder(lines: &str, files: &[&str], expected: &[(&'static str, u32)]) {
    let config = format!(
        "ServerRoot /etc/apache2\nServerName h.test:80\nDocumentRoot {ROOT}\n<Directory {ROOT}>\nAllowOverride All\nOptions FollowSymLinks\n</Directory>\nInclude host.conf\n"
    );
    let pages = files.iter().map(|name| {
        let rules = name.ends_with(".htaccess");
        let text = if rules { RULES } else { "x" };
        (format!("{ROOT}/{name}"), text.to_owned())
    });
    let own = [("/etc/apache2/host.conf".to_owned(), lines.to_owned())];
    let reading = reading(&config, pages.chain(own).collect::<Vec<_>>());
    let compilation = compile(&reading).unwrap();
    let all = reading.diagnostics.iter().chain(&compilation.diagnostics);
    let line = |span| reading.sources.place(span).line;
    let found: BTreeSet<(&str, u32)> = all
        .map(|one| (one.code, one.span.map_or(0, line)))
        .collect();
    assert_eq!(found, expected.iter().copied().collect(), "{lines}");
}

const RULES: &str = "RewriteEngine On\nRewriteRule ^about/(.*)$ /index.html [L]\nRewriteRule ^$ /shop/index.html [L]\n";

#[test]
fn folders_whose_lines_keep_requests_from_rules() {
    let multiviews =
        format!("<Directory {ROOT}>\nOptions +MultiViews\nAddType text/html .html\n</Directory>");
    let renamed = [("multiviews-before-rules", 2)];
    folder(&multiviews, &[".htaccess", "about.html"], &renamed);
    folder(&multiviews, &[".htaccess", "other.html"], &[]);
    folder("", &[".htaccess", "about.html"], &[]);
    let off = "DirectorySlash Off";
    let unasked = [("directory-slash-off", 1)];
    folder(off, &["shop/.htaccess", "shop/index.html"], &unasked);
    folder("", &["shop/.htaccess", "shop/index.html"], &[]);
    folder(off, &[".htaccess", "shop/index.html"], &[]);
    let option =
        format!("{off}\n<Directory {ROOT}/shop>\nRewriteOptions AllowNoSlash\n</Directory>");
    folder(&option, &["shop/.htaccess", "shop/index.html"], &[]);
}

#[test]
fn redirects_to_pages_that_are_not_there() {
    let pages = ["index.html", "a.html", "b.html"];
    let missing = [("missing-target", 1)];
    folder("Redirect 301 /old /c.html", &pages, &missing);
    folder("Redirect 301 /old /a.html", &pages, &[]);
    folder("Redirect 301 /old https://x.test/c.html", &pages, &[]);
    folder("Redirect 301 /old /c.html", &["index.html"], &[]);
    folder(
        "Redirect 301 /old /c.html\nAlias /c.html /srv/other/c.html",
        &pages,
        &[("docroot-unknown", 0)],
    );
}

/// What one line takes is told once, and not beside its reason; so is what somebody writes everywhere in a file.
#[test]
fn findings_with_one_cause() {
    let twice = |one: &str| format!("{one}\n{}", one.replace("/a", "/c").replace("^a", "^c"));
    host(
        &twice("RewriteRule ^/view-$1 /a/$1 [R=301,L]"),
        &[("impossible-pattern", 2)],
    );
    host(
        &twice("RewriteRule ^/a$ /b#c [R=301,L]"),
        &[("fragment-escaped", 2)],
    );
    host(
        &twice("RewriteCond %{QUERY_STRING} x [OR]\nRewriteRule ^/a$ /b [R=301,L]"),
        &[("or-on-last-condition", 2)],
    );
    htaccess(
        &twice("RewriteRule ^a/(.*)$ /a/$1x [L]"),
        &[("rewrite-loop", 2)],
    );
    host(
        "RewriteCond %{QUERY_STRING} x\nRewriteCond %{QUERY_STRING} y",
        &[("unattached-condition", 2)],
    );
    let first = "RewriteRule ^/a /x [R=301,L]";
    let two = "RewriteRule ^/ab$ /y [R=301,L]\nRewriteRule ^/ac$ /z [R=301,L]";
    host(&format!("{first}\n{two}"), &[("shadowed-rule", 3)]);
    host(
        "RewriteRule ^/a/(.*)$ /b?c=$1 [L]\nRewriteRule ^/d/(.*)$ /e?c=$1 [L]",
        &[("capture-in-query", 2)],
    );
}
