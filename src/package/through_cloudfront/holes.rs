//! Where what a viewer gets was, or is, not what Apache sent: each hole by its name.
//!
//! In: a configuration and viewers, one after another. Out: a failure when a mended hole is open again, and when an open
//! one is mended and still called open.

use edgewright_test_engines::reading;

use super::*;

/// A hole, and whether it is there.
struct Hole {
    name: &'static str,
    configuration: &'static str,
    viewers: &'static [&'static str],
    today: Today,
}

enum Today {
    Mended,
    /// Some viewer gets another answer, in some position of the switches; why it is left so.
    Open(&'static str),
}
use Today::{Mended, Open};

const HOLES: &[Hole] = &[
    Hole {
        name: "a rule for GET only, and a HEAD that comes first",
        configuration: "RewriteCond %{REQUEST_METHOD} =GET\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "HEAD https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.2 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "a rule that refuses HEAD",
        configuration: "RewriteCond %{REQUEST_METHOD} ^(HEAD|TRACE)\nRewriteRule ^ - [F]\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "HEAD https h.test 192.0.2.2 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "the request line tells GET from HEAD",
        configuration: "RewriteCond %{THE_REQUEST} ^GET\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "HEAD https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.2 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "the method in a target",
        configuration: "RewriteRule ^/old$ /%{REQUEST_METHOD} [R=301]",
        viewers: &[
            "HEAD https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.2 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "the method in an expression",
        configuration: "<If \"%{REQUEST_METHOD} == 'GET'\">\nRedirect /old /new\n</If>",
        viewers: &[
            "HEAD https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.2 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "X-Forwarded-For is the client's address under another name",
        configuration: "RewriteCond %{HTTP:X-Forwarded-For} !^10\\.\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old | X-Forwarded-For: 10.0.0.1",
            "GET https h.test 10.0.0.9 /old",
            "GET https h.test 192.0.2.1 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "Via is never empty at origin-request",
        configuration: "RewriteCond %{HTTP:Via} !^$\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | Via: 1.1 p",
        ],
        today: Mended,
    },
    Hole {
        name: "Pragma is in no cache key",
        configuration: "RewriteCond %{HTTP:Pragma} no-cache\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | Pragma: no-cache",
        ],
        today: Mended,
    },
    Hole {
        name: "Cache-Control is in no cache key",
        configuration: "RewriteCond %{HTTP:Cache-Control} no-cache\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | Cache-Control: no-cache",
        ],
        today: Mended,
    },
    Hole {
        name: "TE is in no cache key",
        configuration: "RewriteCond %{HTTP:TE} trailers\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | TE: trailers",
        ],
        today: Mended,
    },
    Hole {
        name: "X-Amz headers are in no policy",
        configuration: "RewriteCond %{HTTP:X-Amz-Date} ^2\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | X-Amz-Date: 2026",
        ],
        today: Mended,
    },
    Hole {
        name: "If-None-Match may be CloudFront's own at origin-request",
        configuration: "RewriteCond %{HTTP:If-None-Match} x\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | If-None-Match: x",
        ],
        today: Mended,
    },
    Hole {
        name: "Authorization in an origin request policy is refused",
        configuration: "RewriteCond %{HTTP:Authorization} ^Basic\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | Authorization: Basic x",
        ],
        today: Mended,
    },
    Hole {
        name: "Accept-Encoding as CloudFront sorts it is not the viewer's",
        configuration: "RewriteCond %{HTTP:Accept-Encoding} deflate\nRewriteRule ^/old$ /new [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old | Accept-Encoding: gzip, deflate",
            "GET https h.test 192.0.2.1 /old | Accept-Encoding: gzip",
        ],
        today: Mended,
    },
    Hole {
        name: "the origin loses a query that no rule reads",
        configuration: "Redirect gone /old",
        viewers: &[
            "GET https h.test 192.0.2.1 /app?id=1",
            "GET https h.test 192.0.2.1 /app?id=2",
        ],
        today: Mended,
    },
    Hole {
        name: "SERVER_PORT is what Host says",
        configuration: "RewriteCond %{SERVER_PORT} ^80$\nRewriteRule ^/old$ https://x.test/new [R,QSD]",
        viewers: &[
            "GET http h.test:8080 192.0.2.1 /old",
            "GET http h.test 192.0.2.1 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "SERVER_PORT in an expression",
        configuration: "<If \"%{SERVER_PORT} == '8080'\">\nRedirect /old http://x.test/new\n</If>",
        viewers: &[
            "GET http h.test 192.0.2.1 /old",
            "GET http h.test:8080 192.0.2.1 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "SCRIPT_URI of the environment",
        configuration: "RewriteCond %{ENV:SCRIPT_URI} ://evil\nRewriteRule ^ - [F]",
        viewers: &[
            "GET http h.test 192.0.2.1 /old",
            "GET http evil.test 192.0.2.1 /old",
        ],
        today: Mended,
    },
    Hole {
        name: "an expression in Alias",
        configuration: "<Location /a>\nAlias \"/data/%{HTTP_HOST}\"\n</Location>\nRedirect gone /old",
        viewers: &[
            "GET http h.test 192.0.2.1 /a",
            "GET http x.test 192.0.2.1 /a",
        ],
        today: Mended,
    },
    Hole {
        name: "a cookie in Alias",
        configuration: "<Location /a>\nAlias \"/data/%{HTTP_COOKIE}\"\n</Location>\nRedirect gone /old",
        viewers: &[
            "GET http h.test 192.0.2.1 /a | Cookie: a=1",
            "GET http h.test 192.0.2.1 /a | Cookie: a=2",
        ],
        today: Mended,
    },
    Hole {
        name: "a header whose name is computed",
        configuration: "RewriteCond expr \"req('X-'.'A') == 'b'\"\nRewriteRule ^/old$ http://x.test/new [R,QSD]",
        viewers: &[
            "GET http h.test 192.0.2.1 /old",
            "GET http h.test 192.0.2.1 /old | X-A: b",
        ],
        today: Mended,
    },
    Hole {
        name: "a cookie set with a redirect",
        configuration: "RewriteRule ^/old$ /new [R,CO=a:1:h.test]",
        viewers: &["GET http h.test 192.0.2.1 /old"],
        today: Mended,
    },
    Hole {
        name: "a forged CloudFront-Forwarded-Proto at viewer-request",
        configuration: "<VirtualHost *:443>\nServerName h.test\nSSLEngine On\nRewriteEngine On\nRewriteCond %{REMOTE_ADDR} ^192\nRewriteRule ^/old$ /new [R]\n</VirtualHost>",
        viewers: &["GET https h.test 192.0.2.1 /old | CloudFront-Forwarded-Proto: http"],
        today: Mended,
    },
    Hole {
        name: "viewer-request does not know how the viewer connected",
        configuration: "<VirtualHost *:80>\nServerName h.test\nRedirect /old http://x.test/plain\n</VirtualHost>\n<VirtualHost *:443>\nServerName h.test\nSSLEngine On\nRewriteEngine On\nRewriteCond %{REMOTE_ADDR} ^192\nRewriteRule ^/old$ http://x.test/tls [R]\n</VirtualHost>",
        viewers: &["GET http h.test 192.0.2.1 /old"],
        today: Mended,
    },
    Hole {
        name: "viewer-request does not know how the viewer connected, where no class brings the rules to origin-request",
        configuration: "<VirtualHost *:80>\nServerName h.test\nRedirect /old http://x.test/plain\n</VirtualHost>\n<VirtualHost *:443>\nServerName h.test\nSSLEngine On\nSetEnvIf ^X- . own\nRewriteEngine On\nRewriteCond %{ENV:own} !y\nRewriteRule ^/old$ http://x.test/tls [R]\n</VirtualHost>",
        viewers: &["GET http h.test 192.0.2.1 /old"],
        today: Open("Lambda@Edge is told at origin-request only"),
    },
    Hole {
        name: "an address, a header that CloudFront adds to, and a forged class",
        configuration: "RewriteCond %{REMOTE_ADDR} ^192\nRewriteCond %{HTTP:Via} !proxy\nRewriteRule ^/old$ /new [R=301]\nRewriteCond %{HTTP:X-Forwarded-For} ^10\nRewriteRule ^/old$ /inside [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 198.51.100.1 /old | X-Edgewright-Class: 10",
            "GET https h.test 192.0.2.1 /old | Via: 1.1 proxy",
            "GET https h.test 192.0.2.1 /old | X-Edgewright-Via: 1.1 proxy",
            "GET https h.test 198.51.100.1 /old | X-Forwarded-For: 10.0.0.1",
            "GET https h.test 198.51.100.1 /old | X-Edgewright-X-Forwarded-For: 10.0.0.1",
        ],
        today: Mended,
    },
    Hole {
        name: "the order of cookies",
        configuration: "RewriteCond %{HTTP_COOKIE} ^sid=\nRewriteRule ^/old$ /new [R=301]",
        viewers: &["GET https h.test 192.0.2.1 /old | Cookie: sid=1; a=2"],
        today: Open(
            "CloudFront sorts cookies before origin-request; a condition on one cookie by name is not concerned",
        ),
    },
    Hole {
        name: "a lone question mark",
        configuration: "RewriteCond %{THE_REQUEST} \\?\nRewriteRule ^/old$ /new [R=301,QSD]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old?",
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /old | X-Edgewright-Class: ?",
        ],
        today: Mended,
    },
    Hole {
        name: "the time of day, and chance",
        configuration: "RewriteCond %{TIME_HOUR} =22\nRewriteRule ^/old$ /at/%{TIME} [R=301]\nRewriteMap m rnd:/srv/map.txt\nRewriteRule ^/any$ /${m:k|none} [R=301]",
        viewers: &[
            "GET https h.test 192.0.2.1 /old",
            "GET https h.test 192.0.2.1 /any",
        ],
        today: Mended,
    },
    Hole {
        name: "the spelling of a path",
        configuration: "RewriteCond %{THE_REQUEST} //\nRewriteRule ^ - [F]",
        viewers: &[
            "GET https h.test 192.0.2.1 /a//b",
            "GET https h.test 192.0.2.1 /a/b",
        ],
        today: Open("only if CloudFront keys a normalized path, which nobody has measured"),
    },
    Hole {
        name: "a header that CloudFront hides",
        configuration: "RewriteCond %{HTTP:X-Forwarded-Proto} =http\nRewriteRule ^/old$ https://h.test/old [R=301]",
        viewers: &["GET http h.test 192.0.2.1 /old | X-Forwarded-Proto: http"],
        today: Open("no function sees it; --forwarded-proto says what the scheme was"),
    },
    Hole {
        name: "a method that CloudFront does not take",
        configuration: "RewriteRule ^/old$ /new [R=301]",
        viewers: &["PROPFIND https h.test 192.0.2.1 /old"],
        today: Open("CloudFront answers 403 before any function"),
    },
];

