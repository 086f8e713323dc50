//! Parts a settled configuration: what goes to the table, what stays in the program.
//!
//! In: a [`Site`], and what of it is redundant. Out: [`Lowered`]: the program's parts, the table's
//! entries, and where each rule went. Absent: files; see [`mod@crate::export`].
//!
//! A rule whose pattern matches a few known texts only is *keyed*: it lives in the table under each
//! of them. One that matches only texts with a known beginning, or with a known text somewhere in
//! them, is *indexed*: it stays in the program and is found by that text. What is left is *scanned*:
//! tried on every request.

mod choose;
mod found;
mod literals;
mod origin_headers;
mod partition;
mod table;

use edgewright_engine::artefact::filter::Filter;
use edgewright_engine::artefact::index::{Case, ListBuilder, ListIndex, Reach};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::packed::TooLong;
use edgewright_engine::artefact::program::Parts;
use edgewright_engine::artefact::shared::Shared;
use edgewright_engine::artefact::table::{Content, Entry};
use edgewright_engine::model::rules::{MapId, Redirect, RedirectListId, Rule, RuleSet, RuleSetId};
use edgewright_engine::model::site::{Map, MapKind, Site};

use crate::chain::Chains;
use crate::limits::Limits;
use crate::precompute::{Precomputed, PrecomputedCounts, collapse};
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::reserve::Walk;
pub use found::{Found, FoundBy};
use partition::Home;
use table::TableBuilder;

/// Where a rule or redirect went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placement {
    /// Nowhere: it is redundant.
    Removed,
    /// To the table.
    Keyed,
    /// To the program, found by a text that must be there.
    Indexed,
    /// To the program, tried on every request.
    Scanned,
}

/// A configuration in the form the edge uses.
#[derive(Debug)]
pub struct Lowered {
    /// What becomes `rules.bin`.
    pub parts: Parts,
    /// What becomes the table, sorted by key.
    pub entries: Vec<Entry>,
    /// How many paths have a precomputed decision.
    pub precomputed: PrecomputedCounts,
    /// How many redirects lead further than their line says, because chains were joined.
    pub collapsed: usize,
    /// Where each rule went, by rule set and position.
    pub rules: Vec<Vec<Placement>>,
    /// Where each redirect went, by list and position.
    pub redirects: Vec<Vec<Placement>>,
}

impl Lowered {
    /// Where the thing at `position` went; `None` when there is no such position.
    pub fn placement(&self, position: Position) -> Option<Placement> {
        let at = |lists: &[Vec<Placement>], list: u32, at: usize| {
            lists.get(usize::try_from(list).ok()?)?.get(at).copied()
        };
        match position {
            Position::Rule(set, position) => at(&self.rules, set.0, position),
            Position::Redirect(list, position) => at(&self.redirects, list.0, position),
            Position::MapEntry(..) => Some(Placement::Keyed),
        }
    }
}

/// What becomes of redirects that follow one another on the same site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hops {
    /// Clients take every one, as they did.
    #[default]
    Kept,
    /// Where all is known beforehand, the first leads to the end.
    Collapsed,
}

/// Parts `site`.
///
/// # Errors
/// The rules are longer than 4 GiB.
pub fn lower(site: &Site, redundant: &Redundant) -> Result<Lowered, TooLong> {
    lower_with(site, redundant, Hops::Kept, &Limits::default())
}

/// Parts `site`, doing with chains of redirects what `hops` says.
///
/// # Errors
/// The rules are longer than 4 GiB.
pub fn lower_with(
    site: &Site,
    redundant: &Redundant,
    hops: Hops,
    limits: &Limits,
) -> Result<Lowered, TooLong> {
    let mut table = TableBuilder::default();
    let chains = Chains::of(site);
    let mut lists = Lists::default();
    let homes = homes_of_rules(site, redundant, &chains);
    for ((set, homes), rules) in homes.zip(&site.rule_sets) {
        let keys = &mut RuleKeys(set, &mut table);
        lists.rules.push(&rules.rules, homes, keys)?;
    }
    let homes = homes_of_redirects(site, redundant);
    for ((list, homes), redirects) in homes.zip(&site.redirect_lists) {
        let keys = &mut RedirectKeys(list, &mut table);
        lists.redirects.push(redirects, homes, keys)?;
    }
    for (map, content) in (0..).map(MapId).zip(&site.maps) {
        add_map(map, content, &mut table);
    }
    Ok(finish(site, table.finish(), lists, hops, limits))
}

