//! What a site that is deployed answers, beside what the rules say.
//!
//! In: a [`Destination`], an answering engine, requests. Out: [`Found`] of each. Absent: making requests, and what a server
//! behind CloudFront answers by itself: that is nobody's to compare.

mod destination;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::verify::normalized_response::{End, Naming, NormalizedResponse, Observed};
use crate::verify::wire::Response;

pub use destination::Destination;

/// Requests under way at the same time.
const WORKERS: usize = 4;

/// The client's address that the rules see: one of those that documents use (RFC 5737). CloudFront sees another.
const CLIENT: &[u8] = b"203.0.113.7";

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Answered at the edge, with this status, as the rules say.
    AsTheRulesSay(u16),
    /// The rules leave it to the server or the bucket, which answered with this status.
    PassedOn(u16),
    /// Another answer.
    Differs {
        /// What the rules say.
        expected: String,
        /// What came.
        found: String,
        /// The rules that have a say.
        rules: Vec<String>,
    },
    /// What the rules say depends on what the edge cannot know.
    Unknown(String),
}

/// The request as the site is asked, seen by the rules.
pub fn as_client(mut request: OwnedRequest, destination: &Destination) -> OwnedRequest {
    request.scheme = destination.scheme;
    request.host = Some(destination.host_header().into_bytes());
    request.client = CLIENT.to_vec();
    request
}

/// Can the request be sent without changing anything?
pub fn is_safe(request: &OwnedRequest) -> bool {
    matches!(&request.method[..], b"GET" | b"HEAD")
}

/// Asks the site, at most `rate` times a second, and calls `progress` after each answer. What came of each, in their order.
///
/// # Errors
/// The first request that has no answer, asked twice.
pub fn probe(
    destination: &Destination,
    requests: &[OwnedRequest],
    rate: u32,
    mut progress: impl FnMut(),
) -> io::Result<Vec<Response>> {
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let (sender, receiver) = mpsc::channel();
    let mut answers: Vec<Option<Response>> = vec![None; requests.len()];
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(at) else {
                        return;
                    };
                    let due = Duration::from_secs(1)
                        .saturating_mul(u32::try_from(at).unwrap_or(u32::MAX));
                    thread::sleep((due / rate.max(1)).saturating_sub(begun.elapsed()));
                    let answer = destination.ask(request);
                    let answer = answer.or_else(|_| destination.ask(request));
                    if sender.send((at, answer)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (at, answer) in receiver {
            progress();
            if let Some(place) = answers.get_mut(at) {
                *place = Some(answer?);
            }
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(answers.into_iter().flatten().collect())
}

/// What came of one request.
pub fn compared(answerer: &Answerer, request: &OwnedRequest, response: &Response) -> Found {
    let answer = request.with(|request| answerer.answer(request));
    let expected = match NormalizedResponse::of_engine(&answer) {
        Ok(expected) => expected,
        Err(reason) => return Found::Unknown(reason),
    };
    let rules = || answerer.rules(&answer);
    of(&expected, response, rules)
}

fn of(
    expected: &NormalizedResponse,
    response: &Response,
    rules: impl FnOnce() -> Vec<String>,
) -> Found {
    let found = Observed::of(response, &Naming::default()).seen;
    let differs = |found: String| Found::Differs {
        expected: line(expected),
        found,
        rules: rules(),
    };
    if let Some(failure) = failure(response) {
        return differs(format!("{} ({failure})", response.status));
    }
    match (&expected.end, &found.end) {
        (End::Serve(..) | End::Proxy(_), _) => Found::PassedOn(response.status),
        (End::Redirect(status, location), End::Redirect(own, own_location))
            if status == own
                && sent(location) == sent(own_location)
                && expected.cookies == found.cookies =>
        {
            Found::AsTheRulesSay(*status)
        }
        (End::Status(status), End::Status(own))
            if status == own && expected.cookies == found.cookies =>
        {
            Found::AsTheRulesSay(*status)
        }
        (End::Redirect(..) | End::Status(_), _) => differs(line(&found)),
    }
}

/// What CloudFront says in `X-Cache` where a function failed: `LambdaExecutionError from cloudfront`, `FunctionThrottledError`.
/// `LambdaGeneratedResponse` is an answer.
fn failure(response: &Response) -> Option<String> {
    let said = String::from_utf8_lossy(response.first("X-Cache")?).into_owned();
    let is_of_a_function = said.starts_with("Lambda") || said.starts_with("Function");
    (is_of_a_function && !said.contains("GeneratedResponse")).then_some(said)
}

/// The answer without its page and its other headers.
fn line(answer: &NormalizedResponse) -> String {
    let cookies = answer.cookies.iter();
    let cookies = cookies.map(|cookie| format!(", cookie {}", cookie.escape_ascii()));
    let cookies: String = cookies.collect();
    match &answer.end {
        End::Redirect(status, location) => {
            format!("{status} {}{cookies}", location.escape_ascii())
        }
        End::Status(status) => format!("{status}{cookies}"),
        End::Serve(..) | End::Proxy(_) => "passed on".to_owned(),
    }
}

/// A location as CloudFront can send it.
fn sent(location: &[u8]) -> String {
    let byte = |byte: &u8| match byte {
        b'!'..=b'~' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    location.iter().map(byte).collect()
}
