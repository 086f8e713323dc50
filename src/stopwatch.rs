//! Times of many short things on a machine that is never quiet.
//!
//! In: things to do. Out: nanoseconds of each. Absent: what they are.

use std::hint::black_box;
use std::time::Instant;

/// Rounds over all things; each counts with the median of its rounds.
const ROUNDS: usize = 7;

/// Nanoseconds of `work` for each of `0..count`, without what the clock takes.
pub fn each(count: usize, mut work: impl FnMut(usize)) -> Vec<u64> {
    let clock = clock();
    let mut rounds = vec![[0_u64; ROUNDS]; count];
    for round in 0..ROUNDS {
        for (at, times) in rounds.iter_mut().enumerate() {
            let begun = Instant::now();
            work(at);
            times[round] = nanoseconds(begun);
        }
    }
    let medians = rounds.into_iter().map(median);
    medians.map(|time| time.saturating_sub(clock)).collect()
}

/// The value that `percent` of the sorted `values` do not exceed; 0 of none.
pub fn percentile(values: &[u64], percent: usize) -> u64 {
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(0)
}

/// Nanoseconds of a computation that never changes: says how fast the machine is just now.
pub fn yardstick() -> u64 {
    let text = vec![b'/'; 4_096];
    let mut times = each(200, |_| {
        let hash = black_box(&text).iter().fold(7_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        black_box(hash);
    });
    times.sort_unstable();
    percentile(&times, 50).max(1)
}

/// What reading the clock takes.
fn clock() -> u64 {
    median([0; 101].map(|_| nanoseconds(Instant::now())))
}

fn median<const N: usize>(mut times: [u64; N]) -> u64 {
    times.sort_unstable();
    times.get(N / 2).copied().unwrap_or(0)
}

fn nanoseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occur() {
        let values: Vec<u64> = (1..=200).collect();
        let at = |percent| percentile(&values, percent);
        assert_eq!([at(0), at(50), at(99), at(100)], [1, 100, 198, 200]);
        assert_eq!(percentile(&[], 50), 0);
        assert_eq!(percentile(&[9], 99), 9);
    }

    #[test]
    fn everything_is_done_in_every_round() {
        let mut done = vec![0; 5];
        assert_eq!(each(5, |at| done[at] += 1).len(), 5);
        assert_eq!(done, [ROUNDS; 5]);
    }
}
