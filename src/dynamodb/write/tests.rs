//! A table that does to batches what DynamoDB does under load.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::*;

/// What the table does with the batches it gets, in turn; all is written once there are no more.
enum Turn {
    /// Only so many items of the batch are written.
    Writes(usize),
    /// The call fails.
    Fails,
}

#[derive(Default)]
struct FakeTable {
    turns: RefCell<Vec<Turn>>,
    keys: RefCell<BTreeSet<String>>,
    sizes: RefCell<Vec<usize>>,
}

impl Writer for FakeTable {
    type Item = Item;

    async fn write(&self, mut items: Vec<Item>) -> Result<Vec<Item>> {
        self.sizes.borrow_mut().push(items.len());
        let count = match self.turns.borrow_mut().pop() {
            Some(Turn::Writes(count)) => count,
            Some(Turn::Fails) => bail!("no such table"),
            None => items.len(),
        };
        let left = items.split_off(count);
        let written = items.iter().map(|item| item.key().to_owned());
        self.keys.borrow_mut().extend(written);
        Ok(left)
    }
}

const NO_WAIT: Backoff = Backoff {
    first: Duration::ZERO,
    longest: Duration::ZERO,
    attempts: 3,
};

fn items(count: usize) -> Vec<Item> {
    let item = |number: usize| {
        let line = format!(r#"{{"Item":{{"pk":{{"S":"key{number}"}},"entry":{{"B":"AAAA"}}}}}}"#);
        Item::parse(&line).unwrap()
    };
    (0..count).map(item).collect()
}

fn write(table: &FakeTable, items: &[Item], progress: impl FnMut(usize)) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(all(table, items, NO_WAIT, progress))
}

/// Loads `count` items while the table takes its `turns`, the last one first.
fn check(count: usize, turns: Vec<Turn>, sizes: &[usize]) {
    let table = FakeTable {
        turns: turns.into(),
        ..FakeTable::default()
    };
    let mut reported = Vec::new();
    let written = write(&table, &items(count), |so_far| reported.push(so_far));
    assert_eq!(written.unwrap(), count);
    assert_eq!(*table.sizes.borrow(), sizes);
    assert_eq!(table.keys.borrow().len(), count);
    assert!(reported.is_sorted() && reported.last().copied().unwrap_or(0) == count);
}

#[test]
fn nothing_is_no_batch() {
    check(0, vec![], &[]);
}

#[test]
fn a_full_batch_and_one_more() {
    check(26, vec![], &[25, 1]);
}

#[test]
fn many_batches() {
    check(1000, vec![], &[25; 40]);
}

#[test]
fn what_is_left_over_is_sent_again() {
    check(
        25,
        vec![Turn::Writes(24), Turn::Writes(0), Turn::Writes(1)],
        &[25, 24, 24],
    );
}

#[test]
fn little_by_little_is_progress() {
    let turns = (0..20).map(|_| Turn::Writes(1)).collect();
    let sizes: Vec<usize> = (5..=25).rev().collect();
    check(25, turns, &sizes);
}

#[test]
fn a_table_that_takes_nothing_is_given_up() {
    let table = FakeTable {
        turns: (0..9).map(|_| Turn::Writes(0)).collect::<Vec<_>>().into(),
        ..FakeTable::default()
    };
    let error = write(&table, &items(2), |_| ()).unwrap_err().to_string();
    assert!(
        error.contains("2 items of a batch, the first of them key0"),
        "{error}"
    );
    assert_eq!(*table.sizes.borrow(), [2, 2, 2]);
}

#[test]
fn a_failed_call_ends_the_load() {
    let table = FakeTable {
        turns: vec![Turn::Fails].into(),
        ..FakeTable::default()
    };
    let error = write(&table, &items(1), |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "no such table");
}

#[test]
fn waits_grow_up_to_a_limit() {
    let backoff = Backoff::default();
    for attempt in 0..40 {
        let whole = Duration::from_millis(50).saturating_mul(2_u32.saturating_pow(attempt));
        let whole = whole.min(Duration::from_secs(20));
        let wait = backoff.wait(attempt);
        assert!(wait >= whole / 2 && wait <= whole, "{attempt}: {wait:?}");
    }
}

#[test]
fn leftovers_are_found_by_their_key() {
    let items = items(3);
    let left = HashMap::from([("t".to_owned(), vec![put(&items[1]).unwrap()])]);
    assert_eq!(among(items.clone(), &left), [items[1].clone()]);
    assert_eq!(among(items, &HashMap::new()), []);
}
