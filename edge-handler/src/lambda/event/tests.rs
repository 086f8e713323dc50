//! Every recorded event, and what the request of it is.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

use super::*;

/// One request on one line: method, scheme, host, target, client, then the headers.
fn shown(request: &Request) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let headers = request.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, value)| format!("{}={}", text(name), text(value)))
        .collect();
    format!(
        "{} {} {} {} {} | {}",
        text(request.method),
        request.scheme.name(),
        request.host.map_or_else(|| "-".to_owned(), text),
        text(&request.target.line()),
        text(request.client),
        headers.join(" | ")
    )
}

fn check(event: &str, configuration: &str, expected: &str) {
    let configuration = Configuration::parse(configuration.as_bytes()).unwrap();
    let event = Event::parse(event.as_bytes()).unwrap();
    let fields = event.fields().unwrap();
    assert_eq!(
        shown(&fields.parts(event.trigger, &configuration).request()),
        expected
    );
}

macro_rules! requests {
    ($($name:ident: $file:literal, $configuration:literal => $expected:literal;)*) => {$(
        #[test]
        fn $name() {
            let event = include_str!(concat!("../../../tests/events/", $file, ".json"));
            check(event, $configuration, $expected);
        }
    )*};
}

requests! {
    viewer_get: "viewer-get", "{}" =>
        "GET https www.example.com /old/page.html 203.0.113.178 | user-agent=curl/8.5.0 | accept=*/* | cookie=a=1; b=2";
    a_balancer_names_the_viewer: "viewer-get", r#"{"forwarded_for":"append"}"# =>
        "GET https www.example.com /old/page.html 203.0.113.178 | user-agent=curl/8.5.0 | accept=*/* | cookie=a=1; b=2 | x-forwarded-for=203.0.113.178";
    at_origin_request_a_carrier_does: "origin-custom", r#"{"forwarded_for":"append","carried":{"x-forwarded-for":"user-agent"}}"# =>
        "GET http origin.example.org /old/page.html?a=1&b=2 203.0.113.178 | x-forwarded-for=Amazon CloudFront | via=2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront) | cache-control=no-cache | cloudfront-forwarded-proto=http | x-viewer-host=www.example.com";
    viewer_get_where_http_is_the_default: "viewer-get", r#"{"default_scheme":"http"}"# =>
        "GET http www.example.com /old/page.html 203.0.113.178 | user-agent=curl/8.5.0 | accept=*/* | cookie=a=1; b=2";
    a_header_with_two_values_is_two_headers: "viewer-head-ipv6", "{}" =>
        "HEAD https www.example.com /caf%C3%A9?x=%C3%A9&y 2001:db8::7334 | user-agent=curl/8.5.0 | accept-language=de | accept-language=en;q=0.5";
    a_body_is_not_looked_at: "viewer-post-body", "{}" =>
        "POST https www.example.com /form 203.0.113.178 | content-type=application/x-www-form-urlencoded | content-length=7";
    options: "viewer-options", "{}" =>
        "OPTIONS https www.example.com /api 203.0.113.178 | origin=https://other.example | access-control-request-method=GET";
    the_scheme_comes_from_cloudfront: "origin-custom", "{}" =>
        "GET http origin.example.org /old/page.html?a=1&b=2 203.0.113.178 | x-forwarded-for=203.0.113.178 | user-agent=Amazon CloudFront | via=2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront) | cache-control=no-cache | cloudfront-forwarded-proto=http | x-viewer-host=www.example.com";
    the_host_comes_from_the_configured_header: "origin-s3", r#"{"host_header":"X-Viewer-Host","default_scheme":"http"}"# =>
        "GET https www.example.com /old/page.html 203.0.113.178 | user-agent=Amazon CloudFront | via=2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront) | x-forwarded-for=203.0.113.178 | cloudfront-forwarded-proto=https";
    the_configured_header_may_be_missing: "viewer-get", r#"{"host_header":"x-viewer-host"}"# =>
        "GET https www.example.com /old/page.html 203.0.113.178 | user-agent=curl/8.5.0 | accept=*/* | cookie=a=1; b=2";
    unknown_fields_are_skipped: "unknown-fields", "{}" =>
        "GET https www.example.com /old/page.html 203.0.113.178 | ";
}

#[test]
fn the_trigger_is_known() {
    let trigger = |text: &str| Event::parse(text.as_bytes()).unwrap().trigger;
    let of_type = |kind: &str| {
        let event = r#"{"Records":[{"cf":{"config":{"eventType":"KIND"},"request":{}}}]}"#;
        trigger(&event.replace("KIND", kind))
    };
    assert_eq!(of_type("viewer-request"), Some(Trigger::ViewerRequest));
    assert_eq!(of_type("origin-request"), Some(Trigger::OriginRequest));
    assert_eq!(of_type("viewer-response"), None);
    assert_eq!(of_type("invented-later"), None);
    assert_eq!(trigger(r#"{"Records":[{"cf":{"request":{}}}]}"#), None);
}

#[test]
fn what_is_no_event_is_an_error() {
    let truncated = &include_str!("../../../tests/events/viewer-get.json")[..200];
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"Records":[]}"#,
        r#"{"Records":[{"cf":{}}]}"#,
        r#"{"Records":[{"cf":{"request":7}}]}"#,
        r#"{"Records":[{"cf":{"request":{},"response":7}}]}"#,
        truncated,
    ] {
        assert!(Event::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_request_is_an_error_that_leaves_the_request_at_hand() {
    for request in [
        "{}",
        r#"{"method":"GET","uri":7}"#,
        r#"{"method":"GET","uri":"/","headers":[]}"#,
    ] {
        let text = format!(r#"{{"Records":[{{"cf":{{"request":{request}}}}}]}}"#);
        let event = Event::parse(text.as_bytes()).unwrap();
        assert!(event.fields().is_err(), "{request}");
        assert_eq!(event.request.get(), request);
    }
}
