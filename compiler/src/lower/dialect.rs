//! Reads a pattern with `regex-syntax`, as far as PCRE means the same by it.
//!
//! In: a [`Pattern`]. Out: its structure, describing *at least* the texts PCRE matches with it.
//! Absent: what follows from the structure; see [`super::shape`].
//!
//! Whatever is not surely the same in both dialects gives `None`. Where PCRE matches less than the
//! structure says (possessive quantifiers, word boundaries) nothing is lost: the evaluator has the
//! last word on every candidate.

use std::fmt::Write as _;

use edgewright_edge_handler::rules::Pattern;
use edgewright_edge_handler::rules::pattern::PatternOptions;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

/// Deeper patterns are not looked into.
const DEEPEST: u32 = 50;

/// Longer patterns are not looked into.
const LONGEST: usize = 8_192;

const POSIX_CLASSES: [&str; 13] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// The structure of `text`, letters taken as written: for a pattern that ignores case, it describes
/// texts whose letters were lowered once the structure's own are lowered too.
pub(crate) fn read(text: &[u8], options: PatternOptions) -> Option<Hir> {
    if text.len() > LONGEST {
        return None;
    }
    let mut translation = Translation {
        rest: text,
        out: String::with_capacity(text.len() + 8),
        end_is_end: options.contains(PatternOptions::DOLLAR_END_ONLY),
    };
    translation.run()?;
    ParserBuilder::new()
        .nest_limit(DEEPEST)
        .unicode(false)
        .utf8(false)
        .dot_matches_new_line(options.contains(PatternOptions::DOT_ALL))
        .build()
        .parse(&translation.out)
        .ok()
}

/// The expression without a leading `(?i)`, and whether it ignores case.
pub(crate) fn without_case_option(pattern: &Pattern) -> (&[u8], bool) {
    if let Some(text) = pattern.text.strip_prefix(b"(?i)") {
        return (text, true);
    }
    let caseless = pattern.options.contains(PatternOptions::CASELESS);
    (&pattern.text, caseless)
}

struct Translation<'a> {
    rest: &'a [u8],
    out: String,
    end_is_end: bool,
}

impl Translation<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(byte) = self.next() {
            match byte {
                b'\\' => self.escape(b"AzbBdDwWsStnrf")?,
                b'[' => self.class()?,
                b'(' => self.group()?,
                b'{' => self.repetition()?,
                b'$' if !self.end_is_end => self.out.push_str("(?:)"),
                b'^' | b'$' | b'.' | b'|' | b')' | b'*' | b'+' | b'?' => {
                    self.out.push(char::from(byte));
                }
                literal => self.literal(literal),
            }
        }
        Some(())
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
            return Some(());
        }
        if matches!(self.rest.first(), Some(b'?' | b'*')) {
            return None;
        }
        self.out.push('(');
        Some(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; other braces are text in some versions of PCRE and not in others.
    fn repetition(&mut self) -> Option<()> {
        let end = self.rest.iter().position(|byte| *byte == b'}')?;
        let inside = self.rest.get(..end)?;
        let mut bounds = inside.splitn(2, |byte| *byte == b',');
        let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
        let first = bounds.next().filter(|first| !first.is_empty())?;
        if !digits(first) || !bounds.next().is_none_or(digits) {
            return None;
        }
        self.out.push('{');
        self.out.push_str(std::str::from_utf8(inside).ok()?);
        self.out.push('}');
        self.rest = self.rest.get(end + 1..)?;
        Some(())
    }

    fn class(&mut self) -> Option<()> {
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
                b'\\' => self.escape(b"dDwWsStnrf")?,
                // Two in a row are the other dialect's set difference.
                b'-' if self.rest.first() == Some(&b'-') => return None,
                b'-' => self.out.push('-'),
                literal => self.literal(literal),
            }
        }
        self.out.push(']');
        Some(())
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
        Some(())
    }
}
