//! Answers and the JSON they become.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

use serde_json::{Value, json};

use super::*;
use crate::lambda::configuration::CacheControl;
use crate::model::outcome::{ContentType, Header, HeaderText, Headers};
use crate::model::page::own::{About, own_page};

const ORIGIN_S3: &[u8] = include_bytes!("../../../tests/events/origin-s3.json");
const VIEWER_GET: &[u8] = include_bytes!("../../../tests/events/viewer-get.json");
const UNKNOWN_FIELDS: &[u8] = include_bytes!("../../../tests/events/unknown-fields.json");

/// 14 November 2023, 22:13:20.
const NOW: i64 = 1_700_000_000;

fn answer(outcome: Outcome) -> Answer {
    Answer {
        outcome,
        cookies: Vec::new(),
        headers: Headers::default(),
        page: Page::Own,
        request_headers: Vec::new(),
        vary: Vec::new(),
        unchanged: false,
        trace: Vec::new(),
        assumed_absent: Vec::new(),
    }
}

fn redirect(status: u16, location: &[u8]) -> Answer {
    let location = location.to_vec();
    answer(Outcome::Redirect { status, location })
}

fn serve(path: &[u8], query: Option<&[u8]>) -> Answer {
    let (path, query) = (path.to_vec(), query.map(<[u8]>::to_vec));
    answer(Outcome::Serve { path, query })
}

fn reply(event: &[u8], answer: &Answer) -> Reply {
    let event = Event::parse(event).unwrap();
    let fields = event.fields().unwrap();
    Reply::to(&event, &fields, answer, &Configuration::default(), NOW).unwrap()
}

/// The generated response for `answer`, its body left out.
fn response(answer: &Answer) -> Value {
    let mut response: Value = serde_json::from_str(reply(ORIGIN_S3, answer).json.get()).unwrap();
    response.as_object_mut().unwrap().remove("body");
    response
}

