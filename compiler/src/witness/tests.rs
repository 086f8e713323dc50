//! Requests made from rules, by example.

use super::*;
use crate::testing::MemoryLoader;
use crate::{Input, ReadOptions, read};

fn requests(text: &str) -> Vec<String> {
    let loader = MemoryLoader::new()
        .with("/c", format!("ServerName h.test\nRewriteEngine On\n{text}"))
        .with("/w/d/full", "x")
        .with("/w/d/empty", "")
        .with("/w/d/page.html", "x");
    let reading = read(
        &Input::MainConfig(vec![b"/c".to_vec()]),
        &loader,
        &ReadOptions::default(),
    );
    let shown = witnesses(&reading.site).into_iter().map(|witness| {
        let Request {
            method,
            host,
            target,
            headers,
            ..
        } = witness.request;
        let mut text = [&method[..], b" ", &host, &target].concat();
        for (name, value) in headers {
            text.extend([b" ", &name[..], b"=", &value].concat());
        }
        text.escape_ascii().to_string()
    });
    shown.collect()
}

/// The first request made for a rule is `expected`.
fn check(name: &str, text: &str, expected: &str) {
    let found = requests(text);
    assert_eq!(
        found.first().map(String::as_str),
        Some(expected),
        "{name}: {found:?}"
    );
    assert!(found.len() <= MOST_PER_SCOPE, "{name}: {found:?}");
}

#[test]
fn requests_fulfil_pattern_and_conditions() {
    let rule = |condition: &str| format!("RewriteCond {condition}\nRewriteRule ^/a$ /b [R]");
    check(
        "pattern",
        "RewriteRule ^/a/([0-9]+)$ /b [R]",
        "GET h.test/a/7",
    );
    check(
        "host",
        &rule("%{HTTP_HOST} ^www\\.x\\.test$"),
        "GET www.x.test/a",
    );
    check(
        "query",
        &rule("%{QUERY_STRING} ^id=([0-9]+)$"),
        "GET h.test/a?id=7",
    );
    check("method", &rule("%{REQUEST_METHOD} =POST"), "POST h.test/a");
    check(
        "agent",
        &rule("%{HTTP_USER_AGENT} Bot"),
        "GET h.test/a user-agent=Bot",
    );
    check("header", &rule("%{HTTP:X-A} ^b"), "GET h.test/a x-a=b");
    check(
        "two parts of a query",
        "RewriteCond %{QUERY_STRING} (^|&)a=([0-9])(&|$)\nRewriteCond %{QUERY_STRING} (^|&)b=(&|$)\n\
         RewriteRule ^/a$ /b [R]",
        "GET h.test/a?a=7&&b=&",
    );
    check(
        "another method",
        &rule("%{REQUEST_METHOD} !^(GET|HEAD|POST)$"),
        "OPTIONS h.test/a",
    );
    check(
        "not this host",
        &rule("%{HTTP_HOST} !^h\\.test$"),
        "GET xh.test/a",
    );
    check(
        "expression",
        &rule("expr \"%{HTTP_HOST} == 'x.test'\""),
        "GET x.test/a",
    );
    check(
        "request line",
        "RewriteCond %{THE_REQUEST} \\s/index\\.php\nRewriteRule .* /b [R]",
        "GET h.test/index.php",
    );
    check(
        "variable",
        "SetEnvIf User-Agent Robot r=1\nRewriteCond %{ENV:r} =1\nRewriteRule ^/a$ /b [R]",
        "GET h.test/a user-agent=Robot",
    );
    check("redirect", "Redirect /old /new", "GET h.test/old");
}

/// `expected` is among the requests made for the rules of `text`.
fn check_among(name: &str, text: &str, expected: &[&str]) {
    let found = requests(text);
    for request in expected {
        assert!(
            found.iter().any(|one| one == request),
            "{name}: {request}: {found:#?}"
        );
    }
}

#[test]
fn numbers_are_on_both_sides_of_the_limit() {
    let group =
        |condition: &str| format!("RewriteCond $1 {condition}\nRewriteRule ^/p/([0-9]+)$ /b [R]");
    let check = |condition: &str, expected: &[&str]| {
        check_among(condition, &group(condition), expected);
    };
    check("-gt100", &["GET h.test/p/101", "GET h.test/p/100"]);
    check("-ge100", &["GET h.test/p/100", "GET h.test/p/99"]);
    check("-lt100", &["GET h.test/p/99", "GET h.test/p/100"]);
    check("-le100", &["GET h.test/p/100", "GET h.test/p/101"]);
    check("-eq100", &["GET h.test/p/100", "GET h.test/p/101"]);
    check("!-eq100", &["GET h.test/p/101", "GET h.test/p/100"]);
    check(">100", &["GET h.test/p/101", "GET h.test/p/100"]);
    check("<100", &["GET h.test/p/99", "GET h.test/p/100"]);
    check("=100", &["GET h.test/p/100", "GET h.test/p/101"]);
    check_among(
        "group of a condition",
        "RewriteCond %{QUERY_STRING} id=([0-9]+)\nRewriteCond %1 -gt100\nRewriteRule ^/p$ /b [R]",
        &["GET h.test/p?id=101"],
    );
}

