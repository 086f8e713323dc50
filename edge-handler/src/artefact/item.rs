//! How things lie in a DynamoDB table: names of items, names of attributes.
//!
//! A table holds several generations, each at a [`Slot`] of its own: its entries, and the pieces of its program. One item,
//! the ledger, says which generations there are, where they lie, and which is live; see `lambda::ledger`.
//!
//! In: a slot and a key. Out: the attributes' names, the item's name. Absent: reading and
//! writing; see `lambda::dynamodb` and the command line.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::artefact::key::Key;

/// The partition key, a string: see [`name`]. DynamoDB takes at most 2,048 bytes.
pub const KEY_ATTRIBUTE: &str = "pk";

/// The entry, [encoded](crate::artefact::table::Entry::encode): a binary attribute.
pub const ENTRY_ATTRIBUTE: &str = "entry";

/// The item that holds the ledger. No slot begins with `@`.
pub const LEDGER: &str = "@ledger";

/// In the ledger's item, a string: the ledger as JSON.
pub const LEDGER_ATTRIBUTE: &str = "ledger";

/// In the ledger's item, a number that grows with every change: what a change compares.
pub const REVISION_ATTRIBUTE: &str = "revision";

/// A piece of a program is no longer than this, in bytes: an item may have 400 kB.
pub const LONGEST_PIECE: usize = 350_000;

/// Where a generation lies in a table. No slot is used twice: a generation that was removed and comes again gets another,
/// so that nobody who still removes the old one touches the new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u64);

impl fmt::Display for Slot {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl Slot {
    /// The slot of the item called `name`.
    pub fn of(name: &str) -> Option<Self> {
        let (slot, _) = name.split_once('/')?;
        slot.parse().ok().map(Self)
    }
}

/// The partition key of `key` in a table: `17/rule:0:/old`.
pub fn name(slot: Slot, key: &Key) -> String {
    format!("{slot}/{}", key.item_name())
}

/// The name of `key` in the file of a build, which is in no slot yet: `00c0ffee00c0ffee/rule:0:/old`.
pub fn name_in_build(generation: u64, key: &Key) -> String {
    format!("{generation:016x}/{}", key.item_name())
}

/// The name of a piece of a generation's program; the piece is the item's [`ENTRY_ATTRIBUTE`].
pub fn piece_name(slot: Slot, number: u64) -> String {
    format!("{slot}/{}", piece_in_slot(number))
}

/// The end of the name of a piece.
pub fn piece_in_slot(number: impl fmt::Display) -> String {
    format!("@program/{number}")
}

/// The generation that `text` names.
pub fn generation_named(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}
