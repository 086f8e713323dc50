//! What stands behind the `(` of a pattern.
//!
//! In: a lexer before a `(`. Out: what kind of group begins, or a token that only looks like one: a comment, options, a call.
//! Absent: what is inside.

use super::{Lexer, Referred, Token, through};
use crate::pattern::syntax::{Direction, Sense};

/// How a group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern) enum Opening<'a> {
    /// `(`
    Plain,
    /// `(?:`
    Joined,
    /// `(?>`
    Atomic,
    /// `(?|`: groups of each branch are numbered from the same number on.
    Reset,
    /// `(?<name>`. The name is what stands before its end, whatever that is.
    Named(&'a [u8]),
    /// `(?=`, `(?<!` and their variants.
    Look(Direction, Sense),
    /// `(?*` and `(?<*`: looks whose ways are all tried.
    LooseLook(Direction),
    /// `(?(1)`, `(?(name)`, or `(?` before an assertion.
    Condition,
    /// `(?(DEFINE)`
    Definition,
    /// `(*name:`. The name is in lower case.
    Alphabetic(&'a [u8]),
}

/// What follows the letters of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern) enum Ending {
    /// `)`: the options hold up to the end of the group around them.
    Close,
    /// `:`: the options hold for the group that begins.
    Colon,
    /// Nothing: the pattern ends.
    Missing,
}

impl<'a> Lexer<'a> {
    /// A `(` and what belongs to it.
    pub(super) fn open(&mut self) -> Token<'a> {
        match self.rest {
            [_, b'*', ..] => self.star(),
            [_, b'?', b'#', ..] => {
                let length = through(self.rest, b')');
                let text = self.split(length);
                if text.ends_with(b")") {
                    Token::Ignored
                } else {
                    Token::Control
                }
            }
            [_, b'?', b'C', ..] => {
                let length = callout(self.rest);
                self.take(length, Token::Control)
            }
            [_, b'?', behind @ ..] => self.question(behind),
            _ => self.opened(1, Opening::Plain),
        }
    }

    fn opened(&mut self, length: usize, opening: Opening<'a>) -> Token<'a> {
        self.take(length, Token::Open(opening))
    }

    /// `(*VERB)` or `(*assertion:`.
    fn star(&mut self) -> Token<'a> {
        let name = self.rest.get(2..).unwrap_or_default();
        let length = name.iter().take_while(|byte| is_name_byte(**byte)).count();
        if let Some(name @ [b'a'..=b'z', ..]) = name.get(..length) {
            return self.opened(length + 3, Opening::Alphabetic(name));
        }
        let length = through(self.rest, b')');
        self.take(length, Token::Control)
    }

    /// `(?` and what stands `behind`.
    fn question(&mut self, behind: &'a [u8]) -> Token<'a> {
        use Direction::{Ahead, Behind};
        use Sense::{Negative, Positive};
        match behind {
            [b':', ..] => self.opened(3, Opening::Joined),
            [b'>', ..] => self.opened(3, Opening::Atomic),
            [b'|', ..] => self.opened(3, Opening::Reset),
            [b'=', ..] => self.opened(3, Opening::Look(Ahead, Positive)),
            [b'!', ..] => self.opened(3, Opening::Look(Ahead, Negative)),
            [b'*', ..] => self.opened(3, Opening::LooseLook(Ahead)),
            [b'<', b'=', ..] => self.opened(4, Opening::Look(Behind, Positive)),
            [b'<', b'!', ..] => self.opened(4, Opening::Look(Behind, Negative)),
            [b'<', b'*', ..] => self.opened(4, Opening::LooseLook(Behind)),
            [b'<', name @ ..] => self.open_named(3, name, b'>'),
            [b'\'', name @ ..] => self.open_named(3, name, b'\''),
            [b'P', b'<', name @ ..] => self.open_named(4, name, b'>'),
            [b'(', ..] => self.open_condition(behind),
            [b'R' | b'&' | b'P' | b'0'..=b'9' | b'+', ..] | [b'-', b'0'..=b'9', ..] => {
                self.call(behind)
            }
            _ => self.options(behind),
        }
    }

    fn open_named(&mut self, before: usize, name: &'a [u8], end: u8) -> Token<'a> {
        let length = memchr::memchr(end, name).unwrap_or(name.len());
        let name = name.get(..length).unwrap_or_default();
        self.opened(before + length + 1, Opening::Named(name))
    }

    /// `(?(condition)`. An assertion for a condition is a group of its own.
    fn open_condition(&mut self, condition: &'a [u8]) -> Token<'a> {
        if matches!(condition.get(1), Some(b'?' | b'*')) {
            return self.opened(2, Opening::Condition);
        }
        let length = 2 + memchr::memchr(b')', condition).unwrap_or(condition.len()) + 1;
        if condition.starts_with(b"(DEFINE") {
            self.opened(length, Opening::Definition)
        } else {
            self.opened(length, Opening::Condition)
        }
    }

    /// `(?R)`, `(?1)`, `(?&name)`, `(?P>name)`, `(?P=name)`. A `(` ends it too, and is not taken.
    fn call(&mut self, inside: &'a [u8]) -> Token<'a> {
        let end = memchr::memchr2(b')', b'(', inside);
        let length = end.unwrap_or(inside.len());
        let is_closed = inside.get(length) == Some(&b')');
        let inside = inside.get(..length).unwrap_or_default();
        let length = 2 + length + usize::from(is_closed);
        match inside.strip_prefix(b"P=") {
            Some(name) if is_closed => self.take(length, Token::Reference(Referred::Name(name))),
            Some(_) | None => self.take(length, Token::Call),
        }
    }

    /// `(?flags)` and `(?flags:`.
    fn options(&mut self, letters: &'a [u8]) -> Token<'a> {
        let end = memchr::memchr2(b')', b':', letters);
        let length = end.unwrap_or(letters.len());
        let ending = match letters.get(length) {
            Some(b':') => Ending::Colon,
            Some(_) => Ending::Close,
            None => Ending::Missing,
        };
        let letters = letters.get(..length).unwrap_or_default();
        self.take(length + 3, Token::Options(letters, ending))
    }
}

/// The length of `(?C…)`, whose text may hold anything: a delimiter in it is written twice.
fn callout(text: &[u8]) -> usize {
    let mut at = 4;
    let end = match text.get(3) {
        Some(delimiter @ (b'`' | b'\'' | b'"' | b'^' | b'%' | b'#' | b'$')) => *delimiter,
        Some(b'{') => b'}',
        Some(_) | None => return through(text, b')'),
    };
    loop {
        at += through(text.get(at..).unwrap_or_default(), end);
        if text.get(at) != Some(&end) {
            break;
        }
        at += 1;
    }
    at + through(text.get(at..).unwrap_or_default(), b')')
}

/// May a byte stand in a name?
pub(in crate::pattern) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
