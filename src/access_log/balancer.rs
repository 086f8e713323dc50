//! Access logs of AWS load balancers: application load balancers, and classic ones.
//!
//! In: a line. Out: an [`Entry`]. Absent: what the load balancer did with the request.
//!
//! `https TIME app/… CLIENT:PORT TARGET:PORT 3 × SECONDS STATUS STATUS BYTES BYTES "GET https://host:443/ HTTP/1.1" "agent" …`;
//! a classic one writes no protocol in front.

use super::Entry;
use super::text::{Parts, find, status, unquoted};
use super::time::Time;

/// What an application load balancer's line begins with.
const PROTOCOLS: [&[u8]; 6] = [b"http", b"https", b"h2", b"grpcs", b"ws", b"wss"];

/// Words before the request of a classic load balancer.
const CLASSIC_WORDS: usize = 11;

/// Reads a line.
pub fn parse(line: &[u8]) -> Option<Entry> {
    let quote = find(line, b" \"")?;
    let words = line[..quote].split(|byte| *byte == b' ');
    let mut words: Vec<&[u8]> = words.collect();
    if words.first().is_some_and(|first| PROTOCOLS.contains(first)) {
        words.remove(0);
    }
    if words.len() != CLASSIC_WORDS {
        return None;
    }
    let time = Time::of_iso(words[0])?;
    let (request, rest) = unquoted(&line[quote + 2..])?;
    let agent = rest.strip_prefix(b" \"").and_then(unquoted);
    let mut parts = Parts {
        user_agent: agent.map(|(agent, _)| agent),
        status: status(words[7]),
        time: Some(time),
        ..Parts::default()
    };
    parts.read_request_line(&request);
    Some(parts.into_entry())
}
