//! What of a pattern is asked for again after it was taken apart.
//!
//! In: an [`PatternFacts`] and its [`Shape`]. Out: [`Gist`]. Absent: the structure, which takes ten times the room.

use std::ops::Range;

use memchr::memmem;

use super::covers::longest_literal;
use crate::facts::PatternFacts;
use crate::shape::Shape;
use crate::witness::{Groups, Samples};

/// A pattern in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gist {
    /// The plainest of the texts it most likely matches.
    pub example: Box<[u8]>,
    /// The pattern surely matches the example.
    pub is_sure: bool,
    /// All that it matches is one text.
    pub is_one_text: bool,
    literal: Literal,
}

/// The longest literal of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    /// It stands there in the example.
    There(Range<usize>),
    /// The example was cut before it.
    Else(Box<[u8]>),
}

impl Gist {
    /// The gist of a pattern.
    pub fn of(facts: &PatternFacts, shape: &Shape) -> Self {
        let samples = Samples::of(facts);
        let example = samples.text(0, &Groups::new());
        let literal = longest_literal(facts);
        let start = memmem::find(&example.to_ascii_lowercase(), &literal);
        Self {
            example: example.into(),
            is_sure: matches!(samples, Samples::Literal(_)),
            is_one_text: shape.is_one_text(),
            literal: match start {
                Some(start) => Literal::There(start..start + literal.len()),
                None => Literal::Else(literal.into()),
            },
        }
    }

    /// The longest text that every match holds, letters lowered.
    pub fn literal(&self) -> Vec<u8> {
        match &self.literal {
            Literal::There(place) => {
                let literal = self.example.get(place.clone()).unwrap_or_default();
                literal.to_ascii_lowercase()
            }
            Literal::Else(literal) => literal.to_vec(),
        }
    }
}
