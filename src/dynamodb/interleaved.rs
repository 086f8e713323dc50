//! The real deploy, rollback and prune beside one another, on a table of two Regions that copies late.
//!
//! In: a seed. Out: after each call the generation that is live is whole in each Region, and at the end every command is over.
//! Absent: DynamoDB's own errors; every order of steps, which `ledger::model` explores.

#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use anyhow::Result;
use edgewright_compiler::export::item::Item;
use edgewright_engine::artefact::item::Slot;
use edgewright_engine::lambda::ledger::{GenerationId, Ledger, State};
use fastrand::Rng;
use proptest::prelude::*;
use tokio::task::{LocalSet, yield_now};

use super::generation::Generation;
use super::ledger::{Keep, Refusal, Unfinished};
use super::replica::Replica;
use super::tables::Tables;
use super::verify::There;
use super::{deploy, prune, roll_back};

/// Items of each generation beside its program.
const ENTRIES: usize = 30;

/// So many names are in a page of a listing.
const PAGE: usize = 20;

/// What one Region holds.
#[derive(Default)]
struct Region {
    ledger: Option<Ledger>,
    items: BTreeMap<String, Item>,
}

/// A change on its way to the second Region.
enum Change {
    Ledger(Ledger),
    Item(Item),
    Gone(String),
}

/// The table.
struct Table {
    regions: [Region; 2],
    /// By item, each in its order.
    on_its_way: BTreeMap<String, VecDeque<Change>>,
    random: Rng,
}

impl Table {
    /// Some of what is on its way arrives.
    fn copy(&mut self, most: usize) {
        for _ in 0..self.random.usize(..=most) {
            let count = self.on_its_way.len();
            if count == 0 {
                return;
            }
            let chosen = self.random.usize(..count);
            let name = self.on_its_way.keys().nth(chosen).cloned();
            let Some(mut changes) = name.and_then(|name| self.on_its_way.remove_entry(&name))
            else {
                return;
            };
            match changes.1.pop_front() {
                Some(Change::Ledger(ledger)) => self.regions[1].ledger = Some(ledger),
                Some(Change::Item(item)) => {
                    self.regions[1].items.insert(changes.0.clone(), item);
                }
                Some(Change::Gone(name)) => _ = self.regions[1].items.remove(&name),
                None => {}
            }
            if !changes.1.is_empty() {
                self.on_its_way.insert(changes.0, changes.1);
            }
        }
    }

    fn send(&mut self, name: &str, change: Change) {
        let changes = self.on_its_way.entry(name.to_owned()).or_default();
        changes.push_back(change);
    }

    /// What must hold at any time.
    fn check(&self) {
        for region in &self.regions {
            let Some(ledger) = &region.ledger else {
                continue;
            };
            let live = ledger.live.as_ref().map(|live| live.generation);
            for (generation, known) in &ledger.generations {
                if live == Some(*generation) {
                    assert_eq!(known.state, State::Whole, "{ledger:?}");
                    let of = |name: &String| Slot::of(name) == Some(known.slot);
                    let count = region.items.keys().filter(|name| of(name)).count();
                    assert_eq!(count, ENTRIES + 1, "{ledger:?}");
                }
            }
        }
    }
}

/// The table in one Region.
#[derive(Clone)]
struct Fake {
    table: Rc<RefCell<Table>>,
    region: usize,
}

impl Fake {
    /// A call: others come first, and some copies arrive.
    async fn call<T>(&self, work: impl FnOnce(&mut Table) -> T) -> T {
        let turns = self.table.borrow_mut().random.u8(..4);
        for _ in 0..turns {
            yield_now().await;
        }
        let mut table = self.table.borrow_mut();
        table.copy(6);
        table.check();
        let done = work(&mut table);
        table.check();
        done
    }
}

impl Replica for Fake {
    type Cursor = String;

    fn region(&self) -> &str {
        ["home", "other"][self.region]
    }

    async fn ledger(&self) -> Result<Option<Ledger>> {
        let read = |table: &mut Table| table.regions[self.region].ledger.clone();
        Ok(self.call(read).await)
    }

    async fn put_ledger(&self, ledger: &Ledger, seen: u64) -> Result<bool> {
        let put = |table: &mut Table| {
            let there = table.regions[self.region].ledger.as_ref();
            if there.map_or(0, |there| there.revision) != seen {
                return false;
            }
            table.regions[self.region].ledger = Some(ledger.clone());
            table.send("@ledger", Change::Ledger(ledger.clone()));
            true
        };
        Ok(self.call(put).await)
    }

