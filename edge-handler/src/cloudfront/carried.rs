//! A request on its way through CloudFront.
//!
//! In: a [`Request`] as bytes. Out: [`CarriedRequest`], and its event for Lambda@Edge. Absent: what CloudFront changes
//! on the way.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::header_list::HeaderList;
use crate::model::request::{Request, Scheme};
use crate::model::trigger::Trigger;

/// A request as CloudFront hands it on: text, in the parts of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarriedRequest {
    /// The method.
    pub method: String,
    /// How the viewer connected.
    pub scheme: Scheme,
    /// The protocol of the viewer's request line.
    pub protocol: String,
    /// The path as it was sent, undecoded; it begins with a slash.
    pub uri: String,
    /// What follows the first `?`; `None` where there is none.
    pub query: Option<String>,
    /// Every header, `Host` included.
    pub headers: HeaderList,
    /// The viewer's address.
    pub client: String,
}

impl CarriedRequest {
    /// Reads what a viewer sent; `None` where CloudFront makes no event of it, since the target is no path.
    pub fn of(request: &Request<'_>) -> Option<Self> {
        let uri = text(request.target.path());
        if !uri.starts_with('/') {
            return None;
        }
        let query = request.target.query();
        let host = request.host.map(|host| (b"host".as_slice(), host));
        let lines = request.headers.iter().copied().chain(host);
        Some(Self {
            method: text(request.method).into_owned(),
            scheme: request.scheme,
            protocol: text(request.protocol).into_owned(),
            uri: uri.into_owned(),
            query: query.map(|query| text(query).into_owned()),
            headers: lines
                .map(|(name, value)| (text(name).into_owned(), text(value).into_owned()))
                .collect(),
            client: text(request.client).into_owned(),
        })
    }

    /// The value of `Host`.
    pub fn host(&self) -> &str {
        self.headers.values("host").next().unwrap_or_default()
    }

    /// The request as an event of Lambda@Edge at `trigger`, on its way to `origin` if that is known.
    pub fn event(&self, trigger: Trigger, origin: Option<&Value>) -> String {
        let mut request = json!({
            "clientIp": self.client,
            "method": self.method,
            "uri": self.uri,
            // [lambda-event-structure]: empty both for `/a` and for `/a?`.
            "querystring": self.query.as_deref().unwrap_or_default(),
            "headers": self.headers.to_event(),
        });
        if let Some(origin) = origin {
            request["origin"] = origin.clone();
        }
        let cf = json!({ "config": { "eventType": trigger.name() }, "request": request });
        json!({ "Records": [{ "cf": cf }] }).to_string()
    }
}

/// UTF-8 as it is, everything else as ISO 8859-1: `edge-function-restrictions-all`, "Character encoding".
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}
