//! What CloudFront says to viewers by itself, and what they see of every answer.

use super::*;
use crate::cloudfront::switches::{GeneratedCookie, RootObject};

/// Status, who answered, and the location, if there is one.
fn check(fact: &str, changes: &[Change<'_>], sent: Sent<'_>, expected: (u16, &str, &str)) {
    for switches in Switches::all() {
        let delivered = trial(changes, switches).ask(sent);
        let location = delivered
            .response
            .headers
            .joined("location")
            .unwrap_or_default();
        assert_eq!(
            (delivered.response.status, maker(&delivered), &location[..]),
            expected,
            "{fact}"
        );
    }
}

const HTTP: Sent<'_> = Sent {
    method: "GET",
    scheme: Scheme::Http,
    protocol: "HTTP/1.1",
    target: "/a?x=1",
    headers: &[],
    client: "192.0.2.1",
};

#[test]
fn limits_of_a_request() {
    let long = format!("/{}", "a".repeat(8191));
    let alone = [(
        "config.DefaultCacheBehavior.LambdaFunctionAssociations",
        json!([]),
    )];
    check(
        "a URL of 8,192 bytes",
        &alone,
        get(&long),
        (200, "origin", ""),
    );
    let longer = format!("{long}a");
    check("no longer URL", &[], get(&longer), (414, "CloudFront", ""));
    let value = "a".repeat(32_768);
    check(
        "no more than 32,768 bytes of headers",
        &[],
        with(&[("X-A", &value)]),
        (494, "CloudFront", ""),
    );
    check(
        "no GET with a body",
        &[],
        with(&[("Content-Length", "3")]),
        (403, "CloudFront", ""),
    );
    check(
        "an empty body is none",
        &[],
        with(&[("Content-Length", "0")]),
        (200, "origin", ""),
    );
    let methods = [(
        "config.DefaultCacheBehavior.AllowedMethods",
        json!(["GET", "HEAD"]),
    )];
    check(
        "a method that is not allowed",
        &methods,
        Sent {
            method: "POST",
            ..get("/a")
        },
        (403, "CloudFront", ""),
    );
}

#[test]
fn viewer_protocol_policies() {
    let policy = |name: &str| {
        [(
            "config.DefaultCacheBehavior.ViewerProtocolPolicy",
            json!(name),
        )]
    };
    let redirect = policy("redirect-to-https");
    check("plain HTTP is allowed", &[], HTTP, (200, "origin", ""));
    check(
        "GET is redirected with 301",
        &redirect,
        HTTP,
        (301, "CloudFront", "https://www.test/a?x=1"),
    );
    check(
        "HEAD is redirected with 301",
        &redirect,
        Sent {
            method: "HEAD",
            ..HTTP
        },
        (301, "CloudFront", "https://www.test/a?x=1"),
    );
    check(
        "POST is redirected with 307",
        &redirect,
        Sent {
            method: "POST",
            ..HTTP
        },
        (307, "CloudFront", "https://www.test/a?x=1"),
    );
    let old = Sent {
        method: "POST",
        protocol: "HTTP/1.0",
        ..HTTP
    };
    check(
        "POST over HTTP/1.0 is refused",
        &redirect,
        old,
        (403, "CloudFront", ""),
    );
    check(
        "HTTPS is not redirected",
        &redirect,
        get("/a"),
        (200, "origin", ""),
    );
    check(
        "HTTPS only",
        &policy("https-only"),
        HTTP,
        (403, "CloudFront", ""),
    );
    let mut trial = trial(&redirect, first());
    trial.ask(HTTP);
    assert!(
        trial.events.borrow().is_empty(),
        "functions do not run for the redirect"
    );
}

#[test]
fn the_default_root_object() {
    let root = [("config.DefaultRootObject", json!("index.html"))];
    let asked = |target| text(&trial(&root, first()).ask(get(target)));
    assert_eq!(asked("/"), "GET origin.test/index.html ", "for the root");
    assert_eq!(asked("/a/"), "GET origin.test/a/ ", "not below");
    assert_eq!(asked("///"), "GET origin.test/// ", "not for ///");
    let edge = json!([{ "EventType": "viewer-request", "LambdaFunctionARN": "f" }]);
    let changes = [
        root[0].clone(),
        (
            "config.DefaultCacheBehavior.LambdaFunctionAssociations",
            edge,
        ),
    ];
    for (root_object, expected) in [
        (RootObject::BeforeFunctions, "/index.html"),
        (RootObject::AfterFunctions, "/"),
    ] {
        let mut trial = trial(
            &changes,
            Switches {
                root_object,
                ..first()
            },
        );
        trial.ask(get("/"));
        assert_eq!(trial.events.borrow()[0]["uri"], expected, "{root_object:?}");
    }
}

