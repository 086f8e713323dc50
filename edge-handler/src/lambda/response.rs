//! What CloudFront gets back from the function.
//!
//! In: an [`Answer`] and the event it answers. Out: the JSON of a generated response, of the
//! changed request, or of the request as it came. Absent: deciding anything.
//!
//! Where CloudFront cannot send what Apache sends:
//!
//! * `Location` must be ASCII: bytes from 0x80, spaces and controls are percent-encoded.
//! * Other headers must be ASCII too: bytes from 0x80 are percent-encoded, controls become spaces. Some names CloudFront
//!   keeps for itself: headers of these names are left out.
//! * A status outside 200–599 cannot be generated: it becomes 500.
//! * A cookie set on a request that goes on to the origin is lost: only a response can carry it.
//! * Requests proxied to a server that CloudFront was not told of, and answers that depend on what
//!   the edge cannot know, go to the origin as they came.
//! * So does a request whose new URL, or whose answer, is longer than CloudFront takes.

mod body;
mod headers;
mod members;
mod proxied;
mod requested;
mod sent;

use http::StatusCode;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::configuration::{CacheControl, Configuration};
use super::event::{Event, Fields};
use crate::handler::Decision;
use crate::model::outcome::{Answer, Outcome};
use crate::model::page::Page;
use crate::model::trigger::Trigger;
use body::{Body, Sent, Whose};
use headers::Headers;
use members::Members;
use sent::Receiver;

/// CloudFront's limit for the path and query that a function returns, in bytes.
const LONGEST_URL: usize = 8191;

/// CloudFront's limit for a generated response, in bytes.
fn longest_response(trigger: Option<Trigger>) -> usize {
    match trigger {
        Some(Trigger::OriginRequest) => 1024 * 1024,
        Some(Trigger::ViewerRequest) | None => 40 * 1024,
    }
}

/// What cannot be in a header, of a text that is already encoded.
const INVISIBLE: &AsciiSet = &CONTROLS.add(b' ');

/// What does not mean itself in a decoded path: all but RFC 3986's `pchar` and `/`.
const NOT_IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/');

/// An answer in CloudFront's words.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The JSON to return.
    pub json: Box<RawValue>,
    /// What of the answer could not be done, if anything.
    pub shortfall: Option<Shortfall>,
}

/// Why the viewer does not get Apache's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// The request should go to another server; its URL.
    Proxy(String),
    /// The decision takes more than its budget.
    OverBudget,
    /// The answer depends on something unknown; the reason.
    Unsupported(String),
    /// The new URL or the answer is too long for CloudFront; its length in bytes.
    TooLong(usize),
    /// Cookies were to be set on a request that goes on to the origin; how many.
    CookiesLost(usize),
}

impl Reply {
    /// The request goes on to the origin as it came.
    pub fn unchanged(event: &Event) -> Self {
        Self {
            json: event.request.to_owned(),
            shortfall: None,
        }
    }

    fn because(event: &Event, shortfall: Shortfall) -> Self {
        Self {
            shortfall: Some(shortfall),
            ..Self::unchanged(event)
        }
    }

    /// Puts `decision` into CloudFront's words; a request that passes through unchanged is the event's own text.
    ///
    /// `fields` are those of `event`, `now` the time in seconds since 1970.
    ///
    /// # Errors
    /// The event's request is no JSON object.
    pub fn of(
        event: &Event,
        fields: &Fields,
        decision: &Decision,
        configuration: &Configuration,
        now: i64,
    ) -> Result<Self, serde_json::Error> {
        match decision {
            Decision::Unchanged => {
                Self::unchanged(event).sent(event, configuration, Receiver::Origin)
            }
            Decision::Answer(answer) => Self::to(event, fields, answer, configuration, now),
        }
    }

    /// Puts `answer` into CloudFront's words.
    ///
    /// `fields` are those of `event`, `now` the time in seconds since 1970.
    ///
    /// # Errors
    /// The event's request is no JSON object.
    pub fn to(
        event: &Event,
        fields: &Fields,
        answer: &Answer,
        configuration: &Configuration,
        now: i64,
    ) -> Result<Self, serde_json::Error> {
        match &answer.outcome {
            Outcome::Redirect { status, .. } | Outcome::Status { status } => {
                generated(event, answer, *status, configuration, now)
            }
            Outcome::Serve { path, query } => {
                let query = query.as_deref().unwrap_or_default();
                served(event, fields, answer, path, query)?
                    .with_headers(event, &answer.request_headers)?
                    .sent(event, configuration, Receiver::Origin)
            }
            Outcome::Proxy { url } => {
                let request = proxied::request(event, url, &configuration.proxy_hosts)?;
                let (reply, receiver) = if let Some(json) = request {
                    let shortfall = None;
                    (Self { json, shortfall }, Receiver::Proxied)
                } else {
                    let shortfall = Shortfall::Proxy(ascii(url, INVISIBLE));
                    (Self::because(event, shortfall), Receiver::Origin)
                };
                with_cookies_lost(reply, answer)
                    .with_headers(event, &answer.request_headers)?
                    .sent(event, configuration, receiver)
            }
            Outcome::OverBudget => Self::because(event, Shortfall::OverBudget).sent(
                event,
                configuration,
                Receiver::Origin,
            ),
            Outcome::Unsupported { reason } => {
                let reason = reason.clone();
                Self::because(event, Shortfall::Unsupported(reason)).sent(
                    event,
                    configuration,
                    Receiver::Origin,
                )
            }
        }
    }
}

