//! A pattern in JavaScript, where CloudFront's engine, Node and PCRE2 read it alike.
//!
//! In: a [`Pattern`]. Out: a test of a text in JavaScript; `None` where an engine may read it otherwise. Absent: groups:
//! nobody asks for them here.
//!
//! Texts have a character for each byte, so that `.` and classes mean in JavaScript what they mean in PCRE2. What is not
//! common to all: docs/deploy.md, "The class".

use std::fmt::Write as _;

use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::set::Set;
use edgewright_engine::pattern::syntax::{
    Case, Direction, Fidelity, Greed, Literal, Node, Place, Sense, Syntax,
};

/// The text at its very end: `$` also matches before a line feed in one engine, and not in another.
const END: &str = "(?![\\s\\S])";

/// The test of the text in `variable`.
pub(super) fn test(pattern: &Pattern, variable: &str) -> Option<String> {
    let syntax = understood(pattern)?;
    Some(match syntax.root.parts() {
        [
            Node::Place(Place::Start),
            Node::Literal(start),
            Node::Place(Place::End),
        ] if start.case == Case::Sensitive => {
            format!("{variable} === {}", quoted(&start.bytes))
        }
        [Node::Place(Place::Start), Node::Place(Place::End)] => format!("{variable} === ''"),
        [Node::Place(Place::Start), Node::Literal(start)] if start.case == Case::Sensitive => {
            format!("{variable}.indexOf({}) === 0", quoted(&start.bytes))
        }
        [Node::Literal(text)] if text.case == Case::Sensitive => {
            format!("{variable}.indexOf({}) >= 0", quoted(&text.bytes))
        }
        _ => format!("{}.test({variable})", written(&syntax)),
    })
}

/// The expression as a literal of JavaScript.
pub(super) fn expression(pattern: &Pattern) -> Option<String> {
    understood(pattern).map(|syntax| written(&syntax))
}

/// The pattern that asks each cookie, `name=value`, what `pattern` asks all of them together, in whatever order they
/// stand; `None` where there is none.
///
/// `(^|; *)` in front and `(;|$)` behind are where a cookie begins and ends. Nothing else may look at what is between
/// cookies: a semicolon, or the space behind it.
pub(super) fn of_one_cookie(pattern: &Pattern) -> Option<Pattern> {
    let mut syntax = understood(pattern)?;
    let mut parts = syntax.root.parts().to_vec();
    let begins = parts.first().is_some_and(is_cookie_start);
    if begins && let Some(first) = parts.first_mut() {
        *first = Node::Place(Place::Start);
    }
    let mut end = Vec::new();
    if parts.last().is_some_and(is_cookie_end) {
        parts.pop();
        end.push(Node::Place(Place::End));
    }
    let is_text = |node: &Node| match node {
        Node::Literal(literal) => !b" ;".contains(literal.bytes.first().unwrap_or(&b';')),
        _ => false,
    };
    let spaces = if begins || parts.first().is_some_and(is_text) {
        Spaces::WithinValues
    } else {
        Spaces::PerhapsBetween
    };
    let inner = parts.get(usize::from(begins)..).unwrap_or_default();
    if inner
        .iter()
        .any(|part| part.any(&|node| looks_between(node, spaces)))
    {
        return None;
    }
    parts.extend(end);
    syntax.root = Node::concat(parts);
    let one = Pattern::new(syntax.to_text(pattern.options), pattern.options);
    // A text that may be empty matches where there is no cookie.
    (understood(&one).is_some() && !one.is_match(b"")).then_some(one)
}

/// The groups that hold what stands between cookies: those of the beginning and the end, and the whole match.
pub(super) fn groups_between_cookies(pattern: &Pattern) -> Vec<u32> {
    let syntax = pattern.syntax();
    let parts = syntax.as_ref().map(|syntax| syntax.root.parts());
    let ends = parts.map(|parts| [parts.first(), parts.last()]);
    let number = |node: &Node| match node {
        Node::Group { number, .. } => Some(*number),
        _ => None,
    };
    let borders = ends.into_iter().flatten().flatten();
    let borders = borders.filter(|node| is_cookie_start(node) || is_cookie_end(node));
    borders.filter_map(number).chain([0]).collect()
}

/// Where a space that a pattern matches may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spaces {
    /// In a value: something of the cookie stands before.
    WithinValues,
    /// Perhaps between two cookies.
    PerhapsBetween,
}

