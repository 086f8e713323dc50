//! Which rules of a list were found for one text.
//!
//! In: the entries that the table has, and the candidates that the index names. Out: [`Found`], which gives
//! them in the order of the list, decoded or [where they stand](Held). Absent: finding them; see
//! [`super::finder`].

use smallvec::SmallVec;

use super::Unavailable;
use crate::artefact::index::{Candidates, FoundBy, ListIndex, Slot};
use crate::artefact::packed::Damaged;
use crate::artefact::rule::RuleView;
use crate::artefact::table::Placed;
use crate::budget::Budget;
use crate::model::rules::{Replacement, Rule, RuleFlags};
use crate::pattern::matching::Captures;

/// Rules that were found of one list.
#[derive(Debug)]
pub struct Found<'a> {
    list: &'a ListIndex<Rule>,
    /// What the table has, entry by entry.
    keyed: SmallVec<[&'a [Placed]; 2]>,
    /// What the program has.
    pub(super) candidates: Candidates,
}

impl<'a> Found<'a> {
    pub(super) fn of(list: &'a ListIndex<Rule>) -> Self {
        Self {
            list,
            keyed: SmallVec::new(),
            candidates: Candidates::default(),
        }
    }

    pub(super) fn add(&mut self, keyed: Option<&'a [Placed]>) {
        if let Some(keyed) = keyed {
            self.keyed.push(keyed);
        }
    }

    /// The first of what the table has at position `from` or after.
    fn next_keyed(&self, from: usize) -> Option<(usize, &'a Rule)> {
        let keyed = self.keyed.iter();
        let keyed = keyed.filter_map(|placed| first(placed, from));
        keyed.min_by_key(|(position, _)| *position)
    }

    /// The first rule that was found at position `from` or after.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(&self, from: usize) -> Result<Option<(usize, &'a Rule)>, Unavailable> {
        let kept = self.list.next_from(from, &self.candidates);
        let kept = kept.map(|slot| self.list.get(slot)).transpose();
        let both = self
            .next_keyed(from)
            .into_iter()
            .chain(kept.map_err(damaged)?);
        Ok(both.min_by_key(|(position, _)| *position))
    }
}

/// A rule as it was found.
#[derive(Debug, Clone, Copy)]
pub enum Held<'a> {
    /// In the bytes of the program, at a slot.
    View(RuleView<'a>, Slot),
    /// Decoded.
    Decoded(&'a Rule),
}

impl Held<'_> {
    /// [`Rule::flags`].
    pub fn flags(&self) -> RuleFlags {
        match self {
            Self::View(rule, _) => rule.flags,
            Self::Decoded(rule) => rule.flags,
        }
    }
}

/// A rule whose pattern, or its `!`, says yes.
#[derive(Debug, Clone, Copy)]
pub enum Matched<'a> {
    /// A rule without conditions, which does no more than this.
    Plain(Replacement<'a>),
    /// A rule whose conditions are to be asked.
    Decoded(&'a Rule),
}

/// Gives the rules that were found, in order. What cannot be decoded is as for [`Found::next`].
#[derive(Debug)]
pub struct Walk<'f, 'a> {
    found: &'f Found<'a>,
    /// Where to go on among what the table has.
    from: usize,
    /// Where to go on among what the program has.
    slot: Slot,
}

impl<'a> Found<'a> {
    /// From the first on.
    pub fn walk(&self) -> Walk<'_, 'a> {
        Walk {
            found: self,
            from: 0,
            slot: Slot::FIRST,
        }
    }

    /// Tries the pattern of `held`, decoding what cannot be told where it stands; what its groups match goes
    /// into `groups`. `None` where the pattern, or its `!`, says no.
    ///
    /// # Errors
    /// As [`Found::next`].
    #[inline]
    pub fn matched(
        &self,
        held: Held<'a>,
        subject: &[u8],
        groups: &mut Captures,
        budget: &Budget,
    ) -> Result<Option<Matched<'a>>, Unavailable> {
        let rule = match held {
            Held::Decoded(rule) => rule,
            Held::View(rule, slot) => match rule.find(subject, groups) {
                Some(is_found) => return self.seen(&rule, slot, is_found),
                None => self.decoded(slot)?,
            },
        };
        let is_found = rule.pattern.find(subject, groups, budget);
        let matches = is_found != rule.flags.contains(RuleFlags::NEGATED);
        Ok(matches.then_some(Matched::Decoded(rule)))
    }

    /// A rule whose pattern was tried where it stands. It is decoded where its conditions are to be asked.
    #[inline(never)]
    fn seen(
        &self,
        rule: &RuleView<'a>,
        slot: Slot,
        is_found: bool,
    ) -> Result<Option<Matched<'a>>, Unavailable> {
        if is_found == rule.flags.contains(RuleFlags::NEGATED) {
            return Ok(None);
        }
        Ok(Some(match rule.replacement() {
            Some(replacement) => Matched::Plain(replacement),
            None => Matched::Decoded(self.decoded(slot)?),
        }))
    }

    /// The rule at `slot`, decoded.
    fn decoded(&self, slot: Slot) -> Result<&'a Rule, Unavailable> {
        let (_, rule) = self.list.get(slot).map_err(damaged)?;
        Ok(rule)
    }
}

impl<'a> Walk<'_, 'a> {
    /// The first of what the table has, where nothing in the program stands before it.
    fn keyed(&mut self, slot: Option<Slot>) -> Result<Option<Held<'a>>, Unavailable> {
        let Some((position, rule)) = self.found.next_keyed(self.from) else {
            return Ok(None);
        };
        let kept = slot.map(|slot| self.found.list.position(slot).ok_or(Damaged));
        let kept = kept.transpose().map_err(damaged)?;
        if kept.is_some_and(|kept| kept < position) {
            return Ok(None);
        }
        self.from = position + 1;
        Ok(Some(Held::Decoded(rule)))
    }

    fn held(&mut self, slot: Slot, found_by: FoundBy) -> Result<Held<'a>, Unavailable> {
        self.slot = slot.next();
        match found_by {
            // What every request asks about is at hand, decoded.
            FoundBy::Scan => Ok(Held::Decoded(self.found.decoded(slot)?)),
            FoundBy::Word => {
                let view = self.found.list.encoded(slot).and_then(RuleView::read);
                let view = view.ok_or(Damaged).map_err(damaged)?;
                Ok(Held::View(view, slot))
            }
        }
    }
}

impl<'a> Iterator for Walk<'_, 'a> {
    type Item = Result<Held<'a>, Unavailable>;

    fn next(&mut self) -> Option<Self::Item> {
        let kept = self.found.list.next(self.slot, &self.found.candidates);
        if !self.found.keyed.is_empty()
            && let Some(keyed) = self.keyed(kept.map(|(slot, _)| slot)).transpose()
        {
            return Some(keyed);
        }
        kept.map(|(slot, found_by)| self.held(slot, found_by))
    }
}

pub(super) fn damaged(_: Damaged) -> Unavailable {
    Unavailable::Damaged
}

/// The first of `placed` at position `from` or after.
fn first(placed: &[Placed], from: usize) -> Option<(usize, &Rule)> {
    let position = |placed: &Placed| usize::try_from(placed.position).unwrap_or(usize::MAX);
    let at = placed.partition_point(|placed| position(placed) < from);
    placed
        .get(at)
        .map(|placed| (position(placed), &placed.item))
}
