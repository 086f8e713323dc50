//! From a pattern's tree to its text: the one place where patterns are written.
//!
//! In: a text, or a tree. Out: a pattern that PCRE2 reads that way. Absent: reading it back; see `read`.

use super::PatternOptions;
use super::lexer::is_special;
use super::set::Set;
use super::syntax::{Case, Direction, Greed, Literal, Node, Place, Sense, Syntax};

/// The pattern that matches `text` and nothing else, the way people write it.
pub fn exactly(text: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(text.len() + 4);
    pattern.push(b'^');
    for byte in text {
        escape(*byte, &mut pattern);
    }
    pattern.push(b'$');
    pattern
}

/// Writes a byte so that it stands for itself outside of classes.
fn escape(byte: u8, pattern: &mut Vec<u8>) {
    if is_special(byte) || matches!(byte, b']' | b'}') {
        pattern.push(b'\\');
    }
    pattern.push(byte);
}

impl Syntax {
    /// The text of the pattern, as it is read with `options`.
    pub fn to_text(&self, options: PatternOptions) -> Vec<u8> {
        let case = if options.contains(PatternOptions::CASELESS) {
            Case::Ignored
        } else {
            Case::Sensitive
        };
        let mut printer = Printer {
            text: Vec::new(),
            case,
        };
        printer.node(&self.root);
        printer.text
    }
}

struct Printer {
    text: Vec<u8>,
    /// What holds for letters where no option is written.
    case: Case,
}

impl Printer {
    fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// A group of this kind.
    fn group(&mut self, open: &str, inner: &Node) {
        self.push(open.as_bytes());
        self.node(inner);
        self.push(b")");
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Empty => {}
            Node::Literal(literal) => self.literal(literal),
            Node::Set(set) => self.set(set),
            Node::Concat(parts) => parts.iter().for_each(|part| match part {
                Node::Alternation(_) => self.group("(?:", part),
                part => self.node(part),
            }),
            Node::Alternation(branches) => self.alternation(branches),
            Node::Group {
                name: None, inner, ..
            } => self.group("(", inner),
            Node::Group {
                name: Some(name),
                inner,
                ..
            } => {
                self.push(b"(?<");
                self.push(name);
                self.group(">", inner);
            }
            Node::Repeat {
                inner,
                least,
                most,
                greed,
            } => self.repeat(inner, (*least, *most), *greed),
            Node::Place(place) => self.push(written(*place)),
            Node::Look {
                direction,
                sense,
                inner,
            } => self.group(look(*direction, *sense), inner),
            Node::Atomic(inner) => self.group("(?>", inner),
            Node::Reference { group, case } => {
                self.in_case(*case, format!("\\g{{{group}}}").as_bytes());
            }
            Node::Keep => self.push(b"\\K"),
            Node::Opaque(text) => self.push(text),
        }
    }

    /// Branches. A branch that is a choice itself is one of its own.
    fn alternation(&mut self, branches: &[Node]) {
        for (at, branch) in branches.iter().enumerate() {
            if at > 0 {
                self.push(b"|");
            }
            match branch {
                Node::Alternation(_) => self.group("(?:", branch),
                branch => self.node(branch),
            }
        }
    }

    fn repeat(&mut self, inner: &Node, (least, most): (u32, u32), greed: Greed) {
        match inner {
            Node::Empty | Node::Concat(_) | Node::Alternation(_) | Node::Repeat { .. } => {
                self.group("(?:", inner);
            }
            Node::Literal(literal) if literal.bytes.len() > 1 => self.group("(?:", inner),
            inner => self.node(inner),
        }
        match (least, most) {
            (0, u32::MAX) => self.push(b"*"),
            (1, u32::MAX) => self.push(b"+"),
            (0, 1) => self.push(b"?"),
            (least, u32::MAX) => self.push(format!("{{{least},}}").as_bytes()),
            (least, most) => self.push(format!("{{{least},{most}}}").as_bytes()),
        }
        match greed {
            Greed::Greedy => {}
            Greed::Lazy => self.push(b"?"),
            Greed::Possessive => self.push(b"+"),
        }
    }

    fn literal(&mut self, literal: &Literal) {
        let mut text = Vec::with_capacity(literal.bytes.len());
        literal
            .bytes
            .iter()
            .for_each(|byte| escape(*byte, &mut text));
        if literal.bytes.iter().any(u8::is_ascii_alphabetic) {
            self.in_case(literal.case, &text);
        } else {
            self.push(&text);
        }
    }

    /// Text that is read in this case.
    fn in_case(&mut self, case: Case, text: &[u8]) {
        if case == self.case {
            return self.push(text);
        }
        self.push(match case {
            Case::Ignored => b"(?i:",
            Case::Sensitive => b"(?-i:",
        });
        self.push(text);
        self.push(b")");
    }

    /// A class. Where case is ignored, the letters of both cases are in a set already, or the class says so.
    fn set(&mut self, set: &Set) {
        let ranges = set.ranges();
        let mut text = Vec::new();
        if ranges.is_empty() {
            text.extend_from_slice(b"[^\\x00-\\xff]");
        } else {
            text.push(b'[');
            for (first, last) in ranges {
                member(first, &mut text);
                if first != last {
                    text.push(b'-');
                    member(last, &mut text);
                }
            }
            text.push(b']');
        }
        let case = if set.folded() == *set {
            self.case
        } else {
            Case::Sensitive
        };
        self.in_case(case, &text);
    }
}

/// Writes a byte so that it stands for itself in a class.
fn member(byte: u8, text: &mut Vec<u8>) {
    if byte.is_ascii_alphanumeric() {
        text.push(byte);
    } else {
        text.extend(format!("\\x{byte:02x}").bytes());
    }
}

fn written(place: Place) -> &'static [u8] {
    match place {
        Place::Start => b"\\A",
        Place::End => b"\\z",
        Place::LastLine => b"\\Z",
        Place::LineStart => b"(?m:^)",
        Place::LineEnd => b"(?m:$)",
        Place::WordEdge => b"\\b",
        Place::NoWordEdge => b"\\B",
    }
}

fn look(direction: Direction, sense: Sense) -> &'static str {
    match (direction, sense) {
        (Direction::Ahead, Sense::Positive) => "(?=",
        (Direction::Ahead, Sense::Negative) => "(?!",
        (Direction::Behind, Sense::Positive) => "(?<=",
        (Direction::Behind, Sense::Negative) => "(?<!",
    }
}
