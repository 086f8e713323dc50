//! The ledger of a table: which generations there are, where they lie, which is live.
//!
//! In: JSON, as the table's item [`LEDGER`](item::LEDGER) has it. Out: [`Ledger`]. Absent: when what may be changed;
//! see the command line's `dynamodb`.
//!
//! All of it is one item, since DynamoDB changes one item as a whole and only if it still is as it was read. A reader that
//! has the ledger knows all that there is to know of a generation.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::artefact::item::{self, Slot};

/// What other versions would read otherwise.
pub const VERSION: u32 = 1;

/// A program in more pieces than this would not fit into a function.
pub const MOST_PIECES: u64 = 1000;

/// The number of a build, from its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationId(pub u64);

impl fmt::Display for GenerationId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

impl Serialize for GenerationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GenerationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let named = item::generation_named(&text).map(Self);
        named.ok_or_else(|| serde::de::Error::custom("a generation has sixteen digits"))
    }
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// [`VERSION`].
    version: u32,
    /// How many changes there were.
    pub revision: u64,
    /// The Region that is written to; others copy it.
    pub home: String,
    /// Which generation is live; `None` before the first.
    pub live: Option<Live>,
    /// Every generation that has items, or may have some.
    pub generations: BTreeMap<GenerationId, Known>,
}

/// Which generation is live.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// The generation.
    pub generation: GenerationId,
    /// The revision that made it live: no other switch has the same.
    pub revision: u64,
    /// When, in seconds since 1970.
    pub since: u64,
    /// The generation that was live before.
    pub previous: Option<GenerationId>,
}

/// What is known of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Where its items lie: the revision at which its first deploy began.
    pub slot: Slot,
    /// What may be done with it.
    pub state: State,
    /// How many entries it has.
    pub entries: u64,
    /// How many pieces its program lies in.
    pub pieces: u64,
    /// When its state changed, or when it ceased to be live, in seconds since 1970.
    pub changed: u64,
}

/// What may be done with a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A deploy writes it, or broke off.
    Coming,
    /// All of it is in every Region: requests may be answered from it.
    Whole,
    /// Its items are being removed: it is never whole again.
    Going,
}

impl Ledger {
    /// The ledger of a table that nothing was deployed into.
    pub fn new(home: &str) -> Self {
        Self {
            version: VERSION,
            revision: 0,
            home: home.to_owned(),
            live: None,
            generations: BTreeMap::new(),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// The text is no ledger, or one of another version; why.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let ledger: Self = serde_json::from_str(text)?;
        if ledger.version == VERSION {
            Ok(ledger)
        } else {
            let message = format!("version {} in place of {VERSION}", ledger.version);
            Err(serde::de::Error::custom(message))
        }
    }

    /// The generation, where requests may be answered from it.
    pub fn whole(&self, generation: GenerationId) -> Option<&Known> {
        let known = self.generations.get(&generation)?;
        match known.state {
            State::Whole => Some(known),
            State::Coming | State::Going => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[test]
    fn a_ledger_is_json_for_people() {
        let mut ledger = Ledger::new("us-east-1");
        let known = Known {
            slot: Slot(4),
            state: State::Whole,
            entries: 81,
            pieces: 1,
            changed: 1_790_000_000,
        };
        ledger.revision = 5;
        ledger.generations.insert(GenerationId(7), known);
        ledger.live = Some(Live {
            generation: GenerationId(7),
            revision: 5,
            since: 1_790_000_000,
            previous: None,
        });
        let text = serde_json::to_string(&ledger).unwrap();
        let expected = "{\"version\":1,\"revision\":5,\"home\":\"us-east-1\",\
            \"live\":{\"generation\":\"0000000000000007\",\"revision\":5,\"since\":1790000000,\"previous\":null},\
            \"generations\":{\"0000000000000007\":{\"slot\":4,\"state\":\"whole\",\"entries\":81,\"pieces\":1,\"changed\":1790000000}}}";
        assert_eq!(text, expected);
        assert_eq!(Ledger::parse(&text).unwrap(), ledger);
        for broken in [
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("0007\"", "07\""),
        ] {
            assert!(Ledger::parse(&broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn only_a_whole_generation_answers() {
        let mut ledger = Ledger::new("us-east-1");
        for (number, state) in [(1, State::Coming), (2, State::Whole), (3, State::Going)] {
            let known = Known {
                slot: Slot(number),
                state,
                entries: 0,
                pieces: 0,
                changed: 0,
            };
            ledger.generations.insert(GenerationId(number), known);
        }
        let whole = (1..=4).filter(|number| ledger.whole(GenerationId(*number)).is_some());
        assert_eq!(whole.collect::<Vec<_>>(), [2]);
    }
}