/// The request goes on, with another path and query where what Apache would serve is not what the
/// event's say: also where Apache only joined slashes or resolved dots, since a bucket does neither.
fn served(
    event: &Event,
    fields: &Fields,
    answer: &Answer,
    path: &[u8],
    query: &[u8],
) -> Result<Reply, serde_json::Error> {
    let same_path = percent_decode_str(fields.uri()).eq(path.iter().copied());
    let reply = if same_path && fields.query().as_bytes() == query {
        Reply::unchanged(event)
    } else {
        changed(event, path, query)?
    };
    Ok(with_cookies_lost(reply, answer))
}

/// A request that goes on carries no cookies for the viewer.
fn with_cookies_lost(mut reply: Reply, answer: &Answer) -> Reply {
    if !answer.cookies.is_empty() && reply.shortfall.is_none() {
        reply.shortfall = Some(Shortfall::CookiesLost(answer.cookies.len()));
    }
    reply
}

/// The event's request with another path and query, and every other field as it came.
fn changed(event: &Event, path: &[u8], query: &[u8]) -> Result<Reply, serde_json::Error> {
    let mut uri = ascii(path, NOT_IN_PATH);
    if !uri.starts_with('/') {
        uri.insert(0, '/');
    }
    let query = ascii(query, INVISIBLE);
    let length = uri.len() + query.len();
    if length > LONGEST_URL {
        return Ok(Reply::because(event, Shortfall::TooLong(length)));
    }
    let mut request: Members = serde_json::from_str(event.request.get())?;
    request.set("uri", &uri)?;
    request.set("querystring", &query)?;
    Ok(Reply {
        json: to_raw_value(&request)?,
        shortfall: None,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generated<'a> {
    status: String,
    status_description: &'static str,
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    body_encoding: &'static str,
}

/// A response made here; the origin is not asked.
fn generated(
    event: &Event,
    answer: &Answer,
    status: u16,
    configuration: &Configuration,
    now: i64,
) -> Result<Reply, serde_json::Error> {
    let sent = Sent::of(answer, possible(status));
    let most = longest_response(event.trigger);
    let cache_control = &configuration.cache_control;
    let respond = |body| response(answer, &sent, body, cache_control, now);
    let mut json = respond(sent.body(answer)?)?;
    // A page that is too long does not change the answer: an error is no request for the origin.
    if json.get().len() > most && answer.page != Page::Own {
        json = respond(sent.own_page(Whose::StandIn)?)?;
    }
    if json.get().len() > most {
        json = respond(Body::NONE)?;
    }
    let length = json.get().len();
    if length > most {
        return Reply::because(event, Shortfall::TooLong(length)).sent(
            event,
            configuration,
            Receiver::Origin,
        );
    }
    Ok(Reply {
        json,
        shortfall: None,
    })
}

fn response(
    answer: &Answer,
    sent: &Sent,
    body: Body,
    cache_control: &CacheControl,
    now: i64,
) -> Result<Box<RawValue>, serde_json::Error> {
    let headers = Headers::of(answer, (sent, &body), cache_control, now);
    to_raw_value(&Generated {
        status: sent.status.to_string(),
        status_description: reason_phrase(sent.status),
        headers,
        body: body.json,
        body_encoding: body.encoding,
    })
}

/// The status CloudFront can send for Apache's.
fn possible(status: u16) -> u16 {
    if (200..600).contains(&status) {
        status
    } else {
        500
    }
}

/// `bytes` as ASCII, each byte of `encoded` and each byte from 0x80 as `%XX`.
fn ascii(bytes: &[u8], encoded: &'static AsciiSet) -> String {
    percent_encode(bytes, encoded).to_string()
}

/// The phrase after the status, as IANA registers it; none for a status it does not know.
fn reason_phrase(status: u16) -> &'static str {
    let known = StatusCode::from_u16(status).ok();
    known
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
