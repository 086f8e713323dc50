//! Every order in which deploys, rollbacks, prunes and readers can meet, in two Regions.
//!
//! In: the decisions of [`super`]. Out: each property holds in every state that can be reached; with a fault put back, the
//! shortest way to a state where one does not. Absent: DynamoDB itself; `interleaved` has the real commands.
//!
//! A generation is two items in its slot: a piece of its program and an entry. What is written in the home Region arrives in
//! the other one later, item by item, each item's changes in their order. Every process may sleep between any two steps, and
//! break off for good. Reading the ledger and writing it on the condition that it is as it was read is one step: where the
//! condition fails nothing happened.

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::*;

const SIZE: Size = Size {
    entries: 1,
    pieces: 1,
};

/// The piece of the program, and the entry.
const PIECE: u8 = 0;
const ENTRY: u8 = 1;

const BELIEVED: &str = "a reader believes that an item was never there";
const NEEDED: &str = "a prune removes what is needed";
const BOTH: &str = "two deploys took the place of the same generation";

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// The ledger is written whatever it is by now.
    WritesUnseen,
    /// A deploy looks at its own Region only before it makes its generation live.
    ProvesHomeOnly,
    /// A prune removes items before all Regions know.
    RemovesUnannounced,
    /// A reader that misses an item does not ask for the ledger.
    BelievesMissing,
    /// A generation that comes again lies where it lay before.
    UsesSlotsAgain,
}

/// What may happen.
#[derive(Debug, Clone)]
struct Scenario {
    fault: Fault,
    begin: World,
}

type ItemName = (Slot, u8);

/// One Region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Region {
    ledger: Ledger,
    items: BTreeSet<ItemName>,
}

/// What is on its way to the other Region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct OnItsWay {
    ledgers: Vec<Ledger>,
    /// Written or deleted.
    items: BTreeMap<ItemName, Vec<bool>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    days: u64,
    days_left: u8,
    home: Region,
    other: Region,
    on_its_way: OnItsWay,
    processes: Vec<Process>,
    /// Processes that may still break off.
    breaks_left: u8,
    reader: Reader,
    wrong: Option<&'static str>,
    /// From which switch each deploy made its generation live.
    switches: BTreeMap<Option<u64>, GenerationId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Process {
    what: What,
    at: Step,
    /// What was read, where the ledger is written unseen.
    read: Option<Ledger>,
    runs_left: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Deploy(GenerationId),
    RollBack(GenerationId),
    Prune(Keep),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Begin,
    /// The other Region has to know this revision.
    Announced(u64, Box<Step>),
    Write(Ticket, u8),
    Prove(Ticket),
    Finish(Ticket),
    Remove(BTreeMap<Slot, GenerationId>),
    Forget(BTreeMap<Slot, GenerationId>),
    Over,
    BrokeOff,
}

/// A function in the other Region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Reader {
    uses: (GenerationId, Option<Slot>),
    /// Was an item missed?
    missed: bool,
    looks_left: u8,
    requests_left: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Go(usize),
    BreakOff(usize),
    Again(usize),
    LedgerArrives,
    ItemArrives(ItemName),
    DayPasses,
    ReaderLooks,
    ReaderAnswers,
    ReaderAsksForTheLedger,
}

impl World {
    fn now(&self) -> u64 {
        (10 + self.days) * DAY
    }

    /// Somebody writes the ledger.
    fn put(&mut self, ledger: Ledger) {
        self.on_its_way.ledgers.push(ledger.clone());
        self.home.ledger = ledger;
    }

    /// Somebody writes or deletes an item.
    fn set(&mut self, item: ItemName, is_there: bool) {
        let changes = if is_there {
            self.home.items.insert(item)
        } else {
            self.home.items.remove(&item)
        };
        if changes {
            let on_its_way = self.on_its_way.items.entry(item).or_default();
            on_its_way.push(is_there);
        }
    }

    fn items_of(slot: Slot) -> [ItemName; 2] {
        [(slot, PIECE), (slot, ENTRY)]
    }
}

impl Region {
    fn has_all(&self, slot: Slot) -> bool {
        let items = World::items_of(slot);
        items.iter().all(|item| self.items.contains(item))
    }
}

