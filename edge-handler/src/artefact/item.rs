//! How things lie in a DynamoDB table: names of items, names of attributes.
//!
//! An entry is an item of its generation. So are the pieces of the generation's program, and a record
//! that is written when all else is there. The pointer says which generation is live.
//!
//! In: a generation and a key. Out: the attributes' names, the item's name. Absent: reading and
//! writing; see `lambda::dynamodb` and the command line.

use crate::artefact::key::Key;

/// The partition key, a string: see [`name`]. DynamoDB takes at most 2,048 bytes.
pub const KEY_ATTRIBUTE: &str = "pk";

/// The entry, [encoded](crate::artefact::table::Entry::encode): a binary attribute.
pub const ENTRY_ATTRIBUTE: &str = "entry";

/// The item that says which generation is live. No entry's name begins with `@`.
pub const POINTER: &str = "@live";

/// In the pointer, a string of sixteen hexadecimal digits: the generation that is live.
pub const GENERATION_ATTRIBUTE: &str = "generation";

/// In the pointer, a string: the generation that was live before, if any.
pub const PREVIOUS_ATTRIBUTE: &str = "previous";

/// In the pointer and in a record, a number: when it was written, in seconds since 1970.
pub const SINCE_ATTRIBUTE: &str = "since";

/// In a record, a number: how many pieces the generation's program lies in.
pub const PIECES_ATTRIBUTE: &str = "pieces";

/// In a record, a number: how many entries the generation has.
pub const ENTRIES_ATTRIBUTE: &str = "entries";

/// The item that lists all generations that were ever whole.
pub const LIST: &str = "@generations";

/// In the list, a set of strings.
pub const GENERATIONS_ATTRIBUTE: &str = "generations";

/// A piece of a program is no longer than this, in bytes: an item may have 400 kB.
pub const LONGEST_PIECE: usize = 350_000;

/// The partition key of `key` in a table that holds several generations:
/// `00c0ffee00c0ffee/rule:0:/old`.
pub fn name(generation: u64, key: &Key) -> String {
    format!("{generation:016x}/{}", key.item_name())
}

/// The name of a generation's record.
pub fn record_name(generation: u64) -> String {
    format!("{generation:016x}/@record")
}

/// The name of a piece of a generation's program; the piece is the item's [`ENTRY_ATTRIBUTE`].
pub fn piece_name(generation: u64, number: usize) -> String {
    format!("{generation:016x}/@program/{number}")
}

/// The generation that `text` names.
pub fn generation_named(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}
