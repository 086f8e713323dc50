//! The decisions one by one.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use super::*;

const SIZE: Size = Size {
    entries: 81,
    pieces: 1,
};

const NOW: u64 = 100 * DAY;

/// A ledger of generations, each in the slot of its number and changed so many days ago.
fn ledger(told: &[(u64, State, u64)], live: Option<(u64, Option<u64>)>) -> Ledger {
    let mut ledger = Ledger::new("us-east-1");
    ledger.revision = 9;
    for (number, state, days) in told {
        let known = Known {
            slot: Slot(*number),
            state: *state,
            entries: 81,
            pieces: 1,
            changed: NOW - days * DAY,
        };
        ledger.generations.insert(GenerationId(*number), known);
    }
    ledger.live = live.map(|(generation, previous)| Live {
        generation: GenerationId(generation),
        revision: 9,
        since: NOW,
        previous: previous.map(GenerationId),
    });
    ledger
}

fn live(ledger: &Ledger) -> Option<u64> {
    ledger.live.as_ref().map(|live| live.generation.0)
}

#[test]
fn a_deploy_gets_a_slot_of_its_own() {
    let before = ledger(&[(1, State::Whole, 1)], Some((1, None)));
    let (after, ticket) = begin(&before, GenerationId(5), SIZE, NOW).unwrap();
    let after = after.unwrap();
    assert_eq!((after.revision, ticket.slot), (10, Slot(10)));
    assert_eq!(after.generations[&GenerationId(5)].state, State::Coming);
    assert_eq!(live(&after), Some(1));
    // Another deploy of the same joins it.
    let (same, other) = begin(&after, GenerationId(5), SIZE, NOW).unwrap();
    assert_eq!((same, other.slot), (None, Slot(10)));
    let finished = finish(&after, &ticket, NOW + 1).unwrap().unwrap();
    assert_eq!(live(&finished), Some(5));
    assert_eq!(
        finished.live.as_ref().unwrap().previous,
        Some(GenerationId(1))
    );
    // What was live until now is young again.
    assert_eq!(finished.generations[&GenerationId(1)].changed, NOW + 1);
}

#[test]
fn a_deploy_that_comes_too_late_is_told() {
    let check = |change: &dyn Fn(&mut Ledger), expected: Refusal| {
        let before = ledger(&[(1, State::Whole, 1)], Some((1, None)));
        let (begun, ticket) = begin(&before, GenerationId(5), SIZE, NOW).unwrap();
        let mut begun = begun.unwrap();
        change(&mut begun);
        assert_eq!(finish(&begun, &ticket, NOW), Err(expected));
    };
    let five = GenerationId(5);
    check(
        &|ledger| {
            let live = ledger.live.as_mut().unwrap();
            (live.generation, live.revision) = (GenerationId(7), 11);
        },
        Refusal::Overtaken(Some(GenerationId(7))),
    );
    check(
        &|ledger| ledger.live.as_mut().unwrap().revision = 11,
        Refusal::Overtaken(Some(GenerationId(1))),
    );
    check(
        &|ledger| _ = ledger.generations.remove(&five),
        Refusal::Removed(five),
    );
    check(
        &|ledger| ledger.generations.get_mut(&five).unwrap().state = State::Going,
        Refusal::Removed(five),
    );
    // It came again, somewhere else.
    check(
        &|ledger| ledger.generations.get_mut(&five).unwrap().slot = Slot(12),
        Refusal::Removed(five),
    );
}

#[test]
fn what_is_going_cannot_be_deployed() {
    let before = ledger(&[(1, State::Going, 1)], None);
    let refusal = begin(&before, GenerationId(1), SIZE, NOW).unwrap_err();
    assert_eq!(refusal, Refusal::Going(GenerationId(1)));
    assert!(refusal.to_string().contains("prune-generations"));
}

#[test]
fn only_what_is_whole_is_rolled_back_to() {
    let states = [
        (1, State::Whole, 1),
        (2, State::Whole, 1),
        (3, State::Coming, 1),
        (4, State::Going, 1),
    ];
    let check = |before: Option<(u64, Option<u64>)>, wanted: Option<u64>, expected| {
        let ledger = ledger(&states, before);
        let found = roll_back(&ledger, wanted.map(GenerationId), &ledger, NOW);
        let found = found.map(|(after, generation)| (after.map(|after| live(&after)), generation));
        assert_eq!(found, expected, "{before:?} {wanted:?}");
    };
    let one = GenerationId(1);
    check(Some((2, Some(1))), None, Ok((Some(Some(1)), one)));
    check(Some((2, None)), Some(1), Ok((Some(Some(1)), one)));
    check(Some((1, None)), Some(1), Ok((None, one)));
    check(Some((1, None)), None, Err(Refusal::NoneBefore(one)));
    check(None, None, Err(Refusal::NothingLive));
    for number in [3, 4, 5] {
        let expected = Err(Refusal::NotWhole(GenerationId(number)));
        check(Some((1, None)), Some(number), expected);
    }
    let seen = ledger(&states, Some((2, Some(1))));
    let mut changed = seen.clone();
    changed.live.as_mut().unwrap().revision = 8;
    assert_eq!(
        roll_back(&changed, None, &seen, NOW),
        Err(Refusal::Overtaken(Some(GenerationId(2))))
    );
}

#[test]
fn a_prune_keeps_what_may_be_needed() {
    let states = [
        (1, State::Whole, 9),
        (2, State::Whole, 9),
        (3, State::Whole, 0),
        (4, State::Whole, 9),
        (5, State::Coming, 9),
        (6, State::Coming, 0),
        (7, State::Going, 9),
    ];
    let check = |newest, younger_than, unfinished, expected: &[u64]| {
        let ledger = ledger(&states, Some((2, None)));
        let keep = Keep {
            newest,
            younger_than,
            unfinished,
        };
        let found: Vec<u64> = chosen(&ledger, &keep, NOW)
            .iter()
            .map(|one| one.0)
            .collect();
        assert_eq!(found, expected, "{keep:?}");
        let marked = mark(&ledger, &keep, NOW);
        assert_eq!(marked.is_none(), expected.is_empty());
        // What another prune left goes, too.
        let going = going(marked.as_ref().unwrap_or(&ledger));
        assert_eq!(going.len(), expected.len() + 1);
    };
    check(1, DAY, Unfinished::Stays, &[1]);
    check(1, 0, Unfinished::Stays, &[1, 3]);
    check(0, 0, Unfinished::Stays, &[1, 3, 4]);
    check(2, 0, Unfinished::Stays, &[1]);
    check(9, 0, Unfinished::Stays, &[]);
    check(9, DAY, Unfinished::Goes, &[5]);
    check(9, 0, Unfinished::Goes, &[5, 6]);
}

#[test]
fn only_what_went_is_forgotten() {
    let before = ledger(&[(1, State::Going, 1), (2, State::Whole, 1)], None);
    let gone = going(&before);
    let after = forget(&before, &gone).unwrap();
    let left: Vec<u64> = after.generations.keys().map(|one| one.0).collect();
    assert_eq!(left, [2]);
    assert_eq!(forget(&after, &gone), None);
    let elsewhere = BTreeMap::from([(Slot(2), GenerationId(2))]);
    assert_eq!(forget(&before, &elsewhere), None);
    assert!(is_abandoned(&after, Slot(1)));
    assert!(!is_abandoned(&after, Slot(2)));
    // A deploy that began since has it.
    assert!(!is_abandoned(&after, Slot(after.revision + 1)));
}
