//! How an entry lies in a DynamoDB table: two binary attributes.
//!
//! In: nothing. Out: the attributes' names. Absent: reading and writing; see `lambda::dynamodb` and
//! the command line.

/// The partition key: the bytes of a [`crate::key::Key`]. DynamoDB takes at most 2,048.
pub const KEY_ATTRIBUTE: &str = "pk";

/// The entry, encoded.
pub const ENTRY_ATTRIBUTE: &str = "entry";
