//! What must hold for every reply of the function, whatever was asked.
//!
//! In: the request of an event, and the reply. Out: a panic where the reply could be refused by
//! CloudFront, or where text of the client could end a header. Absent: whether the reply is right.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The headers that the function sends. CloudFront allows each of them.
const HEADERS: [&str; 5] = [
    "cache-control",
    "content-type",
    "location",
    "set-cookie",
    "vary",
];

/// CloudFront's limit for path and query of a changed request.
const LONGEST_URL: usize = 8191;

/// CloudFront's limit for a response at viewer-request.
const LONGEST_RESPONSE: usize = 40 * 1024;

/// Checks `reply` to an event with `request`.
///
/// # Panics
/// The reply is not as it has to be.
pub fn check(request: &RawValue, reply: &RawValue) {
    check_shape(request, reply);
    let value: Value = match serde_json::from_str(reply.get()) {
        Ok(value) => value,
        // Only what came from the event can be beyond a generic reader: numbers, nesting, surrogates.
        Err(_) => return,
    };
    if reply.get() != request.get() && is_response(reply) {
        check_values(&value);
    }
}

fn is_response(reply: &RawValue) -> bool {
    members(reply).is_some_and(|members| {
        members.contains_key("statusDescription") && !members.contains_key("uri")
    })
}

/// Checks that `reply` is a response that CloudFront takes, or `request` with another URL.
///
/// # Panics
/// The reply is neither.
pub fn check_shape(request: &RawValue, reply: &RawValue) {
    if reply.get() == request.get() {
        return;
    }
    if is_response(reply) {
        let response: Value = serde_json::from_str(reply.get()).unwrap();
        let status: u16 = response["status"].as_str().unwrap().parse().unwrap();
        assert!((200..600).contains(&status), "{reply}");
        assert!(
            reply.get().len() <= LONGEST_RESPONSE,
            "{}",
            reply.get().len()
        );
        return;
    }
    let before = members(request).unwrap();
    let mut after = members(reply).unwrap();
    let mut text = |name: &str| -> String {
        let value = after.remove(name).unwrap();
        serde_json::from_str(value.get()).unwrap()
    };
    let (uri, query) = (text("uri"), text("querystring"));
    assert!(uri.starts_with('/'), "{uri}");
    assert!(uri.len() + query.len() <= LONGEST_URL);
    let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(is_visible(&uri) && is_visible(&query), "{uri:?} {query:?}");
    for (name, value) in &before {
        if name != "uri" && name != "querystring" {
            assert_eq!(after[name].get(), value.get(), "{name} changed");
        }
    }
}

fn members(object: &RawValue) -> Option<HashMap<String, Box<RawValue>>> {
    serde_json::from_str(object.get()).ok()
}

/// No byte of a header may end it, and none needs an agreement on what it means.
fn check_values(response: &Value) {
    for (name, list) in response["headers"].as_object().unwrap() {
        assert!(HEADERS.contains(&name.as_str()), "{name}");
        for header in list.as_array().unwrap() {
            let key = header["key"].as_str().unwrap();
            assert!(key.eq_ignore_ascii_case(name), "{name} is called {key}");
            let value = header["value"].as_str().unwrap();
            let is_harmless = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
            assert!(value.bytes().all(is_harmless), "{name}: {value:?}");
        }
    }
    let body = response["body"].as_str().unwrap_or_default();
    check_page(body);
}

/// Every tag of the server's own pages, without what stands in quotes.
const TAGS: &[&str] = &[
    "!DOCTYPE HTML PUBLIC",
    "html",
    "head",
    "title",
    "/title",
    "/head",
    "body",
    "h1",
    "/h1",
    "p",
    "/p",
    "br /",
    "pre",
    "/pre",
    "a href=",
    "/a",
    "/body",
    "/html",
];

/// A page has no tag that a request made.
fn check_page(page: &str) {
    assert!(page.is_ascii(), "{page}");
    for tag in page.split('<').skip(1) {
        let name = tag.split(['>', '"']).next().unwrap_or_default();
        assert!(TAGS.contains(&name.trim_end()), "{name:?} in {page}");
    }
}