    async fn compare(&self, items: &[Item], mut progress: impl FnMut(usize)) -> Result<Vec<There>> {
        let mut all = Vec::new();
        for batch in items.chunks(10) {
            let compare = |table: &mut Table| {
                let there = &table.regions[self.region].items;
                let there = batch.iter().map(|item| match there.get(item.key()) {
                    Some(found) if found == item => There::Same,
                    Some(_) => There::Otherwise,
                    None => There::Missing,
                });
                there.collect::<Vec<_>>()
            };
            all.extend(self.call(compare).await);
            progress(all.len());
        }
        Ok(all)
    }

    async fn write(&self, items: &[Item], mut progress: impl FnMut(usize)) -> Result<usize> {
        for batch in items.chunks(5) {
            let write = |table: &mut Table| {
                for item in batch {
                    let there = &mut table.regions[self.region].items;
                    there.insert(item.key().to_owned(), item.clone());
                    table.send(item.key(), Change::Item(item.clone()));
                }
            };
            self.call(write).await;
            progress(batch.len());
        }
        Ok(items.len())
    }

    async fn names(&self, from: Option<String>) -> Result<(Vec<String>, Option<String>)> {
        let list = |table: &mut Table| {
            let names = table.regions[self.region].items.keys();
            let after = names.filter(|name| from.as_ref().is_none_or(|from| *name > from));
            let page: Vec<String> = after.take(PAGE).cloned().collect();
            let next = (page.len() == PAGE).then(|| page.last().cloned()).flatten();
            (page, next)
        };
        Ok(self.call(list).await)
    }

    async fn delete(&self, names: &[String]) -> Result<usize> {
        for name in names {
            let delete = |table: &mut Table| {
                table.regions[self.region].items.remove(name);
                table.send(name, Change::Gone(name.clone()));
            };
            self.call(delete).await;
        }
        Ok(names.len())
    }
}

fn generation(number: u64) -> Generation {
    let id = GenerationId(number);
    let item = |name: String| Item::of_bytes(format!("{id}/{name}"), name.as_bytes());
    let entries = (0..ENTRIES).map(|entry| item(format!("rule:0:/{entry}")));
    Generation {
        id,
        entries: ENTRIES,
        pieces: 1,
        items: entries.chain([item("@program/0".to_owned())]).collect(),
    }
}

/// A command.
#[derive(Debug, Clone, Copy)]
enum Command {
    Deploy(u64),
    RollBack,
    Prune,
}

/// Runs a command; what it says no to is an answer, too.
async fn run(command: Command, tables: Tables<Fake>) {
    let ended = match command {
        Command::Deploy(number) => {
            let deployed = deploy(&tables, &generation(number), |_| ()).await;
            deployed.map(|_| ())
        }
        Command::RollBack => roll_back(&tables, None).await.map(|_| ()),
        Command::Prune => {
            let keep = Keep {
                newest: 1,
                younger_than: 0,
                unfinished: Unfinished::Goes,
            };
            prune(&tables, keep, |_| ()).await.map(|_| ())
        }
    };
    if let Err(error) = ended {
        assert!(error.is::<Refusal>(), "{command:?}: {error:#}");
    }
}

/// Runs them all at once, after one deploy; those of `broken_off` end after so many turns.
fn at_once(seed: u64, commands: &[(Command, Option<u8>)]) {
    let table = Table {
        regions: [Region::default(), Region::default()],
        on_its_way: BTreeMap::new(),
        random: Rng::with_seed(seed),
    };
    let table = Rc::new(RefCell::new(table));
    let fake = |region| Fake {
        table: Rc::clone(&table),
        region,
    };
    let tables = || Tables {
        home: fake(0),
        others: vec![fake(1)],
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async {
        run(Command::Deploy(1), tables()).await;
        let running = commands.iter().map(|(command, turns)| {
            let work = tokio::task::spawn_local(run(*command, tables()));
            let (handle, turns) = (work.abort_handle(), *turns);
            tokio::task::spawn_local(async move {
                if let Some(turns) = turns {
                    for _ in 0..turns {
                        yield_now().await;
                    }
                    handle.abort();
                }
                let ended = work.await;
                assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
            })
        });
        for one in running.collect::<Vec<_>>() {
            one.await.unwrap();
        }
    });
    let mut table = table.borrow_mut();
    while !table.on_its_way.is_empty() {
        table.copy(100);
        table.check();
    }
}

fn commands() -> impl Strategy<Value = Vec<(Command, Option<u8>)>> {
    let command = prop_oneof![
        (1..5_u64).prop_map(Command::Deploy),
        Just(Command::RollBack),
        Just(Command::Prune),
    ];
    proptest::collection::vec((command, proptest::option::weighted(0.2, 0..200_u8)), 2..6)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        max_shrink_iters: 50,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_harms_anybody(seed: u64, commands in commands()) {
        at_once(seed, &commands);
    }
}
