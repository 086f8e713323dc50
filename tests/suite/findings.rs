//! What `check` finds, case by case; and what it says of random rule sets is true.

use std::collections::BTreeSet;

use edgewright_compiler::{Reading, compile};
use edgewright_edge_handler::evaluate::{Options, Trace, evaluate};
use edgewright_edge_handler::outcome::{Answer, Event, Outcome};
use edgewright_edge_handler::request::Request;
use edgewright_edge_handler::source::Sequential;
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_test_engines::reading;
use edgewright_test_support::random::Random;
use edgewright_test_support::rule_sets::{MAP, RuleSet};

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

/// How many random rule sets are looked at.
const SETS: usize = 300;

#[test]
fn what_is_said_of_random_rule_sets_is_true() {
    let mut random = Random::new(20_261_123);
    let mut told = 0;
    for _ in 0..SETS {
        let set = RuleSet::random(&mut random, &[]);
        let map = "/srv/m.txt";
        let files = set.files(ROOT).into_iter();
        let files = files.map(|(name, content)| (format!("{ROOT}/{name}"), content));
        let files = files.chain([(map.to_owned(), MAP.to_owned())]);
        let config = format!(
            "ServerName main.test:80\n{}",
            set.virtual_host("*:80", ROOT, map)
        );
        let reading = reading(&config, files);
        for finding in compile(&reading).unwrap().diagnostics {
            told += usize::from(is_true(&reading, &finding));
        }
    }
    assert!(told > SETS / 20, "only {told} findings with a witness");
}

/// Fails when the reference does not show what a finding says. False when it cannot be asked.
fn is_true(reading: &Reading, finding: &Diagnostic) -> bool {
    let Some(url) = &finding.witness else {
        return false;
    };
    let place = finding
        .span
        .map(|span| reading.sources.place(span))
        .unwrap();
    let answer = ask(reading, url);
    let says = |event: &Event| !matches!(event, Event::Held(_) | Event::Failed(_) | Event::Stopped);
    let fired = answer
        .trace
        .iter()
        .any(|step| step.place == place && says(&step.event));
    match finding.code {
        "duplicate-rule" | "shadowed-rule" | "unreachable-rule" | "skipped-rule" => {
            assert!(!fired, "{finding:?}\n{answer:?}");
        }
        "rewrite-loop" => assert_eq!(
            answer.outcome,
            Outcome::Status { status: 500 },
            "{finding:?}"
        ),
        "redirect-loop" | "redirect-chain" if !is_ours(url) => return false,
        "redirect-loop" => assert!(
            hops(reading, url) >= 20,
            "{finding:?}\n{:?}\n{}",
            ask(reading, url),
            text(reading)
        ),
        "redirect-chain" => assert!((2..20).contains(&hops(reading, url)), "{finding:?}"),
        _ => return false,
    }
    true
}

/// Everything that was read.
fn text(reading: &Reading) -> String {
    let files = reading.sources.iter();
    let files = files.map(|file| format!("--- {}\n{}", file.name, file.bytes.escape_ascii()));
    files.collect::<Vec<_>>().join("\n").replace("\\n", "\n")
}

/// How many redirects follow one another on this site.
fn hops(reading: &Reading, shown: &str) -> usize {
    let (url, with) = shown.split_at(shown.find(" -").unwrap_or(shown.len()));
    let mut url = url.to_owned();
    for count in 0..20 {
        if !is_ours(&url) {
            return count;
        }
        match ask(reading, &format!("{url}{with}")).outcome {
            Outcome::Redirect { location, .. } => {
                // A browser keeps the fragment to itself.
                let location = String::from_utf8(location).unwrap();
                location.split('#').next().unwrap().clone_into(&mut url);
            }
            _ => return count,
        }
    }
    20
}

/// None of the sites speaks TLS.
fn is_ours(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let host = url.split('/').nth(2).unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let known = ["h.test", "alias.test", "main.test", "second.test"].contains(&name);
    url.starts_with("http:")
        && (known || name.ends_with(".wild.test") || name.ends_with(".second.test"))
}

/// Asks the reference for a URL with headers and a method as `explain` takes them.
fn ask(reading: &Reading, shown: &str) -> Answer {
    let mut parts = shown.split(" -H '");
    let mut first = parts.next().unwrap().split(" -X ");
    let rest = first.next().unwrap().split_once("://").unwrap().1;
    let method = first.next().unwrap_or("GET");
    let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    // A URL without a path is asked for with one.
    let slash = if target.starts_with('/') { "" } else { "/" };
    let target = format!("{slash}{target}");
    let headers = parts.filter_map(|header| header.strip_suffix('\'')?.split_once(": "));
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let request = Request {
        method: method.as_bytes(),
        headers: &headers,
        ..Request::get(host.as_bytes(), target.as_bytes())
    };
    let options = Options {
        trace: Trace::On,
        ..Options::default()
    };
    let source = Sequential::new(&reading.site);
    evaluate(&reading.site, &source, &request, &options).unwrap()
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
