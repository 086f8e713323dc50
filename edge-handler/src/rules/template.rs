//! The expansion language of substitutions and test strings.
//!
//! In: the text of an argument. Out: [`Template`]. Absent: expanding it; see `evaluate::expand`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How deep `${map:${map:…}}` may nest. Apache has no limit but its stack; what is nested deeper
/// stays literal.
const MAX_DEPTH: usize = 64;

/// A text with references, cut into pieces once. Mirrors what `do_expand` of `mod_rewrite.c`
/// sees as it walks the text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Template {
    /// The text as written; the prefix check and `//` check read it unexpanded.
    pub source: Vec<u8>,
    /// The pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        key: Box<Template>,
        /// What stands for a missing key; `None` when nothing was written.
        default: Option<Box<Template>>,
    },
}

impl Serialize for Template {
    /// The text alone: it says everything.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(&self.source, serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let source: Vec<u8> = serde_bytes::deserialize(deserializer)?;
        Ok(Self::parse(&source))
    }
}

impl Template {
    /// Cuts `text` into pieces. Never fails: what is no reference is literal.
    pub fn parse(text: &[u8]) -> Self {
        parse_nested(text, 0)
    }

    /// True when expanding gives the same text for every request (backslashes aside).
    pub fn is_literal(&self) -> bool {
        let mut pieces = self.pieces.iter();
        pieces.all(|piece| matches!(piece, Piece::Literal(_) | Piece::Escaped(_)))
    }
}

fn parse_nested(text: &[u8], depth: usize) -> Template {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, used) = next_piece(rest, depth);
        push(&mut pieces, piece);
        rest = &rest[used..];
    }
    pieces.shrink_to_fit();
    Template {
        source: text.to_vec(),
        pieces,
    }
}

/// Appends a piece, joining it with a literal before it.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (Some(Piece::Literal(before)), Piece::Literal(text)) => before.extend(text),
        (_, piece) => pieces.push(piece),
    }
}

/// The piece at the start of `text`, which is not empty, and its length in the text.
fn next_piece(text: &[u8], depth: usize) -> (Piece, usize) {
    let literal = |length: usize| (Piece::Literal(text[..length].to_vec()), length);
    let plain = text.iter().take_while(|byte| !is_special(**byte)).count();
    if plain > 0 {
        return literal(plain);
    }
    match (text[0], text.get(1)) {
        (b'\\', Some(escaped)) => (Piece::Escaped(*escaped), 2),
        (b'$' | b'%', Some(b'{')) => braced(text, depth).unwrap_or_else(|| literal(2)),
        (b'$', Some(digit @ b'0'..=b'9')) => (Piece::RuleGroup(digit - b'0'), 2),
        (b'%', Some(digit @ b'0'..=b'9')) => (Piece::ConditionGroup(digit - b'0'), 2),
        _ => literal(1),
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'$' | b'%')
}

/// `%{NAME}` or `${map:key|default}` at the start of `text`; `None` when it is neither.
fn braced(text: &[u8], depth: usize) -> Option<(Piece, usize)> {
    let inside = &text[2..];
    let inside = &inside[..closing_brace(inside)?];
    let used = inside.len() + 3;
    if text[0] == b'%' {
        return Some((Piece::Variable(inside.to_vec()), used));
    }
    if depth == MAX_DEPTH {
        return None;
    }
    let colon = find_outside_braces(inside, b':')?;
    let (name, key) = (&inside[..colon], &inside[colon + 1..]);
    let bar = find_outside_braces(key, b'|');
    let nested = |part: &[u8]| parse_nested(part, depth + 1);
    let default = bar
        .map(|bar| &key[bar + 1..])
        .filter(|text| !text.is_empty());
    let piece = Piece::Map {
        name: name.to_vec(),
        key: Box::new(nested(&key[..bar.unwrap_or(key.len())])),
        default: default.map(nested).map(Box::new),
    };
    Some((piece, used))
}

/// Where the brace opened just before `text` closes (`find_closing_curly`).
fn closing_brace(text: &[u8]) -> Option<usize> {
    let mut depth = 1_usize;
    text.iter().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// Where `wanted` first stands outside inner braces (`find_char_in_curlies`).
fn find_outside_braces(text: &[u8], wanted: u8) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            byte if *byte == wanted && depth == 1 => return Some(at),
            b'{' => depth += 1,
            b'}' if depth == 1 => return None,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.into())
    }

    fn map(name: &str, key: Vec<Piece>, key_source: &str, default: Option<Template>) -> Piece {
        Piece::Map {
            name: name.into(),
            key: Box::new(Template {
                source: key_source.into(),
                pieces: key,
            }),
            default: default.map(Box::new),
        }
    }

    fn check(name: &str, text: &str, pieces: &[Piece]) {
        assert_eq!(Template::parse(text.as_bytes()).pieces, pieces, "{name}");
    }

    #[test]
    fn texts_are_cut_as_do_expand_reads_them() {
        use Piece::{ConditionGroup, Escaped, RuleGroup, Variable};
        check("nothing", "", &[]);
        check("only text", "/a/b?c=1", &[literal("/a/b?c=1")]);
        check(
            "groups",
            "/$1%2",
            &[literal("/"), RuleGroup(1), ConditionGroup(2)],
        );
        check("one digit", "$10", &[RuleGroup(1), literal("0")]);
        check(
            "a percent escape is a group",
            "/b%20c",
            &[literal("/b"), ConditionGroup(2), literal("0c")],
        );
        check(
            "escaped",
            "\\$1\\?",
            &[Escaped(b'$'), literal("1"), Escaped(b'?')],
        );
        check("backslash at the end", "/b\\", &[literal("/b\\")]);
        check(
            "variable",
            "%{ENV:A}/",
            &[Variable(b"ENV:A".into()), literal("/")],
        );
        check(
            "braces nest",
            "%{HTTP:a{b}c}",
            &[Variable(b"HTTP:a{b}c".into())],
        );
        check(
            "no inner reference",
            "%{ENV:$1}",
            &[Variable(b"ENV:$1".into())],
        );
        check("never closed", "a%{b$1", &[literal("a%{b"), RuleGroup(1)]);
        check("no colon", "${a}", &[literal("${a}")]);
        check(
            "nested, no colon outside",
            "${a{b:c}}",
            &[literal("${a{b:c}}")],
        );
        check("lone signs", "$a%b$", &[literal("$a%b$")]);
    }

    #[test]
    fn map_lookups_have_a_key_and_perhaps_a_default() {
        let template = |text: &str| Template::parse(text.as_bytes());
        let key = vec![Piece::RuleGroup(1)];
        check("key", "${m:$1}", &[map("m", key.clone(), "$1", None)]);
        check(
            "default",
            "${m:$1|x|%1}",
            &[map("m", key.clone(), "$1", Some(template("x|%1")))],
        );
        check(
            "empty default",
            "${m:$1|}",
            &[map("m", key.clone(), "$1", None)],
        );
        let inner = template("${n:$1|a}");
        check(
            "nested",
            "${m:${n:$1|a}|b}",
            &[map("m", inner.pieces, "${n:$1|a}", Some(template("b")))],
        );
    }

    #[test]
    fn deep_nesting_ends_in_text() {
        let text = "${m:".repeat(5000) + &"}".repeat(5000);
        assert!(!Template::parse(text.as_bytes()).is_literal());
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(text: Vec<u8>) {
            prop_assert_eq!(Template::parse(&text).source, text);
        }

        #[test]
        fn any_signs_will_do(text in "[$%{}:|1a\\\\]{0,40}") {
            Template::parse(text.as_bytes());
        }
    }
}
