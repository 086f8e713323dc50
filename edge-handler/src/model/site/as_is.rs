//! Files that say their answer themselves (`send-as-is` of `mod_asis`).
//!
//! In: nothing. Out: [`AsIs`] of a file. Absent: which files have the handler; see [`super::mime`].

use serde::{Deserialize, Serialize};

/// The beginning of a file that is sent as it is, as far as it decides an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AsIs {
    /// `Status`: the status.
    pub status: Option<u16>,
    /// `Location`.
    pub location: Option<Vec<u8>>,
}

/// Is this the name of the handler?
pub fn is_as_is(handler: &[u8]) -> bool {
    let names: [&[u8]; 2] = [b"send-as-is", b"httpd/send-as-is"];
    names.iter().any(|name| handler.eq_ignore_ascii_case(name))
}
