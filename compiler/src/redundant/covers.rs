//! Patterns that may take everything a later pattern matches, found by an example.
//!
//! In: patterns in order, each with what it belongs to. Out: [`Covers`]: which of them match a given
//! example. Absent: the proof that one takes them all; see [`crate::language`].
//!
//! A pattern is found by a part of its longest literal text, which every text it matches holds. So
//! the work for an example grows with its length and with what is found, not with the number of
//! patterns. Of patterns with the same part only the last few are kept: some are then not found.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use edgewright_edge_handler::rules::Pattern;
use regex_syntax::hir::{Hir, HirKind};

use crate::language::Membership;
use crate::outline::Outline;

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
    open: Vec<Candidate<'a, T>>,
}

type Parts<C> = HashMap<u128, Vec<C>, BuildHasherDefault<Mixer>>;

impl<T> Default for Covers<'_, T> {
    fn default() -> Self {
        Self {
            parts: Default::default(),
            open: Vec::new(),
        }
    }
}

impl<'a, T: Copy> Covers<'a, T> {
    /// Takes in a pattern of which this is the [longest literal](longest_literal); nothing for a
    /// pattern that must not match.
    pub fn add(&mut self, literal: &[u8], candidate: Candidate<'a, T>) {
        let fitting = LENGTHS.iter().position(|length| *length <= literal.len());
        let bucket = match fitting {
            // The end of a literal tells more than its beginning, which siblings share.
            Some(at) => {
                let part = &literal[literal.len() - LENGTHS[at]..];
                self.parts[at].entry(key(part)).or_default()
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
            for window in folded.windows(*length) {
                found.extend(parts.get(&key(window)).into_iter().flatten());
            }
        }
        found.retain(|candidate| candidate.takes(text));
        found
    }
}

/// Up to 16 bytes as a number.
fn key(part: &[u8]) -> u128 {
    part.iter()
        .fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// The longest text that every match holds, letters lowered; empty when there is none.
pub(crate) fn longest_literal(outline: &Outline<'_>) -> Vec<u8> {
    let mut longest: &[u8] = b"";
    if let Some(word) = outline.literal() {
        longest = word;
    } else if let Some(structure) = outline.structure() {
        keep_longest(structure, &mut longest);
    }
    longest.to_ascii_lowercase()
}

fn keep_longest<'h>(structure: &'h Hir, longest: &mut &'h [u8]) {
    match structure.kind() {
        HirKind::Literal(literal) if literal.0.len() > longest.len() => {
            *longest = &literal.0;
        }
        HirKind::Capture(group) => keep_longest(&group.sub, longest),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            keep_longest(&repetition.sub, longest);
        }
        HirKind::Concat(parts) => parts.iter().for_each(|part| keep_longest(part, longest)),
        _ => {}
    }
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
