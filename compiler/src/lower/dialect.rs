//! What a pattern consists of, for whoever looks at patterns rather than matching them.
//!
//! In: a [`Pattern`]. Out: its structure, describing *at least* the texts PCRE2 matches with it.
//! Absent: reading it (`structure` of the edge handler's matching), and what follows from it; see
//! [`super::shape`].

use edgewright_edge_handler::evaluate::matching::structure;
use edgewright_edge_handler::rules::Pattern;
use edgewright_edge_handler::rules::pattern::PatternOptions;
use regex_syntax::hir::Hir;

/// The structure of `text`, letters taken as written: for a pattern that ignores case, it describes
/// texts whose letters were lowered once the structure's own are lowered too.
pub(crate) fn read(text: &[u8], options: PatternOptions) -> Option<Hir> {
    structure::read(text, options).map(|structure| structure.hir)
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub(crate) fn without_case_option(pattern: &Pattern) -> (&[u8], bool) {
    structure::without_case_option(&pattern.text, pattern.options)
}
