//! Logs of one JSON object a line: nginx, Apache, Caddy, CloudFront and what is shaped like them.
//!
//! In: a line. Out: an [`Entry`]. Absent: objects within objects, but for Caddy's `request` and its `headers`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::text::{Parts, status};
use super::time::Time;
use super::{Entry, w3c};

/// What a key's value is. Keys are compared without their case, `-`, `_`, `.` and `@`; the first that
/// is there counts.
mod keys {
    /// `GET /a HTTP/1.1`, or the target alone.
    pub const REQUEST: &[&str] = &["request", "requestline", "httprequest"];
    /// The target or the URL.
    pub const TARGET: &[&str] = &["requesturi", "requesturl", "uri", "url", "urlpath", "path"];
    /// The query string, where the target has none.
    pub const QUERY: &[&str] = &["querystring", "query", "args"];
    /// The method.
    pub const METHOD: &[&str] = &["requestmethod", "method", "httpmethod", "verb"];
    /// The host.
    pub const HOST: &[&str] = &["httphost", "host", "servername", "vhost"];
    /// `http` or `https`.
    pub const SCHEME: &[&str] = &["scheme", "httpxforwardedproto", "xforwardedproto"];
    /// `Referer`.
    pub const REFERER: &[&str] = &["httpreferer", "referer", "referrer"];
    /// `User-Agent`.
    pub const USER_AGENT: &[&str] = &["httpuseragent", "useragent", "agent"];
    /// The status.
    pub const STATUS: &[&str] = &["status", "statuscode", "httpstatus", "responsestatus"];
    /// The time.
    pub const TIME: &[&str] = &[
        "time",
        "timestamp",
        "ts",
        "timelocal",
        "timeiso8601",
        "msec",
        "datetime",
    ];
}

/// Reads a line.
pub fn parse(line: &[u8]) -> Option<Entry> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let object: Map<String, Value> = serde_json::from_slice(line).ok()?;
    if object.contains_key("cs-uri-stem") {
        return w3c::entry_of(|name| {
            let mut own = object.iter();
            let (_, value) = own.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            text(value).filter(|value| value != b"-").map(Cow::Owned)
        });
    }
    entry(&flattened(object))
}

/// Caddy's lines have an object of their own for the request, and one in that for its headers.
fn flattened(mut object: Map<String, Value>) -> Map<String, Value> {
    if !matches!(object.get("request"), Some(Value::Object(_))) {
        return object;
    }
    if let Some(Value::Object(mut request)) = object.remove("request") {
        if let Some(Value::Object(headers)) = request.remove("headers") {
            request.extend(headers);
        }
        for (key, value) in request {
            object.entry(key).or_insert(value);
        }
    }
    object
}

fn entry(object: &Map<String, Value>) -> Option<Entry> {
    let value = |names: &[&str]| {
        let own = |name: &&str| object.iter().find(|(key, _)| is_named(key, name));
        let found = names.iter().filter_map(own);
        let mut texts = found.filter_map(|(_, value)| text(value));
        texts.find(|text| !text.is_empty() && text != b"-")
    };
    let mut parts = Parts {
        method: value(keys::METHOD),
        target: value(keys::TARGET),
        host: value(keys::HOST),
        scheme: value(keys::SCHEME).or_else(|| object.get("tls").map(|_| b"https".to_vec())),
        referer: value(keys::REFERER),
        user_agent: value(keys::USER_AGENT),
        status: value(keys::STATUS).and_then(|value| status(&value)),
        time: value(keys::TIME).and_then(|value| Time::of_any(&value)),
    };
    if let Some(query) = value(keys::QUERY) {
        add_query(&mut parts, &query);
    }
    if let Some(request) = value(keys::REQUEST)
        && !parts.read_request_line(&request)
        && parts.target.is_none()
    {
        parts.target = Some(request);
    }
    parts.target.as_ref()?;
    if parts.method.is_none() {
        parts.method = Some(b"GET".to_vec());
    }
    // An object that tells neither status nor time may be about anything.
    let is_log = parts.status.is_some() || parts.time.is_some();
    is_log.then(|| parts.into_entry())
}

fn add_query(parts: &mut Parts, query: &[u8]) {
    if let Some(target) = parts.target.as_mut().filter(|own| !own.contains(&b'?')) {
        if !query.starts_with(b"?") {
            target.push(b'?');
        }
        target.extend_from_slice(query);
    }
}

/// Whether `key` is `name` but for its case and what separates its words.
fn is_named(key: &str, name: &str) -> bool {
    let letters = key.bytes().filter(|byte| !b"-_.@".contains(byte));
    letters
        .map(|byte| byte.to_ascii_lowercase())
        .eq(name.bytes())
}

/// A text or a number; of a list the first.
fn text(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Number(number) => Some(number.to_string().into_bytes()),
        Value::Array(values) => match values.first() {
            Some(Value::String(text)) => Some(text.clone().into_bytes()),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}
