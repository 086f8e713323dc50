//! Timing contenders against one another.
//!
//! In: contenders, each a loop over its requests. Out: [`Times`]. Absent: what they do.
//!
//! Whoever asks for a decision has just read the request. So a contender may read it before the clock starts:
//! it does not wait for memory that is at hand in life.
//!
//! A machine is never quiet. So the contenders take turns, several rounds of them; each chunk of
//! requests counts with the median of its rounds; and p50, p99 and the greatest are over the chunks.

use std::ops::Range;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Loops over the requests of a range.
pub type Pass<'a> = Box<dyn Fn(Range<usize>) + 'a>;

/// For contenders whose requests lie in a row, where memory comes before it is asked for.
pub fn nothing_to_read<'a>() -> Pass<'a> {
    Box::new(|_| {})
}

/// Something to be timed.
pub struct Contender<'a> {
    /// Its requests.
    pub requests: usize,
    /// How many are timed together. A clock costs some 25 ns.
    pub chunk: usize,
    /// Reads a range of them; not timed.
    pub read: Pass<'a>,
    /// Handles a range of them.
    pub pass: Pass<'a>,
}

/// Nanoseconds of one request.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Half of the requests take no longer.
    pub p50: f64,
    /// All but one in a hundred take no longer.
    pub p99: f64,
    /// No request takes longer.
    pub max: f64,
}

/// Rounds each contender has.
const ROUNDS: usize = 7;

/// One that needs longer than this for a round has fewer.
const LONG_ROUND: Duration = Duration::from_secs(3);

/// Times the contenders, in their order.
pub fn race(contenders: &[Contender]) -> Vec<Times> {
    let mut rounds: Vec<Vec<Vec<f64>>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS {
        for (contender, rounds) in contenders.iter().zip(&mut rounds) {
            let slow =
                round > 1 && total(rounds.last()) * chunk(contender) > nanoseconds(LONG_ROUND);
            if !slow {
                rounds.push(contender.round());
            }
        }
    }
    rounds.iter().map(|rounds| Times::of(rounds)).collect()
}

/// The same for one alone.
pub fn alone(contender: Contender) -> Times {
    race(&[contender])
        .first()
        .copied()
        .unwrap_or(Times::of(&[]))
}

fn chunk(contender: &Contender) -> f64 {
    count(contender.chunk)
}

fn total(round: Option<&Vec<f64>>) -> f64 {
    round.into_iter().flatten().sum()
}

impl Contender<'_> {
    /// Nanoseconds of one request, by chunk.
    fn round(&self) -> Vec<f64> {
        let starts = (0..self.requests).step_by(self.chunk);
        let timed = starts.map(|start| {
            let end = self.requests.min(start + self.chunk);
            (self.read)(start..end);
            let begun = Instant::now();
            (self.pass)(start..end);
            nanoseconds(begun.elapsed()) / count(end - start)
        });
        timed.collect()
    }
}

impl Times {
    /// The same without the time the clock itself takes.
    #[must_use]
    pub fn less(self, clock: f64) -> Self {
        let less = |time: f64| (time - clock).max(0.0);
        Self {
            p50: less(self.p50),
            p99: less(self.p99),
            max: less(self.max),
        }
    }

    /// Of several rounds over the same chunks.
    fn of(rounds: &[Vec<f64>]) -> Self {
        let chunks = rounds.iter().map(Vec::len).min().unwrap_or(0);
        let by_chunk = (0..chunks).map(|chunk| {
            let mut times: Vec<f64> = rounds.iter().map(|round| round[chunk]).collect();
            percentile(&mut times, 50)
        });
        let mut medians: Vec<f64> = by_chunk.collect();
        Self {
            p50: percentile(&mut medians, 50),
            p99: percentile(&mut medians, 99),
            max: percentile(&mut medians, 100),
        }
    }
}

/// Milliseconds of the processor that `work` takes, and what it gives. For what takes long enough to
/// be interrupted often: time that others had does not count.
pub fn processor<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let begun = spent();
    let result = work();
    (spent() - begun, result)
}

/// Milliseconds of the processor that this thread has had.
fn spent() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let spent = Duration::try_from(spent).unwrap_or_default();
    spent.as_secs_f64() * 1e3
}

/// Sorts, and gives the value that `percent` of the values do not exceed; 0 of none.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(0.0)
}

/// A duration in nanoseconds.
pub fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
fn count(number: usize) -> f64 {
    number as f64
}
