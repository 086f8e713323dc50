//! Reads a pattern as a `regex-syntax` structure, as far as PCRE2 means the same by it.
//!
//! In: a pattern's text and options. Out: [`Structure`], which describes *at least* the texts PCRE2
//! matches with it, and says whether it describes exactly those. Absent: what follows from it.
//!
//! Whatever is not surely understood in the same way gives `None`. Where PCRE2 matches less than the
//! structure says (possessive quantifiers, patterns it refuses) the structure says so.

mod class;

use regex_syntax::hir::{Capture, Class, Dot, Hir, Look, Repetition};

use crate::pattern::PatternOptions;

/// Groups that nest deeper are not looked into.
const DEEPEST: u32 = 50;

/// Longer patterns are not looked into.
const LONGEST: usize = 8_192;

/// PCRE2 has its own opinion about larger numbers of repetitions.
const MOST_REPETITIONS: u32 = 1_000;

/// How well a structure describes a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// PCRE2 matches the same texts, with the same groups.
    Same,
    /// PCRE2 matches those texts at most.
    AtLeast,
}

/// What a pattern consists of.
#[derive(Debug, Clone)]
pub struct Structure {
    /// Its parts.
    pub hir: Hir,
    /// How well they describe the pattern.
    pub fidelity: Fidelity,
}

/// The structure of `text`, letters taken as written: for a pattern that ignores case, it describes
/// texts whose letters were lowered once the structure's own are lowered too.
pub fn read(text: &[u8], options: PatternOptions) -> Option<Structure> {
    read_cased(text, options, false)
}

/// The same; with `ignores_case`, letters stand for both cases.
pub fn read_cased(text: &[u8], options: PatternOptions, ignores_case: bool) -> Option<Structure> {
    if text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader {
        rest: text,
        options,
        ignores_case,
        fidelity: Fidelity::Same,
        groups: 0,
        depth: 0,
    };
    let hir = reader.alternatives()?;
    let fidelity = reader.fidelity;
    reader
        .rest
        .is_empty()
        .then_some(Structure { hir, fidelity })
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub fn without_case_option(text: &[u8], options: PatternOptions) -> (&[u8], bool) {
    if let Some(text) = text.strip_prefix(b"(?i)") {
        return (text, true);
    }
    (text, options.contains(PatternOptions::CASELESS))
}

/// Reads from left to right, the way both dialects do.
struct Reader<'a> {
    rest: &'a [u8],
    options: PatternOptions,
    ignores_case: bool,
    fidelity: Fidelity,
    /// Capturing groups opened so far.
    groups: u32,
    /// Groups open now.
    depth: u32,
}

/// What a quantifier may follow.
enum Item {
    /// A byte that stands for itself.
    Byte(u8),
    /// A class, a group.
    Part(Hir),
    /// An assertion, which PCRE2 does not repeat like anything else.
    Place(Hir),
}

/// How often something is repeated.
struct Bounds {
    min: u32,
    max: Option<u32>,
}

