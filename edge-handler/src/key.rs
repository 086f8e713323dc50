//! What a table entry is found by. The only definition: the compiler writes with it, the edge reads
//! with it.
//!
//! In: a scope and a text. Out: [`Key`]. Absent: the generation prefix of a deployed table.

use serde::{Deserialize, Serialize};

/// The key of one table entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key(pub Vec<u8>);