/// Where the rules of each rule set can live, and for those that stay in the program what they are found by.
fn homes_of_rules<'s>(
    site: &'s Site,
    redundant: &'s Redundant,
    chains: &'s Chains<'s>,
) -> impl Iterator<Item = (RuleSetId, Vec<Home>)> + use<'s> {
    let sets = (0..).map(RuleSetId).zip(&site.rule_sets);
    sets.map(move |(set, rules)| {
        let rules = rules.rules.iter().enumerate();
        let homes = rules.map(|(position, rule)| {
            if redundant.contains(Position::Rule(set, position)) {
                return Home::Removed;
            }
            partition::rule(rule, chains.member(set, position))
        });
        (set, settled(homes))
    })
}

/// Where the redirects of each list can live, and for those that stay in the program what they are found by.
fn homes_of_redirects<'s>(
    site: &'s Site,
    redundant: &'s Redundant,
) -> impl Iterator<Item = (RedirectListId, Vec<Home>)> + use<'s> {
    let lists = (0..).map(RedirectListId).zip(&site.redirect_lists);
    lists.map(move |(list, redirects)| {
        let homes = redirects.iter().enumerate().map(|(position, redirect)| {
            if redundant.contains(Position::Redirect(list, position)) {
                return Home::Removed;
            }
            partition::redirect(redirect)
        });
        (list, settled(homes))
    })
}

fn settled(homes: impl Iterator<Item = Home>) -> Vec<Home> {
    let mut homes: Vec<Home> = homes.collect();
    choose::settle(&mut homes);
    homes
}

#[derive(Default)]
struct Lists {
    rules: Lowering,
    redirects: Lowering,
}

#[derive(Default)]
struct Lowering {
    indexes: Vec<ListIndex>,
    placements: Vec<Vec<Placement>>,
}

impl Lowering {
    fn push<T>(
        &mut self,
        items: &[T],
        homes: Vec<Home>,
        keys: &mut impl Keys<T>,
    ) -> Result<(), TooLong> {
        let count = u32::try_from(items.len()).map_err(|_| TooLong)?;
        let mut builder = ListBuilder::new(count);
        let mut placements = Vec::with_capacity(items.len());
        for ((position, item), home) in (0..).zip(items).zip(homes) {
            keys.make_room(Walk {
                done: placements.len(),
                lines: items.len(),
            });
            placements.push(place(&mut builder, keys, (position, item), home)?);
        }
        self.indexes.push(builder.build()?);
        self.placements.push(placements);
        Ok(())
    }
}

fn place<T>(
    builder: &mut ListBuilder,
    keys: &mut impl Keys<T>,
    (position, item): (u32, &T),
    home: Home,
) -> Result<Placement, TooLong> {
    let reach = match home {
        Home::Removed => return Ok(Placement::Removed),
        Home::Kept(reaches) => reaches.into_iter().next(),
        Home::Keyed(case, words) => {
            if keys.insert(case, &words, position, item)? {
                for word in &words {
                    builder.key(case, word);
                }
                return Ok(Placement::Keyed);
            }
            partition::at_start(&words)
        }
    };
    let reach = reach.unwrap_or(Reach::Everything);
    let placement = match reach {
        Reach::Everything => Placement::Scanned,
        Reach::Words(_) => Placement::Indexed,
    };
    builder.keep(position, &keys.record(item)?, reach)?;
    Ok(placement)
}

/// Puts things of one list into the table, or says what they are in the program.
trait Keys<T> {
    /// Makes room for keys to come.
    fn make_room(&mut self, walk: Walk);

    /// Adds `item` under each of `words`. False, and nothing is added, when an entry would be too
    /// long for a table's item.
    fn insert(
        &mut self,
        case: Case,
        words: &[Vec<u8>],
        position: u32,
        item: &T,
    ) -> Result<bool, TooLong>;

    /// The record of `item` in the program.
    fn record(&mut self, item: &T) -> Result<Vec<u8>, TooLong>;
}

