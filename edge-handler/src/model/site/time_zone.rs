//! The time zone a server runs in, for `%{TIME_HOUR}` and its variants.
//!
//! In: a rule as POSIX writes it in `TZ`, and changes that no rule tells. Out: [`TimeZone`], which tells how far
//! local time is from UTC at a moment. Absent: names of zones such as `Europe/Berlin`; the command line looks
//! them up.

mod rule;

use serde::{Deserialize, Serialize};

pub use rule::{Day, Rule, Switch};

/// How far local time is from UTC, at every moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeZone {
    /// The name, as a person wrote it.
    pub name: String,
    /// Changes that the rule does not tell, in order: seconds since 1970, and the seconds east of UTC from then on.
    pub changes: Vec<(i64, i32)>,
    /// What holds after the last of the changes, and where there are none.
    pub rule: Rule,
}

impl TimeZone {
    /// Seconds that local time is ahead of UTC, at `now` seconds since 1970.
    pub fn offset_at(&self, now: i64) -> i64 {
        let after = self.changes.partition_point(|(at, _)| *at <= now);
        let known = after.checked_sub(1).and_then(|at| self.changes.get(at));
        match known {
            Some((_, offset)) if after < self.changes.len() => i64::from(*offset),
            _ => self.rule.offset_at(now),
        }
    }
}
