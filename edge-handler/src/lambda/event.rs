//! What CloudFront hands to the function.
//!
//! In: the bytes of a viewer-request or origin-request event. Out: [`Event`], which lends a
//! [`Request`]. Absent: the body, the origin and every other field: they stay in the raw text and
//! go back with it untouched, so that fields added to the event later are not lost.
//!
//! Header values and the path are JSON strings, so UTF-8. CloudFront turns bytes that are not UTF-8
//! into UTF-8 as if they were ISO 8859-1; what the client sent cannot be had back from that.

mod recover;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::configuration::Configuration;
use crate::model::marks::Told;
use crate::model::request::{Request, Scheme, Target};
use crate::model::trigger::Trigger;

pub use recover::recover;

/// The header in which CloudFront tells how the viewer connected.
const FORWARDED_PROTOCOL: &str = "cloudfront-forwarded-proto";

/// An event of any trigger, as far as its outermost fields.
#[derive(Debug)]
pub struct Event<'a> {
    /// The `request` object, byte for byte.
    pub request: &'a RawValue,
    /// The `response` object of a response trigger, byte for byte.
    pub response: Option<&'a RawValue>,
    /// Which trigger it is; `None` for one at which nothing can be decided.
    pub trigger: Option<Trigger>,
}

impl<'a> Event<'a> {
    /// Reads the outermost fields.
    ///
    /// # Errors
    /// The bytes are no event as CloudFront makes them: not JSON, without the object
    /// `Records[0].cf.request`, or with a field of another type. [`recover`] may still find a request.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        let envelope: Envelope = serde_json::from_slice(bytes)?;
        let [Record { cf }] = envelope.records;
        for (name, value) in [("request", Some(cf.request)), ("response", cf.response)] {
            if value.is_some_and(|value| !value.get().starts_with('{')) {
                return Err(serde_json::Error::custom(format!(
                    "{name} is not an object"
                )));
            }
        }
        Ok(Self {
            request: cf.request,
            response: cf.response,
            trigger: Trigger::named(&cf.config.event_type.0),
        })
    }

    /// Reads the fields of the request that an answer may depend on.
    ///
    /// # Errors
    /// A field is not of the documented type.
    pub fn fields(&self) -> Result<Fields<'a>, serde_json::Error> {
        serde_json::from_str(self.request.get())
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "Records", borrow)]
    records: [Record<'a>; 1],
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    cf: Cf<'a>,
}

#[derive(Deserialize)]
struct Cf<'a> {
    #[serde(default, borrow)]
    config: Config<'a>,
    #[serde(borrow)]
    request: &'a RawValue,
    #[serde(default, borrow)]
    response: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(default, borrow)]
    event_type: Text<'a>,
}

/// The fields of a request that an answer may depend on.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fields<'a> {
    #[serde(default, borrow)]
    client_ip: Text<'a>,
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    uri: Text<'a>,
    #[serde(default, borrow)]
    querystring: Text<'a>,
    #[serde(default, borrow)]
    headers: Headers<'a>,
}

/// A JSON string, borrowed where it holds no escapes.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Lower-case name and value of every header, one pair per value, in order.
#[derive(Debug, Default)]
struct Headers<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

#[derive(Deserialize)]
struct HeaderValue<'a> {
    #[serde(default, borrow)]
    value: Text<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Headers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object of header names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut headers = Vec::with_capacity(16);
        while let Some(Text(name)) = map.next_key::<Text>()? {
            let headers = &mut headers;
            map.next_value_seed(Values { name, headers })?;
        }
        Ok(Headers(headers))
    }
}

/// Adds the values of one header, whose name is known, to all headers: no list of them is made in between.
struct Values<'h, 'a> {
    name: Cow<'a, str>,
    headers: &'h mut Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'de> DeserializeSeed<'de> for Values<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Values<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of header values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        while let Some(HeaderValue { value }) = values.next_element()? {
            self.headers.push((self.name.clone(), value.0));
        }
        Ok(())
    }
}

/// Path and query of an event.
#[derive(Debug)]
enum EventTarget<'a> {
    /// The two parts as CloudFront gave them.
    Parts(Target<'a>),
    /// A path that holds a question mark, which CloudFront never sends, before its query.
    Line(Vec<u8>),
}

impl EventTarget<'_> {
    fn target(&self) -> Target<'_> {
        match self {
            Self::Parts(target) => *target,
            Self::Line(line) => Target::of(line),
        }
    }
}