impl Scenario {
    /// One step of a process; `None` where it cannot go on yet.
    fn go(&self, world: &World, number: usize) -> Option<World> {
        let mut after = world.clone();
        let process = &world.processes[number];
        let next = match &process.at {
            Step::Over | Step::BrokeOff => return None,
            Step::Begin | Step::Finish(_) | Step::Forget(_) => {
                return Some(self.change(world, number));
            }
            Step::Announced(revision, next) => {
                let is_known = world.other.ledger.revision >= *revision;
                is_known.then(|| (**next).clone())?
            }
            Step::Write(ticket, item) if *item <= ENTRY => {
                after.set((ticket.slot, *item), true);
                Step::Write(ticket.clone(), item + 1)
            }
            Step::Write(ticket, _) => Step::Prove(ticket.clone()),
            Step::Prove(ticket) if written(&world.home.ledger, ticket).is_err() => Step::Over,
            Step::Prove(ticket) => {
                let elsewhere = world.other.has_all(ticket.slot);
                let is_proved = elsewhere || self.fault == Fault::ProvesHomeOnly;
                let is_proved = is_proved && world.home.has_all(ticket.slot);
                is_proved.then(|| Step::Finish(ticket.clone()))?
            }
            Step::Remove(going) => {
                let items = going.keys().flat_map(|slot| World::items_of(*slot));
                let mut items = items.filter(|item| world.home.items.contains(item));
                if let Some(item) = items.next() {
                    after.set(item, false);
                    process.at.clone()
                } else {
                    Step::Forget(going.clone())
                }
            }
        };
        after.processes[number].at = next;
        Some(after)
    }

    /// A step that reads the ledger and writes it.
    fn change(&self, world: &World, number: usize) -> World {
        let mut after = world.clone();
        let process = &world.processes[number];
        if self.fault == Fault::WritesUnseen && process.read.is_none() {
            after.processes[number].read = Some(world.home.ledger.clone());
            return after;
        }
        let read = process.read.as_ref().unwrap_or(&world.home.ledger);
        let (written, next) = match (&process.at, process.what) {
            (Step::Begin, What::Deploy(generation)) => self.begin(read, generation, world.now()),
            (Step::Begin, What::Prune(keep)) => self.mark(read, &keep, &mut after),
            (Step::Begin, What::RollBack(generation)) => {
                let written = roll_back(read, Some(generation), read, world.now());
                (written.ok().and_then(|(written, _)| written), Step::Over)
            }
            (Step::Finish(ticket), _) => (finished(read, ticket, &mut after), Step::Over),
            (Step::Forget(gone), _) => (forget(read, gone), Step::Over),
            (other, _) => (None, other.clone()),
        };
        if let Some(written) = written {
            after.put(written);
        }
        after.processes[number].read = None;
        after.processes[number].at = next;
        after
    }

    fn begin(&self, read: &Ledger, generation: GenerationId, now: u64) -> (Option<Ledger>, Step) {
        let Ok((mut written, mut ticket)) = begin(read, generation, SIZE, now) else {
            return (None, Step::Over);
        };
        if let Some(written) = &mut written
            && let Some(known) = written.generations.get_mut(&generation)
            && self.fault == Fault::UsesSlotsAgain
        {
            known.slot = Slot(generation.0);
            ticket.slot = known.slot;
        }
        let revision = written.as_ref().unwrap_or(read).revision;
        let next = Box::new(Step::Write(ticket, PIECE));
        (written, Step::Announced(revision, next))
    }

    fn mark(&self, read: &Ledger, keep: &Keep, world: &mut World) -> (Option<Ledger>, Step) {
        let written = mark(read, keep, world.now());
        let ledger = written.as_ref().unwrap_or(read);
        let going = going(ledger);
        let mut generations = going.values();
        if generations.any(|one| is_needed(&world.home.ledger, *one, world.now())) {
            world.wrong = Some(NEEDED);
        }
        let revision = match self.fault {
            Fault::RemovesUnannounced => 0,
            _ => ledger.revision,
        };
        let next = Box::new(Step::Remove(going));
        (written, Step::Announced(revision, next))
    }

