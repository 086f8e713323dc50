//! The expansion language of substitutions and test strings.
//!
//! In: the text of an argument. Out: [`Template`]. Absent: expanding it; see `evaluate::expand`.

use serde::{Deserialize, Serialize};

/// A text with references, cut into pieces once. Mirrors what `do_expand` of `mod_rewrite.c`
/// sees as it walks the text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Template {
    /// The text as written; the prefix check and `//` check read it unexpanded.
    pub source: Vec<u8>,
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Piece {
    /// Text as it stands.
    Literal(Vec<u8>),
    /// One byte that was written with a backslash: never counted as the query's `?`.
    Escaped(u8),
    /// `$N`: a group of the rule's pattern.
    RuleGroup(u8),
    /// `%N`: a group of the last matching condition.
    ConditionGroup(u8),
    /// `%{NAME}`: the name as written.
    Variable(Vec<u8>),
    /// `${map:key|default}`.
    Map {
        /// The map's name.
        name: Vec<u8>,
        /// The key, expanded before the lookup.
        key: Template,
        /// What stands for a missing key; `None` when nothing was written.
        default: Option<Template>,
    },
}
