//! Answers of a deployed site beside what the rules say.

use super::*;
use crate::verify::own_headers::OwnHeaders;

fn response(status: u16, headers: &[(&str, &str)]) -> Response {
    let headers = headers.iter();
    let bytes = |text: &str| text.as_bytes().to_vec();
    Response {
        status,
        headers: headers
            .map(|(name, value)| (bytes(name), bytes(value)))
            .collect(),
        body: Vec::new(),
    }
}

/// What comes of a response where the rules say this: `as`, `on`, or `other`.
#[track_caller]
fn check(expected: End, cookies: &[&str], response: &Response, outcome: &str) {
    let expected = NormalizedResponse {
        end: expected,
        cookies: cookies
            .iter()
            .map(|cookie| cookie.as_bytes().to_vec())
            .collect(),
        headers: OwnHeaders::default(),
        page: None,
    };
    let found = of(&expected, response, Vec::new);
    let kind = match &found {
        Found::AsTheRulesSay(_) => "as",
        Found::PassedOn(_) => "on",
        Found::Differs { .. } => "other",
        Found::Unknown(_) => "unknown",
    };
    assert_eq!(kind, outcome, "{found:?}");
}

#[test]
fn an_answer_is_compared_as_far_as_the_edge_makes_it() {
    let redirect = || End::Redirect(301, b"https://h/a b".to_vec());
    let to = |location| response(301, &[("Location", location)]);
    check(redirect(), &[], &to("https://h/a%20b"), "as");
    check(redirect(), &[], &to("https://h/b"), "other");
    check(
        redirect(),
        &[],
        &response(302, &[("Location", "https://h/a%20b")]),
        "other",
    );
    check(redirect(), &[], &response(200, &[]), "other");
    check(redirect(), &["a=1"], &to("https://h/a%20b"), "other");
    let with_cookie = response(
        301,
        &[("Location", "https://h/a%20b"), ("Set-Cookie", "a=1")],
    );
    check(redirect(), &["a=1"], &with_cookie, "as");
    check(
        End::Status(410),
        &[],
        &response(410, &[("Via", "1.1 x")]),
        "as",
    );
    check(End::Status(410), &[], &response(404, &[]), "other");
    let served = || End::Serve(b"/a".to_vec(), Vec::new());
    for status in [200, 301, 404] {
        check(served(), &[], &response(status, &[]), "on");
    }
    let generated = [("X-Cache", "LambdaGeneratedResponse from cloudfront")];
    check(End::Status(403), &[], &response(403, &generated), "as");
    let failed = response(503, &[("X-Cache", "LambdaExecutionError from cloudfront")]);
    check(served(), &[], &failed, "other");
    check(redirect(), &[], &failed, "other");
}

#[test]
fn nothing_is_sent_that_may_change_something() {
    let request = |method: &str| OwnedRequest {
        method: method.as_bytes().to_vec(),
        scheme: edgewright_engine::model::request::Scheme::Https,
        host: None,
        target: b"/".to_vec(),
        headers: Vec::new(),
        client: Vec::new(),
        protocol: b"HTTP/1.1".to_vec(),
    };
    let safe = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get"]
        .map(|method| is_safe(&request(method)));
    assert_eq!(safe, [true, true, false, false, false, false, false]);
}