fn looks_between(node: &Node, spaces: Spaces) -> bool {
    let between = |byte: u8| byte == b';' || (byte == b' ' && spaces == Spaces::PerhapsBetween);
    match node {
        Node::Literal(literal) => literal.bytes.iter().any(|byte| between(*byte)),
        Node::Set(set) => [b';', b' ']
            .into_iter()
            .any(|byte| set.contains(byte) && between(byte)),
        Node::Place(_) | Node::Look { .. } => true,
        Node::Empty
        | Node::Concat(_)
        | Node::Alternation(_)
        | Node::Group { .. }
        | Node::Repeat { .. }
        | Node::Atomic(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => false,
    }
}

/// The branches of a choice, groups around it taken off.
fn branches(node: &Node) -> &[Node] {
    match node {
        Node::Group { inner, .. } => branches(inner),
        Node::Alternation(branches) => branches,
        _ => &[],
    }
}

/// `(^|;\s*)` and its variants: the start, or a semicolon and spaces, one of which is in every line that CloudFront makes.
fn is_cookie_start(node: &Node) -> bool {
    let is_space = |node: &Node| match node {
        Node::Set(set) => set.contains(b' '),
        Node::Literal(literal) => literal.bytes == b" ",
        _ => false,
    };
    let is_behind = |node: &Node| match node.parts() {
        [Node::Literal(literal)] => literal.bytes == b"; ",
        [Node::Literal(literal), Node::Repeat { inner, most, .. }] => {
            literal.bytes == b";" && *most > 0 && is_space(inner)
        }
        [Node::Literal(literal), space] => literal.bytes == b";" && is_space(space),
        _ => false,
    };
    let is_start = |node: &Node| *node == Node::Place(Place::Start);
    match branches(node) {
        [one, other] => (is_start(one) && is_behind(other)) || (is_behind(one) && is_start(other)),
        _ => false,
    }
}

/// `(;|$)`.
fn is_cookie_end(node: &Node) -> bool {
    let is_end = |node: &Node| *node == Node::Place(Place::End);
    let is_semicolon = |node: &Node| match node {
        Node::Literal(literal) => literal.bytes == b";",
        _ => false,
    };
    match branches(node) {
        [one, other] => {
            (is_end(one) && is_semicolon(other)) || (is_semicolon(one) && is_end(other))
        }
        _ => false,
    }
}

/// The tree, where all engines read it alike.
fn understood(pattern: &Pattern) -> Option<Syntax> {
    let syntax = pattern.syntax()?;
    let common = syntax.fidelity == Fidelity::Same && is_common(&syntax.root, Inside::Nothing);
    common.then_some(syntax)
}

/// Is there a repetition without a bound around? Another in it may take forever in one engine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Repetition,
}

fn is_common(node: &Node, inside: Inside) -> bool {
    let inner = |node: &Node| is_common(node, inside);
    match node {
        Node::Empty | Node::Literal(_) => true,
        Node::Set(set) => !set.ranges().is_empty(),
        Node::Concat(parts) | Node::Alternation(parts) => parts.iter().all(inner),
        Node::Group { inner: part, .. } => inner(part),
        Node::Repeat {
            inner: part,
            most,
            greed,
            ..
        } => {
            let unbounded = *most == u32::MAX;
            let again = unbounded && inside == Inside::Repetition;
            let inside = if unbounded {
                Inside::Repetition
            } else {
                inside
            };
            *greed != Greed::Possessive
                && !again
                && !matches!(
                    part.as_ref(),
                    Node::Empty | Node::Place(_) | Node::Look { .. }
                )
                && is_common(part, inside)
        }
        Node::Place(place) => matches!(
            place,
            Place::Start | Place::End | Place::WordEdge | Place::NoWordEdge
        ),
        Node::Look {
            direction,
            inner: part,
            ..
        } => *direction == Direction::Ahead && inner(part),
        Node::Atomic(_) | Node::Reference { .. } | Node::Keep | Node::Opaque(_) => false,
    }
}

fn written(syntax: &Syntax) -> String {
    let folds = !syntax.root.any(&needs_case);
    let some = syntax
        .root
        .any(&|node| matches!(node, Node::Literal(literal) if literal.case == Case::Ignored));
    let mut printer = Printer {
        text: String::from("/"),
        letters: if folds && some {
            Letters::Folded
        } else {
            Letters::Spelled
        },
    };
    printer.node(&syntax.root);
    if syntax.root == Node::Empty {
        printer.text += "(?:)";
    }
    printer.text += if printer.letters == Letters::Folded {
        "/i"
    } else {
        "/"
    };
    printer.text
}

/// Would the flag `i` make it mean something else? It folds letters beyond ASCII, too.
fn needs_case(node: &Node) -> bool {
    let beyond = |set: &Set| {
        let known = (0x80..=0xff).filter(|byte| set.contains(*byte)).count();
        known != 0 && known != 0x80
    };
    match node {
        Node::Literal(literal) => {
            let sensitive = literal.case == Case::Sensitive && literal.has_letters();
            sensitive || !literal.bytes.is_ascii()
        }
        Node::Set(set) => set.folded() != *set || beyond(set),
        Node::Empty
        | Node::Concat(_)
        | Node::Alternation(_)
        | Node::Group { .. }
        | Node::Repeat { .. }
        | Node::Place(_)
        | Node::Look { .. }
        | Node::Atomic(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => false,
    }
}

/// How letters of either case are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letters {
    /// The flag `i` says so for all of them.
    Folded,
    /// Each as a class of both.
    Spelled,
}