/// What a [`Request`] borrows from that is not in the event itself.
#[derive(Debug)]
pub struct Parts<'a> {
    scheme: Scheme,
    host: Option<&'a [u8]>,
    target: EventTarget<'a>,
    headers: Vec<(&'a [u8], &'a [u8])>,
    method: &'a [u8],
    client: &'a [u8],
    told: Told,
}

impl Fields<'_> {
    /// The path as CloudFront gave it, undecoded.
    pub fn uri(&self) -> &str {
        &self.uri.0
    }

    /// The query as CloudFront gave it: without `?`, and empty when there was none.
    pub fn query(&self) -> &str {
        &self.querystring.0
    }

    /// Puts together what the event holds in pieces.
    ///
    /// The host is the header that `configuration` names, else `Host`. That header is left out of
    /// the request's headers: Apache never saw it. The scheme is `CloudFront-Forwarded-Proto`, else
    /// the configured one; at viewer-request such a header is the viewer's own, and says nothing.
    pub fn parts<'p>(
        &'p self,
        trigger: Option<Trigger>,
        configuration: &'p Configuration,
    ) -> Parts<'p> {
        let viewer_host = configuration.host_header.as_deref().unwrap_or_default();
        let class = configuration.class.as_ref();
        let mut scheme = configuration.default_scheme.into();
        let (mut host, mut overriding_host) = (None, None);
        let mut headers = Vec::with_capacity(self.headers.0.len());
        let mut told = Told::default();
        for (name, value) in &self.headers.0 {
            let bytes = value.as_bytes();
            if name.eq_ignore_ascii_case("host") {
                host = Some(bytes);
            } else if name.eq_ignore_ascii_case(viewer_host) {
                overriding_host = Some(bytes);
            } else {
                if trigger == Some(Trigger::OriginRequest) {
                    if name.eq_ignore_ascii_case(FORWARDED_PROTOCOL) {
                        scheme = scheme_named(value, scheme);
                    }
                    if let Some(class) =
                        class.filter(|class| name.eq_ignore_ascii_case(&class.header))
                    {
                        told = class.marks.told(value);
                    }
                }
                if let Some(name) = seen_as(name, &configuration.carried) {
                    headers.push((name.as_bytes(), bytes));
                }
            }
        }
        if configuration.forwarded_proto {
            headers.push((b"x-forwarded-proto", scheme.name().as_bytes()));
        }
        let client = self.client_ip.0.as_bytes();
        if trigger != Some(Trigger::OriginRequest) {
            configuration.forwarded_for.apply(&mut headers, client);
        }
        Parts {
            scheme,
            host: overriding_host.or(host),
            target: self.target(&told),
            headers,
            method: if told.is_head {
                b"HEAD"
            } else {
                self.method.0.as_bytes()
            },
            client,
            told,
        }
    }

    /// Path and query: `/a` and `/a?` are the same event.
    fn target(&self, told: &Told) -> EventTarget<'_> {
        let (uri, query) = (self.uri.0.as_bytes(), self.querystring.0.as_bytes());
        let is_sent = !query.is_empty() || told.has_bare_mark;
        let query = is_sent.then_some(query);
        match Target::of_parts(uri, query) {
            Some(target) => EventTarget::Parts(target),
            None => EventTarget::Line(match query {
                None => uri.to_vec(),
                Some(query) => [uri, b"?", query].concat(),
            }),
        }
    }
}

/// What rules see a header as: one that another carries is not there, and its carrier has its name.
fn seen_as<'n>(name: &'n str, carried: &'n BTreeMap<String, String>) -> Option<&'n str> {
    for (header, carrier) in carried {
        if name.eq_ignore_ascii_case(header) {
            return None;
        }
        if name.eq_ignore_ascii_case(carrier) {
            return Some(header);
        }
    }
    Some(name)
}

fn scheme_named(value: &str, otherwise: Scheme) -> Scheme {
    if value.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else if value.eq_ignore_ascii_case("http") {
        Scheme::Http
    } else {
        otherwise
    }
}

impl Parts<'_> {
    /// What the class of viewers tells beside the event.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// The request. Its protocol is `HTTP/1.1`: the event does not tell.
    pub fn request(&self) -> Request<'_> {
        Request {
            method: self.method,
            scheme: self.scheme,
            host: self.host,
            target: self.target.target(),
            headers: &self.headers,
            client: self.client,
            protocol: b"HTTP/1.1",
        }
    }
}

#[cfg(test)]
mod tests;