    fn read(&self, world: &World, action: Action) -> World {
        let mut after = world.clone();
        let reader = &mut after.reader;
        let (generation, slot) = reader.uses;
        let there = &world.other;
        let whole = |generation| there.ledger.whole(generation).map(|known| known.slot);
        match action {
            Action::ReaderLooks => {
                reader.looks_left -= 1;
                let live = there.ledger.live.as_ref().map(|live| live.generation);
                if let Some(live) = live
                    && let Some(slot) = whole(live)
                    && (live == generation || there.items.contains(&(slot, PIECE)))
                {
                    reader.uses = (live, Some(slot));
                }
            }
            Action::ReaderAnswers => {
                reader.requests_left -= 1;
                reader.uses.1 = slot.or_else(|| whole(generation));
                let slot = reader.uses.1;
                reader.missed = slot.is_some_and(|slot| !there.items.contains(&(slot, ENTRY)));
                if reader.missed && self.fault == Fault::BelievesMissing {
                    after.wrong = Some(BELIEVED);
                }
            }
            _ => {
                reader.missed = false;
                if whole(generation) == slot {
                    after.wrong = Some(BELIEVED);
                }
            }
        }
        after
    }
}

fn finished(read: &Ledger, ticket: &Ticket, world: &mut World) -> Option<Ledger> {
    let written = finish(read, ticket, world.now()).ok()??;
    let is_switch = switch(&written) != switch(read);
    let switches = &mut world.switches;
    if is_switch && switches.insert(ticket.seen, ticket.generation).is_some() {
        world.wrong = Some(BOTH);
    }
    Some(written)
}

/// Is it live, was it within a day, or did somebody begin to write it within a day?
fn is_needed(ledger: &Ledger, generation: GenerationId, now: u64) -> bool {
    let live = ledger.live.as_ref().map(|live| live.generation);
    let known = ledger.generations.get(&generation);
    let is_young =
        known.is_some_and(|known| known.state != State::Going && now < known.changed + DAY);
    live == Some(generation) || is_young
}

impl Model for Scenario {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.begin.clone()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (number, process) in world.processes.iter().enumerate() {
            if self.go(world, number).is_some() {
                actions.push(Action::Go(number));
                if world.breaks_left > 0 {
                    actions.push(Action::BreakOff(number));
                }
            }
            if matches!(process.at, Step::Over | Step::BrokeOff) && process.runs_left > 0 {
                actions.push(Action::Again(number));
            }
        }
        if !world.on_its_way.ledgers.is_empty() {
            actions.push(Action::LedgerArrives);
        }
        let items = world.on_its_way.items.keys();
        actions.extend(items.copied().map(Action::ItemArrives));
        if world.days_left > 0 {
            actions.push(Action::DayPasses);
        }
        let reader = &world.reader;
        if reader.missed {
            actions.push(Action::ReaderAsksForTheLedger);
        } else {
            actions.extend((reader.looks_left > 0).then_some(Action::ReaderLooks));
            actions.extend((reader.requests_left > 0).then_some(Action::ReaderAnswers));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut after = world.clone();
        match action {
            Action::Go(number) => return self.go(world, number),
            Action::BreakOff(number) => {
                after.breaks_left -= 1;
                after.processes[number].at = Step::BrokeOff;
                after.processes[number].read = None;
            }
            Action::Again(number) => {
                after.processes[number].at = Step::Begin;
                after.processes[number].runs_left -= 1;
            }
            Action::LedgerArrives => after.other.ledger = after.on_its_way.ledgers.remove(0),
            Action::ItemArrives(item) => {
                let changes = after.on_its_way.items.get_mut(&item)?;
                if changes.remove(0) {
                    after.other.items.insert(item);
                } else {
                    after.other.items.remove(&item);
                }
                if changes.is_empty() {
                    after.on_its_way.items.remove(&item);
                }
            }
            Action::DayPasses => {
                after.days += 1;
                after.days_left -= 1;
            }
            Action::ReaderLooks | Action::ReaderAnswers | Action::ReaderAsksForTheLedger => {
                return Some(self.read(world, action));
            }
        }
        Some(after)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NOTHING_WRONG, |_, world: &World| world.wrong.is_none()),
            Property::always(LIVE_IS_WHOLE, |_, world: &World| {
                [&world.home, &world.other].iter().all(|region| {
                    let live = region.ledger.live.as_ref();
                    let whole = live.and_then(|live| region.ledger.whole(live.generation));
                    whole.is_some_and(|known| region.has_all(known.slot))
                })
            }),
            Property::always(WHOLE_IS_WHOLE, |_, world: &World| {
                let mut known = world.home.ledger.generations.values();
                known.all(|known| known.state != State::Whole || world.home.has_all(known.slot))
            }),
            Property::always(NOTHING_WAITS, |scenario: &Self, world: &World| {
                let mut actions = Vec::new();
                scenario.actions(world, &mut actions);
                let is_over = |process: &Process| matches!(process.at, Step::Over | Step::BrokeOff);
                !actions.is_empty() || world.processes.iter().all(is_over)
            }),
        ]
    }
}

