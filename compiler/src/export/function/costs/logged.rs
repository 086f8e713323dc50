//! What a month costs that goes on like an access log.
//!
//! In: a [`Stack`], how many requests a log has and what the cache answers of them. Out: [`LogCosts`]. Absent: reading logs.

use super::block::{Ways, dollars};
use super::weight::exact;
use super::{Costs, Month, Weight};
use crate::export::function::error::FunctionError;
use crate::export::function::stack::Stack;
use crate::figures::thousands;
use crate::hits::Hits;

/// Seconds of a month, of which a year has twelve.
const MONTH: f64 = 365.25 * 86_400.0 / 12.0;

/// A log that is shorter than this says nothing about a month.
const SHORTEST: i64 = 3600;

/// The requests of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedMonth {
    /// How many there are.
    pub requests: usize,
    /// What the cache answers of them; nothing where the function is in front of it.
    pub hits: Option<Hits>,
    /// Seconds between the first and the last; nothing where requests have no time.
    pub seconds: Option<i64>,
}

impl LoggedMonth {
    /// As many requests as a month has where it goes on like this, and how that was found.
    fn month(&self) -> (Month, String) {
        let requests = exact(self.requests);
        let answered = self.hits.map_or(0.0, |hits| hits.rate());
        let logged = thousands(self.requests);
        let (requests, how) = match self.seconds {
            Some(seconds @ SHORTEST..) => {
                let seconds = f64::from(u32::try_from(seconds).unwrap_or(u32::MAX));
                let month = requests * MONTH / seconds;
                let days = seconds / 86_400.0;
                (month, format!("the log has {logged} in {days:.1} days"))
            }
            Some(_) | None => (requests, format!("the log's {logged}, taken for a month's")),
        };
        let month = Month { requests, answered };
        (month, how)
    }
}

/// What a month costs that goes on like a log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogCosts {
    /// The month.
    pub month: Month,
    /// Ways by what they are called, the packed one first.
    pub ways: Vec<(String, Costs)>,
    /// A month of the log in dollars, as lines for a person.
    pub lines: Vec<String>,
}

/// What a month costs that goes on like a log.
///
/// # Errors
/// A Region is no name, or the price list is damaged.
pub fn of_a_log(
    stack: &Stack,
    logged: &LoggedMonth,
    weight: Option<Weight>,
) -> Result<LogCosts, FunctionError> {
    let ways = Ways::of(stack, weight)?;
    let (month, how) = logged.month();
    let requests = thousands(format!("{:.0}", month.requests).as_str());
    let share = logged
        .hits
        .map_or_else(|| "none".to_owned(), |hits| hits.share());
    let mut lines = vec![format!(
        "in US dollars for a month of {requests} requests ({how}), {share} of them answered by the cache:"
    )];
    let mut costs = Vec::new();
    for (name, way) in &ways.named {
        let cost = ways.costs(way, month);
        lines.push(format!("{:>9}  {name}", dollars(cost.total())));
        costs.push((name.clone(), cost));
    }
    lines.push(format!("as packed: {}", ways.parts(month)));
    lines.extend(ways.assumptions());
    Ok(LogCosts {
        month,
        ways: costs,
        lines,
    })
}