impl Reader<'_> {
    /// Branches with `|` between them.
    fn alternatives(&mut self) -> Option<Hir> {
        let first = self.branch()?;
        if !self.take(b"|") {
            return Some(first);
        }
        let mut branches = vec![first, self.branch()?];
        while self.take(b"|") {
            branches.push(self.branch()?);
        }
        Some(Hir::alternation(branches))
    }

    /// Items in a row, up to a `|`, a `)` or the end.
    fn branch(&mut self) -> Option<Hir> {
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        while !matches!(self.rest, [] | [b'|' | b')', ..]) {
            match (self.item()?, self.rest.first()) {
                (item, Some(b'*' | b'+' | b'?' | b'{')) => {
                    flush(&mut literal, &mut parts);
                    parts.push(self.repeated(item)?);
                }
                (Item::Byte(byte), _) => literal.push(byte),
                (Item::Part(part) | Item::Place(part), _) => {
                    flush(&mut literal, &mut parts);
                    parts.push(part);
                }
            }
        }
        flush(&mut literal, &mut parts);
        Some(match parts.len() {
            1 => parts.remove(0),
            _ => Hir::concat(parts),
        })
    }

    /// A byte, a class, a group or an assertion. A quantifier of nothing is refused.
    fn item(&mut self) -> Option<Item> {
        Some(match self.next()? {
            b'\\' => return self.escape(),
            b'[' => Item::Part(Hir::class(Class::Bytes(self.class()?))),
            b'(' => Item::Part(self.group()?),
            b'^' => Item::Place(Hir::look(Look::Start)),
            b'$' => Item::Place(self.end()),
            b'.' => Item::Part(Hir::dot(self.dot())),
            b'*' | b'+' | b'?' | b'{' => return None,
            byte => self.literal(byte),
        })
    }

    /// A byte that stands for itself.
    fn literal(&self, byte: u8) -> Item {
        if self.ignores_case && byte.is_ascii_alphabetic() {
            let mut class = class::of(&[(byte, byte)]);
            class.case_fold_simple();
            return Item::Part(Hir::class(Class::Bytes(class)));
        }
        Item::Byte(byte)
    }

    fn dot(&self) -> Dot {
        if self.options.contains(PatternOptions::DOT_ALL) {
            Dot::AnyByte
        } else {
            Dot::AnyByteExcept(b'\n')
        }
    }

    /// `$`, which may mean the place before a last line feed too.
    fn end(&mut self) -> Hir {
        if self.options.contains(PatternOptions::DOLLAR_END_ONLY) {
            return Hir::look(Look::End);
        }
        self.fidelity = Fidelity::AtLeast;
        Hir::empty()
    }

    /// What follows a backslash: a letter that means the same in both dialects, or punctuation that
    /// stands for itself. Back references, `\Q` and the rest are not read.
    fn escape(&mut self) -> Option<Item> {
        let byte = self.next()?;
        if let Some(class) = class::kind(byte) {
            return Some(Item::Part(Hir::class(Class::Bytes(class))));
        }
        let place = match byte {
            b'A' => Look::Start,
            b'z' => Look::End,
            b'b' => Look::WordAscii,
            b'B' => Look::WordAsciiNegate,
            _ => return class::plain_escape(byte).map(|byte| self.literal(byte)),
        };
        Some(Item::Place(Hir::look(place)))
    }

    /// A group: capturing or `(?:`. Look-around, options, names, conditions are not read.
    fn group(&mut self) -> Option<Hir> {
        let captures = !self.take(b"?:");
        if captures && matches!(self.rest.first(), Some(b'?' | b'*')) || self.depth == DEEPEST {
            return None;
        }
        self.groups += u32::from(captures);
        let index = self.groups;
        self.depth += 1;
        let inside = self.alternatives()?;
        self.depth -= 1;
        if !self.take(b")") {
            return None;
        }
        Some(if captures {
            let (name, sub) = (None, Box::new(inside));
            Hir::capture(Capture { index, name, sub })
        } else {
            inside
        })
    }

    /// `item` with the quantifiers that follow it. Possessive ones, and those of nothing in
    /// particular, mean something else in PCRE2 or are refused.
    fn repeated(&mut self, item: Item) -> Option<Hir> {
        let (mut part, mut usual) = match item {
            Item::Byte(byte) => (Hir::literal([byte]), true),
            Item::Part(part) => (part, true),
            Item::Place(place) => (place, false),
        };
        while let Some(byte @ (b'*' | b'+' | b'?' | b'{')) = self.rest.first().copied() {
            self.next();
            let Bounds { min, max } = self.bounds(byte)?;
            let greedy = !self.take(b"?");
            if !usual {
                self.fidelity = Fidelity::AtLeast;
            }
            usual = false;
            part = Hir::repetition(Repetition {
                min,
                max,
                greedy,
                sub: Box::new(part),
            });
        }
        Some(part)
    }

    /// The bounds of a quantifier that begins with `byte`.
    fn bounds(&mut self, byte: u8) -> Option<Bounds> {
        Some(match byte {
            b'*' => Bounds { min: 0, max: None },
            b'+' => Bounds { min: 1, max: None },
            b'?' => Bounds {
                min: 0,
                max: Some(1),
            },
            _ => return self.braces(),
        })
    }

    /// `{n}`, `{n,}` or `{n,m}`; other braces are text in some versions of PCRE and not in others.
    fn braces(&mut self) -> Option<Bounds> {
        let end = self.rest.iter().position(|byte| *byte == b'}')?;
        let (inside, rest) = (self.rest.get(..end)?, self.rest.get(end + 1..)?);
        let mut bounds = inside.splitn(2, |byte| *byte == b',');
        let min = number(bounds.next()?)?;
        let max = match bounds.next() {
            None => Some(min),
            Some(b"") => None,
            Some(most) => Some(number(most)?),
        };
        if min.max(max.unwrap_or(0)) > MOST_REPETITIONS {
            self.fidelity = Fidelity::AtLeast;
        }
        self.rest = rest;
        max.is_none_or(|max| min <= max)
            .then_some(Bounds { min, max })
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, prefix: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}

/// The bytes gathered so far become a part.
fn flush(literal: &mut Vec<u8>, parts: &mut Vec<Hir>) {
    if !literal.is_empty() {
        parts.push(Hir::literal(literal.as_slice()));
        literal.clear();
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all)
}

#[cfg(test)]
mod tests;
