//! Which rules of a list were found for one text.
//!
//! In: the entries that the table has, and the candidates that the index names. Out: [`Found`], which gives
//! them in the order of the list, where they stand. Absent: finding them; see [`super::finder`].

use smallvec::SmallVec;

use super::Unavailable;
use crate::artefact::index::{Candidates, ListIndex, Slot, Slots};
use crate::artefact::packed::Damaged;
use crate::artefact::rule::RuleView;
use crate::artefact::shared::Shared;
use crate::artefact::table::Placed;

/// Rules that were found of one list.
#[derive(Debug)]
pub struct Found<'a> {
    list: &'a ListIndex,
    shared: &'a Shared,
    /// What the table has, entry by entry.
    keyed: SmallVec<[&'a [Placed]; 2]>,
    /// What the program has.
    pub(super) candidates: Candidates,
}

impl<'a> Found<'a> {
    pub(super) fn of(list: &'a ListIndex, shared: &'a Shared) -> Self {
        Self {
            list,
            shared,
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
    fn next_keyed(&self, from: usize) -> Option<(usize, RuleView<'a>)> {
        let keyed = self.keyed.iter();
        let keyed = keyed.filter_map(|placed| first(placed, from));
        let first = keyed.min_by_key(|placed| placed.position)?;
        Some((position(first), first.item.view()))
    }

    /// The first rule that was found at position `from` or after.
    ///
    /// # Errors
    /// Its bytes are damaged.
    pub fn next(&self, from: usize) -> Result<Option<(usize, RuleView<'a>)>, Unavailable> {
        let keyed = self.next_keyed(from);
        let Some(slot) = self.list.next_from(from, &self.candidates) else {
            return Ok(keyed);
        };
        let (position, record) = self.list.get(slot)?;
        if keyed.is_some_and(|(keyed, _)| keyed < position) {
            return Ok(keyed);
        }
        Ok(Some((position, RuleView::written(record, self.shared)?)))
    }

    /// Nothing was found, as for most texts.
    #[inline]
    fn is_empty(&self) -> bool {
        self.keyed.is_empty() && self.list.names_none(&self.candidates)
    }

    /// The rules that were found, in order.
    #[inline]
    pub fn walk(&self) -> Walk<'_, 'a> {
        Walk {
            found: self,
            from: 0,
            slots: self.list.slots(&self.candidates),
        }
    }
}

/// Gives the rules that were found, in order. What is damaged is as for [`Found::next`].
#[derive(Debug)]
pub struct Walk<'f, 'a> {
    found: &'f Found<'a>,
    /// Where to go on among what the table has.
    from: usize,
    /// What the program has.
    slots: Slots<'f>,
}

impl<'a> Walk<'_, 'a> {
    /// The first of what the table has, where nothing in the program stands before it.
    fn keyed(&mut self, slot: Option<Slot>) -> Result<Option<RuleView<'a>>, Damaged> {
        let Some((position, rule)) = self.found.next_keyed(self.from) else {
            return Ok(None);
        };
        if let Some(slot) = slot {
            let (kept, _) = self.found.list.get(slot)?;
            if kept < position {
                return Ok(None);
            }
        }
        self.from = position + 1;
        Ok(Some(rule))
    }

    #[inline]
    fn written(&mut self, slot: Slot) -> Result<RuleView<'a>, Damaged> {
        self.slots.pass(slot);
        RuleView::written(self.found.list.record(slot)?, self.found.shared)
    }
}

impl<'a> Iterator for Walk<'_, 'a> {
    type Item = Result<RuleView<'a>, Damaged>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.found.is_empty() {
            return None;
        }
        self.go_on()
    }
}

impl<'a> Walk<'_, 'a> {
    #[inline(never)]
    fn go_on(&mut self) -> Option<Result<RuleView<'a>, Damaged>> {
        let slot = self.slots.peek();
        if !self.found.keyed.is_empty()
            && let Some(keyed) = self.keyed(slot).transpose()
        {
            return Some(keyed);
        }
        slot.map(|slot| self.written(slot))
    }
}

fn position(placed: &Placed) -> usize {
    usize::try_from(placed.position).unwrap_or(usize::MAX)
}

/// The first of `placed` at position `from` or after.
fn first(placed: &[Placed], from: usize) -> Option<&Placed> {
    let at = placed.partition_point(|placed| position(placed) < from);
    placed.get(at)
}