fn answer(headers: &[(&str, &str)]) -> OriginAnswer {
    OriginAnswer {
        status: 200,
        headers: headers.iter().copied().collect(),
        body: b"body".to_vec(),
    }
}

fn header(
    fact: &str,
    changes: &[Change<'_>],
    origin: fn(&Asked) -> OriginAnswer,
    name: &str,
    expected: Option<&str>,
) {
    for switches in Switches::all() {
        let mut trial = Trial {
            origin,
            ..trial(changes, switches)
        };
        let seen = trial.ask(get("/a")).response.headers.joined(name);
        assert_eq!(seen.as_deref(), expected, "{fact}");
    }
}

#[test]
fn headers_of_an_answer() {
    let cookies = |place: &'static str| [(place, json!({ "CookieBehavior": "all" }))];
    let sets: fn(&Asked) -> OriginAnswer = |_| answer(&[("Set-Cookie", "a=1")]);
    header(
        "Set-Cookie is removed where no cookies are sent",
        &[],
        sets,
        "set-cookie",
        None,
    );
    header(
        "Set-Cookie stays where cookies are keyed",
        &cookies("key.CookiesConfig"),
        sets,
        "set-cookie",
        Some("a=1"),
    );
    header(
        "Set-Cookie stays where cookies go to the origin",
        &cookies("forward.CookiesConfig"),
        sets,
        "set-cookie",
        Some("a=1"),
    );
    let varies: fn(&Asked) -> OriginAnswer =
        |_| answer(&[("Vary", "Accept-Encoding, Cookie, Referer, X-A")]);
    header(
        "Vary keeps what CloudFront sends",
        &[("key.HeadersConfig", names(&["X-A"]))],
        varies,
        "vary",
        Some("Accept-Encoding, Cookie, X-A"),
    );
    let via: fn(&Asked) -> OriginAnswer = |_| answer(&[("Via", "1.1 origin")]);
    header(
        "Via is CloudFront's",
        &[],
        via,
        "via",
        Some("1.1 model.cloudfront.net (CloudFront)"),
    );
    let location: fn(&Asked) -> OriginAnswer = |_| OriginAnswer {
        status: 301,
        ..answer(&[("Location", "/b c")])
    };
    header(
        "Location passes unchanged",
        &[],
        location,
        "location",
        Some("/b c"),
    );
    header(
        "a miss is called one",
        &[],
        echo,
        "x-cache",
        Some("Miss from cloudfront"),
    );
    let error: fn(&Asked) -> OriginAnswer = |_| OriginAnswer {
        status: 404,
        ..answer(&[])
    };
    header(
        "an error is called one",
        &[],
        error,
        "x-cache",
        Some("Error from cloudfront"),
    );
}

#[test]
fn headers_of_a_kept_answer() {
    let mut trial = trial(&[], first());
    trial.at(10, get("/a"));
    let second = trial.at(17, get("/a"));
    assert_eq!(
        second.response.headers.joined("age").as_deref(),
        Some("7"),
        "Age tells how old a hit is"
    );
    assert_eq!(
        second.response.headers.joined("x-cache").as_deref(),
        Some("Hit from cloudfront"),
        "a hit is called one"
    );
    let head = trial.at(
        17,
        Sent {
            method: "HEAD",
            ..get("/a")
        },
    );
    assert_eq!(
        (head.response.status, &*text(&head)),
        (200, ""),
        "HEAD has no body"
    );
}

#[test]
fn cookies_of_a_generated_answer() {
    let sets = |_: &Value| {
        Ok(
            json!({ "status": "302", "headers": { "set-cookie": [{ "key": "Set-Cookie", "value": "a=1" }] } }),
        )
    };
    for (generated_cookie, expected) in [
        (GeneratedCookie::Removed, None),
        (GeneratedCookie::Kept, Some("a=1")),
    ] {
        let mut trial = Trial {
            function: sets,
            ..trial(
                &[],
                Switches {
                    generated_cookie,
                    ..first()
                },
            )
        };
        assert_eq!(
            trial
                .ask(get("/a"))
                .response
                .headers
                .joined("set-cookie")
                .as_deref(),
            expected
        );
    }
}
