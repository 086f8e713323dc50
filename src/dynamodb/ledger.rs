//! What may be done with the generations of a table, and when.
//!
//! In: the ledger as it was read, the time. Out: the ledger as it should be, or a [`Refusal`]. Absent: reading and writing
//! it. Whoever writes it does so only if it still is as it was read; else all is decided again.
//!
//! `model` explores every order in which deploys, rollbacks, prunes and readers can meet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use edgewright_engine::artefact::item::Slot;
use edgewright_engine::lambda::ledger::{GenerationId, Known, Ledger, Live, State};

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

/// How long a generation is kept in any case after it was live, or was changed: a day, in seconds. A function that slept
/// may know it until then.
pub const DAY: u64 = 24 * 60 * 60;

/// A deploy that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ticket {
    /// What is deployed.
    pub generation: GenerationId,
    /// Where it is written.
    pub slot: Slot,
    /// The switch that had been the last when it began.
    seen: Option<u64>,
}

/// How much a generation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Entries.
    pub entries: u64,
    /// Pieces of its program.
    pub pieces: u64,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Somebody else made a generation live in the meantime.
    Overtaken(Option<GenerationId>),
    /// The generation is being removed.
    Going(GenerationId),
    /// The generation was removed while it was written.
    Removed(GenerationId),
    /// Nothing was ever made live.
    NothingLive,
    /// There is no generation before the live one.
    NoneBefore(GenerationId),
    /// The generation is not whole.
    NotWhole(GenerationId),
    /// Another Region is written to.
    OtherHome(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overtaken(live) => {
                let live = live.map_or("none".to_owned(), |live| live.to_string());
                write!(
                    out,
                    "somebody else made generation {live} live in the meantime; yours is not. \
                     Look at `edgewright status`, then run this again if yours should be live"
                )
            }
            Self::Going(generation) => write!(
                out,
                "generation {generation} is being removed: when `edgewright prune-generations` has ended (run it again if \
                 it broke off), run this again"
            ),
            Self::Removed(generation) => write!(
                out,
                "somebody removed generation {generation} while it was written (`prune-generations --unfinished`): run this again"
            ),
            Self::NothingLive => write!(out, "nothing was ever deployed into this table"),
            Self::NoneBefore(live) => {
                write!(out, "generation {live} is the first: there is none before")
            }
            Self::NotWhole(generation) => write!(
                out,
                "generation {generation} is not whole in this table: see `edgewright status`"
            ),
            Self::OtherHome(home) => write!(
                out,
                "this table is written to in {home}: give --region {home}, or --move-home to write to another Region from now on"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// A deploy begins. The ledger is `None` where it need not change: the generation is known.
///
/// # Errors
/// [`Refusal::Going`].
pub fn begin(
    ledger: &Ledger,
    generation: GenerationId,
    size: Size,
    now: u64,
) -> Result<(Option<Ledger>, Ticket), Refusal> {
    let seen = switch(ledger);
    let ticket = |slot| Ticket {
        generation,
        slot,
        seen,
    };
    match ledger.generations.get(&generation) {
        Some(known) if known.state == State::Going => Err(Refusal::Going(generation)),
        Some(known) => Ok((None, ticket(known.slot))),
        None => {
            let mut after = next(ledger);
            let slot = Slot(after.revision);
            let known = Known {
                slot,
                state: State::Coming,
                entries: size.entries,
                pieces: size.pieces,
                changed: now,
            };
            after.generations.insert(generation, known);
            Ok((Some(after), ticket(slot)))
        }
    }
}

/// A deploy has written all of its generation, and seen all of it in every Region: it is live from now on. `None` where it
/// was before.
///
/// # Errors
/// [`Refusal::Removed`], [`Refusal::Overtaken`].
pub fn finish(ledger: &Ledger, ticket: &Ticket, now: u64) -> Result<Option<Ledger>, Refusal> {
    let generation = ticket.generation;
    let known = written(ledger, ticket)?;
    if switch(ledger) != ticket.seen {
        return Err(overtaken(ledger));
    }
    let is_live = ledger
        .live
        .as_ref()
        .is_some_and(|live| live.generation == generation);
    if is_live && known.state == State::Whole {
        return Ok(None);
    }
    let mut after = next(ledger);
    set_state(&mut after, generation, State::Whole, now);
    if !is_live {
        make_live(&mut after, generation, now);
    }
    Ok(Some(after))
}

/// What is known of a generation that is being written.
///
/// # Errors
/// [`Refusal::Removed`]: its items go, or are gone.
pub fn written<'l>(ledger: &'l Ledger, ticket: &Ticket) -> Result<&'l Known, Refusal> {
    let known = ledger.generations.get(&ticket.generation);
    let known = known.filter(|known| known.slot == ticket.slot && known.state != State::Going);
    known.ok_or(Refusal::Removed(ticket.generation))
}