const NOTHING_WRONG: &str = "nothing went wrong";
const LIVE_IS_WHOLE: &str = "a live generation is whole in every Region";
const WHOLE_IS_WHOLE: &str = "what the ledger calls whole is whole";
const NOTHING_WAITS: &str = "nothing waits for ever";

/// Two generations lie in the table, one of them live, and processes begin. The reader uses a generation, from a slot where
/// the ledger was read before.
fn world(live: u64, processes: &[What], reader: (u64, Option<u64>)) -> World {
    let mut ledger = Ledger::new("home");
    ledger.revision = 3;
    for number in [1, 2] {
        let known = Known {
            slot: Slot(number),
            state: State::Whole,
            entries: 1,
            pieces: 1,
            changed: 0,
        };
        ledger.generations.insert(GenerationId(number), known);
    }
    ledger.live = Some(Live {
        generation: GenerationId(live),
        revision: 3,
        since: 0,
        previous: None,
    });
    let slots = [Slot(1), Slot(2)];
    let region = Region {
        ledger,
        items: slots.into_iter().flat_map(World::items_of).collect(),
    };
    let process = |what: &What| Process {
        what: *what,
        at: Step::Begin,
        read: None,
        runs_left: 0,
    };
    World {
        days: 0,
        days_left: 0,
        home: region.clone(),
        other: region,
        on_its_way: OnItsWay::default(),
        processes: processes.iter().map(process).collect(),
        breaks_left: 1,
        reader: Reader {
            uses: (GenerationId(reader.0), reader.1.map(Slot)),
            missed: false,
            looks_left: 1,
            requests_left: 1,
        },
        wrong: None,
        switches: BTreeMap::new(),
    }
}

const PRUNE: What = What::Prune(Keep {
    newest: 1,
    younger_than: DAY,
    unfinished: Unfinished::Goes,
});

fn deploy(number: u64) -> What {
    What::Deploy(GenerationId(number))
}

fn roll_back_to(number: u64) -> What {
    What::RollBack(GenerationId(number))
}

/// Two deploys, and a rollback.
fn two_deploys() -> World {
    world(1, &[deploy(3), deploy(4), roll_back_to(2)], (1, Some(1)))
}

/// The old generation is removed while somebody deploys it.
fn prune_and_deploy() -> World {
    World {
        days_left: 1,
        ..world(2, &[PRUNE, deploy(1), PRUNE], (1, Some(1)))
    }
}

/// The old generation is removed while somebody rolls back to it.
fn prune_and_roll_back() -> World {
    world(2, &[PRUNE, roll_back_to(1), PRUNE], (1, None))
}

/// A deploy breaks off, and is run again or removed.
fn deploy_again() -> World {
    let mut world = world(1, &[deploy(3), PRUNE], (1, Some(1)));
    (world.processes[0].runs_left, world.days_left) = (1, 1);
    world
}

/// A prune sleeps, another ends its work, and the generation comes again.
fn prunes_and_deploys() -> World {
    let mut world = world(2, &[PRUNE, PRUNE, deploy(1)], (2, Some(2)));
    world.processes[2].runs_left = 1;
    world.breaks_left = 0;
    world
}

/// With no fault nothing goes wrong, in so many states.
#[track_caller]
fn holds(name: &str, begin: World) {
    let fault = Fault::Nothing;
    let scenario = Scenario { fault, begin };
    let checked = scenario.checker().threads(2).spawn_bfs().join();
    println!("{name}: {} states", checked.unique_state_count());
    checked.assert_properties();
}

