//! A regular expression as Apache reads it.
//!
//! In: the text of a pattern. Out: [`Pattern`], which matches. Absent: where patterns come from, and what they are
//! matched with.

pub mod dialect;
pub mod facts;
mod lexer;
pub mod matching;
mod print;
mod read;
pub mod set;
pub mod syntax;

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use matching::Compiled;
pub use print::exactly;

bitflags::bitflags! {
    /// How Apache compiles a pattern: `ap_regcomp` flags, `RegexDefaultOptions` already applied.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    pub struct PatternOptions: u8 {
        /// Letters match either case (ASCII only).
        const CASELESS = 1;
        /// `.` matches a newline too. Apache's default.
        const DOT_ALL = 2;
        /// `$` matches at the very end only. Apache's default.
        const DOLLAR_END_ONLY = 4;
    }
}

impl Default for PatternOptions {
    fn default() -> Self {
        Self::DOT_ALL | Self::DOLLAR_END_ONLY
    }
}

/// A regular expression: text and options. Compiled when first used, not here; two patterns are
/// equal when text and options are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pattern {
    /// The expression without a leading `!`.
    #[serde(with = "serde_bytes")]
    pub text: Vec<u8>,
    /// How it is compiled.
    pub options: PatternOptions,
    /// The compiled form, once something was matched with it.
    #[serde(skip)]
    pub(crate) compiled: Compiled,
}

impl Pattern {
    /// A pattern. Nothing is compiled yet, so any text will do; see [`Pattern::check`].
    pub fn new(text: impl Into<Vec<u8>>, options: PatternOptions) -> Self {
        Self {
            text: text.into(),
            options,
            compiled: Compiled::default(),
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options && self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.options.hash(state);
    }
}
