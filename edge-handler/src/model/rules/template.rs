//! The expansion language of substitutions and test strings.
//!
//! In: the text of an argument. Out: [`Template`]. Absent: expanding it; see `evaluate::expand`.

use serde::{Deserialize, Serialize};

/// How deep `${map:${map:…}}` may nest. Apache has no limit but its stack; what is nested deeper
/// stays literal.
const MAX_DEPTH: usize = 64;

/// A text with references. It is kept as written, and read anew whenever it is expanded, as `do_expand` of
/// `mod_rewrite.c` does: that takes less than the pieces of tens of thousands of rules would take
/// in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Template {
    /// The text as written; the prefix check and `//` check read it unexpanded.
    #[serde(with = "serde_bytes")]
    pub source: Vec<u8>,
}

/// A template, or a part of one: a map's key or default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateText<'t> {
    source: &'t [u8],
    depth: usize,
}

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text as it stands. None follows another.
    Literal(&'t [u8]),
    /// One byte that was written with a backslash: never counted as the query's `?`.
    Escaped(u8),
    /// `$N`: a group of the rule's pattern.
    RuleGroup(u8),
    /// `%N`: a group of the last matching condition.
    ConditionGroup(u8),
    /// `%{NAME}`: the name as written.
    Variable(&'t [u8]),
    /// `${map:key|default}`.
    Map {
        /// The map's name.
        name: &'t [u8],
        /// The key, expanded before the lookup.
        key: TemplateText<'t>,
        /// What stands for a missing key; `None` when nothing was written.
        default: Option<TemplateText<'t>>,
    },
}

impl Template {
    /// A template. Any text will do: what is no reference is literal.
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self {
            source: text.into(),
        }
    }

    /// The template as a text that can be taken apart.
    pub fn text(&self) -> TemplateText<'_> {
        TemplateText::new(&self.source)
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> Pieces<'_> {
        self.text().pieces()
    }

    /// The text up to the first reference.
    pub fn fixed_head(&self) -> Vec<u8> {
        let mut head = Vec::new();
        for piece in self.pieces() {
            match piece {
                Piece::Literal(text) => head.extend_from_slice(text),
                Piece::Escaped(byte) => head.push(byte),
                _ => break,
            }
        }
        head
    }

    /// True when expanding gives the same text for every request (backslashes aside).
    pub fn is_literal(&self) -> bool {
        let mut pieces = self.pieces();
        pieces.all(|piece| matches!(piece, Piece::Literal(_) | Piece::Escaped(_)))
    }
}

impl<'t> TemplateText<'t> {
    /// The text of a [`Template`].
    pub fn new(source: &'t [u8]) -> Self {
        Self { source, depth: 0 }
    }

    /// The text as written.
    pub fn source(self) -> &'t [u8] {
        self.source
    }

    /// Its length as written, in bytes.
    pub fn len(self) -> usize {
        self.source.len()
    }

    /// True when nothing is written.
    pub fn is_empty(self) -> bool {
        self.source.is_empty()
    }

    /// The pieces, in order.
    pub fn pieces(self) -> Pieces<'t> {
        Pieces {
            rest: self,
            braces: None,
        }
    }

    /// The piece that the text consists of; `None` when there are more, or none.
    pub fn only_piece(self) -> Option<Piece<'t>> {
        let mut pieces = self.pieces();
        pieces.next().filter(|_| pieces.rest.source.is_empty())
    }
}

/// Gives the pieces of a text.
#[derive(Debug, Clone)]
pub struct Pieces<'t> {
    rest: TemplateText<'t>,
    /// Which braces belong together, once some turned out not to be a reference's: to look for the end of
    /// each of many would take the square of their number.
    braces: Option<Box<Braces>>,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let TemplateText { source, depth } = self.rest;
        if source.is_empty() {
            return None;
        }
        let braces = &mut self.braces;
        let (mut piece, mut used) = piece_at(source, 0, depth, braces);
        if let Piece::Literal(_) = piece {
            while used < source.len()
                && !is_short_piece(source.get(used..).unwrap_or_default())
                && let (Piece::Literal(_), more) = piece_at(source, used, depth, braces)
            {
                used += more;
            }
            piece = Piece::Literal(source.get(..used).unwrap_or_default());
        }
        self.rest.source = source.get(used..).unwrap_or_default();
        Some(piece)
    }
}

