//! Every way in which the table can fail: what the viewer gets, and what is logged. The table of
//! docs/deploy.md says the same.

use super::generations::ledger;
use super::*;
use crate::artefact::item::{LEDGER, Slot};
use crate::lambda::ledger::State;

const MOVED: &str = "301 https://www.example.com/new";
const UNTOUCHED: &str = "untouched";

const THROTTLED: Turn = Turn::Refuse(400, "ProvisionedThroughputExceededException");
const BROKEN: Turn = Turn::Refuse(500, "InternalServerError");

/// What the table has in place of the right items.
type Change = fn(&mut HashMap<String, Value>);

fn as_it_should_be(_: &mut HashMap<String, Value>) {}

/// The items but for the ledger.
fn entries(items: &mut HashMap<String, Value>) -> impl Iterator<Item = &mut Value> {
    let items = items.iter_mut();
    items.filter_map(|(name, item)| (name != LEDGER).then_some(item))
}

/// A table whose live generation is the packaged one.
fn table() -> Items {
    let generation = site::GENERATION;
    let items = items(site::items(Slot(generation)));
    let ledger = ledger(&[(generation, State::Whole)], Some(generation), 0);
    items.lock().unwrap().insert(LEDGER.to_owned(), ledger);
    items
}

fn change_entry(items: &mut HashMap<String, Value>, change: impl Fn(&mut Vec<u8>)) {
    for item in entries(items) {
        let mut bytes = STANDARD
            .decode(item["entry"]["B"].as_str().unwrap())
            .unwrap();
        change(&mut bytes);
        item["entry"] = json!({ "B": STANDARD.encode(bytes) });
    }
}

/// What `/moved` becomes after the look at start, what is noted, and how many calls the table gets then.
fn check(turns: &[Turn], change: Change, expected: &str, kinds: &[&str], calls: usize) {
    let items = table();
    change(&mut items.lock().unwrap());
    let dynamodb = FakeDynamoDb::start(&items, &[&[Turn::Answer], turns].concat());
    let folder = packaged(Some(&dynamodb));
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    let start = Instant::now();
    run(async {
        function.warm_up().await;
        assert_eq!(moved(&function).await, expected, "{:?}", notes.0);
    });
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(notes.kinds(), kinds, "{:?}", notes.0);
    assert_eq!(dynamodb.calls(), 1 + calls);
}

/// What becomes of `/moved`.
async fn moved(function: &Function) -> String {
    let event = event("/moved");
    let reply = function.handle(event.as_bytes()).await;
    if reply.get() == request_of(&event) {
        UNTOUCHED.to_owned()
    } else {
        shown(&reply)
    }
}

macro_rules! faults {
    ($($name:ident: $turns:expr, $change:expr => $expected:expr, $kinds:expr, $calls:expr;)*) => {
        $(#[test]
        fn $name() {
            const TURNS: &[Turn] = &$turns;
            check(TURNS, $change, $expected, &$kinds, $calls);
        })*
    };
}

faults! {
    none: [Turn::Answer], as_it_should_be => MOVED, [], 1;
    slow_but_in_time: [Turn::Late(Duration::from_millis(50))], as_it_should_be => MOVED, [], 1;
    throttled_once: [THROTTLED, Turn::Answer], as_it_should_be => MOVED, [], 2;
    throttled: [THROTTLED], as_it_should_be => UNTOUCHED, ["throttled"], 2;
    broken_once: [BROKEN, Turn::Answer], as_it_should_be => MOVED, [], 2;
    broken: [BROKEN], as_it_should_be => UNTOUCHED, ["table"], 2;
    unavailable: [Turn::Refuse(503, "ServiceUnavailable")], as_it_should_be => UNTOUCHED, ["table"], 2;
    closed_once: [Turn::Close, Turn::Answer], as_it_should_be => MOVED, [], 2;
    closed: [Turn::Close], as_it_should_be => UNTOUCHED, ["table"], 2;
    broken_off: [Turn::Break], as_it_should_be => UNTOUCHED, ["table"], 2;
    too_slow: [Turn::Late(Duration::from_millis(400))], as_it_should_be => UNTOUCHED, ["slow"], 2;
    hanging: [Turn::Hang], as_it_should_be => UNTOUCHED, ["slow"], 2;
    hanging_once: [Turn::Hang, Turn::Answer], as_it_should_be => MOVED, [], 2;
    no_such_table: [Turn::Refuse(400, "ResourceNotFoundException")], as_it_should_be
        => UNTOUCHED, ["table"], 1;
    no_permission: [Turn::Refuse(400, "AccessDeniedException")], as_it_should_be
        => UNTOUCHED, ["table"], 1;
    no_json: [Turn::Say("no JSON")], as_it_should_be => UNTOUCHED, ["table"], 1;
    other_json: [Turn::Say("[1]")], as_it_should_be => UNTOUCHED, ["table"], 1;
    item_missing: [Turn::Answer], |items| items.retain(|name, _| name == LEDGER) => UNTOUCHED, [], 3;
    nothing_in_the_table: [Turn::Answer], HashMap::clear => UNTOUCHED, ["pruned"], 1;
    item_damaged: [Turn::Answer], |items| change_entry(items, |entry| entry[9] ^= 1)
        => UNTOUCHED, ["item"], 1;
    item_of_another_version: [Turn::Answer], |items| change_entry(items, |entry| entry[0] += 1)
        => UNTOUCHED, ["item"], 1;
    item_cut_short: [Turn::Answer], |items| change_entry(items, |entry| entry.truncate(3))
        => UNTOUCHED, ["item"], 1;
    item_of_another_type: [Turn::Answer],
        |items| for item in entries(items) { item["entry"] = json!({ "S": "text" }) }
        => UNTOUCHED, ["item"], 1;
}