/// What differs, or why `package` makes no stack.
fn found(hole: &Hole) -> Vec<String> {
    let text = format!(
        "ServerName h.test\nDocumentRoot /srv\nRewriteEngine On\n{}\n",
        hole.configuration
    );
    let viewers: Vec<Viewer> = hole.viewers.iter().map(|line| Viewer::of(line)).collect();
    let map = ("/srv/map.txt".to_owned(), "k a|b|c|d\n".to_owned());
    match Site::new(reading(&text, [map]), &["--origin-ignores", "cookies"]) {
        Ok(site) => {
            let expected = viewers.iter().map(|viewer| expected_of(&site, viewer));
            assert!(
                expected.flatten().count() > 0,
                "{}: nobody knows the answers",
                hole.name
            );
            differences_of(&site, &viewers)
        }
        Err(refused) => vec![format!("refused: {refused}")],
    }
}

/// A lone `?` is part of what holes are about.
fn expected_of(site: &Site, viewer: &Viewer) -> Option<Seen> {
    site.expected(viewer, &viewer.target)
}

fn differences_of(site: &Site, viewers: &[Viewer]) -> Vec<String> {
    let mut found = Vec::new();
    for switches in Switches::all() {
        let seen = site.through(switches, viewers);
        for (viewer, seen) in viewers.iter().zip(seen) {
            if let Some(expected) = expected_of(site, viewer).filter(|expected| *expected != seen) {
                found.push(difference(viewer, &expected, &seen));
            }
        }
    }
    found
}

#[test]
fn holes_are_as_they_are_said_to_be() {
    let mut wrong = Vec::new();
    for hole in HOLES {
        let found = found(hole);
        let (is_open, first) = (
            !found.is_empty(),
            found.first().cloned().unwrap_or_default(),
        );
        match hole.today {
            Mended if is_open => wrong.push(format!("open: {}\n  {first}", hole.name)),
            Open(why) if !is_open => {
                wrong.push(format!("mended, and called open: {} ({why})", hole.name));
            }
            Mended | Open(_) => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} holes:\n{}",
        wrong.len(),
        HOLES.len(),
        wrong.join("\n")
    );
}
