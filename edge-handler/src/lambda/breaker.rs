//! Stops asking a table that fails, so that viewers do not wait for nothing.
//!
//! In: how each read went. Out: whether to read now. Absent: reading.
//!
//! After [`MOST_FAILURES`] failures in a row nothing is asked for [`FIRST_PAUSE`]; then one request
//! tries. While that fails, each pause is twice as long as the one before, up to [`LONGEST_PAUSE`].

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row, and the table is left alone.
pub const MOST_FAILURES: u32 = 3;

/// The first pause: a throttled table needs no longer.
pub const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest: so late does the function notice at most that the table is well again.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether to ask.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nothing is asked before.
    until: Option<Instant>,
}

impl Breaker {
    /// True when the table may be asked at `now`. After a pause that is so for one request only,
    /// until it is known how that one went.
    pub fn allows(&self, now: Instant) -> bool {
        let mut state = self.state();
        match state.until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.until = Some(now + pause(state.failures));
                true
            }
        }
    }

    /// The table answered.
    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// The table failed at `now`.
    pub fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= MOST_FAILURES {
            state.until = Some(now + pause(state.failures));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(MOST_FAILURES);
    FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_tries_once_after_each_pause() {
        let breaker = Breaker::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 1..MOST_FAILURES {
            breaker.failed(start);
        }
        assert!(breaker.allows(start));
        breaker.failed(start);
        assert!(!breaker.allows(start));
        // One tries; the next one waits for how that went.
        assert!(breaker.allows(at(1)));
        assert!(!breaker.allows(at(1)));
        breaker.failed(at(1));
        assert!(!breaker.allows(at(2)));
        assert!(breaker.allows(at(3)));
        breaker.succeeded();
        assert!(breaker.allows(at(3)));
        breaker.failed(at(3));
        assert!(breaker.allows(at(3)));
    }

    #[test]
    fn a_success_in_between_keeps_it_closed() {
        let breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failed(Instant::now());
            breaker.succeeded();
        }
        assert!(breaker.allows(Instant::now()));
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        assert_eq!(pause(MOST_FAILURES), FIRST_PAUSE);
        assert_eq!(pause(MOST_FAILURES + 3), FIRST_PAUSE * 8);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
