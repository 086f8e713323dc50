//! Reads a pattern with `regex-syntax`, as far as PCRE2 means the same by it.
//!
//! In: a pattern's text and options. Out: [`Structure`], which describes *at least* the texts PCRE2
//! matches with it, and says whether it describes exactly those. Absent: what follows from it.
//!
//! Whatever is not surely understood in the same way gives `None`. Where PCRE2 matches less than the
//! structure says (possessive quantifiers, patterns it refuses) the structure says so.

use std::fmt::Write as _;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use crate::rules::pattern::PatternOptions;

/// Deeper patterns are not looked into.
const DEEPEST: u32 = 50;

/// Longer patterns are not looked into.
const LONGEST: usize = 8_192;

/// PCRE2 has its own opinion about larger numbers of repetitions.
const MOST_REPETITIONS: u32 = 1_000;

const POSIX_CLASSES: [&str; 13] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

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
    let mut translation = Translation {
        rest: text,
        out: String::with_capacity(text.len() + 8),
        end_is_end: options.contains(PatternOptions::DOLLAR_END_ONLY),
        fidelity: Fidelity::Same,
        last: Last::Nothing,
    };
    translation.run()?;
    let hir = ParserBuilder::new()
        .nest_limit(DEEPEST)
        .unicode(false)
        .utf8(false)
        .case_insensitive(ignores_case)
        .dot_matches_new_line(options.contains(PatternOptions::DOT_ALL))
        .build()
        .parse(&translation.out)
        .ok()?;
    let fidelity = translation.fidelity;
    Some(Structure { hir, fidelity })
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub fn without_case_option(text: &[u8], options: PatternOptions) -> (&[u8], bool) {
    if let Some(text) = text.strip_prefix(b"(?i)") {
        return (text, true);
    }
    (text, options.contains(PatternOptions::CASELESS))
}

struct Translation<'a> {
    rest: &'a [u8],
    out: String,
    end_is_end: bool,
    fidelity: Fidelity,
    last: Last,
}

/// What was read last: what a quantifier would apply to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Something that can be repeated.
    Item,
    /// A quantifier, which a `?` makes lazy.
    Quantifier,
    /// Nothing, an assertion or a lazy quantifier.
    Nothing,
}

