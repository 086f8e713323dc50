//! What a pattern consists of, for whoever looks at patterns rather than matching them.
//!
//! In: a [`Pattern`]. Out: its structure, describing *at least* the texts PCRE2 matches with it.
//! Absent: reading it (`structure` of the edge handler's matching), and what follows from it; see
//! [`crate::shape`].

use edgewright_engine::artefact::index::Case;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_engine::pattern::matching::structure::{self, Structure};
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

/// The same, look-around taken to say nothing: for a pattern that only PCRE2 understands otherwise.
pub(crate) fn read_loosely(text: &[u8], options: PatternOptions) -> Option<Hir> {
    read(text, options).or_else(|| read(&without_looks(text), options))
}

/// `text` with every look-around group replaced by an empty one. Classes stay as they are.
fn without_looks(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let looks = [&b"(?="[..], b"(?!", b"(?<=", b"(?<!"];
        let is_look = looks.iter().any(|look| rest.starts_with(look));
        let length = if is_look {
            out.extend_from_slice(b"(?:)");
            group_length(rest)
        } else {
            let length = item_length(rest);
            out.extend_from_slice(&rest[..length]);
            length
        };
        rest = &rest[length..];
    }
    out
}

/// The length of the group that `text` begins with; of the whole when it is not closed.
fn group_length(text: &[u8]) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += item_length(&text[at..]);
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of an escape, a class or a byte.
fn item_length(text: &[u8]) -> usize {
    match text.first() {
        Some(b'\\') => text.len().min(2),
        Some(b'[') => class_length(text),
        _ => 1,
    }
}

fn class_length(text: &[u8]) -> usize {
    let negated = usize::from(text.get(1) == Some(&b'^'));
    let mut at = 1 + negated + usize::from(text.get(1 + negated) == Some(&b']'));
    loop {
        match text.get(at..) {
            None | Some([]) => return text.len(),
            Some([b'\\', ..]) => at += 2,
            Some([b']', ..]) => return at + 1,
            Some([b'[', b':', rest @ ..]) => {
                let end = rest.windows(2).position(|pair| pair == b":]");
                at += end.map_or(1, |end| end + 4);
            }
            Some(_) => at += 1,
        }
    }
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub(crate) fn without_case_option(pattern: &Pattern) -> (&[u8], bool) {
    structure::without_case_option(&pattern.text, pattern.options)
}