#[test]
fn a_table_that_fails_is_left_alone_for_a_while() {
    let turns = [&[Turn::Answer], &[BROKEN; 6][..], &[Turn::Answer]].concat();
    let dynamodb = FakeDynamoDb::start(&table(), &turns);
    let folder = packaged(Some(&dynamodb));
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    run(async {
        function.warm_up().await;
        for _ in 0..50 {
            assert_eq!(moved(&function).await, UNTOUCHED);
        }
        // Three requests of two attempts each; the others did not wait.
        assert_eq!(dynamodb.calls(), 1 + 6);
        tokio::time::sleep(crate::lambda::breaker::FIRST_PAUSE).await;
        assert_eq!(moved(&function).await, MOVED);
        assert_eq!(dynamodb.calls(), 1 + 7);
    });
    assert_eq!(notes.count("table"), 3);
    assert_eq!(notes.count("paused"), 47);
}

#[test]
fn a_thousand_faults_are_two_lines() {
    let dynamodb = FakeDynamoDb::start(&table(), &[BROKEN]);
    let folder = packaged(Some(&dynamodb));
    let file = folder.path().join(FILE_NAME);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("\"journal_interval\":0", "\"journal_interval\":3600000"),
    )
    .unwrap();
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    run(async {
        for _ in 0..1000 {
            assert_eq!(moved(&function).await, UNTOUCHED);
        }
    });
    assert_eq!(notes.0.lock().unwrap().len(), 1);
    function.journal.tell(Duration::ZERO);
    assert_eq!(notes.count("table") + notes.count("paused"), 1000);
    assert_eq!(notes.0.lock().unwrap().len(), 2);
}

#[test]
fn an_entry_is_read_once() {
    let dynamodb = FakeDynamoDb::start(&table(), &[Turn::Answer]);
    let folder = packaged(Some(&dynamodb));
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    run(async {
        for _ in 0..100 {
            assert_eq!(moved(&function).await, MOVED);
        }
    });
    // The ledger, and the entry.
    assert_eq!(dynamodb.calls(), 2);
}

#[test]
fn what_is_surely_not_in_the_table_costs_no_read() {
    let dynamodb = FakeDynamoDb::start(&table(), &[Turn::Hang]);
    let folder = packaged(Some(&dynamodb));
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    let event = event("/elsewhere");
    let reply = function.handle_at_once(event.as_bytes());
    // Timers need a runtime: without one the future would panic, so there was nothing to wait for.
    assert_eq!(reply.unwrap().get(), request_of(&event));
    assert_eq!(dynamodb.calls(), 0);
}

#[test]
fn a_warm_up_that_fails_is_noted_and_takes_no_longer_than_allowed() {
    let dynamodb = FakeDynamoDb::start(&table(), &[Turn::Hang]);
    let folder = packaged(Some(&dynamodb));
    let notes = Notes::default();
    let function = Function::load(folder.path(), lambda_variable, notes.journal());
    let start = Instant::now();
    run(function.warm_up());
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(notes.kinds(), ["warm-up"]);
}