#[test]
fn bytes_that_are_written_in_more_than_one_way_are_among_them() {
    let all = [
        "RewriteRule ^/a/(.*)$ /b/$1 [R]",
        "RewriteRule ^/b/(.*)$ /b/$1 [R]",
        "RewriteRule ^/c/(.*)$ /b/$1 [R]",
        "RewriteRule ^/d/(.*)$ /b/$1 [R]",
        "RewriteRule ^/e/(.*)$ /b/$1 [R]",
    ];
    let found = requests(&all.join("\n"));
    for escaped in ["%C3%A9", "%3F", "%2F", "%20", "%25"] {
        let mut hits = found.iter().filter(|request| request.contains(escaped));
        assert!(hits.next().is_some(), "{escaped}: {found:#?}");
    }
    let line = |pattern: &str| {
        format!("RewriteCond %{{THE_REQUEST}} {pattern}\nRewriteRule ^/a/(.*)$ /b [R]")
    };
    check_among("question mark", &line("%3F"), &["GET h.test/a/%3F"]);
    check_among("slash", &line("/a/x%2Fy"), &["GET h.test/a/x%2Fy"]);
    check_among("space", &line("/a/x%20y"), &["GET h.test/a/x%20y"]);
}

#[test]
fn proxied_paths_are_asked() {
    check_among(
        "prefix",
        "ProxyPass /app http://app.test/x nocanon",
        &[
            "GET h.test/app",
            "GET h.test/app/a%2Fb",
            "GET h.test/app/a%20b",
            "GET h.test/app/%C3%A9",
        ],
    );
    check_among(
        "root",
        "ProxyPass / http://app.test/",
        &["GET h.test/", "GET h.test/a%3Fb"],
    );
    check_among(
        "expression",
        "ProxyPassMatch ^/(x+)$ http://app.test/$1",
        &["GET h.test/x"],
    );
    check_among(
        "section",
        "<Location /in>\nProxyPass http://app.test/x\n</Location>",
        &["GET h.test/in", "GET h.test/in/a%2Fb"],
    );
}

#[test]
fn files_of_every_kind_are_asked_for() {
    let rule = |test: &str| {
        format!(
            "DocumentRoot /w\nRewriteCond %{{DOCUMENT_ROOT}}%{{REQUEST_URI}} {test}\nRewriteRule ^(.*)$ /b [R]"
        )
    };
    let kinds = [
        "GET h.test/d/full",
        "GET h.test/d/empty",
        "GET h.test/d",
        "GET h.test/edgewright",
    ];
    for test in ["-f", "!-f", "-s", "!-d"] {
        check_among(test, &rule(test), &kinds);
    }
    check_among(
        "a file beside the path",
        "DocumentRoot /w\nRewriteCond %{DOCUMENT_ROOT}/d/$1.html -f\nRewriteRule ^/([a-z]+)$ /d/$1.html [L]",
        &["GET h.test/page"],
    );
}

#[test]
fn near_misses_are_among_them() {
    let found = requests("RewriteRule ^/old$ /new [R]");
    for miss in [
        "GET h.test/oldx",
        "GET h.test/old/",
        "GET h.test/ol",
        "GET h.test/olD",
    ] {
        assert!(
            found.iter().any(|request| request == miss),
            "{miss}: {found:?}"
        );
    }
}

#[test]
fn a_directory_has_its_url_in_front() {
    check(
        "directory",
        "DocumentRoot /w\n<Directory /w/d>\nRewriteEngine On\nRewriteRule ^a$ b [R]\n</Directory>",
        "GET h.test/d/a",
    );
}

#[test]
fn a_directory_above_the_document_root_is_no_part_of_the_url() {
    let inside = |pattern: &str| {
        format!(
            "DocumentRoot /w/d\n<Directory /w>\nRewriteEngine On\nRewriteRule {pattern} b [R]\n</Directory>"
        )
    };
    check("with the root's name", &inside("^d/a$"), "GET h.test/a");
    check("any", &inside("x$"), "GET h.test/x");
}

#[test]
fn a_redirect_in_a_directory_is_asked_below_it() {
    let inside = |line: &str| {
        format!("DocumentRoot /w\n<Directory /w/d/new>\nRedirectMatch {line}\n</Directory>")
    };
    check("free", &inside("/x$ /y"), "GET h.test/d/new/x");
    check(
        "with its path",
        &inside("^/d/new/(a+)$ /y"),
        "GET h.test/d/new/a",
    );
    check(
        "in a group",
        &inside("^/d/([^/]+)/x$ /y"),
        "GET h.test/d/new/x",
    );
}

#[test]
fn the_same_site_gives_the_same_requests() {
    let text = "RewriteRule ^/(a|b)/(.*)$ /$1 [R]\nRedirect /c /d";
    assert_eq!(requests(text), requests(text));
}
