//! What the origin is asked for, and what it is not told.
//!
//! In: a configuration, options of `package`, viewers. Out: a failure where the origin is asked otherwise, in some position
//! of the switches. Absent: answers that no origin gives.

use edgewright_test_engines::reading;

use super::*;

/// Rules that change some paths, hand others on, and look at the query.
const RULES: &str = "RewriteRule ^/a$ /b\nRewriteRule ^/c$ /d?made=1 [QSA]\nRewriteCond %{QUERY_STRING} x=9\nRewriteRule ^/x$ /y [R]\nRewriteRule ^/p$ https://p.test/q?z=1 [P]";

fn site(rules: &str, options: &[&str]) -> Site {
    let text = format!("ServerName h.test\nDocumentRoot /srv\nRewriteEngine On\n{rules}\n");
    Site::new(reading(&text, []), options).unwrap()
}

/// The request of each viewer as the origin gets it.
fn asked(site: &Site, switches: Switches, lines: &[&str]) -> Vec<Asked> {
    let viewers: Vec<Viewer> = lines.iter().map(|line| Viewer::of(line)).collect();
    let delivered = site.delivered(switches, &viewers).into_iter();
    let asked = delivered.filter_map(|response| match response.maker {
        Maker::Origin(asked) => Some(*asked),
        Maker::CloudFront | Maker::OriginRequest | Maker::ViewerRequest => None,
    });
    asked.collect()
}

/// `lines` are viewers; `expected` is the path and query that the origin is asked for each time.
#[track_caller]
fn check(options: &[&str], lines: &[&str], expected: &[&str]) {
    let site = site(RULES, options);
    for switches in Switches::all() {
        let asked = asked(&site, switches, lines).into_iter();
        let asked: Vec<String> = asked
            .map(
                |one| match one.request.query.filter(|query| !query.is_empty()) {
                    Some(query) => format!("{}?{query}", one.request.uri),
                    None => one.request.uri,
                },
            )
            .collect();
        assert_eq!(asked, expected, "{options:?} {switches:?}");
    }
}

const VIEWERS: &[&str] = &[
    "GET https h.test 192.0.2.1 /unchanged?x=1",
    "HEAD https h.test 192.0.2.1 /other?x=1",
    "GET https h.test 192.0.2.1 /a?x=1",
    "GET https h.test 192.0.2.1 /c?x=1",
    "POST https h.test 192.0.2.1 /unchanged?x=1",
];

#[test]
fn a_bucket_never_gets_a_query() {
    let paths = ["/unchanged", "/other", "/b", "/d", "/unchanged"];
    for trigger in ["origin-request", "viewer-request"] {
        let options = ["--origin", "bucket", "--trigger", trigger];
        check(&options, VIEWERS, &paths);
    }
}

#[test]
fn a_server_behind_a_bucket_gets_its_query() {
    let options = ["--origin", "bucket", "--proxy-to", "p.test"];
    check(
        &options,
        &["GET https h.test 192.0.2.1 /p?x=1"],
        &["/q?z=1"],
    );
}

#[test]
fn a_server_gets_the_query_that_rules_make() {
    let urls = [
        "/unchanged?x=1",
        "/other?x=1",
        "/b?x=1",
        "/d?made=1&x=1",
        "/unchanged?x=1",
    ];
    for trigger in ["origin-request", "viewer-request"] {
        check(&["--trigger", trigger], VIEWERS, &urls);
    }
}
