//! What a pattern consists of, for whoever looks at patterns rather than matching them.
//!
//! In: a [`Pattern`]. Out: its structure, describing *at least* the texts PCRE2 matches with it.
//! Absent: reading it (`structure` of the edge handler's matching), and what follows from it; see
//! [`super::shape`].

use edgewright_edge_handler::evaluate::matching::structure::{self, Structure};
use edgewright_edge_handler::index::Case;
use edgewright_edge_handler::rules::Pattern;
use edgewright_edge_handler::rules::pattern::PatternOptions;
use regex_syntax::hir::{Class, Hir};

/// The structure of `text`, letters taken as written: for a pattern that ignores case, it describes
/// texts whose letters were lowered once the structure's own are lowered too.
pub(crate) fn read(text: &[u8], options: PatternOptions) -> Option<Hir> {
    structure::read(text, options).map(|structure| structure.hir)
}

/// The structure of `text`, letters matching as `case` says, and how well it describes the pattern.
pub(crate) fn read_in_case(text: &[u8], options: PatternOptions, case: Case) -> Option<Structure> {
    structure::read_cased(text, options, case == Case::Folded)
}

/// Is `byte` a member? Alternatives of one letter are a class of characters even where everything
/// else is bytes.
pub(crate) fn class_contains(class: &Class, byte: u8) -> bool {
    match class {
        Class::Bytes(bytes) => {
            let mut ranges = bytes.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&byte))
        }
        Class::Unicode(characters) => {
            let mut ranges = characters.ranges().iter();
            ranges.any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
    }
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub(crate) fn without_case_option(pattern: &Pattern) -> (&[u8], bool) {
    structure::without_case_option(&pattern.text, pattern.options)
}
