//! Generations that come and go in the table, while the function answers.

use super::*;
use crate::artefact::item::{self, LEDGER, LEDGER_ATTRIBUTE, Slot};
use crate::lambda::ledger::{GenerationId, Known, Ledger, Live, State};

/// What a ledger says of one generation: its number is its slot's, too.
type Told = (u64, State);

/// A ledger's item.
pub fn ledger(told: &[Told], live: Option<u64>, pieces: u64) -> Value {
    let mut ledger = Ledger::new("us-east-1");
    for (number, state) in told {
        let known = Known {
            slot: Slot(*number),
            state: *state,
            entries: 1,
            pieces,
            changed: 0,
        };
        ledger.generations.insert(GenerationId(*number), known);
    }
    ledger.live = live.map(|number| Live {
        generation: GenerationId(number),
        revision: 9,
        since: 0,
        previous: None,
    });
    json!({ LEDGER_ATTRIBUTE: { "S": serde_json::to_string(&ledger).unwrap() } })
}

/// A generation in a table, its program in two pieces; without the ledger.
fn written(generation: u64) -> Vec<(String, Vec<u8>)> {
    let slot = Slot(generation);
    let mut entries = site::items(slot);
    let program = site::program_of_generation(generation);
    let (one, other) = program.split_at(program.len() / 2);
    entries.push((item::piece_name(slot, 0), one.to_vec()));
    entries.push((item::piece_name(slot, 1), other.to_vec()));
    entries
}

fn table(generation: u64, ledger: Value) -> Items {
    let items = items(written(generation));
    put(&items, LEDGER, ledger);
    items
}

/// The ledger that says that a generation is live.
fn live(generation: u64) -> Value {
    ledger(&[(generation, State::Whole)], Some(generation), 2)
}

fn put(items: &Items, name: &str, item: Value) {
    items.lock().unwrap().insert(name.to_owned(), item);
}

fn write(items: &Items, generation: u64) {
    let written = super::items(written(generation));
    let written = written.lock().unwrap().clone();
    items.lock().unwrap().extend(written);
}

/// A function whose package has generation 7.
fn following(items: &Items, notes: &Notes, refresh: u32) -> (tempfile::TempDir, Function) {
    let dynamodb = FakeDynamoDb::start(items, &[Turn::Answer]);
    let folder = packaged(Some(&dynamodb));
    let file = folder.path().join(FILE_NAME);
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace(
        "\"timeouts\"",
        &format!("\"refresh\":{refresh},\"timeouts\""),
    );
    std::fs::write(file, text).unwrap();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    (folder, function)
}

async fn moves(function: &Function) -> bool {
    let event = event("/moved");
    let reply = function.handle(event.as_bytes()).await;
    shown(&reply) == "301 https://www.example.com/new"
}

/// Waits until it does.
async fn moves_soon(function: &Function, notes: &Notes) {
    let start = Instant::now();
    while !moves(function).await {
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", notes.0);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn the_generation_that_is_live_at_start_answers() {
    run(async {
        let (items, notes) = (table(8, live(8)), Notes::default());
        let (_folder, function) = following(&items, &notes, 60_000);
        function.warm_up().await;
        assert!(moves(&function).await);
        assert!(notes.kinds().is_empty(), "{:?}", notes.0);
    });
}

#[test]
fn half_a_generation_is_never_used() {
    run(async {
        type Loss = fn(&Items);
        let losses: [Loss; 5] = [
            |items| _ = items.lock().unwrap().remove(&item::piece_name(Slot(8), 1)),
            |items| put(items, LEDGER, ledger(&[(8, State::Whole)], Some(8), 1)),
            |items| put(items, LEDGER, ledger(&[(8, State::Coming)], Some(8), 2)),
            |items| put(items, LEDGER, ledger(&[], Some(8), 2)),
            |items| put(items, LEDGER, json!({ LEDGER_ATTRIBUTE: { "S": "{}" } })),
        ];
        for loss in losses {
            let (items, notes) = (table(8, live(8)), Notes::default());
            loss(&items);
            let (_folder, function) = following(&items, &notes, 60_000);
            function.warm_up().await;
            // What answers then is the packaged generation, of which the table has nothing.
            assert!(!moves(&function).await);
            assert_eq!(notes.count("warm-up"), 1, "{:?}", notes.0);
        }
    });
}

#[test]
fn the_packaged_generation_answers_from_the_table_until_another_is_live() {
    run(async {
        let notes = Notes::default();
        let items = table(7, ledger(&[(7, State::Whole)], None, 2));
        let (_folder, function) = following(&items, &notes, 0);
        function.warm_up().await;
        assert!(moves(&function).await);
        assert!(notes.kinds().is_empty(), "{:?}", notes.0);
    });
}

#[test]
fn a_new_generation_is_picked_up_while_requests_run() {
    run(async {
        let (items, notes) = (
            table(8, ledger(&[(8, State::Coming)], None, 2)),
            Notes::default(),
        );
        let (_folder, function) = following(&items, &notes, 0);
        function.warm_up().await;
        assert!(!moves(&function).await);
        put(&items, LEDGER, live(8));
        moves_soon(&function, &notes).await;
    });
}

/// What a function does that has slept while its generation went: it does not believe that the item is missing.
#[test]
fn a_generation_that_was_removed_meanwhile_does_not_answer() {
    run(async {
        for state in [Some(State::Going), Some(State::Coming), None] {
            let (items, notes) = (table(8, live(8)), Notes::default());
            let (_folder, function) = following(&items, &notes, 60_000);
            function.warm_up().await;
            items.lock().unwrap().clear();
            write(&items, 9);
            let told = [(9, State::Whole)].into_iter();
            let told: Vec<Told> = told.chain(state.map(|state| (8, state))).collect();
            put(&items, LEDGER, ledger(&told, Some(9), 2));
            assert!(!moves(&function).await);
            assert_eq!(notes.kinds(), ["pruned"], "{:?}", notes.0);
            // The next look would be a minute away; this one is made at once.
            moves_soon(&function, &notes).await;
        }
    });
}

/// An item that a whole generation has not was never there.
#[test]
fn what_a_whole_generation_lacks_is_no_rule() {
    run(async {
        let (items, notes) = (table(8, live(8)), Notes::default());
        let (_folder, function) = following(&items, &notes, 60_000);
        function.warm_up().await;
        let (entry, _) = site::items(Slot(8)).remove(0);
        items.lock().unwrap().remove(&entry);
        let event = event("/moved");
        let reply = function.handle(event.as_bytes()).await;
        assert_eq!(reply.get(), request_of(&event));
        assert!(notes.kinds().is_empty(), "{:?}", notes.0);
    });
}
