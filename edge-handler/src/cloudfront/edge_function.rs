//! A function of Lambda@Edge as CloudFront calls it.
//!
//! In: a request, and the function behind a trait. Out: the request it made of that, its answer, or the status that a
//! viewer gets for its fault. Absent: triggers for responses.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use serde_json::value::RawValue;

use super::carried::CarriedRequest;
use super::header_list::HeaderList;
use super::response::{Maker, Response};
use crate::model::header_names::{is_hidden, is_read_only, may_be_set};
use crate::model::trigger::Trigger;

/// `edge-function-restrictions-all`: path and query of a request that a function returns, together.
const LONGEST_URL: usize = 8191;

/// A function of Lambda@Edge.
pub trait EdgeFunction {
    /// Runs the function on the text of an event.
    ///
    /// # Errors
    /// The function threw, took too long, or could not run.
    fn run(&self, event: &str) -> Result<Box<RawValue>, Failed>;
}

impl<F: Fn(&str) -> Result<Box<RawValue>, Failed>> EdgeFunction for F {
    fn run(&self, event: &str) -> Result<Box<RawValue>, Failed> {
        self(event)
    }
}

/// A function that gave no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// What CloudFront does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// CloudFront goes on with this request, to another origin if one is named.
    Request(CarriedRequest, Option<Value>),
    /// CloudFront answers with this response.
    Response(Response),
}

/// The status that a viewer gets for a function's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 502: what the function returned is not valid. `http-502-bad-gateway`.
    Invalid,
    /// 503: the function gave nothing back. `http-503-service-unavailable`.
    NoReply,
}

impl Fault {
    /// The status.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 502,
            Self::NoReply => 503,
        }
    }
}

/// Calls `function` at `trigger` with `request`, which is on its way to `origin`.
pub(super) fn call(
    function: &dyn EdgeFunction,
    request: &CarriedRequest,
    trigger: Trigger,
    origin: Option<&Value>,
) -> Result<Reply, Fault> {
    let event = request.event(trigger, origin);
    let reply = function.run(&event).map_err(|Failed| Fault::NoReply)?;
    read(&reply, request, trigger).ok_or(Fault::Invalid)
}

/// `None` for a reply that CloudFront does not take.
fn read(reply: &RawValue, sent: &CarriedRequest, trigger: Trigger) -> Option<Reply> {
    let value: Value = serde_json::from_str(reply.get()).ok()?;
    let reply = value.as_object()?;
    if reply.contains_key("status") {
        return response(&value, trigger).map(Reply::Response);
    }
    let headers = HeaderList::of_event(&value["headers"])?;
    let (uri, query) = (value["uri"].as_str()?, value["querystring"].as_str()?);
    let is_query = query
        .bytes()
        .all(|byte| byte > b' ' && byte != 0x7f && byte != b'#');
    let fits = uri.starts_with('/') && uri.len() + query.len() <= LONGEST_URL && is_query;
    if !fits || !are_allowed(&headers, &sent.headers, trigger) {
        return None;
    }
    // A `?` alone is not in the event: it stays as it was where the query does.
    let same = query == sent.query.as_deref().unwrap_or_default();
    let query = if same {
        sent.query.clone()
    } else {
        Some(query.to_owned()).filter(|query| !query.is_empty())
    };
    let request = CarriedRequest {
        uri: uri.to_owned(),
        query,
        headers,
        ..sent.clone()
    };
    let origin = reply.get("origin").filter(|origin| !origin.is_null());
    Some(Reply::Request(request, origin.cloned()))
}

/// `edge-function-restrictions-all`: no hidden header is set, no read-only one changed; and
/// `lambda-at-edge-function-restrictions`: the viewer's country is not told by a function.
fn are_allowed(headers: &HeaderList, sent: &HeaderList, trigger: Trigger) -> bool {
    let names = headers.names();
    let lost = sent.names();
    names.iter().chain(&lost).all(|name| {
        let same = headers.values(name).eq(sent.values(name));
        let own = trigger == Trigger::ViewerRequest && name == "cloudfront-viewer-country";
        same || !(is_read_only(name, trigger) || own || (is_hidden(name) && names.contains(name)))
    })
}

/// `lambda-generating-http-responses`.
fn response(reply: &Value, trigger: Trigger) -> Option<Response> {
    let status: u16 = reply["status"].as_str()?.parse().ok()?;
    let headers = match &reply["headers"] {
        Value::Null => HeaderList::default(),
        headers => HeaderList::of_event(headers)?,
    };
    let body = match &reply["body"] {
        Value::Null => "",
        body => body.as_str()?,
    };
    let content = match reply["bodyEncoding"].as_str() {
        Some("base64") => BASE64_STANDARD.decode(body).ok()?,
        Some("text") | None => body.as_bytes().to_vec(),
        Some(_) => return None,
    };
    let (largest, maker) = match trigger {
        Trigger::ViewerRequest => (40 * 1024, Maker::ViewerRequest),
        Trigger::OriginRequest => (1024 * 1024, Maker::OriginRequest),
    };
    let fits = (200..600).contains(&status)
        && headers.size() + body.len() <= largest
        && !(trigger == Trigger::ViewerRequest && status == 204 && !body.is_empty())
        && headers.names().iter().all(|name| may_be_set(name));
    fits.then_some(Response {
        status,
        headers,
        body: content,
        maker,
    })
}
