//! The CloudFront Function in front of the cache, where one is needed: for the class, for a bucket's `Host`, or for both.
//!
//! In: a [`Stack`]. Out: its code, what it makes of an event, and what the
//! function at origin-request and the policies have to know of it. Absent: running JavaScript.

use std::collections::BTreeMap;

use edgewright_engine::model::forwarded_for::{FORWARDED_FOR, ForwardedFor};
use edgewright_engine::model::marks::Moment;
use edgewright_engine::model::trigger::Trigger;
use serde_json::{Map, Value, json};

use super::inputs::HOST_HEADER;
use super::options::{FunctionOptions, Ignored, Origin};
use super::own_function::{OwnFunctions, chained};
use super::stack::Stack;
use crate::class::{CLASS_HEADER, Copies, Viewed, ViewerClass};
use crate::inputs::Input;

/// What the function reads that is in no event.
#[derive(Debug, Clone, Copy)]
pub struct Chance {
    /// Seconds since 1970.
    pub now: i64,
    /// A random number below [`DRAWS`](edgewright_engine::model::marks::DRAWS).
    pub draw: u8,
}

/// A CloudFront Function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerFunction {
    class: Option<ViewerClass>,
    copies: Copies,
    own: OwnFunctions,
}

impl ViewerFunction {
    /// The function of a stack; `None` where none is needed.
    pub(super) fn of(stack: &Stack) -> Option<Self> {
        if stack.trigger() == Trigger::ViewerRequest {
            return None;
        }
        let reads_host = stack.dependence().inputs.contains_key(&Input::Host);
        let copies = if reads_host && stack.options().origin == Origin::Bucket {
            Copies::Host
        } else {
            Copies::Nothing
        };
        let class = stack.class();
        let needed = class.is_some() || copies == Copies::Host || !stack.own().is_empty();
        needed.then(|| Self {
            class: class.cloned(),
            copies,
            own: stack.own().clone(),
        })
    }

    /// The code.
    pub fn code(&self) -> String {
        let ours = self.our_code();
        if self.own.is_empty() {
            return ours.unwrap_or_default();
        }
        chained(&self.own, ours.as_deref())
    }

    /// The code without the user's own.
    fn our_code(&self) -> Option<String> {
        match (&self.class, self.copies) {
            (Some(class), copies) => Some(class.javascript(copies)),
            (None, Copies::Host) => Some(format!(
                "function handler(event) {{\n  var request = event.request;\n{}  return request;\n}}\n",
                self.copies.code()
            )),
            (None, Copies::Nothing) => None,
        }
    }

    /// What the function is there for.
    pub fn comment(&self) -> &'static str {
        match (&self.class, self.copies) {
            (None, Copies::Nothing) => "Runs functions of your own.",
            (None, Copies::Host) => "Copies Host to where the rules look for it.",
            (Some(_), Copies::Nothing) => "Writes what the rules tell viewers apart by.",
            (Some(_), Copies::Host) => {
                "Copies Host, and writes what the rules tell viewers apart by."
            }
        }
    }

    /// What the function returns for an event, without the user's own; `None` where it would throw. `raw_query` is what `rawQueryString()` gives.
    pub fn run(&self, event: &Value, raw_query: Option<&str>, chance: Chance) -> Option<Value> {
        let mut request = event["request"].clone();
        let headers = request["headers"].as_object_mut()?;
        if self.copies == Copies::Host {
            let host = headers.get("host")?["value"].as_str()?.to_owned();
            headers.insert(HOST_HEADER.to_owned(), json!({ "value": host }));
        }
        if let Some(class) = &self.class {
            let forwarded = forwarded(class, event);
            for name in class.headers() {
                let Some(carrier) = ViewerClass::carrier(&name) else {
                    continue;
                };
                let value = match &forwarded {
                    Some(forwarded) if name == FORWARDED_FOR => Some(forwarded.clone()),
                    _ => headers.get(&name).cloned(),
                };
                match value {
                    Some(value) => _ = headers.insert(carrier, value),
                    None => _ = headers.remove(&carrier),
                }
            }
            let text = class_text(class, event, raw_query, chance);
            headers.insert(CLASS_HEADER.to_owned(), json!({ "value": text }));
        }
        Some(request)
    }
}

/// What the old server got as `X-Forwarded-For`, where that is not what the viewer sent.
fn forwarded(class: &ViewerClass, event: &Value) -> Option<Value> {
    if class.forwarded_for == ForwardedFor::AsSent {
        return None;
    }
    let sent = values(event["request"]["headers"].as_object());
    let sent = sent.iter();
    let mut headers: Vec<(&[u8], &[u8])> = sent
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let client = event["viewer"]["ip"].as_str().unwrap_or_default();
    class.forwarded_for.apply(&mut headers, client.as_bytes());
    let own = headers
        .iter()
        .filter(|(name, _)| *name == FORWARDED_FOR.as_bytes());
    let values: Vec<_> = own
        .map(|(_, value)| String::from_utf8_lossy(value))
        .collect();
    Some(json!({ "value": values.join(", ") }))
}

/// The class of the viewer of an event.
fn class_text(
    class: &ViewerClass,
    event: &Value,
    raw_query: Option<&str>,
    chance: Chance,
) -> String {
    let fields = |name: &str| values(event["request"][name].as_object());
    let headers = fields("headers");
    let headers: Vec<(&[u8], &[u8])> = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let cookies = fields("cookies").into_iter();
    let cookies: Vec<Vec<u8>> = cookies
        .map(|(name, value)| format!("{name}={value}").into_bytes())
        .collect();
    class.text(&Viewed {
        moment: Moment {
            method: event["request"]["method"]
                .as_str()
                .unwrap_or_default()
                .as_bytes(),
            query: raw_query,
            now: chance.now,
            draw: chance.draw,
        },
        headers: &headers,
        cookies: &cookies,
        client: event["viewer"]["ip"]
            .as_str()
            .unwrap_or_default()
            .as_bytes(),
    })
}

/// Names with each of their values.
fn values(fields: Option<&Map<String, Value>>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, field) in fields.into_iter().flatten() {
        let several = field["multiValue"].as_array();
        let several = several.map_or_else(|| vec![field], |several| several.iter().collect());
        let texts = several.into_iter().filter_map(|one| one["value"].as_str());
        all.extend(texts.map(|text| (name.clone(), text.to_owned())));
    }
    all
}

/// The headers that go on to the function at origin-request without being in the key: as they came, or in a carrier.
pub fn sent_beside(class: &ViewerClass) -> Vec<String> {
    let headers = class.headers().into_iter();
    headers
        .map(|name| ViewerClass::carrier(&name).unwrap_or(name))
        .collect()
}

/// Headers whose values others carry.
pub fn carried(class: &ViewerClass) -> BTreeMap<String, String> {
    let headers = class.headers().into_iter();
    headers
        .filter_map(|name| ViewerClass::carrier(&name).map(|carrier| (name, carrier)))
        .collect()
}

/// The headers that the origin does not get, since they are not in the key by themselves.
pub fn unsent(class: &ViewerClass, options: &FunctionOptions) -> Vec<String> {
    let mut names = sent_beside(class);
    names.retain(|name| !options.origin_gets.contains(name));
    names.push(CLASS_HEADER.to_owned());
    let in_key = class.raw.contains(&Input::Cookies) || options.server_gets(Ignored::Cookies);
    if class.sends_cookies() && !in_key {
        names.push("cookie".to_owned());
    }
    names
}
