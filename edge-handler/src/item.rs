//! How an entry lies in a DynamoDB table: a name, and the entry's bytes.
//!
//! In: a generation and a key. Out: the attributes' names, the item's name. Absent: reading and
//! writing; see `lambda::dynamodb` and the command line.

use crate::key::Key;

/// The partition key, a string: see [`name`]. DynamoDB takes at most 2,048 bytes.
pub const KEY_ATTRIBUTE: &str = "pk";

/// The entry, [encoded](crate::table::Entry::encode): a binary attribute.
pub const ENTRY_ATTRIBUTE: &str = "entry";

/// The partition key of `key` in a table that holds several generations:
/// `00c0ffee00c0ffee/rule:0:/old`.
pub fn name(generation: u64, key: &Key) -> String {
    format!("{generation:016x}/{}", key.item_name())
}
