//! Keeps decoding from recursing without end.
//!
//! In: a value that holds values of its own type. Out: the same decoded, or an error when it nests
//! too deeply. Absent: limits on length; the decoder has those.
//!
//! What the compiler writes nests a little; bytes made to mislead could nest until the stack ends,
//! and that cannot be caught.

use std::cell::Cell;

use serde::de::{Deserialize, Deserializer, Error};

/// More than the parser of expressions lets nest.
const DEEPEST_EXPRESSION: u32 = 300;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level of nesting. Ends when dropped, errors included.
struct Level;

impl Level {
    fn enter() -> Option<Self> {
        let depth = DEPTH.get();
        (depth < DEEPEST_EXPRESSION).then(|| {
            DEPTH.set(depth + 1);
            Self
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

/// Decodes a part of an expression one level further down: for `#[serde(deserialize_with = …)]`.
///
/// # Errors
/// It is malformed, or nests too deeply.
pub fn expression<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    let _level = Level::enter().ok_or_else(|| D::Error::custom("nested too deeply"))?;
    T::deserialize(from)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use crate::model::expression::Node;

    /// `levels` times `!`, around `true`.
    fn negations(levels: usize) -> Vec<u8> {
        let mut bytes = [2].repeat(levels);
        bytes.push(0);
        bytes
    }

    /// `levels` times a conjunction of one, around `true`.
    fn conjunctions(levels: usize) -> Vec<u8> {
        let mut bytes = [3, 1].repeat(levels);
        bytes.push(0);
        bytes
    }

    #[test]
    fn expressions() {
        for nested in [negations, conjunctions] {
            assert!(postcard::from_bytes::<Node>(&nested(250)).is_ok());
            assert!(postcard::from_bytes::<Node>(&nested(100_000)).is_err());
        }
    }

    #[test]
    fn an_error_leaves_no_level_behind() {
        assert!(postcard::from_bytes::<Node>(&negations(100_000)).is_err());
        postcard::from_bytes::<Node>(&negations(250)).unwrap();
    }
}
