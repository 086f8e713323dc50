//! What the origin is asked for, and what it is not told.
//!
//! In: a configuration, options of `package`, viewers. Out: a failure where the origin is asked otherwise, in some position
//! of the switches. Absent: answers that no origin gives.

use edgewright_engine::model::marks::Head;
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

/// Rules that ask of cookies and headers what a class holds.
const GUARDS: &str = "RewriteCond %{HTTP_COOKIE} lang=de [OR]\nRewriteCond %{HTTP_USER_AGENT} bot [OR]\nRewriteCond %{HTTP_REFERER} spam\nRewriteRule ^/a$ /b";

/// `expected` is which of the viewer's headers, and whether his query, reach the origin.
#[track_caller]
fn check_headers(options: &[&str], expected: &[&str]) {
    let site = site(GUARDS, options);
    let viewer = "GET https h.test 192.0.2.1 /p?x=1 | Cookie: lang=de | User-Agent: own | Referer: https://r.test/ | X-Own: 1";
    for switches in Switches::all() {
        let asked = asked(&site, switches, &[viewer])
            .into_iter()
            .next()
            .unwrap();
        let mut names: Vec<&str> = Vec::new();
        names.extend(
            asked
                .request
                .query
                .filter(|query| query == "x=1")
                .map(|_| "query"),
        );
        for (name, value) in [
            ("cookie", "lang=de"),
            ("user-agent", "own"),
            ("referer", "https://r.test/"),
            ("x-own", "1"),
        ] {
            let sent = asked.request.headers.joined(name);
            names.extend((sent.as_deref() == Some(value)).then_some(name));
        }
        let carried = asked.request.headers.names().into_iter();
        let mut carried = carried.filter(|name| name.starts_with("x-edgewright-"));
        assert_eq!(carried.next(), None);
        assert_eq!(names, expected, "{options:?} {switches:?}");
    }
}

#[test]
fn a_server_gets_query_and_cookies_unless_it_ignores_them() {
    check_headers(&[], &["query", "cookie"]);
    check_headers(&["--origin-ignores", "cookies"], &["query"]);
    check_headers(
        &["--origin-gets", "User-Agent"],
        &["query", "cookie", "user-agent"],
    );
    let both = [
        "--origin-ignores",
        "query,cookies",
        "--origin-gets",
        "x-own",
    ];
    // The rule hands the query on, so that it is in the key.
    check_headers(&both, &["query", "x-own"]);
    check_headers(&["--origin", "bucket"], &[]);
}

#[test]
fn rules_that_tell_get_from_head_run_behind_the_cache() {
    let site = site(
        "RewriteCond %{REQUEST_METHOD} =GET\nRewriteRule ^/a$ /b [R]",
        &[],
    );
    assert_eq!(site.trigger(), Trigger::OriginRequest);
    assert_eq!(
        site.configuration
            .class
            .as_ref()
            .map(|class| class.marks.head),
        Some(Head::Apart)
    );
    let viewers = ["HEAD", "GET", "HEAD", "GET"]
        .map(|method| Viewer::of(&format!("{method} https h.test 192.0.2.1 /a")));
    for switches in Switches::all() {
        let statuses = site.delivered(switches, &viewers).into_iter();
        let statuses: Vec<u16> = statuses.map(|response| response.status).collect();
        assert_eq!(statuses, [200, 302, 200, 302], "{switches:?}");
    }
}

#[test]
fn what_the_origin_gets_keeps_its_pages_apart() {
    let viewers = ["a", "b"].map(|agent| {
        Viewer::of(&format!(
            "GET https h.test 192.0.2.1 /p | User-Agent: {agent} | Cookie: c={agent}"
        ))
    });
    let kept = |options: &[&str]| {
        let site = site(GUARDS, options);
        let asked = |switches| {
            let delivered = site.delivered(switches, &viewers).into_iter();
            let agents = delivered.map(|response| match response.maker {
                Maker::Origin(asked) => asked.request.headers.joined("user-agent"),
                Maker::CloudFront | Maker::OriginRequest | Maker::ViewerRequest => None,
            });
            agents.collect::<Vec<_>>()
        };
        asked(Switches::chosen(|_| 0))
    };
    let shared = kept(&["--origin-ignores", "cookies"]);
    assert_eq!(shared[0], shared[1]);
    let apart = kept(&["--origin-ignores", "cookies", "--origin-gets", "user-agent"]);
    assert_eq!(apart, [Some("a".to_owned()), Some("b".to_owned())]);
}