/// Does `text` begin with a group or an escaped byte?
fn is_short_piece(text: &[u8]) -> bool {
    matches!(text, [b'$' | b'%', b'0'..=b'9', ..] | [b'\\', _, ..])
}

/// The piece at `at`, where something is left of `source`, and its length in the text.
#[inline]
fn piece_at<'t>(
    source: &'t [u8],
    at: usize,
    depth: usize,
    braces: &mut Option<Box<Braces>>,
) -> (Piece<'t>, usize) {
    let text = source.get(at..).unwrap_or_default();
    let literal = |length: usize| {
        let text = text.get(..length).unwrap_or(text);
        (Piece::Literal(text), text.len())
    };
    if !matches!(text.first(), Some(b'\\' | b'$' | b'%')) {
        let plain = memchr::memchr3(b'\\', b'$', b'%', text);
        return literal(plain.unwrap_or(text.len()));
    }
    match (text.first(), text.get(1)) {
        (Some(b'\\'), Some(escaped)) => (Piece::Escaped(*escaped), 2),
        (Some(b'$' | b'%'), Some(b'{')) => {
            braced(text, depth, braces).unwrap_or_else(|| literal(2))
        }
        (Some(b'$'), Some(digit @ b'0'..=b'9')) => (Piece::RuleGroup(digit - b'0'), 2),
        (Some(b'%'), Some(digit @ b'0'..=b'9')) => (Piece::ConditionGroup(digit - b'0'), 2),
        _ => literal(1),
    }
}

/// `%{NAME}` or `${map:key|default}` at the start of `text`; `None` when it is neither.
#[inline(never)]
fn braced<'t>(
    text: &'t [u8],
    depth: usize,
    braces: &mut Option<Box<Braces>>,
) -> Option<(Piece<'t>, usize)> {
    let is_map = text.first() == Some(&b'$');
    if is_map && depth == MAX_DEPTH {
        return None;
    }
    let piece = reference(text, depth, braces.as_deref());
    if piece.is_none() && braces.is_none() {
        learn(braces, text);
    }
    piece
}

/// Hardly any text has such a brace: apart, so that reading all others is short.
#[cold]
#[inline(never)]
fn learn(braces: &mut Option<Box<Braces>>, text: &[u8]) {
    *braces = Some(Box::new(Braces::of(text)));
}

/// `%{NAME}` or `${map:key|default}` at the start of `text`, whose braces may be known.
fn reference<'t>(
    text: &'t [u8],
    depth: usize,
    braces: Option<&Braces>,
) -> Option<(Piece<'t>, usize)> {
    let inside = text.get(2..)?;
    let length = match braces {
        Some(braces) => braces.inside(text.len() - 1)?,
        None => closing_brace(inside)?,
    };
    let after = text.len() - 2 - length;
    let inside = inside.get(..length)?;
    let used = length + 3;
    if text.first() == Some(&b'%') {
        return Some((Piece::Variable(inside), used));
    }
    let colon = find_outside_braces(inside, b':', after, braces)?;
    let (name, key) = (inside.get(..colon)?, inside.get(colon + 1..)?);
    let nested = |source| TemplateText {
        source,
        depth: depth + 1,
    };
    let bar = find_outside_braces(key, b'|', after, braces);
    let default = bar.and_then(|bar| key.get(bar + 1..));
    let piece = Piece::Map {
        name,
        key: nested(bar.and_then(|bar| key.get(..bar)).unwrap_or(key)),
        default: default.filter(|text| !text.is_empty()).map(nested),
    };
    Some((piece, used))
}

/// Which braces of a text belong together. A place is how much of the text is left there.
#[derive(Debug, Clone)]
struct Braces {
    /// Where each that is closed opens, the last first, and how much is inside.
    closed: Vec<(usize, usize)>,
}

impl Braces {
    /// Those of a text from some place to its end.
    fn of(text: &[u8]) -> Self {
        let mut open = Vec::new();
        let mut closed = Vec::new();
        for (left, byte) in (1..=text.len()).rev().zip(text) {
            match byte {
                b'{' => open.push(left),
                b'}' => closed.extend(open.pop().map(|opened| (opened, opened - left - 1))),
                _ => {}
            }
        }
        closed.sort_unstable();
        Self { closed }
    }

