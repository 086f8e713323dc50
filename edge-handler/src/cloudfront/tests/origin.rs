//! What a function sees of a viewer's headers, query and cookies.

use super::*;
use crate::cloudfront::switches::{
    CacheControlAtOrigin, ForwardedProtoAtViewer, SameCookies, UnnamedHeaders, ViewerVia,
};

/// The value of `header` that the function sees of a request, whatever the switches are.
fn check(fact: &str, changes: &[Change<'_>], sent: Sent<'_>, header: &str, expected: Option<&str>) {
    for switches in Switches::all() {
        check_in(switches, fact, changes, sent, header, expected);
    }
}

fn check_in(
    switches: Switches,
    fact: &str,
    changes: &[Change<'_>],
    sent: Sent<'_>,
    header: &str,
    expected: Option<&str>,
) {
    let mut trial = trial(changes, switches);
    trial.ask(sent);
    assert_eq!(
        trial.seen(header).as_deref(),
        expected,
        "{fact}: {switches:?}"
    );
}

fn keyed(header: &str) -> [Change<'static>; 1] {
    [("key.HeadersConfig", names(&[header]))]
}

fn forwarded(header: &str) -> [Change<'static>; 1] {
    [("forward.HeadersConfig", names(&[header]))]
}

#[test]
fn ordinary_headers_at_origin_request() {
    let sent = with(&[
        ("Referer", "r"),
        ("Accept-Language", "de"),
        ("User-Agent", "u"),
        ("X-A", "1"),
    ]);
    for name in ["referer", "accept-language", "x-a"] {
        check("what no policy names does not go on", &[], sent, name, None);
    }
    check(
        "what the key names goes on",
        &keyed("Referer"),
        sent,
        "referer",
        Some("r"),
    );
    check(
        "what the origin request policy names goes on",
        &forwarded("Referer"),
        sent,
        "referer",
        Some("r"),
    );
    let twice = with(&[("X-A", "1"), ("X-A", "2")]);
    check(
        "a header of two lines has two values",
        &keyed("X-A"),
        twice,
        "x-a",
        Some("1 | 2"),
    );
    let all = [(
        "forward.HeadersConfig",
        json!({ "HeaderBehavior": "allViewer" }),
    )];
    check("all viewer headers", &all, sent, "x-a", Some("1"));
    let except = [(
        "forward.HeadersConfig",
        json!({ "HeaderBehavior": "allExcept", "Headers": ["X-A"] }),
    )];
    check("all headers but those listed", &except, sent, "x-a", None);
    check(
        "all headers but those listed: another",
        &except,
        sent,
        "referer",
        Some("r"),
    );
    let both = [except[0].clone(), keyed("X-A")[0].clone()];
    check(
        "the key wins over a list of exceptions",
        &both,
        sent,
        "x-a",
        Some("1"),
    );
}

#[test]
fn the_host_and_the_browser() {
    check(
        "Host is the origin's name",
        &[],
        get("/a"),
        "host",
        Some("origin.test"),
    );
    check(
        "Host in the key is the viewer's",
        &keyed("Host"),
        get("/a"),
        "host",
        Some("www.test"),
    );
    check(
        "Host for the origin is the viewer's",
        &forwarded("Host"),
        get("/a"),
        "host",
        Some("www.test"),
    );
    let except = [(
        "forward.HeadersConfig",
        json!({ "HeaderBehavior": "allExcept", "Headers": ["Host"] }),
    )];
    check(
        "all but Host: the origin's name",
        &except,
        get("/a"),
        "host",
        Some("origin.test"),
    );
    let sent = with(&[("User-Agent", "u")]);
    check(
        "User-Agent is CloudFront's",
        &[],
        sent,
        "user-agent",
        Some("Amazon CloudFront"),
    );
    check(
        "User-Agent is CloudFront's where the viewer has none",
        &[],
        get("/a"),
        "user-agent",
        Some("Amazon CloudFront"),
    );
    check(
        "User-Agent in the key is the viewer's",
        &keyed("User-Agent"),
        sent,
        "user-agent",
        Some("u"),
    );
}

#[test]
fn headers_that_cloudfront_writes() {
    check(
        "X-Forwarded-For is always there",
        &[],
        get("/a"),
        "x-forwarded-for",
        Some("192.0.2.1"),
    );
    let sent = with(&[("X-Forwarded-For", "10.0.0.1")]);
    check(
        "the address is added to X-Forwarded-For",
        &[],
        sent,
        "x-forwarded-for",
        Some("10.0.0.1, 192.0.2.1"),
    );
    check(
        "also where the key names it",
        &keyed("X-Forwarded-For"),
        sent,
        "x-forwarded-for",
        Some("10.0.0.1, 192.0.2.1"),
    );
    check(
        "Via is never empty",
        &[],
        get("/a"),
        "via",
        Some("2.0 model.cloudfront.net (CloudFront)"),
    );
    let via = with(&[("Via", "1.1 p")]);
    let switch = |viewer_via| Switches {
        viewer_via,
        ..first()
    };
    check_in(
        switch(ViewerVia::AddedTo),
        "a viewer's Via is added to",
        &[],
        via,
        "via",
        Some("1.1 p, 2.0 model.cloudfront.net (CloudFront)"),
    );
    check_in(
        switch(ViewerVia::Replaced),
        "a viewer's Via is replaced",
        &[],
        via,
        "via",
        Some("2.0 model.cloudfront.net (CloudFront)"),
    );
    let proto = keyed("CloudFront-Forwarded-Proto");
    check(
        "CloudFront-Forwarded-Proto tells the scheme",
        &proto,
        get("/a"),
        "cloudfront-forwarded-proto",
        Some("https"),
    );
    let forged = with(&[("CloudFront-Forwarded-Proto", "http")]);
    check(
        "a forged one is overwritten",
        &proto,
        forged,
        "cloudfront-forwarded-proto",
        Some("https"),
    );
    check(
        "CloudFront's own are absent where no policy names them",
        &[],
        forged,
        "cloudfront-forwarded-proto",
        None,
    );
    check(
        "the viewer's address, where the origin gets it",
        &forwarded("CloudFront-Viewer-Address"),
        get("/a"),
        "cloudfront-viewer-address",
        Some("192.0.2.1:49152"),
    );
}

#[test]
fn headers_that_do_not_pass() {
    for name in [
        "X-Forwarded-Proto",
        "X-Real-IP",
        "Connection",
        "Expect",
        "Upgrade",
        "X-Amz-Cf-Id",
        "X-Cache",
        "Client-Cert",
        "X-Edge-Location",
    ] {
        let sent = [(name, "x")];
        let all = [(
            "forward.HeadersConfig",
            json!({ "HeaderBehavior": "allViewer" }),
        )];
        check(
            &format!("{name} is hidden"),
            &all,
            with(&sent),
            &name.to_ascii_lowercase(),
            None,
        );
    }
    check(
        "TE is removed",
        &[],
        with(&[("TE", "trailers")]),
        "te",
        None,
    );
    let pragma = with(&[
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache, x"),
        ("Origin", "https://o"),
        ("Content-Type", "t"),
    ]);
    let cache_control = |cache_control| Switches {
        cache_control,
        ..first()
    };
    check_in(
        cache_control(CacheControlAtOrigin::Absent),
        "no Cache-Control",
        &[],
        pragma,
        "cache-control",
        None,
    );
    check_in(
        cache_control(CacheControlAtOrigin::Viewer),
        "the viewer's Cache-Control",
        &[],
        pragma,
        "cache-control",
        Some("no-cache, x"),
    );
    check_in(
        cache_control(CacheControlAtOrigin::NoCache),
        "AWS's example Cache-Control",
        &[],
        pragma,
        "cache-control",
        Some("no-cache"),
    );
    let unnamed = |unnamed| Switches { unnamed, ..first() };
    for name in ["origin", "content-type"] {
        check_in(
            unnamed(UnnamedHeaders::Absent),
            "unnamed: absent",
            &[],
            pragma,
            name,
            None,
        );
        assert_ne!(
            seen_in(unnamed(UnnamedHeaders::Forwarded), pragma, name),
            None,
            "unnamed: forwarded"
        );
    }
}

fn seen_in(switches: Switches, sent: Sent<'_>, name: &str) -> Option<String> {
    let mut trial = trial(&[], switches);
    trial.ask(sent);
    trial.seen(name)
}

#[test]
fn authorization_at_origin_request() {
    let sent = |method| Sent {
        method,
        ..with(&[("Authorization", "Basic x")])
    };
    check(
        "Authorization of GET is removed",
        &[],
        sent("GET"),
        "authorization",
        None,
    );
    check(
        "Authorization of HEAD is removed",
        &[],
        sent("HEAD"),
        "authorization",
        None,
    );
    check(
        "Authorization of POST stays",
        &[],
        sent("POST"),
        "authorization",
        Some("Basic x"),
    );
    check(
        "Authorization of OPTIONS that are not kept stays",
        &[],
        sent("OPTIONS"),
        "authorization",
        Some("Basic x"),
    );
    let options = [(
        "config.DefaultCacheBehavior.CachedMethods",
        json!(["GET", "HEAD", "OPTIONS"]),
    )];
    check(
        "Authorization of OPTIONS that are kept is removed",
        &options,
        sent("OPTIONS"),
        "authorization",
        None,
    );
    check(
        "Authorization in the key goes on",
        &keyed("Authorization"),
        sent("GET"),
        "authorization",
        Some("Basic x"),
    );
}

#[test]
fn encodings_at_origin_request() {
    let both = [
        ("key.EnableAcceptEncodingGzip", json!(true)),
        ("key.EnableAcceptEncodingBrotli", json!(true)),
    ];
    let gzip = [both[0].clone()];
    let sent = |value| [("Accept-Encoding", value)];
    let encodings = |fact, changes: &[Change<'_>], sent: [(&str, &str); 1], expected| {
        check(fact, changes, with(&sent), "accept-encoding", expected);
    };
    encodings("both", &both, sent("gzip, deflate, br"), Some("br,gzip"));
    encodings("one of both", &both, sent("deflate, gzip"), Some("gzip"));
    encodings(
        "one switch, both sent",
        &gzip,
        sent("br, gzip"),
        Some("gzip"),
    );
    encodings("neither value", &both, sent("deflate"), Some("identity"));
    encodings("no switch", &[], sent("gzip"), None);
    encodings(
        "listed as a header",
        &keyed("Accept-Encoding"),
        sent("gzip, x"),
        Some("gzip, x"),
    );
    check("nothing sent", &both, get("/a"), "accept-encoding", None);
    let old = Sent {
        protocol: "HTTP/1.0",
        ..with(&[("Accept-Encoding", "gzip")])
    };
    check("removed for HTTP/1.0", &both, old, "accept-encoding", None);
}

#[test]
fn cookies_at_origin_request() {
    let all = [("key.CookiesConfig", json!({ "CookieBehavior": "all" }))];
    let listed = [(
        "key.CookiesConfig",
        json!({ "CookieBehavior": "whitelist", "Cookies": ["b"] }),
    )];
    let forward = [("forward.CookiesConfig", json!({ "CookieBehavior": "all" }))];
    let sent = with(&[("Cookie", "b=1; $x=2; a=3")]);
    check("no cookies", &[], sent, "cookie", None);
    check(
        "cookies are sorted, those with $ dropped",
        &all,
        sent,
        "cookie",
        Some("a=3; b=1"),
    );
    check("listed cookies", &listed, sent, "cookie", Some("b=1"));
    check(
        "cookies of the origin request policy",
        &forward,
        sent,
        "cookie",
        Some("a=3; b=1"),
    );
    let odd = with(&[("Cookie", "b=1; odd")]);
    check(
        "a line of another form does not go on",
        &all,
        odd,
        "cookie",
        None,
    );
    let same = with(&[("Cookie", "a=1; a=2")]);
    let switch = |same_cookies| Switches {
        same_cookies,
        ..first()
    };
    check_in(
        switch(SameCookies::AsSent),
        "cookies of one name as sent",
        &all,
        same,
        "cookie",
        Some("a=1; a=2"),
    );
    check_in(
        switch(SameCookies::LastFirst),
        "cookies of one name, the last first",
        &all,
        same,
        "cookie",
        Some("a=2; a=1"),
    );
}

#[test]
fn queries_at_origin_request() {
    let seen = |changes: &[Change<'_>], target: &str| {
        let mut trial = trial(changes, first());
        trial.ask(get(target));
        trial.events.take()[0]["querystring"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let check = |fact: &str, changes: &[Change<'_>], expected: &str| {
        assert_eq!(seen(changes, "/a?x=1&y=2"), expected, "{fact}");
    };
    let all = |place: &'static str| [(place, json!({ "QueryStringBehavior": "all" }))];
    check("no query goes on that no policy names", &[], "");
    check("all of the key", &all("key.QueryStringsConfig"), "x=1&y=2");
    check(
        "all of the origin request policy",
        &all("forward.QueryStringsConfig"),
        "x=1&y=2",
    );
    let listed = [(
        "key.QueryStringsConfig",
        json!({ "QueryStringBehavior": "whitelist", "QueryStrings": ["y"] }),
    )];
    check("what is listed", &listed, "y=2");
    assert_eq!(
        seen(&all("key.QueryStringsConfig"), "/a?"),
        "",
        "an event does not tell /a? from /a"
    );
}

/// At viewer-request.
#[test]
fn headers_at_viewer_request() {
    let edge = json!([{ "EventType": "viewer-request", "LambdaFunctionARN": "f" }]);
    let edge = [
        (
            "config.DefaultCacheBehavior.LambdaFunctionAssociations",
            edge,
        ),
        ("key.HeadersConfig", names(&["CloudFront-Forwarded-Proto"])),
    ];
    let sent = with(&[
        ("Cookie", "b=1; a=2"),
        ("Pragma", "no-cache"),
        ("CloudFront-Forwarded-Proto", "forged"),
        ("X-Real-IP", "1"),
        ("X-Forwarded-For", "10.0.0.1"),
    ]);
    check(
        "Host is the viewer's",
        &edge,
        sent,
        "host",
        Some("www.test"),
    );
    check(
        "cookies are the viewer's",
        &edge,
        sent,
        "cookie",
        Some("b=1; a=2"),
    );
    check(
        "Pragma is the viewer's",
        &edge,
        sent,
        "pragma",
        Some("no-cache"),
    );
    check(
        "X-Forwarded-For is the viewer's",
        &edge,
        sent,
        "x-forwarded-for",
        Some("10.0.0.1"),
    );
    check("Via is absent", &edge, sent, "via", None);
    check(
        "CloudFront's own come later: a forged one is seen",
        &edge,
        sent,
        "cloudfront-forwarded-proto",
        Some("forged"),
    );
    check(
        "CloudFront's own come later",
        &edge,
        get("/a"),
        "cloudfront-forwarded-proto",
        None,
    );
    check("hidden headers are hidden", &edge, sent, "x-real-ip", None);
}

/// What the CloudFront Function saw stands in the body.
#[test]
fn what_a_cloudfront_function_sees() {
    let mut template = changed(&[
        (
            "config.DefaultCacheBehavior.FunctionAssociations",
            json!([{ "EventType": "viewer-request", "FunctionARN": { "Fn::GetAtt": ["F", "FunctionARN"] } }]),
        ),
        ("key.HeadersConfig", names(&["CloudFront-Forwarded-Proto"])),
    ]);
    template["Resources"]["F"] =
        json!({ "Type": "AWS::CloudFront::Function", "Properties": { "FunctionCode": "code" } });
    let sent = Sent {
        target: "/%61?x=1&y&x=2",
        ..with(&[
            ("Cookie", "b=1; a=2; b=3"),
            ("X-A", "1"),
            ("X-A", "2"),
            ("Expect", "x"),
            ("CloudFront-Forwarded-Proto", "forged"),
        ])
    };
    let check = |switches, fact: &str, pointer: &str, expected: Value| {
        let distribution = Distribution::of_template(&template).unwrap();
        let mut trial = Trial {
            cloudfront: CloudFront::new(distribution, switches),
            viewer_function: |event| Ok(json!({ "statusCode": 200, "body": event.to_string() })),
            ..trial(&[], first())
        };
        let event: Value = serde_json::from_str(&text(&trial.ask(sent))).unwrap();
        assert_eq!(
            event.pointer(pointer).cloned().unwrap_or_default(),
            expected,
            "{fact}"
        );
    };
    let base = first();
    check(base, "the address", "/viewer/ip", json!("192.0.2.1"));
    check(base, "the path, undecoded", "/request/uri", json!("/%61"));
    check(base, "the method", "/request/method", json!("GET"));
    check(
        base,
        "a parameter without =",
        "/request/querystring/y",
        json!({ "value": "" }),
    );
    check(
        base,
        "a repeated parameter",
        "/request/querystring/x",
        json!({ "value": "1", "multiValue": [{ "value": "1" }, { "value": "2" }] }),
    );
    check(
        base,
        "a repeated header",
        "/request/headers/x-a/multiValue",
        json!([{ "value": "1" }, { "value": "2" }]),
    );
    check(
        base,
        "cookies by name",
        "/request/cookies/a",
        json!({ "value": "2" }),
    );
    check(
        base,
        "no Cookie among the headers",
        "/request/headers/cookie",
        Value::Null,
    );
    check(
        base,
        "no hidden headers",
        "/request/headers/expect",
        Value::Null,
    );
    check(base, "no scheme", "/request/scheme", Value::Null);
    let switch = |forwarded_proto| Switches {
        forwarded_proto,
        ..base
    };
    let pointer = "/request/headers/cloudfront-forwarded-proto";
    check(
        switch(ForwardedProtoAtViewer::Present),
        "the scheme, where a policy asks for it",
        pointer,
        json!({ "value": "https" }),
    );
    check(
        switch(ForwardedProtoAtViewer::Absent),
        "or not",
        pointer,
        Value::Null,
    );
}
