//! Which rules of a list may match a text, without trying them all.
//!
//! In: the rules that are not in the table, each with what is known about the texts it matches.
//! Out: [`ListIndex`], which names the candidates. Absent: keyed rules ([`crate::artefact::table`]), and
//! finding out what texts a pattern matches (the compiler).

mod buckets;
mod list;
mod marked;
mod words;

pub use list::{Candidates, Case, Keyed, Lengths, ListBuilder, ListIndex, Reach, Slot, Slots};
pub use marked::Marked;
pub use words::{Stand, Word};

fn to_index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
