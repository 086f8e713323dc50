//! The answers that are kept: one cache for every viewer.
//!
//! In: keys, answers, and the time. Out: an answer, fresh or too old. Absent: the many places that CloudFront has, each
//! with a cache of its own; and forgetting early, which it may do at any time, by [`Cache::forget`] only.

use std::collections::BTreeMap;

use super::key::Key;
use super::response::Response;

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The answer.
    pub response: Response,
    /// When it was kept, in seconds.
    pub since: u64,
    /// Until when it is fresh.
    pub until: u64,
    /// The method that it was made for.
    pub method: String,
}

/// The kept answers.
#[derive(Debug, Clone, Default)]
pub struct Cache(BTreeMap<Key, Entry>);

impl Cache {
    /// The answer under `key`.
    pub fn entry(&self, key: &Key) -> Option<&Entry> {
        self.0.get(key)
    }

    /// Keeps an answer.
    pub fn keep(&mut self, key: Key, entry: Entry) {
        self.0.insert(key, entry);
    }

    /// Forgets everything.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Entry {
    /// Says whether the answer may be given at `now`.
    pub fn is_fresh(&self, now: u64) -> bool {
        now < self.until
    }

    /// How old the answer is at `now`, in seconds.
    pub fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.since)
    }
}
