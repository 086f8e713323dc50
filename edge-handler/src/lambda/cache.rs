//! Entries that were read, kept for the requests to come.
//!
//! In: entries by item name. Out: the same. Absent: reading them.
//!
//! The names hold the generation, and an entry never changes within one, so it is good for ever.
//! That there is none is good for [`ABSENT_FOR`] only: a replica may be a moment behind. Memory is
//! bounded by two halves: when the young one is full it becomes the old one, and what was in that,
//! and was not asked for since, is forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::artefact::table::Entry;

/// How long it is believed that an item is not there.
pub const ABSENT_FOR: Duration = Duration::from_mins(1);

/// What an entry takes beside its text: the maps' and the entry's own fields, in bytes.
const OVERHEAD: usize = 256;

/// What is known of an item: its entry, or that there is none.
type Known = Option<Arc<Entry>>;

/// A bounded memory.
#[derive(Debug)]
pub struct Cache {
    half: usize,
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<String, Held>,
    old: HashMap<String, Held>,
    /// Bytes in the young half.
    size: usize,
}

#[derive(Debug)]
struct Held {
    known: Known,
    size: usize,
    since: Instant,
}

impl Held {
    fn holds(&self, now: Instant) -> bool {
        self.known.is_some() || now.duration_since(self.since) < ABSENT_FOR
    }
}

impl Cache {
    /// A memory of at most `limit` bytes, as far as they can be counted; none with 0.
    pub fn new(limit: usize) -> Self {
        Self {
            half: limit / 2,
            halves: Mutex::default(),
        }
    }

    /// What is known of the item `name` at `now`; `None` when it has to be read.
    pub fn get(&self, name: &str, now: Instant) -> Option<Known> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, held)) = halves.old.remove_entry(name) {
            halves.keep(name, held, self.half);
        }
        let held = halves.young.get(name).filter(|held| held.holds(now))?;
        Some(held.known.clone())
    }

    /// Notes what is known of the item `name`, whose entry has `size` bytes in the table.
    pub fn insert(&self, name: String, known: Known, size: usize, now: Instant) {
        let held = Held {
            known,
            size: name.len() + size + OVERHEAD,
            since: now,
        };
        if held.size <= self.half {
            let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
            halves.keep(name, held, self.half);
        }
    }
}

impl Halves {
    fn keep(&mut self, name: String, held: Held, half: usize) {
        if self.size + held.size > half {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += held.size;
        if let Some(before) = self.young.insert(name, held) {
            self.size -= before.size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artefact::key::Key;
    use crate::artefact::table::{Content, Redirects};
    use crate::model::rules::RedirectListId;

    fn entry() -> Arc<Entry> {
        Arc::new(Entry {
            key: Key::redirect(RedirectListId(0), b"/a"),
            content: Content::Redirects(Redirects::default()),
        })
    }

    #[test]
    fn what_was_noted_is_known() {
        let (cache, now) = (Cache::new(10_000), Instant::now());
        assert_eq!(cache.get("a", now), None);
        cache.insert("a".to_owned(), Some(entry()), 10, now);
        cache.insert("b".to_owned(), None, 0, now);
        assert_eq!(cache.get("a", now), Some(Some(entry())));
        assert_eq!(cache.get("b", now), Some(None));
    }

    #[test]
    fn absence_is_believed_for_a_while() {
        let (cache, now) = (Cache::new(10_000), Instant::now());
        cache.insert("a".to_owned(), None, 0, now);
        assert_eq!(cache.get("a", now + ABSENT_FOR / 2), Some(None));
        assert_eq!(cache.get("a", now + ABSENT_FOR), None);
    }

    #[test]
    fn memory_is_bounded_and_what_is_asked_for_stays() {
        let limit = 100 * (OVERHEAD + 100);
        let (cache, now) = (Cache::new(limit), Instant::now());
        for number in 0..1000 {
            cache.insert(format!("{number:04}"), Some(entry()), 96, now);
            if number > 0 {
                assert!(cache.get("0000", now).is_some(), "{number}");
            }
        }
        let halves = cache.halves.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(halves.young.len() + halves.old.len() <= 100);
        let counted: usize = halves.young.values().map(|held| held.size).sum();
        assert_eq!(counted, halves.size);
    }

    #[test]
    fn nothing_is_kept_without_memory() {
        let (cache, now) = (Cache::new(0), Instant::now());
        cache.insert("a".to_owned(), Some(entry()), 1, now);
        assert_eq!(cache.get("a", now), None);
    }
}
