//! Which texts a pattern may match, as far as an index can use it.
//!
//! In: a [`Pattern`]. Out: its [`Shape`]. Absent: negation, chains; see `lower::partition`.

use edgewright_engine::artefact::index::Case;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::facts::Head;
use edgewright_engine::pattern::syntax::{Fidelity, Greed, Node, Place, Syntax};
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, Look};

use crate::facts::PatternFacts;

/// A rule has at most this many keys or prefixes.
const MOST_WORDS: usize = 64;

/// A part that is repeated more often ends a word.
const MOST_REPEATS: usize = 32;

/// No key or prefix is longer than this.
const LONGEST_WORD: usize = 4_096;

/// A shorter prefix tells too little: nearly every path begins with `/`.
const SHORTEST_PREFIX: usize = 2;

/// The texts a pattern may match. Always too many rather than too few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Only these, as a whole.
    Words(Case, Vec<Vec<u8>>),
    /// Only those that begin with one of these.
    Prefixes(Case, Vec<Vec<u8>>),
    /// Any.
    Open,
}

impl Shape {
    /// The shape of `pattern`. For [`Case::Folded`] the words have their ASCII letters lowered, and
    /// speak of texts with theirs lowered.
    pub fn of(pattern: &Pattern) -> Self {
        Self::of_facts(&PatternFacts::of(pattern))
    }

    /// The same of a pattern that is read already.
    pub(crate) fn of_facts(facts: &PatternFacts) -> Self {
        let case = facts.case;
        let head = facts.syntax.as_ref().and_then(Syntax::head);
        let shape = match head {
            // By far the most frequent, and the structure would say the same.
            Some(Head {
                text,
                rest: [Node::Place(Place::End)],
            }) => Self::Words(case, vec![text.to_vec()]),
            Some(Head { text, rest }) if opens_wide(rest) => of_head(text, case),
            Some(_) | None => match facts.structure() {
                Some(structure) => of_structure(structure, case),
                None => Self::Open,
            },
        };
        shape.fold()
    }

    /// All that the pattern matches is one text.
    pub(crate) fn is_one_text(&self) -> bool {
        matches!(self, Self::Words(Case::Exact, words) if words.len() == 1)
    }

    /// True when a pattern surely matches every one of the words of its shape: it has neither anchors
    /// inside nor anything that makes PCRE match less than its structure says.
    pub fn is_complete(facts: &PatternFacts) -> bool {
        let Some(syntax) = &facts.syntax else {
            return false;
        };
        match syntax.root.parts() {
            [
                Node::Place(Place::Start),
                inside @ ..,
                Node::Place(Place::End),
            ] => syntax.fidelity == Fidelity::Same && inside.iter().all(is_plain),
            _ => false,
        }
    }

    fn fold(mut self) -> Self {
        if let Self::Words(Case::Folded, words) | Self::Prefixes(Case::Folded, words) = &mut self {
            for word in &mut *words {
                word.make_ascii_lowercase();
            }
        }
        if let Self::Words(_, words) | Self::Prefixes(_, words) = &mut self {
            words.sort_unstable();
            words.dedup();
        }
        self
    }
}

fn of_structure(structure: &Hir, case: Case) -> Shape {
    let looks = structure.properties();
    if !looks.look_set_prefix().contains(Look::Start) {
        return Shape::Open;
    }
    let mut extractor = Extractor::new();
    extractor
        .limit_total(MOST_WORDS)
        .limit_repeat(MOST_REPEATS)
        .limit_literal_len(LONGEST_WORD);
    let sequence = extractor.extract(structure);
    let Some(literals) = sequence.literals() else {
        return Shape::Open;
    };
    let words = literals.iter().map(|word| word.as_bytes().to_vec());
    let words: Vec<Vec<u8>> = words.collect();
    if looks.look_set_suffix().contains(Look::End) && sequence.is_exact() {
        return Shape::Words(case, words);
    }
    if words.iter().any(|word| word.len() < SHORTEST_PREFIX) {
        return Shape::Open;
    }
    Shape::Prefixes(case, words)
}

/// By the literal text after the `^`.
fn of_head(head: &[u8], case: Case) -> Shape {
    if head.len() < SHORTEST_PREFIX {
        return Shape::Open;
    }
    Shape::Prefixes(case, vec![head.to_vec()])
}

/// Does anything go from here on? Then only what stands before tells something.
fn opens_wide(rest: &[Node]) -> bool {
    rest.first().is_none_or(Node::is_wide)
}

