//! Texts that must stand somewhere in whatever a pattern matches.
//!
//! In: a pattern's structure. Out: requirements, each a few words of which one has to be there.
//! Absent: words a text has to begin with, which [`crate::shape`] knows; which requirement is best
//! ([`super::choose`]).

use edgewright_engine::artefact::index::{Stand, Word};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A requirement has at most this many words.
const MOST_WORDS: usize = 16;

/// No word is longer than this; a longer one is cut.
const LONGEST_WORD: usize = 256;

/// Classes with more bytes are not spelled out.
const LARGEST_CLASS: usize = 4;

/// The requirements of a structure.
pub(super) fn required(structure: &Hir) -> Vec<Vec<Word>> {
    let mut walk = Walk::new();
    walk.visit(structure);
    walk.close(Stand::Anywhere);
    walk.found
}

/// Goes through a structure from left to right.
struct Walk {
    /// What the text since the last gap may be.
    words: Vec<Vec<u8>>,
    found: Vec<Vec<Word>>,
}

impl Walk {
    fn new() -> Self {
        Self {
            words: vec![Vec::new()],
            found: Vec::new(),
        }
    }

    fn visit(&mut self, structure: &Hir) {
        if let Some(words) = spelled(structure) {
            self.append(&words);
            return;
        }
        match structure.kind() {
            HirKind::Look(Look::End) => self.close(Stand::AtEnd),
            HirKind::Look(_) | HirKind::Empty => {}
            HirKind::Literal(literal) => self.append(&[literal.0.to_vec()]),
            HirKind::Capture(group) => self.visit(&group.sub),
            HirKind::Concat(parts) => {
                for part in parts {
                    self.visit(part);
                }
            }
            HirKind::Repetition(repetition) => {
                if repetition.min > 0 {
                    self.visit(&repetition.sub);
                }
                self.close(Stand::Anywhere);
            }
            HirKind::Alternation(parts) => {
                self.close(Stand::Anywhere);
                self.found.extend(any_of(parts));
            }
            HirKind::Class(_) => self.close(Stand::Anywhere),
        }
    }

    /// The text goes on with one of `words`.
    fn append(&mut self, words: &[Vec<u8>]) {
        if self.words.len() * words.len() > MOST_WORDS {
            self.close(Stand::Anywhere);
        }
        let longest = self.words.iter().map(Vec::len).max().unwrap_or(0);
        if longest + words.iter().map(Vec::len).max().unwrap_or(0) > LONGEST_WORD {
            self.close(Stand::Anywhere);
        }
        let both = self.words.iter().flat_map(|before| {
            let after = words.iter();
            after.map(move |word| [before.as_slice(), word].concat())
        });
        self.words = both.collect();
    }

    /// A gap: whatever was gathered so far is a requirement, if all of it is long enough.
    fn close(&mut self, stand: Stand) {
        let words = std::mem::replace(&mut self.words, vec![Vec::new()]);
        let words = words.iter().map(|word| Word::new(word, stand));
        self.found.extend(words.collect::<Option<Vec<Word>>>());
    }
}

/// The best requirement of each alternative; one of them all has to hold.
fn any_of(alternatives: &[Hir]) -> Option<Vec<Word>> {
    let mut all = Vec::new();
    for alternative in alternatives {
        let shortest = |words: &Vec<Word>| words.iter().map(Word::len).min();
        let best = required(alternative).into_iter().max_by_key(shortest)?;
        all.extend(best);
    }
    (all.len() <= MOST_WORDS).then_some(all)
}

/// All texts of a structure, if they are few and it looks at nothing else.
fn spelled(structure: &Hir) -> Option<Vec<Vec<u8>>> {
    match structure.kind() {
        HirKind::Empty => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Class(class) => members(class),
        HirKind::Capture(group) => spelled(&group.sub),
        HirKind::Repetition(repetition) if (repetition.min, repetition.max) == (0, Some(1)) => {
            let mut words = spelled(&repetition.sub)?;
            words.push(Vec::new());
            Some(words)
        }
        HirKind::Alternation(parts) => {
            let words: Option<Vec<_>> = parts.iter().map(spelled).collect();
            Some(words?.concat()).filter(|words| words.len() <= MOST_WORDS)
        }
        HirKind::Concat(parts) => {
            let mut words = vec![Vec::new()];
            for part in parts {
                let next = spelled(part)?;
                if words.len() * next.len() > MOST_WORDS {
                    return None;
                }
                let both = words.iter().flat_map(|before: &Vec<u8>| {
                    next.iter()
                        .map(move |word| [before.as_slice(), word].concat())
                });
                words = both.collect();
            }
            Some(words)
        }
        HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn members(class: &Class) -> Option<Vec<Vec<u8>>> {
    let Class::Bytes(class) = class else {
        return None;
    };
    let ranges = class.ranges().iter();
    let bytes = ranges.flat_map(|range| range.start()..=range.end());
    let words: Vec<Vec<u8>> = bytes
        .map(|byte| vec![byte])
        .take(LARGEST_CLASS + 1)
        .collect();
    (words.len() <= LARGEST_CLASS).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::PatternFacts;
    use edgewright_engine::pattern::{Pattern, PatternOptions};

    /// Requirements as text: words joined by `|`, `$` after those at the end.
    fn check(pattern: &str, expected: &[&str]) {
        let shown = |word: &Word| word.to_string();
        let asked = Pattern::new(pattern, PatternOptions::default());
        let facts = PatternFacts::of(&asked);
        let requirements = facts.structure().map_or(Vec::new(), required);
        let all = requirements.iter().map(|words| {
            let words: Vec<String> = words.iter().map(shown).collect();
            words.join("|")
        });
        assert_eq!(all.collect::<Vec<_>>(), expected, "{pattern}");
    }

    #[test]
    fn words_that_have_to_be_there() {
        check(r"\.php$", &[".php$"]);
        check("/old-shop/", &["/old-shop/"]);
        check(r"^/shop/([^/]+)-17\.html$", &["/shop/", "-17.html$"]);
        check("/print/?$", &["/print/$|/print$"]);
        check("(?:abc)+x", &["abc"]);
        check("foo.*bar[0-9]baz", &["foo", "bar", "baz"]);
        check(r"\.(?:gif|jpe?g)$", &[".gif$|.jpeg$|.jpg$"]);
        check("abc.*|.*defg", &["abc|defg"]);
        check("a(?:bcd)?ef", &["abcdef|aef"]);
        check("[ab]cd", &["acd|bcd"]);
        check(r"^(?!/(?:products|news\)[)])).*\.jsp$", &[".jsp$"]);
        check(r"(?<=/)index\.html$", &["index.html$"]);
        check(r"(abc)\1", &["abcabc"]);
    }

    #[test]
    fn too_little_to_go_by() {
        check("", &[]);
        check("^(.*)$", &[]);
        check("/$", &[]);
        check("abc|d", &[]);
        check("(?:abc)?", &[]);
        check("ab.cd", &[]);
    }
}
