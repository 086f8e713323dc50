//! Chooses what each rule that stays in the program is found by.
//!
//! In: for each rule, ways to find it. Out: one of them, that which the fewest rules share. Absent:
//! what the ways are; see `partition`.

use std::hash::{BuildHasher as _, BuildHasherDefault};

use edgewright_engine::artefact::index::{Reach, Word};
use foldhash::fast::FixedState;

use super::partition::Home;
use crate::memory_table::HashMap;

/// Leaves each home in the program one reach.
pub(super) fn settle(homes: &mut [Home]) {
    let chosen = {
        let uses = uses(homes);
        homes
            .iter()
            .map(|home| best(home, &uses))
            .collect::<Vec<usize>>()
    };
    for (home, best) in homes.iter_mut().zip(chosen) {
        if let Home::Kept(reaches) = home
            && best < reaches.len()
        {
            reaches.swap(0, best);
            reaches.truncate(1);
        }
    }
}

fn words(reach: &Reach) -> &[Word] {
    match reach {
        Reach::Everything => &[],
        Reach::Words(words) => words,
    }
}

/// How many rules have each word, by its hash: of two words with one hash, each seems to be in the rules of
/// both.
type Uses = HashMap<u32>;

fn hash(word: &Word) -> u64 {
    FixedState::default().hash_one(word)
}

fn uses(homes: &[Home]) -> Uses {
    let all = || homes.iter().flat_map(reaches).flat_map(words);
    let mut uses = Uses::with_capacity_and_hasher(all().count(), BuildHasherDefault::default());
    for word in all() {
        *uses.entry(hash(word)).or_default() += 1;
    }
    uses
}

fn reaches(home: &Home) -> &[Reach] {
    match home {
        Home::Kept(reaches) => reaches,
        Home::Removed | Home::Keyed(..) => &[],
    }
}

/// The reach that the fewest rules share; among equals the one with fewer words, which are then longer
/// or more to the front.
fn best(home: &Home, uses: &Uses) -> usize {
    let reaches = reaches(home);
    if reaches.len() < 2 {
        return 0;
    }
    let cost = |reach: &Reach| match reach {
        Reach::Everything => (u32::MAX, 0),
        Reach::Words(words) => (shared(words, uses), words.len()),
    };
    let costs = reaches.iter().map(cost).enumerate();
    costs.min_by_key(|(_, cost)| *cost).map_or(0, |(at, _)| at)
}

/// How many rules a text with one of the words may lead to.
fn shared(words: &[Word], uses: &Uses) -> u32 {
    let counts = words.iter().filter_map(|word| uses.get(&hash(word)));
    counts.copied().max().unwrap_or(0)
}
