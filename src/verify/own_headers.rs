//! Headers of answers that a server makes itself, in one form.
//!
//! In: a response of Apache's, or an engine's answer. Out: [`OwnHeaders`]. Absent: `Location` and cookies, which are
//! compared by themselves; headers of files.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use edgewright_engine::model::header_names::may_be_sent;
use edgewright_engine::model::outcome::{Answer, ContentType, HeaderText, Outcome};
use edgewright_engine::model::page::Page;

use super::wire::Response;

/// Headers that are not compared, in lower case, and why.
const NOT_COMPARED: [(&str, &str); 12] = [
    ("accept-ranges", "of the file that stands in for an answer"),
    ("allow", "which methods there are, the origin knows"),
    (
        "alternates",
        "the choice that was refused is told by the status",
    ),
    ("content-length", "of the page, which is another"),
    ("date", "of the clock"),
    ("etag", "of the file that stands in for an answer"),
    ("last-modified", "of the file that stands in for an answer"),
    ("location", "compared by itself"),
    ("server", "of who sends the answer"),
    ("set-cookie", "compared by itself"),
    ("tcn", "the choice that was refused is told by the status"),
    ("www-authenticate", "nobody logs in at the edge"),
];

/// What the server that is asked adds for the comparison.
const ADDED: &str = "x-edgewright-";

/// Headers by name in lower case, the values of one name in the order they are sent. A date that is reckoned from the
/// answer's own is so many seconds after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnHeaders(BTreeMap<String, Vec<Vec<u8>>>);

impl OwnHeaders {
    /// The headers of a response, `here` making names of files here the server's.
    pub fn of_response(response: &Response, here: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let mut headers = Self::default();
        let date = response.first("Date").and_then(seconds);
        for (name, value) in &response.headers {
            let after = seconds(value).zip(date);
            match after {
                Some((own, date)) if own >= date => headers.add(name, after_text(own - date)),
                _ => headers.add(name, here(value)),
            }
        }
        headers
    }

    /// The headers of an answer; none where it is not made here.
    pub fn of_answer(answer: &Answer) -> Self {
        let mut headers = Self::default();
        match &answer.outcome {
            Outcome::Redirect { .. } | Outcome::Status { .. } => {}
            Outcome::Serve { .. }
            | Outcome::Proxy { .. }
            | Outcome::OverBudget
            | Outcome::Unsupported { .. } => return headers,
        }
        for header in &answer.headers.lines {
            match &header.value {
                HeaderText::Text(text) => headers.add(&header.name, text.clone()),
                HeaderText::DateAfter(after) => {
                    headers.add(&header.name, after_text(u64::from(*after)));
                }
            }
        }
        if let Some(value) = answer.headers.content_type.value() {
            headers.add(b"Content-Type", value.to_vec());
        }
        if !answer.vary.is_empty() {
            headers.add(b"Vary", answer.vary.join(&b","[..]));
        }
        headers
    }

    /// The headers less those that nobody can know who answers so: the type of a file that no list of types was read for,
    /// and all of a document that nobody has seen.
    pub fn known_to(mut self, answer: &Answer) -> Self {
        let is_document = matches!(answer.headers.content_type, ContentType::Document(_));
        if is_document && answer.page == Page::Unknown {
            return Self::default();
        }
        if answer.headers.content_type == ContentType::None {
            self.0.remove("content-type");
        }
        self
    }

    fn add(&mut self, name: &[u8], value: Vec<u8>) {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let is_left_out = NOT_COMPARED.iter().any(|(known, _)| *known == name)
            || name.starts_with(ADDED)
            || !may_be_sent(name.as_bytes());
        if !is_left_out {
            self.0.entry(name).or_default().push(value);
        }
    }

    /// For a person: a line for each header that is not the same in `other`.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let differing = self
            .0
            .iter()
            .filter(|(name, values)| other.0.get(*name) != Some(values));
        let lines = differing.flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| format!("{name}: {}", value.escape_ascii()))
        });
        lines.collect()
    }
}

fn after_text(seconds: u64) -> Vec<u8> {
    format!("{seconds} s after the answer").into_bytes()
}

/// Seconds since 1970 of an HTTP date.
fn seconds(value: &[u8]) -> Option<u64> {
    let time = httpdate::parse_http_date(str::from_utf8(value).ok()?).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], expected: &[&str]) {
        let bytes = |text: &str| text.as_bytes().to_vec();
        let headers = headers
            .iter()
            .map(|(name, value)| (bytes(name), bytes(value)));
        let response = Response {
            status: 301,
            headers: headers.collect(),
            body: Vec::new(),
        };
        let found = OwnHeaders::of_response(&response, <[u8]>::to_vec);
        assert_eq!(found.differing(&OwnHeaders::default()), expected);
    }

    #[test]
    fn headers_are_compared_but_for_a_list() {
        check(
            &[("X-A", "1"), ("Server", "x"), ("x-a", "2")],
            &["x-a: 1", "x-a: 2"],
        );
        check(&[("X-Edgewright-Query", ""), ("Connection", "close")], &[]);
    }

    #[test]
    fn dates_count_from_the_answers_own() {
        let expires = ("Expires", "Tue, 14 Nov 2023 22:14:20 GMT");
        let date = ("Date", "Tue, 14 Nov 2023 22:13:20 GMT");
        check(&[date, expires], &["expires: 60 s after the answer"]);
        check(&[expires], &["expires: Tue, 14 Nov 2023 22:14:20 GMT"]);
    }
}
