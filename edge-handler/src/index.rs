//! Which rules of a list may match a text, without trying them all.
//!
//! In: the rules that are not in the table, each with what is known about the texts it matches.
//! Out: [`ListIndex`], which names the next candidate. Absent: keyed rules ([`crate::table`]), and
//! finding out what texts a pattern matches (the compiler).

mod list;
mod prefix;

pub use list::{Keyed, ListBuilder, ListIndex, Reach};
pub use prefix::{Case, PrefixIndex};