/// With the fault a property breaks; the shortest way to it is shown.
#[track_caller]
fn breaks(fault: Fault, property: &'static str, begin: &World) {
    let mut shortest = None;
    let mut depth = usize::MAX;
    // States are found in their order, but some steps may be taken before the search ends.
    while let Some(path) = broken(fault, property, begin.clone(), depth) {
        depth = path.len().saturating_sub(2);
        shortest = Some(path);
    }
    assert!(shortest.is_some(), "{fault:?} does not break: {property}");
    println!("{fault:?}: not \"{property}\", by");
    for (world, action) in shortest.into_iter().flatten() {
        println!(
            "  {}",
            action.map_or_else(String::new, |action| told(&world, action))
        );
    }
}

/// A step for a person.
fn told(world: &World, action: Action) -> String {
    let Action::Go(number) = action else {
        return format!("{action:?}");
    };
    let Process { what, at, .. } = &world.processes[number];
    let what = match what {
        What::Deploy(generation) => format!("deploy of {}", generation.0),
        What::RollBack(generation) => format!("rollback to {}", generation.0),
        What::Prune(_) => "prune".to_owned(),
    };
    let step = match at {
        Step::Begin => "begins".to_owned(),
        Step::Announced(revision, _) => {
            format!("sees that the other Region knows revision {revision}")
        }
        Step::Write(_, item) if *item <= ENTRY => format!("writes item {item}"),
        Step::Write(..) => "has written".to_owned(),
        Step::Prove(_) => "has seen all items".to_owned(),
        Step::Finish(_) => "makes it live".to_owned(),
        Step::Remove(_) => "removes an item, or has removed all".to_owned(),
        Step::Forget(_) => "forgets".to_owned(),
        Step::Over | Step::BrokeOff => "is over".to_owned(),
    };
    format!("process {number}, {what}: {step}")
}

/// A way of fewer than so many steps to a state where the property does not hold.
fn broken(
    fault: Fault,
    property: &'static str,
    begin: World,
    depth: usize,
) -> Option<Vec<(World, Option<Action>)>> {
    let scenario = Scenario { fault, begin };
    let checker = scenario.checker().threads(1).target_max_depth(depth);
    let first = HasDiscoveries::AnyOf([property].into());
    let ended = checker.finish_when(first).spawn_bfs().join();
    let path = ended.discovery(property)?;
    Some(path.into_vec())
}

#[test]
fn of_two_deploys_one_is_told() {
    holds("two deploys and a rollback", two_deploys());
}

#[test]
fn a_deploy_that_broke_off_does_no_harm() {
    holds("a deploy that is run again, and a prune", deploy_again());
}

#[test]
fn a_deploy_and_a_prune_do_no_harm_to_each_other() {
    holds("two prunes and a deploy", prune_and_deploy());
}

#[test]
fn a_rollback_and_a_prune_do_no_harm_to_each_other() {
    holds("two prunes and a rollback", prune_and_roll_back());
}

#[test]
fn a_prune_that_slept_does_no_harm() {
    holds("two prunes and two deploys", prunes_and_deploys());
}

#[test]
fn a_ledger_that_is_written_unseen_breaks_a_property() {
    breaks(Fault::WritesUnseen, LIVE_IS_WHOLE, &prune_and_roll_back());
    breaks(Fault::WritesUnseen, NOTHING_WRONG, &two_deploys());
}

#[test]
fn a_deploy_that_proves_too_little_breaks_a_property() {
    breaks(Fault::ProvesHomeOnly, LIVE_IS_WHOLE, &two_deploys());
}

#[test]
fn a_prune_that_is_not_announced_breaks_a_property() {
    breaks(
        Fault::RemovesUnannounced,
        NOTHING_WRONG,
        &prune_and_deploy(),
    );
}

#[test]
fn a_reader_that_does_not_ask_breaks_a_property() {
    breaks(Fault::BelievesMissing, NOTHING_WRONG, &prune_and_deploy());
}

#[test]
fn a_slot_that_is_used_again_breaks_a_property() {
    breaks(Fault::UsesSlotsAgain, LIVE_IS_WHOLE, &prunes_and_deploys());
}
