//! A pattern, read once for everything that is asked about it.
//!
//! In: a [`Pattern`]. Out: [`Outline`]: its literal head, and its structure where that does not say
//! all. Absent: what follows; see [`crate::shape`], [`crate::witness`], [`crate::redundant`].
//!
//! Most patterns are literal texts, and no structure is ever read of them.

use std::cell::OnceCell;

use edgewright_engine::artefact::index::Case;
use edgewright_engine::pattern::Pattern;
use regex_syntax::hir::Hir;

use crate::dialect;

/// What is known about a pattern before it is matched with anything.
#[derive(Debug)]
pub(crate) struct Outline<'p> {
    /// The pattern itself.
    pub pattern: &'p Pattern,
    /// The expression without a leading `(?i)`.
    pub text: &'p [u8],
    /// Whether letters have to agree in case.
    pub case: Case,
    /// The literal text after a leading `^`, and what follows it.
    pub head: Option<(Vec<u8>, &'p [u8])>,
    structure: OnceCell<Option<Hir>>,
}

impl<'p> Outline<'p> {
    /// The outline of `pattern`.
    pub fn of(pattern: &'p Pattern) -> Self {
        let (text, caseless) = dialect::without_case_option(pattern);
        Self {
            pattern,
            text,
            case: if caseless { Case::Folded } else { Case::Exact },
            head: literal_head(text),
            structure: OnceCell::new(),
        }
    }

    /// The text that every match is or begins with, when there is nothing else to the pattern.
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.head {
            Some((word, b"" | b"$")) => Some(word),
            _ => None,
        }
    }

    /// What the pattern consists of, letters as written: at least the texts it matches. `None` when it
    /// is not understood.
    pub fn structure(&self) -> Option<&Hir> {
        let read = || dialect::read(self.text, self.pattern.options);
        self.structure.get_or_init(read).as_ref()
    }
}

/// The literal text after a leading `^`, and what follows it.
fn literal_head(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"^")?;
    let mut head = Vec::with_capacity(rest.len());
    loop {
        let (byte, after) = match rest {
            [b'\\', byte, after @ ..] if byte.is_ascii_punctuation() => (*byte, after),
            [byte, after @ ..] if !b"\\^$.[]()|?*+{}".contains(byte) => (*byte, after),
            _ => return Some((head, rest)),
        };
        head.push(byte);
        rest = after;
    }
}
