//! A CloudFront Function at viewer-request as CloudFront calls it.
//!
//! In: a request, and the function behind a trait. Out: the request it made of that, or its answer, or the status that a
//! viewer gets for its fault. Absent: running JavaScript; a test hands in an engine, the product a function of the same
//! meaning.

use serde_json::{Map, Value, json};

use super::behaviour::Behaviour;
use super::carried::CarriedRequest;
use super::edge_function::{Fault, Reply};
use super::header_list::HeaderList;
use super::response::{Maker, Response};
use super::switches::{OverTime, Switches};
use super::viewer_headers::for_viewer_function;
use crate::model::header_names::{Kind, is_hidden, is_read_only, kind};
use crate::model::trigger::Trigger;

/// What runs CloudFront Functions.
pub trait ViewerFunction {
    /// Runs the function of this `code` on an event; `raw_query` is what `rawQueryString()` gives.
    ///
    /// # Errors
    /// The function threw, or took too long.
    fn run(&self, code: &str, event: &Value, raw_query: Option<&str>) -> Result<Value, Ended>;
}

impl<F: Fn(&str, &Value, Option<&str>) -> Result<Value, Ended>> ViewerFunction for F {
    fn run(&self, code: &str, event: &Value, raw_query: Option<&str>) -> Result<Value, Ended> {
        self(code, event, raw_query)
    }
}

/// A function that returned nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It threw, or was none.
    Threw,
    /// It took longer than it may.
    OverTime,
}

/// Calls the function of `code` with `request`.
pub(super) fn call(
    function: &dyn ViewerFunction,
    code: &str,
    request: &CarriedRequest,
    (behaviour, switches): (&Behaviour, &Switches),
) -> Result<Reply, Fault> {
    let seen = for_viewer_function(request, behaviour, switches);
    let event = event(request, &seen);
    match function.run(code, &event, request.query.as_deref()) {
        Ok(returned) if returned.get("statusCode").is_some() => response(&returned)
            .map(Reply::Response)
            .ok_or(Fault::Invalid),
        Ok(returned) => {
            let changed = changed(request, &seen, &event["request"], &returned);
            let changed = changed.ok_or(Fault::Invalid)?;
            Ok(Reply::Request(changed, None))
        }
        // [http-503-service-unavailable].
        Err(Ended::Threw) => Err(Fault::NoReply),
        Err(Ended::OverTime) => match switches.over_time {
            OverTime::Error => Err(Fault::NoReply),
            OverTime::Unchanged => Ok(Reply::Request(request.clone(), None)),
        },
    }
}

/// The event: `functions-event-structure`.
fn event(request: &CarriedRequest, seen: &HeaderList) -> Value {
    let mut headers = Map::new();
    for name in seen.names() {
        if name != "cookie" {
            let value = several(seen.values(&name));
            headers.insert(name, value);
        }
    }
    json!({
        "version": "1.0",
        "context": {
            "distributionDomainName": "model.cloudfront.net", "distributionId": "MODEL",
            "eventType": "viewer-request", "requestId": "MODEL",
        },
        "viewer": { "ip": request.client },
        "request": {
            "method": request.method,
            "uri": request.uri,
            "querystring": pairs(request.query.as_deref().unwrap_or_default().split('&')),
            "headers": headers,
            "cookies": pairs(cookies(seen).iter().map(String::as_str)),
        },
    })
}

/// `{value}`, and `multiValue` where there are several.
fn several<'a>(values: impl Iterator<Item = &'a str>) -> Value {
    let values: Vec<&str> = values.collect();
    let mut object = json!({ "value": values.first().copied().unwrap_or_default() });
    if values.len() > 1 {
        let all: Vec<Value> = values
            .iter()
            .map(|value| json!({ "value": value }))
            .collect();
        object["multiValue"] = json!(all);
    }
    object
}

