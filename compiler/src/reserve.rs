//! Room in maps that grow with the lines of a configuration.
//!
//! In: how many lines were looked at, and how many there are. Out: room for what the others will bring.
//! Absent: the maps.
//!
//! A map that doubles moves all it has to another place and asks for the hash of each again: of a million
//! lines that takes longer than to look at them.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

/// So many lines tell nothing about the others.
const FEWEST: usize = 2_048;

/// How far a walk through lines has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Walk {
    /// How many lines were looked at.
    pub done: usize,
    /// How many there are.
    pub lines: usize,
}

impl Walk {
    /// When `map` is full: room for what the lines to come will bring, if they are like those before.
    pub fn make_room<K: Eq + Hash, V, S: BuildHasher>(self, map: &mut HashMap<K, V, S>) {
        if map.len() == map.capacity() && self.done >= FEWEST {
            map.reserve(self.to_come(map.len()));
        }
    }

    /// How many will be added to `count`, at most one by each line.
    fn to_come(self, count: usize) -> usize {
        let lines = self.lines.saturating_sub(self.done);
        // An eighth more: the last lines may bring a few more than the first.
        let likely = (count + count / 8).saturating_mul(lines) / self.done.max(1);
        likely.min(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(done: usize, lines: usize, count: usize, expected: usize) {
        assert_eq!(Walk { done, lines }.to_come(count), expected);
    }

    #[test]
    fn the_lines_to_come_are_like_those_before() {
        check(0, 100, 0, 0);
        check(10, 100, 8, 81);
        check(10, 100, 1_000, 90);
        check(100, 100, 100, 0);
        check(101, 100, 100, 0);
    }

    #[test]
    fn a_full_map_grows_once() {
        let mut map: HashMap<usize, usize> = HashMap::new();
        let lines = 100_000;
        let mut capacities = Vec::new();
        for done in 0..lines {
            Walk { done, lines }.make_room(&mut map);
            map.insert(done, done);
            capacities.push(map.capacity());
        }
        capacities.retain(|capacity| *capacity > 2 * FEWEST);
        capacities.dedup();
        assert_eq!(capacities.len(), 1, "{capacities:?}");
    }
}
