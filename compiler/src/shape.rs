//! Which texts a pattern may match, as far as an index can use it.
//!
//! In: a [`Pattern`]. Out: its [`Shape`]. Absent: negation, chains; see `lower::partition`.

use edgewright_engine::artefact::index::Case;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, Look};

use crate::dialect;
use crate::outline::Outline;

/// A rule has at most this many keys or prefixes.
const MOST_WORDS: usize = 64;

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
        Self::of_outline(&Outline::of(pattern))
    }

    /// The same of a pattern that is read already.
    pub(crate) fn of_outline(outline: &Outline<'_>) -> Self {
        let case = outline.case;
        let options = outline.pattern.options;
        let end_is_end = options.contains(PatternOptions::DOLLAR_END_ONLY);
        let shape = match &outline.head {
            // By far the most frequent, and the structure would say the same.
            Some((word, b"$")) if end_is_end => Self::Words(case, vec![word.clone()]),
            Some((head, rest)) if opens_wide(rest) => of_head(head, rest, case),
            head => match (outline.structure(), head) {
                (Some(structure), _) => of_structure(structure, case),
                (None, Some((head, rest))) => of_head(head, rest, case),
                (None, None) => Self::Open,
            },
        };
        shape.fold()
    }

    /// All that the pattern matches is one text.
    pub(crate) fn is_one_text(&self) -> bool {
        matches!(self, Self::Words(Case::Exact, words) if words.len() == 1)
    }

    /// True when `pattern` surely matches every one of the words of its shape: it has neither anchors
    /// inside nor anything that makes PCRE match less than its structure says.
    pub fn is_complete(pattern: &Pattern) -> bool {
        let (text, _) = dialect::without_case_option(pattern);
        let inside = text
            .strip_prefix(b"^")
            .and_then(|text| text.strip_suffix(b"$"));
        let plain = |inside: &[u8]| {
            let escapes = inside.windows(2);
            !inside.iter().any(|byte| b"^$+*{".contains(byte))
                && !escapes
                    .into_iter()
                    .any(|two| two[0] == b'\\' && two[1].is_ascii_alphanumeric())
        };
        inside.is_some_and(plain)
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

/// A pattern that is otherwise not understood, for example one with look-around, by the literal text
/// after its `^`. A `|` anywhere could be an alternative to the whole.
fn of_head(head: &[u8], rest: &[u8], case: Case) -> Shape {
    let repeated = matches!(rest.first(), Some(b'?' | b'*' | b'+' | b'{'));
    let head = &head[..head.len().saturating_sub(usize::from(repeated))];
    if rest.contains(&b'|') || head.len() < SHORTEST_PREFIX {
        return Shape::Open;
    }
    Shape::Prefixes(case, vec![head.to_vec()])
}

/// Does anything go from here on? Then only what stands before tells something.
fn opens_wide(rest: &[u8]) -> bool {
    let wide = [
        &b"(.*)"[..],
        b"(.+)",
        b".*",
        b"([^/]+)",
        b"([^/]*)",
        b"[^/]+",
    ];
    wide.iter().any(|wide| rest.starts_with(wide)) && !rest.contains(&b'|')
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_only_pcre_understands_has_its_head() {
        prefixes("^/old(?!er)/x$", &["/old"]);
        prefixes("^/abc+(?=d)", &["/ab"]);
        prefixes(r"^/a\.b(?<n>x)", &["/a.b"]);
        prefixes(r"^/ab\Q.\E$", &["/ab"]);
        prefixes("^/ab{,3}$", &["/a"]);
        open("^/old(?!er)|x");
        open("(?x)^/ab c");
        open("(*UTF)^/abc");
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
        open(r"^(/a)\1$");
        prefixes(r"^/a\hb$", &["/a"]);
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
