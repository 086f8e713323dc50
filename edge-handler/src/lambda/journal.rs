//! What went wrong, counted: a line now and then, not one for each request.
//!
//! In: events worth a line. Out: JSON objects on a line each, in CloudWatch's embedded metric format:
//! the counts since the line before become metrics by themselves. Absent: requests that went well,
//! and the query, headers and address of any request: they may be somebody's secret.
//!
//! ```json
//! {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "edgewright", "Dimensions": [[]],
//!    "Metrics": [{"Name": "table", "Unit": "Count"}]}]},
//!  "edgewright": "events", "requests": 812, "table": 3,
//!  "samples": [{"kind": "table", "path": "/old", "message": "…"}]}
//! ```
//!
//! The first event makes a line at once; those that follow wait until the interval is over and a
//! request comes, since Lambda stops the process in between.

use std::fmt;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::dynamodb::FaultKind;
use super::response::Shortfall;
use crate::budget::DECISION_STEPS;

/// Why a request was not answered as Apache would have, or what else went wrong.
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
    /// The table failed.
    Table,
    /// The table was asked for too much.
    Throttled,
    /// The table was too slow.
    Slow,
    /// The table was not asked, because it failed before.
    Paused,
    /// An item of the table cannot be used.
    Item,
    /// The generation in use was removed from the table.
    Pruned,
    /// A panic.
    Panic,
    /// The request should go to another server.
    Proxy,
    /// The decision takes more steps than it may.
    Budget,
    /// The answer depends on something the edge does not know.
    Unsupported,
    /// The new URL or the answer is longer than CloudFront takes.
    TooLong,
    /// Cookies could not be set.
    CookiesLost,
}

impl Kind {
    const ALL: [Self; 16] = [
        Self::NotLoaded,
        Self::WarmUp,
        Self::Refresh,
        Self::Event,
        Self::Table,
        Self::Throttled,
        Self::Slow,
        Self::Paused,
        Self::Item,
        Self::Pruned,
        Self::Panic,
        Self::Proxy,
        Self::Budget,
        Self::Unsupported,
        Self::TooLong,
        Self::CookiesLost,
    ];

    /// The kind of a failed read.
    pub fn of(fault: FaultKind) -> Self {
        match fault {
            FaultKind::Table => Self::Table,
            FaultKind::Throttled => Self::Throttled,
            FaultKind::Slow => Self::Slow,
            FaultKind::Paused => Self::Paused,
            FaultKind::Item => Self::Item,
            FaultKind::Pruned => Self::Pruned,
        }
    }

    /// The metric's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotLoaded => "not-loaded",
            Self::WarmUp => "warm-up",
            Self::Refresh => "refresh",
            Self::Event => "event",
            Self::Table => "table",
            Self::Throttled => "throttled",
            Self::Slow => "slow",
            Self::Paused => "paused",
            Self::Item => "item",
            Self::Pruned => "pruned",
            Self::Panic => "panic",
            Self::Proxy => "proxy",
            Self::Budget => "budget",
            Self::Unsupported => "unsupported",
            Self::TooLong => "too-long",
            Self::CookiesLost => "cookies-lost",
        }
    }
}

/// Counts, and writes lines.
pub struct Journal {
    pending: Mutex<Pending>,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

/// What was noted since the last line.
#[derive(Debug, Default)]
struct Pending {
    requests: u64,
    noted: [Noted; Kind::ALL.len()],
    /// When the last line was written.
    line: Option<Instant>,
}

/// Events of one kind, and the first of them.
#[derive(Debug, Default)]
struct Noted {
    count: u64,
    path: Option<String>,
    message: String,
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pending.fmt(formatter)
    }
}