/// An earlier generation is live again: `wanted`, or else the one before. Gives its number, and the ledger where that
/// changes. `seen` is the ledger that the person who asked for it knew of.
///
/// # Errors
/// [`Refusal::Overtaken`], [`Refusal::NothingLive`], [`Refusal::NoneBefore`], [`Refusal::NotWhole`].
pub fn roll_back(
    ledger: &Ledger,
    wanted: Option<GenerationId>,
    seen: &Ledger,
    now: u64,
) -> Result<(Option<Ledger>, GenerationId), Refusal> {
    let live = ledger.live.as_ref().ok_or(Refusal::NothingLive)?;
    if switch(ledger) != switch(seen) {
        return Err(overtaken(ledger));
    }
    let generation = wanted.or(live.previous);
    let generation = generation.ok_or(Refusal::NoneBefore(live.generation))?;
    if ledger.whole(generation).is_none() {
        return Err(Refusal::NotWhole(generation));
    }
    if generation == live.generation {
        return Ok((None, generation));
    }
    let mut after = next(ledger);
    make_live(&mut after, generation, now);
    Ok((Some(after), generation))
}

/// Which generations stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keep {
    /// So many of the newest that are whole. The live one and the one before stay in any case.
    pub newest: usize,
    /// What was live, or changed, no longer ago than this stays in any case: seconds.
    pub younger_than: u64,
    /// What becomes of generations that were never whole.
    pub unfinished: Unfinished,
}

/// Generations that were never whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unfinished {
    /// They stay: a deploy may be at work.
    Stays,
    /// They are removed. A deploy at work is told at its end.
    Goes,
}

/// A prune says what goes. `None` where the ledger says so already.
pub fn mark(ledger: &Ledger, keep: &Keep, now: u64) -> Option<Ledger> {
    let chosen = chosen(ledger, keep, now);
    if chosen.is_empty() {
        return None;
    }
    let mut after = next(ledger);
    for generation in chosen {
        set_state(&mut after, generation, State::Going, now);
    }
    Some(after)
}

/// What [`mark`] would mark.
pub fn chosen(ledger: &Ledger, keep: &Keep, now: u64) -> BTreeSet<GenerationId> {
    let mut whole: Vec<(Slot, GenerationId)> = ledger
        .generations
        .iter()
        .filter(|(_, known)| known.state == State::Whole)
        .map(|(generation, known)| (known.slot, *generation))
        .collect();
    whole.sort_unstable();
    let newest = whole.iter().rev().take(keep.newest);
    let mut stays: BTreeSet<GenerationId> = newest.map(|(_, generation)| *generation).collect();
    if let Some(live) = &ledger.live {
        stays.insert(live.generation);
        stays.extend(live.previous);
    }
    let is_old = |known: &Known| now.saturating_sub(known.changed) >= keep.younger_than;
    let goes = |known: &Known| match known.state {
        State::Whole => true,
        State::Coming => keep.unfinished == Unfinished::Goes,
        State::Going => false,
    };
    ledger
        .generations
        .iter()
        .filter(|(generation, known)| !stays.contains(generation) && is_old(known) && goes(known))
        .map(|(generation, _)| *generation)
        .collect()
}

/// What is being removed, by this prune or by one that broke off.
pub fn going(ledger: &Ledger) -> BTreeMap<Slot, GenerationId> {
    ledger
        .generations
        .iter()
        .filter(|(_, known)| known.state == State::Going)
        .map(|(generation, known)| (known.slot, *generation))
        .collect()
}

/// Is this slot no generation's any more? Its items are what a deploy left that was told too late.
pub fn is_abandoned(ledger: &Ledger, slot: Slot) -> bool {
    let mut known = ledger.generations.values();
    slot.0 <= ledger.revision && !known.any(|known| known.slot == slot)
}

/// The items in `gone` are removed. `None` where somebody else has said so.
pub fn forget(ledger: &Ledger, gone: &BTreeMap<Slot, GenerationId>) -> Option<Ledger> {
    let mut after = next(ledger);
    after
        .generations
        .retain(|_, known| known.state != State::Going || !gone.contains_key(&known.slot));
    (after.generations.len() < ledger.generations.len()).then_some(after)
}

/// Another Region is written to from now on.
pub fn move_home(ledger: &Ledger, home: &str) -> Option<Ledger> {
    if ledger.home == home {
        return None;
    }
    let mut after = next(ledger);
    home.clone_into(&mut after.home);
    Some(after)
}

/// The revision of the last switch.
fn switch(ledger: &Ledger) -> Option<u64> {
    ledger.live.as_ref().map(|live| live.revision)
}

fn overtaken(ledger: &Ledger) -> Refusal {
    Refusal::Overtaken(ledger.live.as_ref().map(|live| live.generation))
}

fn next(ledger: &Ledger) -> Ledger {
    let mut after = ledger.clone();
    after.revision += 1;
    after
}

fn set_state(ledger: &mut Ledger, generation: GenerationId, state: State, now: u64) {
    if let Some(known) = ledger.generations.get_mut(&generation) {
        known.state = state;
        known.changed = now;
    }
}

fn make_live(ledger: &mut Ledger, generation: GenerationId, now: u64) {
    let previous = ledger.live.take().map(|live| live.generation);
    // It was live until now.
    if let Some(known) = previous.and_then(|previous| ledger.generations.get_mut(&previous)) {
        known.changed = now;
    }
    ledger.live = Some(Live {
        generation,
        revision: ledger.revision,
        since: now,
        previous,
    });
}
