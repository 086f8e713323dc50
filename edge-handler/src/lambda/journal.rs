//! What went wrong, counted, one line each.
//!
//! In: an event worth a line. Out: one JSON object on a line, with how many of its kind there were
//! since the function started, for a metric filter. Absent: requests that went well, and the
//! query, headers and address of any request: they may be somebody's secret.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::response::Shortfall;

/// Why a request was not answered as Apache would have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The program, its table or the configuration could not be loaded.
    NotLoaded,
    /// The read at start failed.
    WarmUp,
    /// The generation that is live cannot be had: the one before goes on.
    Refresh,
    /// CloudFront's event could not be read.
    Event,
    /// The table failed or was too slow.
    Table,
    /// A panic.
    Panic,
    /// The request should go to another server.
    Proxy,
    /// The answer depends on something the edge does not know.
    Unsupported,
    /// The new URL or the answer is longer than CloudFront takes.
    TooLong,
    /// Cookies could not be set.
    CookiesLost,
}

impl Kind {
    const COUNT: usize = Self::CookiesLost as usize + 1;

    fn name(self) -> &'static str {
        match self {
            Self::NotLoaded => "not-loaded",
            Self::WarmUp => "warm-up",
            Self::Refresh => "refresh",
            Self::Event => "event",
            Self::Table => "table",
            Self::Panic => "panic",
            Self::Proxy => "proxy",
            Self::Unsupported => "unsupported",
            Self::TooLong => "too-long",
            Self::CookiesLost => "cookies-lost",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    edgewright: &'static str,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    message: &'a str,
}

/// Counts, and writes lines.
pub struct Journal {
    counts: [AtomicU64; Kind::COUNT],
    write: Box<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.iter();
        formatter.debug_list().entries(counts).finish()
    }
}

impl Journal {
    /// A journal whose lines `write` gets, without line ends.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            counts: Default::default(),
            write: Box::new(write),
        }
    }

    /// A journal on standard error, which Lambda hands to CloudWatch. Nobody to tell when that
    /// fails.
    pub fn standard_error() -> Self {
        Self::new(|line| _ = writeln!(std::io::stderr().lock(), "{line}"))
    }

    /// Notes one event; `path` is the request's, if there was one.
    pub fn note(&self, kind: Kind, path: Option<&str>, message: &str) {
        let count = self
            .counts
            .get(kind as usize)
            .map_or(0, |count| count.fetch_add(1, Ordering::Relaxed));
        let line = Line {
            edgewright: kind.name(),
            count: count + 1,
            path,
            message,
        };
        if let Ok(line) = serde_json::to_string(&line) {
            (self.write)(&line);
        }
    }

    /// Notes what of an answer could not be done.
    pub fn note_shortfall(&self, shortfall: &Shortfall, path: &str) {
        let (kind, message) = match shortfall {
            Shortfall::Proxy(url) => (Kind::Proxy, without_query(url).to_owned()),
            Shortfall::Unsupported(reason) => (Kind::Unsupported, reason.clone()),
            Shortfall::TooLong(length) => (Kind::TooLong, format!("{length} bytes")),
            Shortfall::CookiesLost(count) => (Kind::CookiesLost, format!("{count} cookies")),
        };
        self.note(kind, Some(path), &message);
    }
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn every_kind_is_counted_by_itself() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let journal = Journal::new(move |line| sink.lock().unwrap().push(line.to_owned()));
        journal.note(Kind::Table, Some("/a\"\n"), "slow");
        journal.note(Kind::Event, None, "cut short");
        journal.note_shortfall(&Shortfall::Proxy("http://b/c?secret".to_owned()), "/b");
        journal.note(Kind::Table, None, "slow");
        journal.note_shortfall(&Shortfall::CookiesLost(2), "/c");
        let expected = [
            r#"{"edgewright":"table","count":1,"path":"/a\"\n","message":"slow"}"#,
            r#"{"edgewright":"event","count":1,"message":"cut short"}"#,
            r#"{"edgewright":"proxy","count":1,"path":"/b","message":"http://b/c"}"#,
            r#"{"edgewright":"table","count":2,"message":"slow"}"#,
            r#"{"edgewright":"cookies-lost","count":1,"path":"/c","message":"2 cookies"}"#,
        ];
        assert_eq!(*lines.lock().unwrap(), expected);
    }
}