fn location(bytes: &[u8]) -> String {
    let response = response(&redirect(301, bytes));
    response["headers"]["location"][0]["value"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_redirect_has_a_location_and_may_be_kept_by_the_edge() {
    let reply = reply(ORIGIN_S3, &redirect(301, b"https://example.com/new"));
    assert_eq!(
        reply.json.get(),
        concat!(
            r#"{"status":"301","statusDescription":"Moved Permanently","headers":{"#,
            r#""location":[{"key":"Location","value":"https://example.com/new"}],"#,
            r#""cache-control":[{"key":"Cache-Control","value":"s-maxage=300"}],"#,
            r#""content-type":[{"key":"Content-Type","value":"text/html; charset=iso-8859-1"}]},"#,
            r#""bodyEncoding":"text"}"#
        )
    );
    assert_eq!(reply.shortfall, None);
}

#[test]
fn a_location_is_ascii() {
    let cases: [(&[u8], &str); 5] = [
        (b"/caf\xc3\xa9", "/caf%C3%A9"),
        (b"/\xe9", "/%E9"),
        (b"/a b\tc\r\nX: y\0\x7f", "/a%20b%09c%0D%0AX:%20y%00%7F"),
        (b"/%20?a=\"<>{}|\\^`#x", "/%20?a=\"<>{}|\\^`#x"),
        (b"", ""),
    ];
    for (bytes, expected) in cases {
        assert_eq!(location(bytes), expected);
    }
}

#[test]
fn a_status_that_cannot_be_sent_becomes_500() {
    let sent = |status| response(&answer(Outcome::Status { status }))["status"].clone();
    let cases = [
        (200, "200"),
        (410, "410"),
        (599, "599"),
        (100, "500"),
        (199, "500"),
        (600, "500"),
        (0, "500"),
    ];
    for (status, expected) in cases {
        assert_eq!(sent(status), json!(expected));
    }
}

#[test]
fn a_status_without_a_name_has_none() {
    let response = response(&answer(Outcome::Status { status: 299 }));
    assert_eq!(response["statusDescription"], json!(""));
}

#[test]
fn a_status_is_kept_only_if_configured() {
    assert_eq!(
        response(&answer(Outcome::Status { status: 410 }))["headers"].get("cache-control"),
        None
    );
    let cache_control = CacheControl {
        redirects: Some("max-age=1".to_owned()),
        statuses: [(410, "max-age=2".to_owned()), (302, String::new())].into(),
    };
    let cases = [
        (301, Some("max-age=1")),
        (302, Some("")),
        (410, Some("max-age=2")),
        (404, None),
        (200, None),
    ];
    for (status, expected) in cases {
        assert_eq!(cache_control.decided(status), expected, "{status}");
    }
}

/// The headers of a redirect with such lines, by name in lower case.
fn check_lines(lines: &[(&str, HeaderText)], cache_control: &CacheControl, expected: &Value) {
    let lines = lines.iter().map(|(name, value)| Header {
        name: name.as_bytes().to_vec(),
        value: value.clone(),
    });
    // The evaluator takes cookies out of the lines.
    let (cookies, lines): (Vec<Header>, Vec<Header>) =
        lines.partition(|header| header.name == b"Set-Cookie");
    let cookies = cookies.into_iter().filter_map(|header| match header.value {
        HeaderText::Text(text) => Some(text),
        HeaderText::DateAfter(_) => None,
    });
    let answer = Answer {
        cookies: cookies.collect(),
        headers: Headers {
            lines: lines.into(),
            content_type: ContentType::PageWithoutCharset,
        },
        ..redirect(301, b"/x")
    };
    let configuration = Configuration {
        cache_control: cache_control.clone(),
        ..Configuration::default()
    };
    let event = Event::parse(ORIGIN_S3).unwrap();
    let fields = event.fields().unwrap();
    let reply = Reply::to(&event, &fields, &answer, &configuration, NOW).unwrap();
    let sent: Value = serde_json::from_str(reply.json.get()).unwrap();
    let values = sent["headers"].as_object().unwrap().iter();
    let values = values.map(|(name, lines)| {
        let lines = lines.as_array().unwrap().iter();
        (
            name.clone(),
            lines.map(|line| line["value"].clone()).collect::<Value>(),
        )
    });
    assert_eq!(Value::Object(values.collect()), *expected);
}

#[test]
fn lines_about_headers_are_sent() {
    let text = |text: &str| HeaderText::Text(text.into());
    let nobody = CacheControl::default();
    let somebody = CacheControl {
        redirects: Some("no-store".to_owned()),
        ..CacheControl::default()
    };
    check_lines(
        &[
            ("X-A", text("1")),
            ("x-a", text("2")),
            ("Connection", text("close")),
        ],
        &nobody,
        &json!({
            "location": ["/x"],
            "x-a": ["1", "2"],
            "cache-control": ["s-maxage=300"],
            "content-type": ["text/html"],
        }),
    );
    let expires = [
        ("Cache-Control", text("max-age=60")),
        ("Expires", HeaderText::DateAfter(60)),
    ];
    let date = "Tue, 14 Nov 2023 22:14:20 GMT";
    check_lines(
        &expires,
        &nobody,
        &json!({
            "location": ["/x"],
            "expires": [date],
            "cache-control": ["max-age=60"],
            "content-type": ["text/html"],
        }),
    );
    check_lines(
        &expires,
        &somebody,
        &json!({
            "location": ["/x"],
            "expires": [date],
            "cache-control": ["no-store"],
            "content-type": ["text/html"],
        }),
    );
    check_lines(
        &[("Set-Cookie", text("a=b"))],
        &somebody,
        &json!({
            "location": ["/x"],
            "set-cookie": ["a=b"],
            "cache-control": ["private"],
            "content-type": ["text/html"],
        }),
    );
}

#[test]
fn an_answer_without_content_has_no_body() {
    for status in [204, 205, 304] {
        let reply = reply(ORIGIN_S3, &answer(Outcome::Status { status }));
        let response: Value = serde_json::from_str(reply.json.get()).unwrap();
        assert_eq!(
            (
                response.get("body"),
                response["headers"].get("content-type")
            ),
            (None, None)
        );
    }
}

/// The type, the encoding and the body of the reply to `event` for a refused request with a page.
fn check_page(event: &[u8], page: Page, content_type: ContentType, expected: &(Value, &str, &str)) {
    let answer = Answer {
        page,
        headers: Headers {
            content_type,
            ..Headers::default()
        },
        ..answer(Outcome::Status { status: 403 })
    };
    let reply = reply(event, &answer);
    let sent: Value = serde_json::from_str(reply.json.get()).unwrap();
    assert_eq!(sent["status"], "403");
    let content_type = sent["headers"].get("content-type");
    let content_type = content_type.map_or(Value::Null, |lines| lines[0]["value"].clone());
    let encoding = sent["bodyEncoding"].as_str().unwrap();
    let body = sent["body"].as_str().unwrap_or_default();
    assert_eq!((content_type, encoding, body), *expected);
}

#[test]
fn a_page_is_sent_as_it_is() {
    let own = String::from_utf8(own_page(403, &About::default())).unwrap();
    let (page, html) = (json!("text/html; charset=iso-8859-1"), json!("text/html"));
    let document = || ContentType::Document(b"text/html".to_vec());
    let text = |text: &[u8]| Page::Text(text.to_vec());
    let own_type = ContentType::Page;
    let as_own = (page.clone(), "text", own.as_str());
    check_page(ORIGIN_S3, Page::Own, own_type.clone(), &as_own);
    check_page(
        ORIGIN_S3,
        text(b"Keep \"out\""),
        own_type.clone(),
        &(page.clone(), "text", "Keep \"out\""),
    );
    check_page(
        ORIGIN_S3,
        text(b"\xe9"),
        own_type.clone(),
        &(page, "base64", "6Q=="),
    );
    check_page(
        ORIGIN_S3,
        text(b""),
        ContentType::None,
        &(Value::Null, "text", ""),
    );
    check_page(
        ORIGIN_S3,
        Page::Document(b"<p>".to_vec()),
        document(),
        &(html.clone(), "text", "<p>"),
    );
    check_page(
        ORIGIN_S3,
        Page::Document(b"<p>".to_vec()),
        ContentType::None,
        &(Value::Null, "text", "<p>"),
    );
    check_page(ORIGIN_S3, Page::Unknown, document(), &as_own);
    // What does not fit is no reason to ask the origin.
    let long = "a".repeat(39 * 1024);
    let fits = (html, "text", long.as_str());
    check_page(
        VIEWER_GET,
        Page::Document(long.clone().into_bytes()),
        document(),
        &fits,
    );
    check_page(
        VIEWER_GET,
        Page::Document(vec![b'\n'; 39 * 1024]),
        document(),
        &as_own,
    );
}

#[test]
fn an_answer_with_cookies_is_kept_by_nobody_else() {
    let mut answer = redirect(302, b"/x");
    answer.cookies = vec![b"a=1; path=/".to_vec(), b"b=\xe9\r\nX: y".to_vec()];
    answer.vary = vec![b"Host".to_vec(), b"User-Agent".to_vec()];
    let headers = response(&answer)["headers"].clone();
    assert_eq!(
        headers["set-cookie"],
        json!([{"key": "Set-Cookie", "value": "a=1; path=/"}, {"key": "Set-Cookie", "value": "b=%E9  X: y"}])
    );
    assert_eq!(
        headers["vary"],
        json!([{"key": "Vary", "value": "Host,User-Agent"}])
    );
    assert_eq!(
        headers["cache-control"],
        json!([{"key": "Cache-Control", "value": "private"}])
    );
}

#[test]
fn a_request_that_already_says_so_goes_back_byte_for_byte() {
    let head: &[u8] = include_bytes!("../../../tests/events/viewer-head-ipv6.json");
    let custom: &[u8] = include_bytes!("../../../tests/events/origin-custom.json");
    let cases = [
        (ORIGIN_S3, serve(b"/old/page.html", None)),
        (UNKNOWN_FIELDS, serve(b"/old/page.html", Some(b""))),
        (head, serve(b"/caf\xc3\xa9", Some(b"x=%C3%A9&y"))),
        (custom, serve(b"/old/page.html", Some(b"a=1&b=2"))),
    ];
    for (event, answer) in cases {
        let request = Event::parse(event).unwrap().request.get();
        assert_eq!(reply(event, &answer).json.get(), request);
    }
}

#[test]
fn a_query_that_is_gone_is_a_change() {
    let custom = include_bytes!("../../../tests/events/origin-custom.json");
    let reply = reply(custom, &serve(b"/old/page.html", None));
    let request: Value = serde_json::from_str(reply.json.get()).unwrap();
    assert_eq!(request["querystring"], json!(""));
}

#[test]
fn a_changed_request_keeps_every_other_field_in_its_place() {
    let reply = reply(UNKNOWN_FIELDS, &serve(b"/new", Some(b"q")));
    let before = Event::parse(UNKNOWN_FIELDS).unwrap().request.get();
    let expected = before
        .replace(r#""querystring": """#, r#""querystring": "q""#)
        .replace(r#""uri": "/old/page.html""#, r#""uri": "/new""#);
    // White space between the members is not kept, values are byte for byte.
    let members = |text: &str| -> Vec<_> {
        let members: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
        let raw: std::collections::HashMap<String, Box<RawValue>> =
            serde_json::from_str(text).unwrap();
        let value = |name: &String| raw[name].get().to_owned();
        members
            .keys()
            .map(|name| (name.clone(), value(name)))
            .collect()
    };
    assert_eq!(members(reply.json.get()), members(&expected));
    assert_eq!(reply.shortfall, None);
}

#[test]
fn a_new_path_and_query_are_encoded_as_a_url_needs() {
    type Case = (
        &'static [u8],
        Option<&'static [u8]>,
        &'static str,
        &'static str,
    );
    let cases: [Case; 6] = [
        (b"/a b/%/c?d#e", None, "/a%20b/%25/c%3Fd%23e", ""),
        (
            b"/caf\xc3\xa9/\xe9",
            Some(b"x=\xe9 y"),
            "/caf%C3%A9/%E9",
            "x=%E9%20y",
        ),
        (
            b"/-._~!$&'()*+,;=:@/",
            Some(b"%20&a=[]\""),
            "/-._~!$&'()*+,;=:@/",
            "%20&a=[]\"",
        ),
        (
            b"/[x]{y}\"<>|\\^`",
            Some(b""),
            "/%5Bx%5D%7By%7D%22%3C%3E%7C%5C%5E%60",
            "",
        ),
        (b"relative", None, "/relative", ""),
        (b"", None, "/", ""),
    ];
    for (path, query, uri, querystring) in cases {
        let reply = reply(ORIGIN_S3, &serve(path, query));
        let request: Value = serde_json::from_str(reply.json.get()).unwrap();
        assert_eq!(
            (&request["uri"], &request["querystring"]),
            (&json!(uri), &json!(querystring))
        );
    }
}

#[test]
fn what_cannot_be_done_leaves_the_request_untouched_and_says_so() {
    let long = [b"/".as_slice(), &vec![b'a'; 50_000]].concat();
    let cases = [
        (
            answer(Outcome::Proxy {
                url: b"http://other/".to_vec(),
            }),
            Shortfall::Proxy("http://other/".to_owned()),
        ),
        (
            answer(Outcome::Unsupported {
                reason: "a program map".to_owned(),
            }),
            Shortfall::Unsupported("a program map".to_owned()),
        ),
        (serve(&long, None), Shortfall::TooLong(50_001)),
        (redirect(301, &long), Shortfall::TooLong(50_199)),
    ];
    for (answer, shortfall) in cases {
        check_too_long(VIEWER_GET, &answer, &shortfall);
    }
}

fn check_too_long(event: &[u8], answer: &Answer, shortfall: &Shortfall) {
    let request = Event::parse(event).unwrap().request.get();
    let reply = reply(event, answer);
    assert_eq!(reply.shortfall.as_ref(), Some(shortfall));
    assert_eq!(reply.json.get(), request);
}

#[test]
fn origin_request_takes_longer_answers() {
    let location = |length| redirect(301, &vec![b'x'; length]);
    assert_eq!(reply(ORIGIN_S3, &location(50_000)).shortfall, None);
    let shortfall = Shortfall::TooLong(1_100_198);
    check_too_long(ORIGIN_S3, &location(1_100_000), &shortfall);
}

#[test]
fn cookies_of_a_request_that_goes_on_are_reported() {
    let mut answer = serve(b"/x", None);
    answer.cookies = vec![b"a=1".to_vec()];
    assert_eq!(
        reply(ORIGIN_S3, &answer).shortfall,
        Some(Shortfall::CookiesLost(1))
    );
}
