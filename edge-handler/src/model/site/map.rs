//! `RewriteMap`.
//!
//! In: nothing. Out: [`Map`]. Absent: reading map files (the compiler), looking up (`evaluate::map`).

use serde::{Deserialize, Serialize};

use crate::model::rules::Place;

/// One map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Map {
    /// Where it is declared.
    pub place: Place,
    /// Its name.
    pub name: Vec<u8>,
    /// What answers.
    pub kind: MapKind,
}

impl Map {
    /// Adds an entry to a text map, in the order of keys. Other maps have none, and stay as they are.
    pub fn add(&mut self, entry: MapEntry) {
        if let MapKind::Text(entries) | MapKind::Random(entries) = &mut self.kind {
            let at = entries.partition_point(|other| other.key < entry.key);
            entries.insert(at, entry);
        }
    }
}

/// What answers a lookup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapKind {
    /// `txt:`, `dbm:`: entries sorted by key, the first of each key in file order.
    Text(Vec<MapEntry>),
    /// `rnd:`: the same, alternatives separated by `|`.
    Random(Vec<MapEntry>),
    /// `int:`.
    Function(MapFunction),
    /// `prg:`, `dbd:`, `fastdbd:` or a file that cannot be read: why it cannot answer.
    Unavailable(String),
}

/// One entry of a text map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapEntry {
    /// Where it stands: the map's file.
    pub place: Place,
    /// The key.
    #[serde(with = "serde_bytes")]
    pub key: Vec<u8>,
    /// The value.
    #[serde(with = "serde_bytes")]
    pub value: Vec<u8>,
}

/// A built-in function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapFunction {
    /// `tolower`.
    ToLower,
    /// `toupper`.
    ToUpper,
    /// `escape`.
    Escape,
    /// `unescape`.
    Unescape,
}