struct RuleKeys<'a>(RuleSetId, &'a mut TableBuilder);

impl Keys<Rule> for RuleKeys<'_> {
    fn make_room(&mut self, walk: Walk) {
        self.1.make_room(walk);
    }

    fn insert(
        &mut self,
        case: Case,
        words: &[Vec<u8>],
        position: u32,
        item: &Rule,
    ) -> Result<bool, TooLong> {
        let key = |word: &Vec<u8>| match case {
            Case::Exact => Key::rule(self.0, word),
            Case::Folded => Key::folded_rule(self.0, word),
        };
        let keys = words.iter().map(key).collect();
        Ok(self.1.add_rule(keys, position, item))
    }

    fn record(&mut self, item: &Rule) -> Result<Vec<u8>, TooLong> {
        self.1.shared.rule(item)
    }
}

struct RedirectKeys<'a>(RedirectListId, &'a mut TableBuilder);

impl Keys<Redirect> for RedirectKeys<'_> {
    fn make_room(&mut self, walk: Walk) {
        self.1.make_room(walk);
    }

    /// Redirects have no keys that ignore case.
    fn insert(
        &mut self,
        case: Case,
        words: &[Vec<u8>],
        position: u32,
        item: &Redirect,
    ) -> Result<bool, TooLong> {
        if case == Case::Folded {
            return Ok(false);
        }
        let keys = words.iter().map(|word| Key::redirect(self.0, word));
        self.1.add_redirect(keys.collect(), position, item)
    }

    fn record(&mut self, item: &Redirect) -> Result<Vec<u8>, TooLong> {
        self.1.shared.redirect(item)
    }
}

fn add_map(map: MapId, content: &Map, table: &mut TableBuilder) {
    if let MapKind::Text(entries) | MapKind::Random(entries) = &content.kind {
        for entry in entries {
            table.add(Key::map(map, &entry.key), Content::Value(entry.clone()));
        }
    }
}

fn finish(
    site: &Site,
    (mut entries, shared): (Vec<Entry>, Shared),
    lists: Lists,
    hops: Hops,
    limits: &Limits,
) -> Lowered {
    let parts = Parts {
        // It is a hash over what is encoded.
        generation: 0,
        site: without_rules(site),
        rules: lists.rules.indexes,
        redirects: lists.redirects.indexes,
        questions: Vec::new(),
        shared,
        // Nobody asks it while the entries are at hand.
        filter: Filter::default(),
    };
    let (mut decisions, mut parts) = Precomputed::find(site, parts, &entries, limits);
    let collapsed = match hops {
        Hops::Kept => 0,
        Hops::Collapsed => collapse(site, &mut decisions.entries),
    };
    entries.reserve_exact(decisions.entries.len());
    entries.extend(decisions.entries);
    parts.questions = decisions.questions;
    parts.filter = filter(&entries);
    Lowered {
        parts,
        entries,
        precomputed: decisions.counts,
        collapsed,
        rules: lists.rules.placements,
        redirects: lists.redirects.placements,
    }
}

fn filter(entries: &[Entry]) -> Filter {
    Filter::new(
        entries
            .iter()
            .map(|entry| entry.key.fingerprint())
            .collect(),
    )
}

/// `site` with as many rule sets, redirect lists and maps, all of them empty.
fn without_rules(site: &Site) -> Site {
    let map = |map: &Map| Map {
        place: map.place,
        name: map.name.clone(),
        kind: match &map.kind {
            MapKind::Text(_) => MapKind::Text(Vec::new()),
            MapKind::Random(_) => MapKind::Random(Vec::new()),
            other => other.clone(),
        },
    };
    Site {
        files: site.files.clone(),
        hosts: origin_headers::hosts(site),
        sections: site.sections.clone(),
        rule_sets: vec![RuleSet::default(); site.rule_sets.len()],
        redirect_lists: vec![Vec::new(); site.redirect_lists.len()],
        maps: site.maps.iter().map(map).collect(),
        tree: site.tree.clone(),
        types: site.types.clone(),
        type_maps: site.type_maps.clone(),
        documents: site.documents.clone(),
        listen: site.listen.clone(),
        server_root: site.server_root.clone(),
        traits: site.traits,
        time_zone: site.time_zone.clone(),
    }
}
