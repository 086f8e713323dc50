//! Chooses what each rule that stays in the program is found by.
//!
//! In: for each rule, ways to find it. Out: one of them, that which the fewest rules share. Absent:
//! what the ways are; see `partition`.

use edgewright_edge_handler::index::{Case, Literal, Reach};
use foldhash::HashMap;

use super::partition::Home;

/// A prefix is the cheapest to look for: others have to be better than so many rules sharing it.
const FEW: u32 = 4;

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

/// A word that rules are found by.
#[derive(PartialEq, Eq, Hash)]
enum Word<'a> {
    Prefix(Case, &'a [u8]),
    Literal(Case, &'a Literal),
}

fn words(reach: &Reach) -> Vec<Word<'_>> {
    match reach {
        Reach::Everything => Vec::new(),
        Reach::Prefixes(case, words) => {
            words.iter().map(|word| Word::Prefix(*case, word)).collect()
        }
        Reach::Literals(case, literals) => {
            let literals = literals.iter();
            literals
                .map(|literal| Word::Literal(*case, literal))
                .collect()
        }
    }
}

/// How many rules have each word.
fn uses(homes: &[Home]) -> HashMap<Word<'_>, u32> {
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

fn best(home: &Home, uses: &HashMap<Word<'_>, u32>) -> usize {
    let Home::Kept(reaches) = home else {
        return 0;
    };
    let cost = |reach: &Reach| match reach {
        Reach::Everything => u32::MAX,
        Reach::Prefixes(..) => shared(reach, uses).saturating_sub(FEW),
        Reach::Literals(..) => shared(reach, uses),
    };
    let costs = reaches.iter().map(cost).enumerate();
    costs.min_by_key(|(_, cost)| *cost).map_or(0, |(at, _)| at)
}

/// How many rules a text with one of the words may lead to.
fn shared(reach: &Reach, uses: &HashMap<Word<'_>, u32>) -> u32 {
    let counts = words(reach).into_iter().filter_map(|word| uses.get(&word));
    counts.copied().max().unwrap_or(0)
}
