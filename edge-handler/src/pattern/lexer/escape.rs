//! Escapes of a pattern.
//!
//! In: a lexer before a backslash. Out: the token, and the lexer behind it. Absent: what an escape means in a class where
//! that differs; see `class`.

use super::class::kind;
use super::{Lexer, Quoting, Referred, Takes, Token, number, through};
use crate::pattern::set::Set;
use crate::pattern::syntax::Place;

impl<'a> Lexer<'a> {
    /// A backslash and what belongs to it, outside of classes.
    pub(in crate::pattern) fn escape(&mut self) -> Token<'a> {
        let Some(letter) = self.rest.get(1) else {
            return self.take(1, Token::Other(Takes::Character));
        };
        if let Some(set) = kind(*letter) {
            return self.take(2, Token::Set(set));
        }
        let token = match letter {
            b'Q' => {
                self.quoting = Quoting::Quoted;
                Token::Quote
            }
            b'E' => Token::Quote,
            b'A' | b'G' => Token::Place(Place::Start),
            b'z' => Token::Place(Place::End),
            b'Z' => Token::Place(Place::LastLine),
            b'b' => Token::Place(Place::WordEdge),
            b'B' => Token::Place(Place::NoWordEdge),
            b'K' => Token::Keep,
            b'N' => return self.no_line_feed(),
            b'R' | b'X' => Token::Other(Takes::Varying),
            b'1'..=b'9' => return self.digits(),
            b'g' | b'k' => return self.reference(),
            b'o' | b'p' | b'P' => {
                let length = self.braced_length();
                return self.take(length, Token::Other(Takes::Character));
            }
            _ => return self.byte_escape(),
        };
        self.take(2, token)
    }

    /// An escape that stands for one byte wherever it is written.
    pub(super) fn byte_escape(&mut self) -> Token<'a> {
        let byte = match self.rest.get(1) {
            Some(b'a') => 0x07,
            Some(b'e') => 0x1b,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'0') => return self.octal(),
            Some(b'x') => return self.hexadecimal(),
            Some(b'c') => return self.control(),
            Some(byte) if !byte.is_ascii_alphanumeric() => *byte,
            Some(_) | None => return self.take(2, Token::Other(Takes::Character)),
        };
        self.take(2, Token::Byte(byte))
    }

    /// Up to two octal digits behind `\0`.
    fn octal(&mut self) -> Token<'a> {
        let digits = self.digits_at_most_two(|byte| matches!(byte, b'0'..=b'7'));
        let value = digits
            .iter()
            .fold(0, |value, digit| value * 8 + (digit - b'0'));
        self.take(2 + digits.len(), Token::Byte(value))
    }

    /// `\xHH` or `\x{…}`. Without digits it is a NUL.
    fn hexadecimal(&mut self) -> Token<'a> {
        if self.rest.get(2) == Some(&b'{') {
            let text = self.rest;
            let length = self.braced_length();
            let inside = text.get(3..length).and_then(|text| text.strip_suffix(b"}"));
            let token = match inside.and_then(hexadecimal) {
                Some(byte) => Token::Byte(byte),
                None => Token::Other(Takes::Character),
            };
            return self.take(length, token);
        }
        let digits = self.digits_at_most_two(|byte| byte.is_ascii_hexdigit());
        let value = hexadecimal(digits).unwrap_or(0);
        self.take(2 + digits.len(), Token::Byte(value))
    }

    /// The digits behind an escape's letter, two at most; they are not taken.
    fn digits_at_most_two(&self, is_digit: impl Fn(u8) -> bool) -> &'a [u8] {
        let behind = self.rest.get(2..).unwrap_or_default();
        let count = behind.iter().take(2).take_while(|byte| is_digit(**byte));
        behind.get(..count.count()).unwrap_or_default()
    }

    /// `\c` and what it makes a control character of.
    fn control(&mut self) -> Token<'a> {
        let token = match self.rest.get(2) {
            Some(letter @ b' '..=b'~') => Token::Byte(letter.to_ascii_uppercase() ^ 0x40),
            Some(_) | None => Token::Other(Takes::Character),
        };
        self.take(3, token)
    }

    /// `\N`, or `\N{…}` where that is no quantifier.
    fn no_line_feed(&mut self) -> Token<'a> {
        let behind = self.rest.get(2..).unwrap_or_default();
        if behind.first() == Some(&b'{') && super::braces(behind).is_none() {
            let length = self.braced_length();
            return self.take(length, Token::Other(Takes::Character));
        }
        self.take(2, Token::Set(Set::of(b'\n').complement()))
    }

    /// `\1`; with more digits most likely a character in octal.
    fn digits(&mut self) -> Token<'a> {
        let behind = self.rest.get(1..).unwrap_or_default();
        let count = behind.iter().take_while(|byte| byte.is_ascii_digit());
        let count = count.count();
        let token = match behind.first() {
            Some(digit) if count == 1 => {
                Token::Reference(Referred::Number(u32::from(digit & 0x0f)))
            }
            Some(_) | None => Token::Other(Takes::Character),
        };
        self.take(1 + count, token)
    }

    /// `\g` and `\k` in all their forms.
    fn reference(&mut self) -> Token<'a> {
        let (letter, behind) = (self.rest.get(1), self.rest.get(2..).unwrap_or_default());
        let end = match behind.first() {
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(b'\'') => b'\'',
            Some(_) | None => return self.bare_reference(),
        };
        let inside = behind.get(1..).unwrap_or_default();
        let length = through(inside, end);
        let text = inside.get(..length).unwrap_or_default();
        let token = match (letter, end, text.split_last()) {
            (Some(b'g'), b'>' | b'\'', _) => Token::Call,
            (Some(b'g'), _, Some((last, text))) if *last == end => Token::Reference(referred(text)),
            (_, _, Some((last, name))) if *last == end => Token::Reference(Referred::Name(name)),
            (_, _, Some(_) | None) => Token::Reference(Referred::Unread),
        };
        self.take(3 + length, token)
    }

    /// `\g1`, `\g-1`.
    fn bare_reference(&mut self) -> Token<'a> {
        let behind = self.rest.get(2..).unwrap_or_default();
        let is_number = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-');
        let length = behind.iter().take_while(is_number).count();
        let text = behind.get(..length).unwrap_or_default();
        self.take(2 + length, Token::Reference(referred(text)))
    }

    /// The length of an escape that may have `{…}` behind its letter. `\pL` has a letter there.
    pub(super) fn braced_length(&self) -> usize {
        match (self.rest.get(1), self.rest.get(2)) {
            (_, Some(b'{')) => 2 + through(self.rest.get(2..).unwrap_or_default(), b'}'),
            (Some(b'p' | b'P'), _) => 3,
            (_, _) => 2,
        }
    }
}

/// The group that a number or a name says. A name begins with no digit.
fn referred(text: &[u8]) -> Referred<'_> {
    let found = match text {
        [b'-', back @ ..] => number(back).map(Referred::Back),
        [b'+', ..] => None,
        [b'0'..=b'9', ..] => number(text).map(Referred::Number),
        name => Some(Referred::Name(name)),
    };
    found.unwrap_or(Referred::Unread)
}

/// The value of hexadecimal digits, if it fits a byte.
fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}
