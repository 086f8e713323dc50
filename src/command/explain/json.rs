//! What happens to a request, as JSON.
//!
//! In: requests with their answers. Out: one object. Absent: printing it.

use edgewright_engine::model::outcome::{Event, Step};
use serde_json::{Value, json};

use super::Hop;
use super::host::{Chosen, Reason};
use super::lines::{Lines, shown};
use super::text::headers;
use super::words::effect;
use crate::contract::answer_to_json;
use crate::engine::Answerer;

/// `{"hops": […]}`: each with its request, host, answer and steps.
pub fn object(hops: &[Hop<'_>], lines: &Lines<'_>, answering: &Answerer) -> Value {
    let hops: Vec<Value> = hops.iter().map(|hop| one(hop, lines, answering)).collect();
    json!({ "hops": hops })
}

fn one(hop: &Hop<'_>, lines: &Lines<'_>, answering: &Answerer) -> Value {
    let rules = answering.rules(&hop.answer);
    let steps = hop.answer.trace.iter();
    let steps: Vec<Value> = steps
        .map(|step| step_object(step, lines, answering))
        .collect();
    json!({
        "request": hop.request.to_json(),
        "host": hop.chosen.as_ref().map(|chosen| host_object(chosen, answering)),
        "answer": answer_to_json(&hop.answer, &rules),
        "headers": headers(&hop.answer),
        "steps": steps,
        "tried": hop.looked_at,
    })
}

fn host_object(chosen: &Chosen<'_>, answering: &Answerer) -> Value {
    let Chosen { host, reason } = chosen;
    let (reason, nearest) = match reason {
        Reason::OnlyOne => ("only", None),
        Reason::Named => ("named", None),
        Reason::First(nearest) => ("first", nearest.as_ref().map(|(name, _)| name)),
    };
    json!({
        "name": shown(&host.name),
        "place": host.place.map(|place| answering.place(place)),
        "reason": reason,
        "nearest": nearest,
    })
}

fn step_object(step: &Step, lines: &Lines<'_>, answering: &Answerer) -> Value {
    json!({
        "place": step.place.map(|place| answering.place(place)),
        "line": step.place.map(|place| lines.text(place)),
        "event": name(&step.event),
        "text": effect(&step.event),
    })
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Held(_) => "held",
        Event::Failed(_) => "failed",
        Event::Unmatched(_) => "unmatched",
        Event::Stopped => "stopped",
        Event::Applied => "applied",
        Event::Rewrote(_) => "rewrote",
        Event::Redirected(_) => "redirected",
        Event::Answered(_) => "answered",
        Event::Proxied(_) => "proxied",
        Event::Internal(_) => "internal",
        Event::Server(_) => "server",
    }
}
