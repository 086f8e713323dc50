//! Patterns that may take everything a later pattern matches, found by an example.
//!
//! In: patterns in order, each with what it belongs to. Out: [`Covers`]: which of them match a given
//! example. Absent: the proof that one takes them all; see [`crate::language`].
//!
//! A pattern is found by a part of its longest literal text, which every text it matches holds. So
//! the work for an example grows with its length and with what is found, not with the number of
//! patterns. Of patterns with the same part only the last few are kept: some are then not found.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher};

use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::Syntax;

use crate::facts::PatternFacts;
use crate::language::Membership;
use crate::reserve::Walk;

/// Lengths of the parts patterns are found by, the longest first.
const LENGTHS: [usize; 4] = [16, 8, 4, 2];

/// So many patterns with the same part, or with none, are tried; the last ones.
const MOST_TRIED: usize = 24;

/// A pattern with what it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a, T> {
    pub pattern: &'a Pattern,
    /// What a text has to be for it to apply.
    pub asked: Membership,
    pub of: T,
}

impl<T> Candidate<'_, T> {
    /// Does it apply to `text`?
    pub fn takes(&self, text: &[u8]) -> bool {
        self.pattern.is_match(text) == (self.asked == Membership::Inside)
    }
}

/// Patterns so far, by parts of their literal text (letters lowered).
#[derive(Debug)]
pub(crate) struct Covers<'a, T> {
    parts: [Parts<Candidate<'a, T>>; LENGTHS.len()],
    /// Which parts may be there: small enough for a cache, and nearly all parts of a text are not.
    known: Hints,
    open: Vec<Candidate<'a, T>>,
}

type Parts<C> = HashMap<u128, Vec<C>, BuildHasherDefault<Mixer>>;

impl<'a, T: Copy> Covers<'a, T> {
    /// None, with room for those of so many lines.
    pub fn of_lines(count: usize) -> Self {
        Self {
            parts: Default::default(),
            known: Hints::of(count),
            open: Vec::new(),
        }
    }

    /// Takes in a pattern of which this is the [longest literal](longest_literal); nothing for a
    /// pattern that must not match.
    pub fn add(&mut self, literal: &[u8], candidate: Candidate<'a, T>) {
        let fitting = LENGTHS.iter().position(|length| *length <= literal.len());
        let bucket = match fitting {
            // The end of a literal tells more than its beginning, which siblings share.
            Some(at) => {
                let part = &literal[literal.len() - LENGTHS[at]..];
                let key = keys(part, LENGTHS[at]).next().unwrap_or_default();
                self.known.add(key);
                self.parts[at].entry(key).or_default()
            }
            None => &mut self.open,
        };
        match bucket.len() {
            // Most hold one.
            0 => bucket.reserve_exact(1),
            MOST_TRIED => _ = bucket.remove(0),
            _ => {}
        }
        bucket.push(candidate);
    }

    /// Makes room for those to come.
    pub fn make_room(&mut self, walk: Walk) {
        self.parts
            .iter_mut()
            .for_each(|parts| walk.make_room(parts));
    }

    /// True when there are none yet.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.parts.iter().all(HashMap::is_empty)
    }

    /// Those that apply to `text`.
    pub fn taking(&self, text: &[u8]) -> Vec<Candidate<'a, T>> {
        let folded = text.to_ascii_lowercase();
        let mut found: Vec<_> = self.open.clone();
        for (length, parts) in LENGTHS.iter().zip(&self.parts) {
            if parts.is_empty() {
                continue;
            }
            let likely = keys(&folded, *length).filter(|key| self.known.may_have(*key));
            found.extend(likely.filter_map(|key| parts.get(&key)).flatten());
        }
        found.retain(|candidate| candidate.takes(text));
        found
    }
}

/// Every part of `text` that is `length` bytes long, at most 16, as a number.
fn keys(text: &[u8], length: usize) -> impl Iterator<Item = u128> {
    let kept = u128::MAX >> (128 - 8 * length);
    let numbers = text.iter().scan(0, move |number, byte| {
        *number = (*number << 8 | u128::from(*byte)) & kept;
        Some(*number)
    });
    numbers.skip(length - 1)
}

/// A bit for each of so many hashes.
#[derive(Debug)]
struct Hints(Vec<u64>);

impl Hints {
    /// With a byte for each of `count`.
    fn of(count: usize) -> Self {
        Self(vec![0; count.div_ceil(8).next_power_of_two()])
    }

    fn add(&mut self, key: u128) {
        let (word, bit) = self.place(key);
        self.0[word] |= bit;
    }

    /// False when `key` was surely not added.
    fn may_have(&self, key: u128) -> bool {
        let (word, bit) = self.place(key);
        self.0[word] & bit != 0
    }

    /// The word and the bit of a key.
    fn place(&self, key: u128) -> (usize, u64) {
        let hash = BuildHasherDefault::<Mixer>::default().hash_one(key);
        // The map goes by the lower bits.
        let word = usize::try_from(hash >> 32).unwrap_or(0) & (self.0.len() - 1);
        (word, 1 << (hash >> 26 & 63))
    }
}

/// The longest text that every match holds, letters lowered; empty when there is none.
pub(crate) fn longest_literal(facts: &PatternFacts) -> Vec<u8> {
    let longest = facts.syntax.as_ref().map(Syntax::longest_literal);
    longest.unwrap_or_default().to_ascii_lowercase()
}

/// Hashes a number by multiplying. Nobody gains from collisions: buckets are bounded.
#[derive(Debug, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let number = eight
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.0 ^= self.0 >> 32;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgewright_engine::pattern::PatternOptions;

    const TEXT: &[u8] = b"/A/path/of/some/Length/page.html";

    /// The pattern that is `TEXT` from `start` on, so many bytes, is found by the whole, among `count` others.
    fn check(start: usize, length: usize, count: usize) {
        let options = PatternOptions::default();
        let literal = &TEXT[start..start + length];
        let pattern = Pattern::new(literal, options);
        let others = (0..count).map(|number| format!("other/{number}").into_bytes());
        let others: Vec<_> = others.map(|text| Pattern::new(text, options)).collect();
        let mut covers = Covers::of_lines(count + 1);
        for (of, pattern) in others.iter().chain([&pattern]).enumerate() {
            let literal = pattern.text.to_ascii_lowercase();
            let asked = Membership::Inside;
            covers.add(&literal, Candidate { pattern, asked, of });
        }
        let found = covers.taking(TEXT);
        let found: Vec<usize> = found.iter().map(|candidate| candidate.of).collect();
        assert_eq!(found, [count], "{start} {length}");
    }

    #[test]
    fn a_pattern_is_found_by_its_literal_wherever_it_stands() {
        for length in [1, 2, 3, 4, 7, 8, 15, 16, 17, TEXT.len()] {
            check(0, length, 100);
            check(TEXT.len() - length, length, 100);
            check((TEXT.len() - length) / 2, length, 0);
        }
    }
}