    /// How much is inside the brace that opens at this place; `None` when it is never closed.
    fn inside(&self, left: usize) -> Option<usize> {
        let at = self
            .closed
            .binary_search_by_key(&left, |(opened, _)| *opened);
        self.closed.get(at.ok()?).map(|(_, inside)| *inside)
    }
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

/// Where `wanted` first stands outside inner braces (`find_char_in_curlies`); so much of the whole text
/// is left after `text`, whose braces may be known.
fn find_outside_braces(
    text: &[u8],
    wanted: u8,
    after: usize,
    braces: Option<&Braces>,
) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            byte if *byte == wanted && depth == 1 => return Some(at),
            b'{' => match braces.and_then(|braces| braces.inside(text.len() - at + after)) {
                // All of it is passed over, with the brace that closes it.
                Some(inside) => at += inside + 1,
                None => depth += 1,
            },
            b'}' if depth == 1 => return None,
            b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn literal(text: &str) -> Piece<'_> {
        Piece::Literal(text.as_bytes())
    }

    fn map<'t>(name: &'t str, key: &'t str, default: Option<&'t str>) -> Piece<'t> {
        let nested = |text: &'t str| TemplateText {
            source: text.as_bytes(),
            depth: 1,
        };
        Piece::Map {
            name: name.as_bytes(),
            key: nested(key),
            default: default.map(nested),
        }
    }

    fn check(name: &str, text: &str, pieces: &[Piece<'_>]) {
        let template = Template::new(text);
        assert_eq!(template.pieces().collect::<Vec<_>>(), pieces, "{name}");
        let only = (pieces.len() == 1).then(|| pieces[0]);
        assert_eq!(template.text().only_piece(), only, "{name}");
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
        check("variable", "%{ENV:A}/", &[Variable(b"ENV:A"), literal("/")]);
        check("braces nest", "%{HTTP:a{b}c}", &[Variable(b"HTTP:a{b}c")]);
        check("no inner reference", "%{ENV:$1}", &[Variable(b"ENV:$1")]);
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
        check("key", "${m:$1}", &[map("m", "$1", None)]);
        check("default", "${m:$1|x|%1}", &[map("m", "$1", Some("x|%1"))]);
        check("empty default", "${m:$1|}", &[map("m", "$1", None)]);
        check(
            "nested",
            "${m:${n:$1|a}|b}",
            &[map("m", "${n:$1|a}", Some("b"))],
        );
    }

    #[test]
    fn a_key_has_pieces() {
        let template = Template::new("${m:a$1}");
        let mut pieces = Vec::new();
        if let Some(Piece::Map { key, .. }) = template.text().only_piece() {
            pieces.extend(key.pieces());
        }
        assert_eq!(pieces, [literal("a"), Piece::RuleGroup(1)]);
    }

    #[test]
    fn deep_nesting_ends_in_text() {
        let text = "${m:".repeat(5000) + &"}".repeat(5000);
        let template = Template::new(text);
        let mut inner = template.text();
        let mut depth = 0;
        while let Some(Piece::Map { key, .. }) = inner.only_piece() {
            (inner, depth) = (key, depth + 1);
        }
        assert_eq!(depth, MAX_DEPTH);
    }

    /// The pieces of a text, with nothing known about its braces.
    fn without_knowledge(text: &[u8]) -> Vec<Piece<'_>> {
        let mut rest = TemplateText::new(text);
        let mut found = Vec::new();
        while let Some(piece) = rest.pieces().next() {
            let mut pieces = rest.pieces();
            pieces.next();
            rest = pieces.rest;
            found.push(piece);
        }
        found
    }

    #[test]
    fn storms_of_braces_take_no_square() {
        let count = 200_000;
        for (open, close) in [
            ("%{", ""),
            ("${m:", ""),
            ("${", "}"),
            ("%{", "}"),
            ("${m:", "}"),
        ] {
            for closed in [0, 1, count] {
                let text = open.repeat(count) + &close.repeat(closed);
                assert!(Template::new(text).pieces().count() > 0, "{open} {closed}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_known_of_braces_changes_nothing(text in "[${}%:|a]{0,40}") {
            let pieces: Vec<_> = TemplateText::new(text.as_bytes()).pieces().collect();
            prop_assert_eq!(pieces, without_knowledge(text.as_bytes()));
        }

        #[test]
        fn any_bytes_will_do(text: Vec<u8>) {
            Template::new(text).pieces().for_each(drop);
        }

        #[test]
        fn any_signs_will_do(text in "[$%{}:|1a\\\\]{0,40}") {
            Template::new(text).pieces().for_each(drop);
        }
    }
}
