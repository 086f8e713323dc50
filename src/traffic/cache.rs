//! What CloudFront's cache would do with the requests of a log.
//!
//! In: the keys that are compared, and logged requests. Out: [`CacheReport`], as text and JSON. Absent: reading lines; what
//! logs do not tell, which makes each figure an upper bound.

use std::collections::BTreeSet;

use edgewright_compiler::class::Viewed;
use edgewright_compiler::export::function::cache_hits::{IN_FRONT, Kept, RowName, row};
use edgewright_compiler::export::function::costs::LoggedMonth;
use edgewright_compiler::hits::{Cache, Hits, KEPT_SECONDS, Keyed};
use edgewright_compiler::inputs::Input;
use edgewright_engine::model::marks::{DRAWS, Moment};
use edgewright_engine::model::request::{Scheme, Target};
use serde_json::{Value, json};

use crate::access_log::{Logged, Time};
use crate::summary::thousands;

/// A cache for each key, and what the log tells.
pub struct LogCaches<'k> {
    rows: Vec<(RowName, Kept<'k>, Cache)>,
    told: BTreeSet<Input>,
    /// The random number of a class; each request has the next.
    draw: u8,
    /// The time of the first request that has one.
    start: Option<Time>,
    /// Seconds from there to the earliest and to the latest.
    span: (i64, i64),
    requests: usize,
}

/// What the caches did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheReport {
    /// For each key what the cache answers; without hits no answer is kept.
    rows: Vec<(RowName, Option<Hits>)>,
    /// What the log does not tell of what answers depend on.
    untold: Vec<String>,
}

impl<'k> LogCaches<'k> {
    /// Empty caches under `keys`.
    pub fn new(keys: Vec<(RowName, Kept<'k>)>) -> Self {
        let rows = keys.into_iter();
        Self {
            rows: rows
                .map(|(name, kept)| (name, kept, Cache::default()))
                .collect(),
            // Each request is a method and a URL.
            told: BTreeSet::from([
                Input::Method,
                Input::GetOrHead,
                Input::BareMark,
                Input::Query,
            ]),
            draw: 0,
            start: None,
            span: (0, 0),
            requests: 0,
        }
    }

    /// A logged request. Without a time it is made in the second of the first.
    pub fn add(&mut self, logged: &Logged, time: Option<Time>) {
        if self.start.is_none() {
            self.start = time;
        }
        let second = time.zip(self.start);
        let second = second.map_or(0, |(time, start)| time.since(start));
        self.span = (self.span.0.min(second), self.span.1.max(second));
        self.requests += 1;
        let headers = self.headers(logged);
        let target = Target::of(&logged.target);
        let raw_query = target
            .query()
            .map(|query| str::from_utf8(query).unwrap_or("-"));
        self.draw = (self.draw + 1) % DRAWS;
        let request = Keyed {
            viewed: Viewed {
                moment: Moment {
                    method: &logged.method,
                    query: raw_query,
                    now: second,
                    draw: self.draw,
                },
                headers: &headers,
                cookies: &[],
                client: b"",
            },
            scheme: logged.scheme.unwrap_or(Scheme::Https),
            host: logged.host.as_deref().unwrap_or_default(),
            query: target.query().unwrap_or_default(),
        };
        for (_, kept, cache) in &mut self.rows {
            match kept {
                Kept::Under(parts) if matches!(logged.method.as_slice(), b"GET" | b"HEAD") => {
                    cache.request(second, target.path(), &parts.of(&request));
                }
                Kept::Under(_) | Kept::Nothing => cache.pass(),
            }
        }
    }

    /// The headers of a request, which are told from now on.
    fn headers<'l>(&mut self, logged: &'l Logged) -> Vec<(&'static [u8], &'l [u8])> {
        let Logged {
            method: _,
            target: _,
            host,
            scheme,
            referer,
            user_agent,
        } = logged;
        self.told.extend(host.is_some().then_some(Input::Host));
        self.told.extend(scheme.is_some().then_some(Input::Scheme));
        let mut headers: Vec<(&'static [u8], &[u8])> = Vec::new();
        for (name, value) in [("referer", referer), ("user-agent", user_agent)] {
            if let Some(value) = value {
                headers.push((name.as_bytes(), value));
                self.told.insert(Input::Header(name.to_owned()));
            }
        }
        headers
    }

    /// How many requests there were, in what time, and what the cache under the stack's own key answered.
    pub fn month(&self) -> LoggedMonth {
        let own = self.rows.first();
        let hits = own.and_then(|(_, kept, cache)| match kept {
            Kept::Under(_) => Some(cache.hits()),
            Kept::Nothing => None,
        });
        let (earliest, latest) = self.span;
        LoggedMonth {
            requests: self.requests,
            hits,
            seconds: self.start.map(|_| latest - earliest),
        }
    }

    /// What the caches did.
    pub fn report(&self) -> CacheReport {
        let rows = self.rows.iter().map(|(name, kept, cache)| {
            let hits = match kept {
                Kept::Under(_) => Some(cache.hits()),
                Kept::Nothing => None,
            };
            (*name, hits)
        });
        let own = self.rows.first().map(|(_, kept, _)| kept);
        let inputs = match own {
            Some(Kept::Under(parts)) => parts.inputs(),
            Some(Kept::Nothing) | None => BTreeSet::new(),
        };
        let untold = inputs.difference(&self.told).map(Input::to_string);
        let mut untold: Vec<String> = untold.collect();
        if self.start.is_none() {
            untold.push("when a request came".to_owned());
        }
        CacheReport {
            rows: rows.collect(),
            untold,
        }
    }
}

impl CacheReport {
    /// What is said of it, a line each.
    pub fn lines(&self) -> Vec<String> {
        let Some(hits) = self.rows.iter().find_map(|(_, hits)| *hits) else {
            return vec![format!("answers no request: {IN_FRONT}")];
        };
        let requests = thousands(hits.requests);
        let mut lines = vec![format!(
            "answers, of {requests} requests in the log (an answer is kept for {KEPT_SECONDS} s):"
        )];
        lines.extend(self.rows.iter().map(|(name, hits)| row(name, *hits)));
        if !self.untold.is_empty() {
            let untold = self.untold.join(", ");
            lines.push(format!("at most: the log does not tell {untold}"));
        }
        lines
    }

    /// The report as JSON; `null` for hits where no answer is kept.
    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter();
        let rows = rows.map(|(name, hits)| json!({ "key": name, "hits": hits }));
        json!({
            "kept_seconds": KEPT_SECONDS,
            "keys": rows.collect::<Vec<_>>(),
            "untold": self.untold,
        })
    }
}