impl Journal {
    /// A journal whose lines `write` gets, without line ends.
    pub fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            pending: Mutex::default(),
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
        let mut pending = self.pending();
        let Some(noted) = pending.noted.get_mut(kind as usize) else {
            return;
        };
        noted.count += 1;
        if noted.count == 1 {
            noted.path = path.map(str::to_owned);
            message.clone_into(&mut noted.message);
        }
    }

    /// Notes what of an answer could not be done.
    pub fn note_shortfall(&self, shortfall: &Shortfall, path: &str) {
        let (kind, message) = match shortfall {
            Shortfall::Proxy(url) => (Kind::Proxy, without_query(url).to_owned()),
            Shortfall::OverBudget => (Kind::Budget, over_budget()),
            Shortfall::Unsupported(reason) => (Kind::Unsupported, reason.clone()),
            Shortfall::TooLong(length) => (Kind::TooLong, format!("{length} bytes")),
            Shortfall::CookiesLost(count) => (Kind::CookiesLost, format!("{count} cookies")),
        };
        self.note(kind, Some(path), &message);
    }

    /// Counts a request.
    pub fn count_request(&self) {
        self.pending().requests += 1;
    }

    /// Writes a line if there is something to tell and the last line is `interval` ago.
    pub fn tell(&self, interval: Duration) {
        let mut pending = self.pending();
        let early = pending.line.is_some_and(|line| line.elapsed() < interval);
        if early || pending.noted.iter().all(|noted| noted.count == 0) {
            return;
        }
        let told = std::mem::take(&mut *pending);
        pending.line = Some(Instant::now());
        drop(pending);
        (self.write)(&told.line().to_string());
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn line(&self) -> Value {
        let all = || {
            let all = Kind::ALL.iter().zip(&self.noted);
            all.filter(|(_, noted)| noted.count > 0)
        };
        let names = all().map(|(kind, _)| kind.name()).chain(["requests"]);
        let metrics: Vec<Value> = names
            .map(|name| json!({ "Name": name, "Unit": "Count" }))
            .collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = u64::try_from(now.unwrap_or_default().as_millis()).unwrap_or_default();
        let mut line = Map::new();
        let mut add = |name: &str, value| _ = line.insert(name.to_owned(), value);
        let directive =
            json!({ "Namespace": "edgewright", "Dimensions": [[]], "Metrics": metrics });
        add(
            "_aws",
            json!({ "Timestamp": now, "CloudWatchMetrics": [directive] }),
        );
        add("edgewright", json!("events"));
        add("requests", json!(self.requests));
        for (kind, noted) in all() {
            add(kind.name(), json!(noted.count));
        }
        let samples = all().map(|(kind, noted)| match &noted.path {
            Some(path) => json!({ "kind": kind.name(), "path": path, "message": noted.message }),
            None => json!({ "kind": kind.name(), "message": noted.message }),
        });
        add("samples", samples.collect());
        Value::Object(line)
    }
}

fn over_budget() -> String {
    format!("the decision takes more than {DECISION_STEPS} steps")
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::sync::Arc;

    use super::*;

    /// A journal and its lines, without what depends on the clock.
    fn journal() -> (Journal, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let journal = Journal::new(move |line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{line}");
            }
            line.as_object_mut().unwrap().shift_remove("_aws");
            sink.lock().unwrap().push(line.to_string());
        });
        (journal, lines)
    }

    #[test]
    fn the_order_of_kinds_is_that_of_the_counts() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
        }
    }

    #[test]
    fn a_line_has_the_counts_and_the_first_of_each_kind() {
        let (journal, lines) = journal();
        journal.note(Kind::Table, Some("/a\"\n"), "gone");
        journal.note_shortfall(&Shortfall::Proxy("http://b/c?secret".to_owned()), "/b");
        journal.note(Kind::Table, Some("/later"), "gone again");
        journal.count_request();
        journal.tell(Duration::ZERO);
        journal.tell(Duration::ZERO);
        journal.note(Kind::CookiesLost, None, "2 cookies");
        journal.tell(Duration::ZERO);
        let expected = [
            r#"{"edgewright":"events","requests":1,"table":2,"proxy":1,"samples":[{"kind":"table","path":"/a\"\n","message":"gone"},{"kind":"proxy","path":"/b","message":"http://b/c"}]}"#,
            r#"{"edgewright":"events","requests":0,"cookies-lost":1,"samples":[{"kind":"cookies-lost","message":"2 cookies"}]}"#,
        ];
        assert_eq!(*lines.lock().unwrap(), expected);
    }

    #[test]
    fn a_storm_is_one_line_an_interval() {
        let (journal, lines) = journal();
        for _ in 0..1000 {
            journal.note(Kind::Slow, None, "");
            journal.tell(Duration::from_hours(1));
        }
        assert_eq!(lines.lock().unwrap().len(), 1);
        journal.tell(Duration::ZERO);
        let lines = lines.lock().unwrap();
        assert!(lines[1].contains(r#""slow":999"#), "{lines:?}");
    }
}