impl Translation<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(byte) = self.next() {
            match byte {
                b'\\' => {
                    let assertion = matches!(self.rest.first(), Some(b'A' | b'z' | b'b' | b'B'));
                    self.escape(b"AzbBdDwWsStnrf")?;
                    self.last = if assertion { Last::Nothing } else { Last::Item };
                }
                b'[' => self.class()?,
                b'(' => self.group()?,
                b'{' => self.repetition()?,
                b'*' | b'+' | b'?' => {
                    self.out.push(char::from(byte));
                    self.quantified(byte);
                }
                b'$' if !self.end_is_end => {
                    self.out.push_str("(?:)");
                    self.fidelity = Fidelity::AtLeast;
                    self.last = Last::Nothing;
                }
                b'^' | b'$' | b'|' => {
                    self.out.push(char::from(byte));
                    self.last = Last::Nothing;
                }
                b'.' | b')' => {
                    self.out.push(char::from(byte));
                    self.last = Last::Item;
                }
                literal => {
                    self.literal(literal);
                    self.last = Last::Item;
                }
            }
        }
        Some(())
    }

    /// A quantifier was read. Possessive ones, and those of nothing in particular, mean something
    /// else or are refused.
    fn quantified(&mut self, byte: u8) {
        self.last = match (self.last, byte) {
            (Last::Item, _) => Last::Quantifier,
            (Last::Quantifier, b'?') => Last::Nothing,
            _ => {
                self.fidelity = Fidelity::AtLeast;
                Last::Nothing
            }
        };
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

    /// A byte that stands for itself. Anything but letters, digits and slashes is written in hex,
    /// so that no rule of the other dialect about punctuation or UTF-8 applies.
    fn literal(&mut self, byte: u8) {
        if byte.is_ascii_alphanumeric() || byte == b'/' {
            self.out.push(char::from(byte));
        } else {
            _ = write!(self.out, "\\x{byte:02X}");
        }
    }

    /// What follows a backslash: one of `letters`, which mean the same in both dialects, or
    /// punctuation that stands for itself. Back references, `\Q` and the rest are not read.
    fn escape(&mut self, letters: &[u8]) -> Option<()> {
        let byte = self.next()?;
        if letters.contains(&byte) {
            self.out.push('\\');
            self.out.push(char::from(byte));
            return Some(());
        }
        let stands_for_itself = byte.is_ascii() && !byte.is_ascii_alphanumeric();
        stands_for_itself.then(|| self.literal(byte))
    }

    /// A group: capturing or `(?:`. Look-around, options, names, conditions are not read.
    fn group(&mut self) -> Option<()> {
        if self.take(b"?:") {
            self.out.push_str("(?:");
            self.last = Last::Nothing;
            return Some(());
        }
        if matches!(self.rest.first(), Some(b'?' | b'*')) {
            return None;
        }
        self.out.push('(');
        self.last = Last::Nothing;
        Some(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; other braces are text in some versions of PCRE and not in others.
    fn repetition(&mut self) -> Option<()> {
        let end = self.rest.iter().position(|byte| *byte == b'}')?;
        let inside = self.rest.get(..end)?;
        let mut bounds = inside.splitn(2, |byte| *byte == b',');
        let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let first = bounds.next().filter(|first| !first.is_empty())?;
        let second = bounds.next();
        if !digits(first) || !second.is_none_or(digits) {
            return None;
        }
        let large = |text: &[u8]| {
            let number = std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok());
            number.is_none_or(|number: u32| number > MOST_REPETITIONS)
        };
        if large(first) || second.is_some_and(|second| !second.is_empty() && large(second)) {
            self.fidelity = Fidelity::AtLeast;
        }
        self.out.push('{');
        self.out.push_str(std::str::from_utf8(inside).ok()?);
        self.out.push('}');
        self.rest = self.rest.get(end + 1..)?;
        self.quantified(b'{');
        Some(())
    }

    fn class(&mut self) -> Option<()> {
        if matches!(self.rest.first(), Some(b':' | b'.' | b'=')) {
            self.fidelity = Fidelity::AtLeast;
        }
        self.out.push('[');
        if self.take(b"^") {
            self.out.push('^');
        }
        if self.take(b"]") {
            self.literal(b']');
        }
        loop {
            match self.next()? {
                b']' => break,
                b'[' => self.posix_class_or_bracket()?,
                b'\\' => {
                    let kind = self
                        .rest
                        .first()
                        .is_some_and(|byte| b"dDwWsS".contains(byte));
                    self.escape(b"dDwWsStnrf")?;
                    if kind {
                        self.no_range();
                    }
                }
                // Two in a row are the other dialect's set difference.
                b'-' if self.rest.first() == Some(&b'-') => return None,
                b'-' => self.out.push('-'),
                literal => self.literal(literal),
            }
        }
        self.out.push(']');
        self.last = Last::Item;
        Some(())
    }

    /// PCRE2 refuses most of what looks like a range from a set of bytes.
    fn no_range(&mut self) {
        if self.rest.first() == Some(&b'-') && self.rest.get(1) != Some(&b']') {
            self.fidelity = Fidelity::AtLeast;
        }
    }

    fn posix_class_or_bracket(&mut self) -> Option<()> {
        match self.rest.first() {
            Some(b':') => {}
            Some(b'.' | b'=') => return None,
            _ => {
                self.literal(b'[');
                return Some(());
            }
        }
        let end = self.rest.windows(2).position(|pair| pair == b":]")?;
        let name = std::str::from_utf8(self.rest.get(1..end)?).ok()?;
        if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return None;
        }
        self.out.push_str("[:");
        self.out.push_str(name);
        self.out.push_str(":]");
        self.rest = self.rest.get(end + 2..)?;
        self.no_range();
        Some(())
    }
}