/// Does the part match all that its structure says, wherever it stands?
fn is_plain(part: &Node) -> bool {
    match part {
        Node::Empty | Node::Literal(_) | Node::Set(_) => true,
        Node::Concat(_) | Node::Alternation(_) | Node::Group { .. } => {
            part.children().iter().all(is_plain)
        }
        Node::Repeat {
            inner,
            least: _,
            most,
            greed,
        } => *most <= 1 && *greed != Greed::Possessive && is_plain(inner),
        Node::Place(_)
        | Node::Look { .. }
        | Node::Atomic(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgewright_engine::pattern::PatternOptions;

    fn with(options: PatternOptions, text: &str) -> Shape {
        Shape::of(&Pattern::new(text, options))
    }

    fn owned(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    fn words(text: &str, expected: &[&str]) {
        let expected = Shape::Words(Case::Exact, owned(expected));
        assert_eq!(with(PatternOptions::default(), text), expected, "{text}");
    }

    fn prefixes(text: &str, expected: &[&str]) {
        let expected = Shape::Prefixes(Case::Exact, owned(expected));
        assert_eq!(with(PatternOptions::default(), text), expected, "{text}");
    }

    fn open(text: &str) {
        assert_eq!(with(PatternOptions::default(), text), Shape::Open, "{text}");
    }

    #[test]
    fn finite_languages() {
        words("^/a$", &["/a"]);
        words("^/a/?$", &["/a", "/a/"]);
        words("^/(x|y)/z$", &["/x/z", "/y/z"]);
        words(r"^/a\.html?$", &["/a.htm", "/a.html"]);
        words("^/v[12]$", &["/v1", "/v2"]);
        words("^/a$|^/b$", &["/a", "/b"]);
        words("^(?:/a|/b)$", &["/a", "/b"]);
        words("^a{2}$", &["aa"]);
        words("^$", &[""]);
        words("^/x y#%-_~$", &["/x y#%-_~"]);
        words(r"^/a\-b\/c\_d$", &["/a-b/c_d"]);
        words("^/[]]$", &["/]"]);
        words("^/[[]$", &["/["]);
    }

    #[test]
    fn bytes_that_are_not_ascii() {
        let expected = vec![b"/\xc3\xa9".to_vec()];
        assert_eq!(
            with(PatternOptions::default(), "^/é$"),
            Shape::Words(Case::Exact, expected)
        );
        // Without UTF mode only the second byte is optional.
        let expected = vec![b"/\xc3".to_vec(), b"/\xc3\xa9".to_vec()];
        assert_eq!(
            with(PatternOptions::default(), "^/é?$"),
            Shape::Words(Case::Exact, expected)
        );
    }

    #[test]
    fn literal_prefixes() {
        prefixes("^/index.html$", &["/index"]);
        prefixes("^/old/(.*)$", &["/old/"]);
        prefixes("^/(foo|bar)/.*", &["/bar/", "/foo/"]);
        prefixes("^/a", &["/a"]);
        prefixes("^docs/.+$", &["docs/"]);
        prefixes(
            r"^/v\d+/x$",
            &[
                "/v0", "/v1", "/v2", "/v3", "/v4", "/v5", "/v6", "/v7", "/v8", "/v9",
            ],
        );
    }

    #[test]
    fn what_no_automaton_knows_says_less() {
        words("^/old(?!er)/x$", &["/old/x"]);
        words("^/(?>a|b)$", &["/a", "/b"]);
        words(r"^(/a|/b)\1$", &["/a/a", "/a/b", "/b/a", "/b/b"]);
        prefixes("^/abc+(?=d)", &["/abc"]);
        prefixes(r"^/ab\p{L}+$", &["/ab"]);
        open("^/old(?!er)|x");
        open("(*UTF)^/abc");
        open("(?m)^/abc$");
    }

    #[test]
    fn one_text_is_written_in_many_ways() {
        words(r"^/ab\Q.\E$", &["/ab."]);
        words("^/ab{,3}$", &["/ab{,3}"]);
        words("(?x)^/ab c$ # a comment", &["/abc"]);
        words(r"\A/\x41\z", &["/A"]);
        words(
            r"^/a\sb$",
            &["/a\tb", "/a\nb", "/a\x0bb", "/a\x0cb", "/a\rb", "/a b"],
        );
        words("^/a(?i:b)$", &["/aB", "/ab"]);
        prefixes(r"^/a\.b(?<n>x)", &["/a.bx"]);
    }

    #[test]
    fn no_literal_at_all() {
        open("");
        open("/old");
        open("^(.*)$");
        open("^/(.*)$");
        open(r"\.php$");
        open("^/old|new$");
        open("^*/old");
        open("^[a-z]+/x");
    }

    #[test]
    fn dialects_that_differ() {
        words(r"^\</a$", &["</a"]);
        open("^[a--b]/x$");
        open("^[[.a.]]/x$");
    }

    #[test]
    fn letters_of_either_case() {
        let folded = |text, expected: &[&str]| {
            let expected = Shape::Words(Case::Folded, owned(expected));
            let caseless = PatternOptions::default() | PatternOptions::CASELESS;
            assert_eq!(with(caseless, text), expected, "{text}");
        };
        folded("^/Old/?$", &["/old", "/old/"]);
        folded("^/[A-C]$", &["/a", "/b", "/c"]);
        folded("(?i)^/Old$", &["/old"]);
        let expected = Shape::Words(Case::Folded, owned(&["/old"]));
        assert_eq!(with(PatternOptions::default(), "(?i)^/Old$"), expected);
    }

    #[test]
    fn a_dollar_that_admits_a_newline() {
        let expected = Shape::Prefixes(Case::Exact, owned(&["/a"]));
        assert_eq!(with(PatternOptions::DOT_ALL, "^/a$"), expected);
    }

    #[test]
    fn too_many_words_are_prefixes() {
        let shape = with(PatternOptions::default(), "^/ab[0-9][0-9][0-9]$");
        assert!(matches!(shape, Shape::Prefixes(Case::Exact, words) if words.len() <= MOST_WORDS));
    }
}