struct Printer {
    text: String,
    letters: Letters,
}

impl Printer {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Literal(literal) => self.literal(literal),
            Node::Set(set) => self.set(set),
            Node::Concat(parts) => parts.iter().for_each(|part| match part {
                Node::Alternation(_) => self.group("(?:", part),
                part => self.node(part),
            }),
            Node::Alternation(branches) => {
                for (at, branch) in branches.iter().enumerate() {
                    self.text += if at > 0 { "|" } else { "" };
                    self.node(branch);
                }
            }
            Node::Group { inner, .. } => match inner.as_ref() {
                Node::Alternation(_) => self.group("(?:", inner),
                inner => self.node(inner),
            },
            Node::Repeat {
                inner,
                least,
                most,
                greed,
            } => self.repeat(inner, (*least, *most), *greed),
            Node::Place(Place::Start) => self.text.push('^'),
            Node::Place(Place::End) => self.text += END,
            Node::Place(Place::WordEdge) => self.text += "\\b",
            Node::Place(Place::NoWordEdge) => self.text += "\\B",
            Node::Look {
                sense: Sense::Positive,
                inner,
                ..
            } => self.group("(?=", inner),
            Node::Look {
                sense: Sense::Negative,
                inner,
                ..
            } => self.group("(?!", inner),
            // `is_common` lets nothing of this through.
            Node::Empty
            | Node::Place(Place::LastLine | Place::LineStart | Place::LineEnd)
            | Node::Atomic(_)
            | Node::Reference { .. }
            | Node::Keep
            | Node::Opaque(_) => {}
        }
    }

    fn group(&mut self, open: &str, inner: &Node) {
        self.text += open;
        self.node(inner);
        self.text.push(')');
    }

    fn repeat(&mut self, inner: &Node, (least, most): (u32, u32), greed: Greed) {
        match inner {
            Node::Set(_) => self.node(inner),
            Node::Literal(literal) if literal.bytes.len() == 1 => self.node(inner),
            inner => self.group("(?:", inner),
        }
        self.text += &match (least, most) {
            (0, u32::MAX) => "*".to_owned(),
            (1, u32::MAX) => "+".to_owned(),
            (0, 1) => "?".to_owned(),
            (least, u32::MAX) => format!("{{{least},}}"),
            (least, most) if least == most => format!("{{{least}}}"),
            (least, most) => format!("{{{least},{most}}}"),
        };
        if greed == Greed::Lazy {
            self.text.push('?');
        }
    }

    fn literal(&mut self, literal: &Literal) {
        for byte in &literal.bytes {
            let both = literal.case == Case::Ignored
                && self.letters == Letters::Spelled
                && byte.is_ascii_alphabetic();
            if both {
                self.set(&Set::of(*byte).folded());
            } else {
                self.text += &outside(*byte);
            }
        }
    }

    fn set(&mut self, set: &Set) {
        let complement = set.complement().ranges();
        if complement.is_empty() {
            self.text += "[\\s\\S]";
            return;
        }
        let own = set.ranges();
        let (sign, ranges) = if complement.len() < own.len() {
            ("[^", complement)
        } else {
            ("[", own)
        };
        self.text += sign;
        for (first, last) in ranges {
            self.text += &within(first);
            if first != last {
                self.text.push('-');
                self.text += &within(last);
            }
        }
        self.text.push(']');
    }
}

/// A byte outside of a class.
fn outside(byte: u8) -> String {
    match byte {
        b'0'..=b'9'
        | b'A'..=b'Z'
        | b'a'..=b'z'
        | b' '
        | b'_'
        | b'-'
        | b'='
        | b':'
        | b','
        | b';'
        | b'@'
        | b'%'
        | b'&'
        | b'!'
        | b'#'
        | b'~'
        | b'"'
        | b'\''
        | b'<'
        | b'>'
        | b'`' => char::from(byte).to_string(),
        0x21..=0x7e => format!("\\{}", char::from(byte)),
        _ => hexadecimal(byte),
    }
}

/// A byte in a class.
fn within(byte: u8) -> String {
    match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        _ => hexadecimal(byte),
    }
}

fn hexadecimal(byte: u8) -> String {
    format!("\\x{byte:02x}")
}

/// A text as JavaScript writes it.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut quoted = String::from("'");
    for byte in text {
        match byte {
            b'\'' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(*byte));
            }
            b' '..=b'~' => quoted.push(char::from(*byte)),
            // Writing to a text does not fail.
            _ => _ = write!(quoted, "\\x{byte:02x}"),
        }
    }
    quoted.push('\'');
    quoted
}
