//! A proxied request, where CloudFront can send it: at origin-request, to a server it was told of.
//!
//! In: the event and the URL that Apache would ask. Out: the event's request with another origin,
//! or nothing. Absent: answers to cookies and headers that `ProxyPass` changes.

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::super::event::Event;
use super::members::Members;
use super::{INVISIBLE, LONGEST_URL, ascii};
use crate::model::trigger::Trigger;

/// Seconds that CloudFront waits for the other server, as it does for one nobody configured.
const READ_TIMEOUT: u32 = 30;

/// Seconds that it keeps an idle connection.
const KEEPALIVE: u32 = 5;

/// The event's request on its way to `url`; `None` when CloudFront cannot send it there: not at this
/// trigger, not to a server that is none of `hosts`, not by this scheme or port, not so long a URL.
///
/// # Errors
/// The event's request is no JSON object.
pub(super) fn request(
    event: &Event,
    url: &[u8],
    hosts: &[String],
) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    let target = Target::of(url).filter(|target| target.is_allowed(hosts));
    let (Some(Trigger::OriginRequest), Some(target)) = (event.trigger, target) else {
        return Ok(None);
    };
    let mut request: Members = serde_json::from_str(event.request.get())?;
    let authority = json!([{ "key": "Host", "value": target.authority }]);
    request.change_headers(|headers| headers.set("host", &authority))?;
    request.set("uri", &target.path)?;
    request.set("querystring", &target.query)?;
    request.set("origin", &target.origin())?;
    to_raw_value(&request).map(Some)
}

/// A URL in the parts that CloudFront asks for.
struct Target {
    protocol: &'static str,
    authority: String,
    host: String,
    port: u16,
    path: String,
    query: String,
}

impl Target {
    fn of(url: &[u8]) -> Option<Self> {
        let url = ascii(url, INVISIBLE);
        let (scheme, rest) = url.split_once("://")?;
        let (protocol, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default_port),
        };
        let path = if path.is_empty() { "/" } else { path };
        Some(Self {
            protocol,
            authority: authority.to_owned(),
            host: host.to_ascii_lowercase(),
            port,
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }

    /// A server we were told of, at a port that CloudFront connects to, with a URL that it sends.
    fn is_allowed(&self, hosts: &[String]) -> bool {
        let known = hosts
            .iter()
            .any(|host| host.eq_ignore_ascii_case(&self.host));
        let port = matches!(self.port, 80 | 443 | 1024..);
        known && port && self.path.len() + self.query.len() <= LONGEST_URL
    }

    fn origin(&self) -> Value {
        json!({ "custom": {
            "customHeaders": {},
            "domainName": self.host,
            "keepaliveTimeout": KEEPALIVE,
            "path": "",
            "port": self.port,
            "protocol": self.protocol,
            "readTimeout": READ_TIMEOUT,
            "sslProtocols": ["TLSv1.2"],
        } })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    const AT_ORIGIN: &str = include_str!("../../../tests/events/origin-custom.json");
    const AT_VIEWER: &str = include_str!("../../../tests/events/viewer-get.json");
    const TO_BUCKET: &str = include_str!("../../../tests/events/origin-s3.json");

    fn sent(event: &str, url: &str) -> Option<Value> {
        let event = Event::parse(event.as_bytes()).unwrap();
        let hosts = ["app.example".to_owned(), "10.0.0.1".to_owned()];
        let json = request(&event, url.as_bytes(), &hosts).unwrap()?;
        Some(serde_json::from_str(json.get()).unwrap())
    }

    #[track_caller]
    fn check(event: &str, url: &str, expected: [&str; 5]) {
        let request = sent(event, url).unwrap();
        let origin = &request["origin"]["custom"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let seen = [
            text(&origin["protocol"]),
            format!("{}:{}", text(&origin["domainName"]), origin["port"]),
            text(&request["headers"]["host"][0]["value"]),
            text(&request["uri"]),
            text(&request["querystring"]),
        ];
        assert_eq!(seen, expected);
        assert!(request["origin"]["s3"].is_null());
    }

    #[test]
    fn a_known_server_becomes_the_origin() {
        check(
            AT_ORIGIN,
            "http://app.example/a%20b?x=1",
            ["http", "app.example:80", "app.example", "/a%20b", "x=1"],
        );
        check(
            TO_BUCKET,
            "https://APP.example",
            ["https", "app.example:443", "APP.example", "/", ""],
        );
        check(
            AT_ORIGIN,
            "http://10.0.0.1:8080?q",
            ["http", "10.0.0.1:8080", "10.0.0.1:8080", "/", "q"],
        );
        check(
            AT_ORIGIN,
            "http://app.example/caf\u{e9} x",
            [
                "http",
                "app.example:80",
                "app.example",
                "/caf%C3%A9%20x",
                "",
            ],
        );
    }

    #[test]
    fn what_cloudfront_cannot_send_stays() {
        let long = format!("http://app.example/{}", "x".repeat(LONGEST_URL));
        let cases = [
            (AT_VIEWER, "http://app.example/"),
            (AT_ORIGIN, "http://other.example/"),
            (AT_ORIGIN, "ws://app.example/"),
            (AT_ORIGIN, "http://app.example:22/"),
            (AT_ORIGIN, "http://app.example:x/"),
            (AT_ORIGIN, "unix:/run/app.sock"),
            (AT_ORIGIN, ""),
            (AT_ORIGIN, &long),
        ];
        for (event, url) in cases {
            assert_eq!(sent(event, url), None, "{url}");
        }
    }

    #[test]
    fn everything_else_goes_on_as_it_came() {
        let before: Value = serde_json::from_str(AT_ORIGIN).unwrap();
        let mut before = before["Records"][0]["cf"]["request"].clone();
        let mut after = sent(AT_ORIGIN, "http://app.example/x").unwrap();
        for request in [&mut before, &mut after] {
            for name in ["uri", "querystring", "origin"] {
                request.as_object_mut().unwrap().shift_remove(name);
            }
            request["headers"]["host"] = Value::Null;
        }
        assert_eq!(before, after);
    }
}
