//! A request to a build: reference, compiled form and function agree, and the reply is safe.

use edgewright_engine::cloudfront::event;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::model::trigger::Trigger;

use crate::builds::{self, Build};
use crate::safety;

pub fn run(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut words = lines
        .next()
        .unwrap_or_default()
        .splitn(3, |byte| *byte == b' ');
    let mut word = || words.next().unwrap_or_default();
    let (method, flags, target) = (word(), word(), word());
    let headers: Vec<(&[u8], &[u8])> = lines.filter_map(header).collect();
    let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"host");
    let host = headers.iter().find(|(name, _)| is_host(name));
    let others = headers.iter().copied().filter(|(name, _)| !is_host(name));
    let others: Vec<_> = others.collect();
    let request = Request {
        method,
        scheme: if flags.contains(&b's') {
            Scheme::Https
        } else {
            Scheme::Http
        },
        host: host.map(|(_, value)| *value),
        target: Target::of(target),
        headers: &others,
        client: b"192.0.2.1",
        protocol: b"HTTP/1.1",
    };
    for build in builds::all() {
        build.compare(&request);
        through_the_function(build, &request);
    }
}

fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

fn through_the_function(build: &Build, request: &Request) {
    let Some(text) = event::event(request, Trigger::OriginRequest) else {
        return;
    };
    let reply = build.function.handle_at_once(text.as_bytes()).unwrap();
    let event = Event::parse(text.as_bytes()).unwrap();
    safety::check(event.request, &reply);
    assert!(event::effect(&reply).is_some(), "{reply}");
}
