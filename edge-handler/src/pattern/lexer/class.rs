//! Character classes of a pattern.
//!
//! In: a lexer before a `[`, then behind it. Out: the items of the class, one after another. Absent: ranges, and the set that
//! the items make together (`read::class`).

use super::{Lexer, Quoting, Takes, Token};
use crate::pattern::set::{DIGITS, SPACES, Set, WORDS};
use crate::pattern::syntax::Sense;

/// One item of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pattern) enum ClassItem<'a> {
    /// One byte. A `-` may make a range of it.
    Byte(u8),
    /// `\d` and its variants.
    Set(Set),
    /// `[:name:]` or `[:^name:]`.
    Posix(Sense, &'a [u8]),
    /// `\Q` or `\E`: nothing by itself.
    Quote,
    /// What no reader knows.
    Other,
    /// `]`
    Close,
}

impl<'a> Lexer<'a> {
    /// `[`, `[^`, or the beginning or the end of a word.
    pub(super) fn open_class(&mut self) -> Token<'a> {
        if self.rest.starts_with(b"[[:<:]]") || self.rest.starts_with(b"[[:>:]]") {
            return self.take(7, Token::Other(Takes::Nothing));
        }
        let (length, sense) = if self.rest.get(1) == Some(&b'^') {
            (2, Sense::Negative)
        } else {
            (1, Sense::Positive)
        };
        self.split(length);
        self.class_begins = self.rest.len();
        Token::Class(sense)
    }

    /// Is the class that begins here `[:name:]` and its variants, which PCRE2 refuses outside of a class?
    pub fn is_lone_posix(&self) -> bool {
        posix_end(self.rest).is_some()
    }

    /// The next item of the class that was opened; `None` at the end of the text.
    pub fn class_item(&mut self) -> Option<ClassItem<'a>> {
        let first = *self.rest.first()?;
        let is_first = self.rest.len() == self.class_begins;
        if self.quoting == Quoting::Quoted {
            return Some(match self.quoted(first) {
                Token::Byte(byte) => ClassItem::Byte(byte),
                _ => ClassItem::Quote,
            });
        }
        Some(match first {
            b']' if !is_first => self.take(1, ClassItem::Close),
            b'\\' => self.class_escape(),
            b'[' => match posix(self.rest) {
                Some((length, item)) => self.take(length, item),
                None => self.take(1, ClassItem::Byte(first)),
            },
            byte => self.take(1, ClassItem::Byte(byte)),
        })
    }

    /// Skips the rest of the class that was opened.
    pub fn skip_class(&mut self) {
        while !matches!(self.class_item(), Some(ClassItem::Close) | None) {}
    }

    fn class_escape(&mut self) -> ClassItem<'a> {
        let letter = self.rest.get(1).copied();
        if let Some(set) = letter.and_then(kind) {
            return self.take(2, ClassItem::Set(set));
        }
        match letter {
            Some(b'Q') => {
                self.quoting = Quoting::Quoted;
                self.take(2, ClassItem::Quote)
            }
            Some(b'E') => self.take(2, ClassItem::Quote),
            Some(b'b') => self.take(2, ClassItem::Byte(0x08)),
            Some(b'o' | b'p' | b'P' | b'N') => {
                let length = self.braced_length();
                self.take(length, ClassItem::Other)
            }
            Some(_) | None => match self.byte_escape() {
                Token::Byte(byte) => ClassItem::Byte(byte),
                _ => ClassItem::Other,
            },
        }
    }
}

/// `[:name:]` and its variants at the start of `text`, if it is one, and its length.
fn posix(text: &[u8]) -> Option<(usize, ClassItem<'_>)> {
    let inside = text.get(1..)?;
    let end = posix_end(inside)?;
    let item = match inside.get(..end)? {
        [b':', b'^', name @ ..] => ClassItem::Posix(Sense::Negative, name),
        [b':', name @ ..] => ClassItem::Posix(Sense::Positive, name),
        _ => ClassItem::Other,
    };
    Some((end + 3, item))
}

/// Where the `:]` stands that ends what begins with `:`, and so for `.` and `=` (`check_posix_syntax`).
fn posix_end(text: &[u8]) -> Option<usize> {
    let mark = *text.first().filter(|byte| b":.=".contains(byte))?;
    let mut at = 1;
    loop {
        match text.get(at..at + 2)? {
            [b'\\', b']' | b'\\'] => at += 2,
            [b']', _] => return None,
            [b'[', next] if *next == mark => return None,
            [byte, b']'] if *byte == mark => return Some(at),
            _ => at += 1,
        }
    }
}

/// The set of a POSIX class.
pub(in crate::pattern) fn named(name: &[u8]) -> Option<Set> {
    Some(match name {
        b"alnum" => Set::that(|byte| byte.is_ascii_alphanumeric()),
        b"alpha" => Set::that(|byte| byte.is_ascii_alphabetic()),
        b"ascii" => Set::that(|byte| byte.is_ascii()),
        b"blank" => Set::that(|byte| matches!(byte, b' ' | b'\t')),
        b"cntrl" => Set::that(|byte| byte.is_ascii_control()),
        b"digit" => DIGITS,
        b"graph" => Set::that(|byte| byte.is_ascii_graphic()),
        b"lower" => Set::that(|byte| byte.is_ascii_lowercase()),
        b"print" => Set::that(|byte| matches!(byte, b' '..=b'~')),
        b"upper" => Set::that(|byte| byte.is_ascii_uppercase()),
        b"xdigit" => Set::that(|byte| byte.is_ascii_hexdigit()),
        b"punct" => Set::that(|byte| byte.is_ascii_punctuation()),
        b"space" => SPACES,
        b"word" => WORDS,
        _ => return None,
    })
}

/// `\d`, `\s`, `\w`, `\h`, `\v` and their opposites.
pub(super) fn kind(letter: u8) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => DIGITS,
        b's' => SPACES,
        b'w' => WORDS,
        b'h' => Set::that(|byte| matches!(byte, b'\t' | b' ' | 0xa0)),
        b'v' => Set::that(|byte| matches!(byte, b'\n'..=b'\r' | 0x85)),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() {
        set.complement()
    } else {
        set
    })
}
