//! Texts a pattern matches.
//!
//! In: a [`Pattern`] and the number of a variant. Out: one text. Absent: whether it really matches;
//! look-around and back references are not followed, so ask the pattern itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use edgewright_engine::pattern::Pattern;
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::dialect;
use crate::outline::Outline;

/// Longer texts are cut: no request line holds them.
const LONGEST: usize = 2_000;

/// What classes are made of where they allow it, so that texts look like paths.
const PREFERRED: &[u8] = b"ax7-_.Z";

/// Texts that groups have to stand for, by number.
pub(crate) type Groups = BTreeMap<u32, Vec<u8>>;

/// A text that `pattern` most likely matches. Each `variant` takes other alternatives, other letters
/// and other numbers of repetitions; 0 is the plainest.
pub(crate) fn sample(pattern: &Pattern, variant: usize, groups: &Groups) -> Vec<u8> {
    Samples::of(&Outline::of(pattern)).text(variant, groups)
}

/// The texts [`sample`] makes of one pattern, which is read once.
#[derive(Debug)]
pub(crate) enum Samples<'o> {
    /// Always this one: the pattern is a text, and matches it.
    Literal(&'o [u8]),
    /// Always this one, with which it begins.
    Beginning(Vec<u8>),
    /// What this structure says.
    Varied(Cow<'o, Hir>),
}

impl<'o> Samples<'o> {
    /// The samples of a pattern.
    pub fn of(outline: &'o Outline<'_>) -> Self {
        if let Some(word) = outline.literal() {
            return Self::Literal(word);
        }
        let simple = || dialect::read(&simplified(outline.text), outline.pattern.options);
        let structure = outline.structure().map(Cow::Borrowed);
        match structure.or_else(|| simple().map(Cow::Owned)) {
            Some(structure) => Self::Varied(structure),
            None => Self::Beginning(literal_prefix(outline.text)),
        }
    }

    /// The text of one variant.
    pub fn text(&self, variant: usize, groups: &Groups) -> Vec<u8> {
        match self {
            Self::Literal(text) => text.to_vec(),
            Self::Beginning(text) => text.clone(),
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
            .filter(|byte| dialect::class_contains(class, *byte))
            .collect();
        let preferred = fitting.get(self.variant % fitting.len().max(1)).copied();
        let printable = || (b'!'..=b'~').find(|byte| dialect::class_contains(class, *byte));
        let any = || (0..=u8::MAX).find(|byte| dialect::class_contains(class, *byte));
        preferred.or_else(printable).or_else(any)
    }
}

/// Does a class hold bytes of every kind, as a `.` does?
fn is_any(class: &Class) -> bool {
    b"./a0 \xff"
        .iter()
        .all(|byte| dialect::class_contains(class, *byte))
}

/// The expression without what the structure cannot hold: look-around, options, names of groups.
fn simplified(text: &[u8]) -> Vec<u8> {
    let mut simple = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let looks = [&b"(?="[..], b"(?!", b"(?<=", b"(?<!"];
        if let Some(again) = referred_to(text, at) {
            simple.extend([b"(?:", again, b")"].concat());
            at += 2;
        } else if rest[0] == b'\\' {
            simple.extend_from_slice(&rest[..rest.len().min(2)]);
            at += 2;
        } else if looks.iter().any(|look| rest.starts_with(look)) {
            at += group_length(rest);
        } else if rest.starts_with(b"(?P<") || rest.starts_with(b"(?<") {
            simple.push(b'(');
            at += rest
                .iter()
                .position(|byte| *byte == b'>')
                .map_or(1, |end| end + 1);
        } else if rest.starts_with(b"(?") && !rest.starts_with(b"(?:") {
            let end = rest
                .iter()
                .position(|byte| matches!(byte, b':' | b')' | b'>'));
            let end = end.unwrap_or(rest.len() - 1);
            if rest[end] != b')' {
                simple.extend_from_slice(b"(?:");
            }
            at += end + 1;
        } else {
            simple.push(rest[0]);
            at += 1;
        }
    }
    simple
}

/// What a reference at `at` to an earlier group stands for: that group's own expression, which the
/// same variant makes the same text of.
fn referred_to(text: &[u8], at: usize) -> Option<&[u8]> {
    let [b'\\', digit @ b'1'..=b'9', ..] = text.get(at..)? else {
        return None;
    };
    let mut wanted = usize::from(*digit - b'0');
    let mut escaped = false;
    for (open, byte) in text.iter().enumerate().take(at) {
        let begins = *byte == b'(' && !escaped && text.get(open + 1) != Some(&b'?');
        escaped = *byte == b'\\' && !escaped;
        wanted -= usize::from(begins);
        if wanted == 0 {
            let end = open + group_length(&text[open..]);
            let inner = text.get(open + 1..end - 1)?;
            return (end <= at && !has_reference(inner)).then_some(inner);
        }
    }
    None
}

fn has_reference(text: &[u8]) -> bool {
    text.windows(2)
        .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit())
}

/// How long the group that `text` begins with is.
fn group_length(text: &[u8]) -> usize {
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// What a text must begin with, read without understanding the expression.
fn literal_prefix(text: &[u8]) -> Vec<u8> {
    let text = text.strip_prefix(b"^").unwrap_or(text);
    let special = |byte: &u8| b"\\[](){}.*+?|^$".contains(byte);
    text.iter()
        .copied()
        .take_while(|byte| !special(byte))
        .collect()
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
        check("^/a\\1(b)", 0, "/a");
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
