//! Answers with their headers, in comparable form.
//!
//! In: a real Apache's [`Answer`], or the headers that an engine says. Out: [`Sent`]. Absent: headers of files and of
//! other servers; `Location` and cookies, which a [`Line`] has.

use std::time::UNIX_EPOCH;

use crate::apache::Answer;
use crate::contract::{Line, Outcome};
use crate::record::from_latin_1;

/// An answer as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What became of the request.
    pub line: Line,
    /// Its other headers.
    pub headers: SentHeaders,
}

/// Headers of an answer that the server makes itself: `name: value` with the name in lower case, by name, those of one
/// name in the order they are sent. Of any other answer there are none.
///
/// The type of Apache's own page is left out, and a missing one is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentHeaders(pub Vec<String>);

/// Headers that are not compared, in lower case, and why.
const NOT_COMPARED: [(&str, &str); 16] = [
    ("accept-ranges", "of the file that stands in for an answer"),
    ("allow", "which methods there are, the origin knows"),
    ("alternates", "the choice that was refused"),
    ("connection", "of the connection"),
    ("content-location", "the choice among files"),
    ("content-length", "of the page"),
    ("date", "of the clock"),
    ("etag", "of the file that stands in for an answer"),
    ("last-modified", "of the file that stands in for an answer"),
    ("location", "in the line"),
    ("server", "of who sends the answer"),
    ("set-cookie", "in the line"),
    ("tcn", "the choice that was refused"),
    ("transfer-encoding", "of the connection"),
    ("upgrade", "of the connection"),
    ("www-authenticate", "nobody logs in at the edge"),
];

/// What the server that is asked adds for the comparison.
const ADDED: &str = "x-edgewright-";

/// The type of Apache's own page.
const PAGE: &str = "text/html; charset=iso-8859-1";

impl Sent {
    /// What Apache answered; file names below one of `document_roots` lose it.
    pub fn from_apache(answer: &Answer, document_roots: &[String]) -> Self {
        let line = Line::from_apache(answer, document_roots);
        let headers = SentHeaders::of(&line, || {
            let mut date = None;
            for (name, value) in &answer.headers {
                if name.eq_ignore_ascii_case(b"Date") {
                    date = seconds(value);
                }
            }
            let headers = answer.headers.iter();
            let pair =
                move |(name, value): &(Vec<u8>, Vec<u8>)| (from_latin_1(name), shown(value, date));
            headers.map(pair).collect()
        });
        Self { line, headers }
    }
}

impl SentHeaders {
    /// The headers of an answer: `all` are asked for only where the server makes the answer. A date is so many seconds
    /// after the answer, see [`after`].
    pub fn of(line: &Line, all: impl FnOnce() -> Vec<(String, String)>) -> Self {
        match line.outcome {
            Outcome::Redirect { .. } | Outcome::Status { .. } => Self::by_name(all()),
            Outcome::Serve { .. } | Outcome::Proxy { .. } | Outcome::Unsupported { .. } => {
                Self::default()
            }
        }
    }

    fn by_name(all: Vec<(String, String)>) -> Self {
        let mut headers = Vec::new();
        let mut has_type = false;
        for (name, value) in all {
            let name = name.to_ascii_lowercase();
            has_type |= name == "content-type";
            let is_page = name == "content-type" && value == PAGE;
            if is_compared(&name) && !is_page {
                headers.push((name, value));
            }
        }
        if !has_type {
            headers.push(("content-type".to_owned(), "none".to_owned()));
        }
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        let lines = headers.into_iter();
        Self(
            lines
                .map(|(name, value)| format!("{name}: {value}").trim_end().to_owned())
                .collect(),
        )
    }
}

/// A date that is so many seconds after the answer.
pub fn after(seconds: u64) -> String {
    format!("+{seconds}")
}

fn is_compared(name: &str) -> bool {
    let mut left_out = NOT_COMPARED.iter().map(|(known, _)| *known);
    !name.starts_with(ADDED) && left_out.all(|known| known != name)
}

/// A value, where it is a date so many seconds after `date`.
pub fn shown(value: &[u8], date: Option<u64>) -> String {
    match seconds(value).zip(date) {
        Some((own, date)) if own >= date => after(own - date),
        _ => from_latin_1(value),
    }
}

/// Seconds since 1970 of an HTTP date.
fn seconds(value: &[u8]) -> Option<u64> {
    let time = httpdate::parse_http_date(str::from_utf8(value).ok()?).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}
