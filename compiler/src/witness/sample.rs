//! Texts a pattern matches.
//!
//! In: a [`Pattern`] and the number of a variant. Out: one text. Absent: whether it really matches;
//! look-around and back references are not followed, so ask the pattern itself.

use std::collections::BTreeMap;

use edgewright_engine::pattern::Pattern;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::facts::PatternFacts;
use crate::structure::class_contains;

/// Longer texts are cut: no request line holds them.
const LONGEST: usize = 2_000;

/// What classes are made of where they allow it, so that texts look like paths.
const PREFERRED: &[u8] = b"ax7-_.Z";

/// Texts that groups have to stand for, by number.
pub(crate) type Groups = BTreeMap<u32, Vec<u8>>;

/// A text that `pattern` most likely matches. Each `variant` takes other alternatives, other letters
/// and other numbers of repetitions; 0 is the plainest.
pub(crate) fn sample(pattern: &Pattern, variant: usize, groups: &Groups) -> Vec<u8> {
    Samples::of(&PatternFacts::of(pattern)).text(variant, groups)
}

/// The texts [`sample`] makes of one pattern, which is read once.
#[derive(Debug)]
pub(crate) enum Samples<'o> {
    /// Always this one: the pattern is a text, and matches it.
    Literal(&'o [u8]),
    /// The empty text: the pattern is not understood.
    Unknown,
    /// What this structure says.
    Varied(&'o Hir),
}

impl<'o> Samples<'o> {
    /// The samples of a pattern.
    pub fn of(facts: &'o PatternFacts) -> Self {
        if let Some(word) = facts.literal() {
            return Self::Literal(word);
        }
        match facts.structure() {
            Some(structure) => Self::Varied(structure),
            None => Self::Unknown,
        }
    }

    /// The text of one variant.
    pub fn text(&self, variant: usize, groups: &Groups) -> Vec<u8> {
        match self {
            Self::Literal(text) => text.to_vec(),
            Self::Unknown => Vec::new(),
            Self::Varied(structure) => {
                let text = Vec::new();
                let mut sampler = Sampler {
                    variant,
                    groups,
                    text,
                };
                sampler.add(structure);
                sampler.text
            }
        }
    }

    /// Those of the first variants that `pattern`, which these are of, really matches.
    pub fn matching(&self, pattern: &Pattern, variants: usize) -> Vec<Vec<u8>> {
        if let Self::Literal(text) = self {
            return vec![text.to_vec()];
        }
        let texts = (0..variants).map(|variant| self.text(variant, &Groups::new()));
        texts.filter(|text| pattern.is_match(text)).collect()
    }
}

struct Sampler<'a> {
    variant: usize,
    groups: &'a Groups,
    text: Vec<u8>,
}

impl Sampler<'_> {
    fn add(&mut self, structure: &Hir) {
        if self.text.len() > LONGEST {
            return;
        }
        match structure.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.text.extend_from_slice(&literal.0),
            HirKind::Class(class) => self.text.extend(self.member(class)),
            HirKind::Repetition(repetition) => {
                for _ in 0..self.times(repetition.min, repetition.max) {
                    self.add(&repetition.sub);
                }
            }
            HirKind::Capture(group) => match self.groups.get(&group.index) {
                Some(text) => self.text.extend_from_slice(text),
                None => self.add(&group.sub),
            },
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.add_part(part)),
            HirKind::Alternation(branches) => {
                if let Some(branch) = branches.get(self.variant % branches.len().max(1)) {
                    self.add(branch);
                }
            }
        }
    }

    /// A lone `.` was most likely meant to be one, as in `index.html`.
    fn add_part(&mut self, part: &Hir) {
        match part.kind() {
            HirKind::Class(class) if self.variant == 0 && is_any(class) => self.text.push(b'.'),
            _ => self.add(part),
        }
    }

    /// Once if it may, then as few times as allowed, then a few more.
    fn times(&self, least: u32, most: Option<u32>) -> u32 {
        let wanted = match self.variant % 3 {
            0 => least.max(1),
            1 => least,
            _ => least.saturating_add(2),
        };
        wanted.min(most.unwrap_or(u32::MAX)).min(64)
    }

    fn member(&self, class: &Class) -> Option<u8> {
        let fitting: Vec<u8> = (PREFERRED.iter().copied())
            .filter(|byte| class_contains(class, *byte))
            .collect();
        let letter = || (b'a'..=b'z').find(|letter| is_letter(class, *letter));
        let preferred = fitting.get(self.variant % fitting.len().max(1)).copied();
        let printable = || (b'!'..=b'~').find(|byte| class_contains(class, *byte));
        let any = || (0..=u8::MAX).find(|byte| class_contains(class, *byte));
        preferred.or_else(letter).or_else(printable).or_else(any)
    }
}

/// Is a class one letter in both its cases?
fn is_letter(class: &Class, letter: u8) -> bool {
    let is_there = |byte: u8| class_contains(class, byte);
    let all = (0..=u8::MAX).filter(|byte| is_there(*byte)).count();
    all == 2 && is_there(letter) && is_there(letter.to_ascii_uppercase())
}

/// Does a class hold bytes of every kind, as a `.` does?
fn is_any(class: &Class) -> bool {
    b"./a0 \xff".iter().all(|byte| class_contains(class, *byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgewright_engine::pattern::PatternOptions;

    fn check(text: &str, variant: usize, expected: &str) {
        let pattern = Pattern::new(text, PatternOptions::default());
        let found = sample(&pattern, variant, &Groups::new());
        assert_eq!(
            found.escape_ascii().to_string(),
            expected,
            "{text} {variant}"
        );
    }

    #[test]
    fn texts_follow_the_pattern() {
        check("^/old$", 0, "/old");
        check("^/a/(.*)$", 0, "/a/a");
        check("^/a/(.*)$", 1, "/a/");
        check("^/a/(.*)$", 2, "/a/77");
        check("^/(x|y)/?$", 1, "/x");
        check("^/(one|two)/?$", 1, "/two");
        check("^/n/[0-9]{4}$", 0, "/n/7777");
        check("(?i)^/Case", 0, "/Case");
        check("^/index.html$", 0, "/index.html");
        check("^/index.html$", 1, "/indexxhtml");
    }

    #[test]
    fn what_the_structure_cannot_hold_is_left_out() {
        check("^/(?!admin)(.+)$", 0, "/a");
        check("^/(?<name>b+)$", 0, "/b");
        check("^/a(?i:b)$", 0, "/ab");
        check("^/a\\1(b)", 0, "/abb");
        check("^/(\\w+)/\\1$", 0, "/a/a");
        check("^/(?:x)(ab|cd)([0-9])\\2\\1$", 1, "/xcd77cd");
    }

    #[test]
    fn groups_stand_for_what_is_asked() {
        let pattern = Pattern::new("^/m/([a-z]+)$", PatternOptions::default());
        let groups = Groups::from([(1, b"key".to_vec())]);
        assert_eq!(sample(&pattern, 0, &groups), b"/m/key");
    }
}
