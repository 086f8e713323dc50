//! Chooses what each rule that stays in the program is found by.
//!
//! In: for each rule, ways to find it. Out: one of them, that which the fewest rules share. Absent:
//! what the ways are; see `partition`.

use edgewright_edge_handler::index::{Reach, Word};
use foldhash::HashMap;

use super::partition::Home;

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
            *reaches = vec![reaches.swap_remove(best)];
        }
    }
}

fn words(reach: &Reach) -> &[Word] {
    match reach {
        Reach::Everything => &[],
        Reach::Words(words) => words,
    }
}

/// How many rules have each word.
fn uses(homes: &[Home]) -> HashMap<&Word, u32> {
    let mut uses = HashMap::default();
    for home in homes {
        if let Home::Kept(reaches) = home {
            for word in reaches.iter().flat_map(words) {
                *uses.entry(word).or_default() += 1;
            }
        }
    }
    uses
}

/// The reach that the fewest rules share; among equals the one with fewer words, which are then longer
/// or more to the front.
fn best(home: &Home, uses: &HashMap<&Word, u32>) -> usize {
    let Home::Kept(reaches) = home else {
        return 0;
    };
    let cost = |reach: &Reach| match reach {
        Reach::Everything => (u32::MAX, 0),
        Reach::Words(words) => (shared(words, uses), words.len()),
    };
    let costs = reaches.iter().map(cost).enumerate();
    costs.min_by_key(|(_, cost)| *cost).map_or(0, |(at, _)| at)
}

/// How many rules a text with one of the words may lead to.
fn shared(words: &[Word], uses: &HashMap<&Word, u32>) -> u32 {
    let counts = words.iter().filter_map(|word| uses.get(word));
    counts.copied().max().unwrap_or(0)
}
