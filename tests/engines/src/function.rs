//! The function's reply: an answer of the compiled form in CloudFront's words.
//!
//! In: an answer. Out: its headers as the reply has them. Absent: what the function does not know of a request, and how
//! a reply carries a `Location` or a cookie.

use std::rc::Rc;

use edgewright_engine::cloudfront::event::event;
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::lambda::response::Reply;
use edgewright_engine::model::outcome::{Answer, ContentType, Outcome};
use edgewright_engine::model::page::Page;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::trigger::Trigger;
use edgewright_test_support::record::latin_1;
use edgewright_test_support::sent::{Sent, SentHeaders, shown};
use edgewright_test_support::wire;
use percent_encoding::{percent_decode, percent_decode_str};
use serde_json::Value;

use super::{Edge, Engine, headers, sent, with_request};

/// When replies are made, in seconds since 1970.
const NOW: i64 = 1_800_000_000;

/// The compiled form behind the function.
pub struct Function(pub Rc<Edge>);

impl Engine for Function {
    fn name(&self) -> &'static str {
        "function"
    }

    fn sent(&self, request: &wire::Request) -> Sent {
        with_request(request, |request| {
            let answer = self.0.decided(request);
            let Sent { line, headers } = sent(&answer);
            let headers = replied(request, &answer)
                .map_or(headers, |replied| SentHeaders::of(&line, || replied));
            Sent { line, headers }
        })
    }
}

/// The headers of the reply; `None` where it is none of the function's, or CloudFront never asks.
fn replied(request: &Request<'_>, answer: &Answer) -> Option<Vec<(String, String)>> {
    let text = event(request, Trigger::OriginRequest)?;
    let event = Event::parse(text.as_bytes()).unwrap();
    let fields = event.fields().unwrap();
    let configuration = Configuration::default();
    let reply = Reply::to(&event, &fields, answer, &configuration, NOW).unwrap();
    let reply: Value = serde_json::from_str(reply.json.get()).unwrap();
    reply.get("status")?;
    let exact = headers(answer);
    let groups = reply["headers"].as_object().unwrap();
    let lines = groups.iter().flat_map(|(name, lines)| {
        let lines = lines.as_array().unwrap().iter();
        lines.map(|line| (name.clone(), line["value"].as_str().unwrap()))
    });
    let lines = lines.map(|(name, value)| {
        let value = shown(value.as_bytes(), NOW.try_into().ok());
        let value = unencoded(&name, value, &exact);
        (name, value)
    });
    // What the function decides by itself is what Apache says.
    let is_decided = |name: &str| is_decided(name, answer, &exact);
    let lines = lines.filter(|(name, _)| !is_decided(name));
    let decided = exact.iter().filter(|(name, _)| is_decided(name)).cloned();
    Some(lines.chain(decided).collect())
}

/// Is a header of this name not Apache's: how long CloudFront keeps what nobody says anything of, or what has cookies; the
/// type of a page that stands in for a document?
fn is_decided(name: &str, answer: &Answer, exact: &[(String, String)]) -> bool {
    let is_said = || {
        exact
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    match name.to_ascii_lowercase().as_str() {
        "cache-control" => !answer.cookies.is_empty() || !is_said(),
        // A 205 has no content, whatever Apache sends.
        "content-type" if answer.outcome == (Outcome::Status { status: 205 }) => true,
        "content-type" if answer.page == Page::Unknown => matches!(
            answer.headers.content_type,
            ContentType::Document(_) | ContentType::None
        ),
        _ => false,
    }
}

/// A value as the answer has it, where the reply only had to encode it: ASCII, without control characters.
fn unencoded(name: &str, value: String, exact: &[(String, String)]) -> String {
    let bytes = |text: &str| -> Vec<u8> {
        percent_decode(&latin_1(&text.replace(char::is_control, " "))).collect()
    };
    let decoded: Vec<u8> = percent_decode_str(&value).collect();
    let mut same = exact
        .iter()
        .filter(|(known, own)| known.eq_ignore_ascii_case(name) && bytes(own) == decoded);
    same.next().map_or(value, |(_, own)| own.clone())
}
