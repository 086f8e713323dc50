//! What became of the lines of logs, for the person who named them.
//!
//! In: lines as they are read. Out: [`LogAccount`] as text and JSON. Absent: reading lines.

use serde_json::{Value, json};

use crate::access_log::Time;
use crate::summary::{count, thousands};

/// A log that covers less than the shortest month says little about a rule that is used once a month.
const MONTH: i64 = 28 * 86_400;

/// How many lines of which kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogAccount {
    /// Lines that hold a request which can be made again.
    pub requests: usize,
    /// Lines about a request that cannot be made again.
    pub not_repeatable: usize,
    /// Lines that are no log lines.
    pub unread: usize,
    /// Where the first of these is: `access.log line 5`.
    pub first_unread: Option<String>,
    /// Requests that are left out because no more distinct ones are kept.
    pub left_out: usize,
    /// The first and the last time.
    pub period: Option<(Time, Time)>,
}

impl LogAccount {
    /// Lines that say something, or should.
    pub fn lines(&self) -> usize {
        self.requests + self.not_repeatable + self.unread
    }

    /// Whether there was no line.
    pub fn is_empty(&self) -> bool {
        self.lines() == 0
    }

    /// Widens the period to hold `time`.
    pub fn cover(&mut self, time: Time) {
        let (first, last) = self.period.unwrap_or((time, time));
        self.period = Some((first.min(time), last.max(time)));
    }

    /// `, from 10 Nov 2026 13:55 to 13:57`, or nothing for a log without times.
    pub fn to_period(&self) -> String {
        let Some((first, last)) = self.period else {
            return String::new();
        };
        let last = if first.is_same_day(last) {
            last.to_clock()
        } else {
            last.to_string()
        };
        format!(", from {first} to {last}")
    }

    /// Whether the logs tell their period, and it is shorter than a month.
    pub fn is_short(&self) -> bool {
        let length = self.period.map(|(first, last)| last.since(first));
        length.is_some_and(|length| length < MONTH)
    }

    /// What is to be said about lines that were not used, one sentence a line.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.not_repeatable > 0 {
            let lines = count(self.not_repeatable, "logged request");
            let text = "cannot be asked again: another method than GET, HEAD, POST, or no URL";
            remarks.push(format!("{lines} {text}"));
        }
        if let Some(first) = &self.first_unread {
            let (unread, all) = (thousands(self.unread), count(self.lines(), "line"));
            let (verb, first) = match self.unread {
                1 => ("is no log line", format!(": {first}")),
                _ => ("are no log lines", format!(", the first is {first}")),
            };
            remarks.push(format!("{unread} of {all} {verb}{first}"));
        }
        if self.left_out > 0 {
            let requests = count(self.left_out, "request");
            remarks.push(format!(
                "{requests} left out: no more distinct ones are kept"
            ));
        }
        remarks
    }

    /// The fields of a JSON document.
    pub fn to_json(&self) -> Value {
        let time = |time: Time| time.to_iso();
        json!({
            "requests": self.requests,
            "not_repeatable": self.not_repeatable,
            "unread": self.unread,
            "first_unread": self.first_unread,
            "left_out": self.left_out,
            "from": self.period.map(|(first, _)| time(first)),
            "to": self.period.map(|(_, last)| time(last)),
        })
    }
}
