//! A regular expression as Apache reads it.
//!
//! In: the text of a pattern. Out: [`Pattern`]. Absent: matching; see `evaluate::matching`.

use serde::{Deserialize, Serialize};

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

/// A regular expression: text and options. Compiled when first used, not here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pattern {
    /// The expression without a leading `!`.
    pub text: Vec<u8>,
    /// How it is compiled.
    pub options: PatternOptions,
}
