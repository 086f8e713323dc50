//! What functions may return, and what viewers get for their faults.

use super::*;
use crate::cloudfront::switches::OverTime;

type Function = fn(&Value) -> Result<Value, Failed>;

/// Status and who answered, of a function at origin-request or viewer-request.
fn check(trigger: &str, fact: &str, function: Function, expected: (u16, &str)) {
    let association = json!([{ "EventType": trigger, "LambdaFunctionARN": "f" }]);
    let changes = [(
        "config.DefaultCacheBehavior.LambdaFunctionAssociations",
        association,
    )];
    for switches in Switches::all() {
        let mut trial = Trial {
            function,
            ..trial(&changes, switches)
        };
        let delivered = trial.ask(with(&[("If-None-Match", "x"), ("Referer", "r")]));
        assert_eq!(
            (delivered.response.status, maker(&delivered)),
            expected,
            "{fact}"
        );
    }
}

fn response(status: &str, headers: &Value, body: &str) -> Value {
    json!({ "status": status, "headers": headers, "body": body })
}

fn with_header(request: &Value, name: &str, value: &str) -> Value {
    let mut request = request.clone();
    request["headers"][name] = json!([{ "value": value }]);
    request
}

#[test]
fn generated_answers() {
    let (viewer, origin) = ("viewer-request", "origin-request");
    for trigger in [viewer, origin] {
        check(
            trigger,
            "a status of three digits",
            |_| Ok(response("418", &json!({}), "")),
            (418, trigger),
        );
        check(
            trigger,
            "no status below 200",
            |_| Ok(response("199", &json!({}), "")),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "no status above 599",
            |_| Ok(response("600", &json!({}), "")),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "a status is a text",
            |_| Ok(json!({ "status": 301 })),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "no hidden header",
            |_| {
                Ok(response(
                    "301",
                    &json!({ "connection": [{ "value": "x" }] }),
                    "",
                ))
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "no Transfer-Encoding",
            |_| {
                Ok(response(
                    "301",
                    &json!({ "transfer-encoding": [{ "value": "x" }] }),
                    "",
                ))
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "a key is the name it stands under",
            |_| {
                Ok(response(
                    "301",
                    &json!({ "location": [{ "key": "X", "value": "x" }] }),
                    "",
                ))
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "neither request nor answer",
            |_| Ok(json!({})),
            (502, "CloudFront"),
        );
        check(trigger, "nothing", |_| Ok(Value::Null), (502, "CloudFront"));
        check(
            trigger,
            "an error of the function",
            |_| Err(Failed),
            (503, "CloudFront"),
        );
    }
    check(
        viewer,
        "40 KB at viewer-request",
        |_| Ok(response("200", &json!({}), &"x".repeat(40_960))),
        (200, viewer),
    );
    check(
        viewer,
        "no more",
        |_| Ok(response("200", &json!({}), &"x".repeat(40_961))),
        (502, "CloudFront"),
    );
    check(
        origin,
        "1 MB at origin-request",
        |_| Ok(response("200", &json!({}), &"x".repeat(1 << 20))),
        (200, origin),
    );
    check(
        origin,
        "no more than that",
        |_| Ok(response("200", &json!({}), &"x".repeat((1 << 20) + 1))),
        (502, "CloudFront"),
    );
    check(
        viewer,
        "no 204 with a body at viewer-request",
        |_| Ok(response("204", &json!({}), "x")),
        (502, "CloudFront"),
    );
}

#[test]
fn changed_requests() {
    let (viewer, origin) = ("viewer-request", "origin-request");
    for trigger in [viewer, origin] {
        check(
            trigger,
            "the request as it was",
            |request| Ok(request.clone()),
            (200, "origin"),
        );
        check(
            trigger,
            "a path begins with a slash",
            |request| Ok(json!({ "uri": "a", "querystring": "", "headers": request["headers"] })),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "no blank in a query",
            |request| {
                Ok(json!({ "uri": "/a", "querystring": "a b", "headers": request["headers"] }))
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "no fragment in a query",
            |request| {
                Ok(json!({ "uri": "/a", "querystring": "a#b", "headers": request["headers"] }))
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "a URL shorter than 8,192 characters",
            |request| {
                Ok(
                    json!({ "uri": format!("/{}", "a".repeat(8190)), "querystring": "", "headers": request["headers"] }),
                )
            },
            (200, "origin"),
        );
        check(
            trigger,
            "no longer one",
            |request| {
                Ok(
                    json!({ "uri": format!("/{}", "a".repeat(8190)), "querystring": "b", "headers": request["headers"] }),
                )
            },
            (502, "CloudFront"),
        );
        check(
            trigger,
            "an own header may be added",
            |request| Ok(with_header(request, "x-own", "1")),
            (200, "origin"),
        );
        check(
            trigger,
            "no hidden header may be added",
            |request| Ok(with_header(request, "x-real-ip", "1")),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "Via is read-only",
            |request| Ok(with_header(request, "via", "x")),
            (502, "CloudFront"),
        );
        check(
            trigger,
            "CDN-Loop is read-only",
            |request| Ok(with_header(request, "cdn-loop", "x")),
            (502, "CloudFront"),
        );
    }
    check(
        viewer,
        "Host is read-only at viewer-request",
        |request| Ok(with_header(request, "host", "x")),
        (502, "CloudFront"),
    );
    check(
        origin,
        "Host may change at origin-request",
        |request| Ok(with_header(request, "host", "x")),
        (200, "origin"),
    );
    check(
        viewer,
        "Accept-Encoding may change at viewer-request",
        |request| Ok(with_header(request, "accept-encoding", "x")),
        (200, "origin"),
    );
    check(
        origin,
        "Accept-Encoding is read-only at origin-request",
        |request| Ok(with_header(request, "accept-encoding", "x")),
        (502, "CloudFront"),
    );
    check(
        origin,
        "If-None-Match is read-only at origin-request",
        |request| Ok(with_header(request, "if-none-match", "y")),
        (502, "CloudFront"),
    );
    check(
        viewer,
        "no country may be added at viewer-request",
        |request| Ok(with_header(request, "cloudfront-viewer-country", "X")),
        (502, "CloudFront"),
    );
}

#[test]
fn where_a_changed_request_goes() {
    let key = [("key.HeadersConfig", names(&["Referer"]))];
    let moved: Function = |request| {
        let mut request = request.clone();
        request["uri"] = json!("/moved");
        request["querystring"] = json!("q=1");
        request["origin"] = json!({ "custom": { "domainName": "other.test" } });
        Ok(request)
    };
    let mut trial = Trial {
        function: moved,
        ..trial(&key, first())
    };
    assert_eq!(
        text(&trial.ask(get("/a"))),
        "GET other.test/moved q=1",
        "another origin, path and query"
    );
    assert_eq!(
        trial.ask(get("/moved")).cache,
        crate::cloudfront::response::CacheUse::Miss,
        "changes at origin-request are not keyed"
    );
}

type ViewerFunction = fn(&Value) -> Result<Value, Ended>;

fn with_viewer_function(function: ViewerFunction, headers: &[&str], switches: Switches) -> Trial {
    let mut template = changed(&[
        (
            "config.DefaultCacheBehavior.FunctionAssociations",
            json!([{ "EventType": "viewer-request", "FunctionARN": { "Fn::GetAtt": ["F", "FunctionARN"] } }]),
        ),
        ("key.HeadersConfig", names(headers)),
        (
            "key.QueryStringsConfig",
            json!({ "QueryStringBehavior": "all" }),
        ),
        ("key.CookiesConfig", json!({ "CookieBehavior": "all" })),
    ]);
    template["Resources"]["F"] =
        json!({ "Type": "AWS::CloudFront::Function", "Properties": { "FunctionCode": "code" } });
    let distribution = Distribution::of_template(&template).unwrap();
    Trial {
        cloudfront: CloudFront::new(distribution, switches),
        viewer_function: function,
        ..trial(&[], switches)
    }
}

fn check_viewer(fact: &str, function: ViewerFunction, expected: (u16, &str)) {
    for switches in Switches::all() {
        let over_time = OverTime::Error;
        let mut trial = with_viewer_function(
            function,
            &["X-Own"],
            Switches {
                over_time,
                ..switches
            },
        );
        let delivered = trial.ask(get("/a"));
        assert_eq!(
            (delivered.response.status, maker(&delivered)),
            expected,
            "{fact}"
        );
    }
}

fn changed_headers(event: &Value, name: &str, value: &str) -> Value {
    let mut request = event["request"].clone();
    request["headers"][name] = json!({ "value": value });
    request
}

#[test]
fn cloudfront_functions() {
    check_viewer(
        "the request as it was",
        |event| Ok(event["request"].clone()),
        (200, "origin"),
    );
    check_viewer(
        "an answer",
        |_| Ok(json!({ "statusCode": 302 })),
        (302, "viewer-request"),
    );
    check_viewer("what throws", |_| Err(Ended::Threw), (503, "CloudFront"));
    check_viewer(
        "what takes too long",
        |_| Err(Ended::OverTime),
        (503, "CloudFront"),
    );
    check_viewer("nothing", |_| Ok(Value::Null), (502, "CloudFront"));
    check_viewer(
        "Host is read-only",
        |event| Ok(changed_headers(event, "host", "x")),
        (502, "CloudFront"),
    );
    check_viewer(
        "no hidden header",
        |event| Ok(changed_headers(event, "x-real-ip", "x")),
        (502, "CloudFront"),
    );
    check_viewer(
        "an own header",
        |event| Ok(changed_headers(event, "x-own", "x")),
        (200, "origin"),
    );
    check_viewer(
        "a query without blanks",
        |event| {
            let mut request = event["request"].clone();
            request["querystring"] = json!("a b");
            Ok(request)
        },
        (502, "CloudFront"),
    );
    let over = Switches {
        over_time: OverTime::Unchanged,
        ..first()
    };
    let mut trial = with_viewer_function(|_| Err(Ended::OverTime), &["X-Own"], over);
    assert_eq!(
        trial.ask(get("/a")).response.status,
        200,
        "or the request passes through unchanged"
    );
}

#[test]
fn what_a_cloudfront_function_changes() {
    let seen = |function: ViewerFunction, sent: Sent<'_>, name: &str| {
        let mut trial = with_viewer_function(function, &["X-Own"], first());
        trial.ask(sent);
        trial.seen(name)
    };
    let own: ViewerFunction = |event| Ok(changed_headers(event, "x-own", "class"));
    assert_eq!(
        seen(own, with(&[("X-Own", "forged")]), "x-own").as_deref(),
        Some("class"),
        "it overwrites what was sent"
    );
    let same: ViewerFunction = |event| Ok(event["request"].clone());
    assert_eq!(
        seen(same, with(&[("X-Own", "a"), ("x-own", "b")]), "x-own").as_deref(),
        Some("a | b"),
        "lines that it leaves stay lines"
    );
    assert_eq!(
        seen(same, with(&[("Cookie", "b=1; a=2")]), "cookie").as_deref(),
        Some("a=2; b=1"),
        "cookies that it leaves stay"
    );
    let first_value: ViewerFunction = |event| {
        let mut request = event["request"].clone();
        request["headers"]["x-own"]["value"] = json!("z");
        Ok(request)
    };
    assert_eq!(
        seen(
            first_value,
            with(&[("X-Own", "a"), ("X-Own", "b")]),
            "x-own"
        )
        .as_deref(),
        Some("z | b"),
        "a changed value takes the first place"
    );
    let mut trial = with_viewer_function(own, &["X-Own"], first());
    trial.ask(with(&[("X-Own", "1")]));
    trial.ask(with(&[("X-Own", "2")]));
    assert_eq!(
        trial.events.borrow().len(),
        1,
        "the key is made of what it returns"
    );
    let mut trial = with_viewer_function(
        |event| {
            let mut request = event["request"].clone();
            request["uri"] = json!("/same");
            Ok(request)
        },
        &["X-Own"],
        first(),
    );
    trial.ask(get("/a"));
    trial.ask(get("/b"));
    assert_eq!(
        trial.events.borrow().len(),
        1,
        "the path in the key is the one it returns"
    );
    assert_eq!(
        seen(same, get("/a?y=2&x=1"), "host").as_deref(),
        Some("origin.test")
    );
    let mut trial = with_viewer_function(same, &["X-Own"], first());
    trial.ask(get("/a?y=2&x&x=1"));
    assert_eq!(
        trial.events.borrow()[0]["querystring"],
        "y=2&x&x=1",
        "a query that it leaves stays as it was sent"
    );
}