/// The cookies of all lines, each as it was sent.
fn cookies(headers: &HeaderList) -> Vec<String> {
    let lines: Vec<&str> = headers.values("cookie").collect();
    let pairs = lines.join(";");
    let pairs = pairs.split(';').map(str::trim);
    pairs
        .filter(|pair| !pair.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Names with their values, in the order of the names' first places.
fn pairs<'a>(all: impl Iterator<Item = &'a str>) -> Value {
    let mut grouped: Vec<(&str, Vec<&str>)> = Vec::new();
    for pair in all.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match grouped.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    let grouped = grouped.into_iter();
    let grouped = grouped.map(|(name, values)| (name.to_owned(), several(values.into_iter())));
    Value::Object(grouped.collect())
}

/// The request with what the function changed of it; `None` where CloudFront does not take that.
fn changed(
    request: &CarriedRequest,
    seen: &HeaderList,
    sent: &Value,
    returned: &Value,
) -> Option<CarriedRequest> {
    let uri = returned["uri"]
        .as_str()
        .filter(|uri| uri.starts_with('/'))?;
    let query = query(request, &sent["querystring"], &returned["querystring"]).ok()?;
    let mut headers = headers(seen, &sent["headers"], &returned["headers"])?;
    let unchanged = sent["cookies"] == returned["cookies"];
    let lines = if unchanged {
        request
            .headers
            .values("cookie")
            .map(str::to_owned)
            .collect()
    } else {
        let pairs = joined(&returned["cookies"])?;
        Vec::from_iter((!pairs.is_empty()).then(|| pairs.join("; ")))
    };
    for line in lines {
        headers.add("Cookie", line);
    }
    Some(CarriedRequest {
        uri: uri.to_owned(),
        query,
        headers,
        ..request.clone()
    })
}

/// A query that is returned as it was given stays as the viewer sent it; another is a text, or put together. `Err` where
/// it is neither, or holds what a URL does not.
fn query(
    request: &CarriedRequest,
    sent: &Value,
    returned: &Value,
) -> Result<Option<String>, Fault> {
    let text = match returned {
        _ if sent == returned => return Ok(request.query.clone()),
        Value::String(text) => text.clone(),
        Value::Object(_) => joined(returned).ok_or(Fault::Invalid)?.join("&"),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => return Err(Fault::Invalid),
    };
    let is_url = text
        .bytes()
        .all(|byte| byte > b' ' && byte != 0x7f && byte != b'#');
    let text = Some(text).filter(|text| !text.is_empty());
    if is_url {
        Ok(text)
    } else {
        Err(Fault::Invalid)
    }
}

/// The pairs of an object, each value of it.
fn joined(object: &Value) -> Option<Vec<String>> {
    let mut pairs = Vec::new();
    for (name, value) in object.as_object()? {
        for value in values(value, None)? {
            pairs.push(format!("{name}={value}"));
        }
    }
    Some(pairs)
}

/// The values of a field; `sent` is the field as the function got it. `functions-event-structure`: where `multiValue` was
/// changed it decides; otherwise `value` takes the first place.
fn values(field: &Value, sent: Option<&Value>) -> Option<Vec<String>> {
    let first = field["value"].as_str();
    let Some(several) = field["multiValue"].as_array() else {
        return Some(vec![first?.to_owned()]);
    };
    let mut all = Vec::new();
    for one in several {
        all.push(one["value"].as_str()?.to_owned());
    }
    let same = sent.is_some_and(|sent| sent["multiValue"] == field["multiValue"]);
    if same && let (Some(first), Some(place)) = (first, all.first_mut()) {
        first.clone_into(place);
    }
    Some(all)
}

/// The viewer's headers with the function's changes, without cookies and without CloudFront's own, which come later.
fn headers(seen: &HeaderList, sent: &Value, returned: &Value) -> Option<HeaderList> {
    let returned = returned.as_object()?;
    let mut headers = seen.clone();
    for name in seen.names() {
        let gone = name != "cookie" && !returned.contains_key(&name);
        if gone && is_read_only(&name, Trigger::ViewerRequest) {
            return None;
        }
        let own = matches!(kind(&name), Kind::OfRequest | Kind::OfConnection);
        if gone || own || name == "cookie" {
            headers.remove(&name);
        }
    }
    for (name, value) in returned {
        let before = sent.get(name);
        let own = matches!(kind(name), Kind::OfRequest | Kind::OfConnection);
        if before == Some(value) || own {
            continue;
        }
        if is_read_only(name, Trigger::ViewerRequest) || is_hidden(name) {
            return None;
        }
        headers.remove(name);
        for value in values(value, before)? {
            headers.add(name, value);
        }
    }
    Some(headers)
}

/// `functions-event-structure`, "Response object".
fn response(returned: &Value) -> Option<Response> {
    let status = u16::try_from(returned["statusCode"].as_u64()?).ok()?;
    let mut headers = HeaderList::default();
    for (name, value) in returned["headers"].as_object().into_iter().flatten() {
        if is_hidden(name) {
            return None;
        }
        for value in values(value, None)? {
            headers.add(name, value);
        }
    }
    for pair in returned.get("cookies").map_or(Some(Vec::new()), joined)? {
        headers.add("Set-Cookie", pair);
    }
    let body = &returned["body"];
    let body = body.as_str().or_else(|| body["data"].as_str());
    let valid = (100..600).contains(&status);
    valid.then(|| Response {
        status,
        headers,
        body: body.unwrap_or_default().as_bytes().to_vec(),
        maker: Maker::ViewerRequest,
    })
}
