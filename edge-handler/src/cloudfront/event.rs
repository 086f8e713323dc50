//! One call of the function by itself, for tests and benches of the function alone.
//!
//! In: a [`Request`]. Out: an event with all that rules may ask for; and of a reply, what the viewer or the origin gets.
//! Absent: what policies leave of a request, and the cache; see `visit`.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::carried::CarriedRequest;
use crate::model::outcome::Outcome;
use crate::model::request::Request;
use crate::model::trigger::Trigger;

/// The event of `request` at `trigger`; at origin-request with the header by which CloudFront tells the scheme. `None` when
/// CloudFront never makes one: the target is no path.
pub fn event(request: &Request<'_>, trigger: Trigger) -> Option<String> {
    let mut carried = CarriedRequest::of(request)?;
    if trigger == Trigger::OriginRequest {
        let scheme = request.scheme.name();
        carried.headers.add("cloudfront-forwarded-proto", scheme);
    }
    Some(carried.event(trigger, None))
}

/// What a reply does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What the request becomes. Never [`Outcome::Proxy`] or [`Outcome::Unsupported`]: the function
    /// lets such requests go on.
    pub outcome: Outcome,
    /// `Set-Cookie` values, in order.
    pub cookies: Vec<Vec<u8>>,
    /// The `Vary` header's names.
    pub vary: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
struct Reply {
    status: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    uri: Option<String>,
    #[serde(default)]
    querystring: String,
}

impl Reply {
    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let values = self.headers.get(name).and_then(Value::as_array);
        let values = values.map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(|header| header["value"].as_str())
    }
}

/// What `reply` does. `None` when CloudFront would answer 502: it is neither a request nor a
/// response.
pub fn effect(reply: &RawValue) -> Option<Effect> {
    let reply: Reply = serde_json::from_str(reply.get()).ok()?;
    let Some(status) = &reply.status else {
        let query = Some(reply.querystring.into_bytes()).filter(|query| !query.is_empty());
        let path = percent_decode_str(&reply.uri?).collect();
        let outcome = Outcome::Serve { path, query };
        return Some(Effect {
            outcome,
            cookies: Vec::new(),
            vary: Vec::new(),
        });
    };
    let status = status
        .parse()
        .ok()
        .filter(|status| (200..600).contains(status))?;
    let location = reply.values("location").next();
    let vary = reply.values("vary").flat_map(|value| value.split(", "));
    Some(Effect {
        outcome: match location {
            Some(location) => Outcome::Redirect {
                status,
                location: location.as_bytes().to_vec(),
            },
            None => Outcome::Status { status },
        },
        cookies: reply
            .values("set-cookie")
            .map(|value| value.as_bytes().to_vec())
            .collect(),
        vary: vary.map(|name| name.as_bytes().to_vec()).collect(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;
    use crate::lambda::configuration::Configuration;
    use crate::lambda::event::Event;
    use crate::model::request::{Scheme, Target};

    fn check(request: &Request, headers: &[(&[u8], &[u8])]) {
        let text = event(request, Trigger::OriginRequest).unwrap();
        let event = Event::parse(text.as_bytes()).unwrap();
        let fields = event.fields().unwrap();
        let configuration = Configuration::default();
        let parts = fields.parts(event.trigger, &configuration);
        let back = parts.request();
        assert_eq!(back.method, request.method);
        assert_eq!(back.scheme, request.scheme);
        assert_eq!(back.host, request.host);
        assert_eq!(back.target, request.target);
        assert_eq!(back.client, request.client);
        assert_eq!(back.headers, headers);
    }

    const PROTOCOL: &[u8] = b"cloudfront-forwarded-proto";

    #[test]
    fn a_plain_request_comes_back() {
        check(
            &Request::get(b"h.example", b"/a%20b"),
            &[(PROTOCOL, b"http")],
        );
    }

    #[test]
    fn a_full_request_comes_back() {
        let request = Request {
            method: b"POST",
            scheme: Scheme::Https,
            host: None,
            target: Target::of(b"/a?b?c"),
            headers: &[(b"Accept", b"a"), (b"X-Y", b"1"), (b"accept", b"b")],
            client: b"::1",
            protocol: b"HTTP/1.1",
        };
        let headers: [(&[u8], &[u8]); 4] = [
            (b"accept", b"a"),
            (b"accept", b"b"),
            (b"x-y", b"1"),
            (PROTOCOL, b"https"),
        ];
        check(&request, &headers);
    }

    #[test]
    fn a_target_that_is_no_path_has_no_event() {
        for target in ["*", "http://h/", ""] {
            assert_eq!(
                event(
                    &Request::get(b"h", target.as_bytes()),
                    Trigger::ViewerRequest
                ),
                None
            );
        }
    }

    #[test]
    fn a_reply_has_an_effect() {
        let serve = |path: &[u8], query: Option<&[u8]>| Outcome::Serve {
            path: path.to_vec(),
            query: query.map(<[u8]>::to_vec),
        };
        let redirect = Outcome::Redirect {
            status: 301,
            location: b"/x".to_vec(),
        };
        let cases = [
            (
                r#"{"uri":"/a%20b","querystring":"x"}"#,
                Some(serve(b"/a b", Some(b"x"))),
            ),
            (
                r#"{"uri":"/a","querystring":"","method":"GET"}"#,
                Some(serve(b"/a", None)),
            ),
            (
                r#"{"status":"301","headers":{"location":[{"value":"/x"}]}}"#,
                Some(redirect),
            ),
            (r#"{"status":"410"}"#, Some(Outcome::Status { status: 410 })),
            (r#"{"status":"100"}"#, None),
            (r#"{"status":"x"}"#, None),
            ("{}", None),
            ("null", None),
        ];
        for (reply, expected) in cases {
            let reply: &RawValue = serde_json::from_str(reply).unwrap();
            assert_eq!(effect(reply).map(|effect| effect.outcome), expected);
        }
    }
}
