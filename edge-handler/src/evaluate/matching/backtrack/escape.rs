//! Escapes and character classes of a pattern.
//!
//! In: a [`Reader`] behind the first byte of one. Out: a [`Node`] or a [`Set`], or nothing where PCRE2 has to be
//! asked. Absent: groups and quantifiers.

use super::read::Reader;
use super::syntax::{Node, Place};
use crate::evaluate::matching::set::{DIGITS, NONE, SPACES, Set, WORDS};

/// One item of a class.
enum Item {
    Byte(u8),
    Set(Set),
}

impl Reader<'_> {
    /// What follows a backslash outside of classes.
    pub(super) fn escape(&mut self) -> Option<Node> {
        let place = match self.rest.first()? {
            b'A' | b'G' => Place::Start,
            b'z' => Place::End,
            b'Z' => Place::LastLine,
            b'b' => Place::WordEdge,
            b'B' => Place::NoWordEdge,
            _ => return self.other_escape(),
        };
        self.next();
        Some(Node::Place(place))
    }

    fn other_escape(&mut self) -> Option<Node> {
        match self.rest {
            [b'K', ..] => {
                self.next();
                self.keep()
            }
            [b'N', b'{', ..] | [b'1'..=b'9', b'0'..=b'9', ..] => None,
            [b'N', ..] => {
                self.next();
                Some(Node::Set(Set::of(b'\n').complement()))
            }
            [digit @ b'1'..=b'9', ..] => {
                self.next();
                Some(self.reference(u32::from(digit - b'0')))
            }
            [b'g', ..] => {
                self.next();
                self.numbered_reference()
            }
            [b'k', open @ (b'{' | b'<' | b'\''), ..] => {
                self.rest = self.rest.get(2..)?;
                let end = match open {
                    b'{' => b'}',
                    b'<' => b'>',
                    _ => b'\'',
                };
                let name = self.until(end)?;
                self.named_reference(name)
            }
            _ => Some(match self.simple_escape()? {
                Item::Byte(byte) => self.byte(byte),
                Item::Set(set) => Node::Set(set),
            }),
        }
    }

    /// `\g1`, `\g{1}`, `\g{-1}`, `\g{name}`; the `g` is read already.
    fn numbered_reference(&mut self) -> Option<Node> {
        let text = if self.take(b"{").is_some() {
            self.until(b'}')?
        } else {
            let digits = self
                .rest
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            let (text, rest) = self.rest.split_at(digits);
            self.rest = rest;
            text
        };
        let (text, relative) = match text.strip_prefix(b"-") {
            Some(text) => (text, true),
            None => (text, false),
        };
        if text.first().is_some_and(|byte| !byte.is_ascii_digit()) && !relative {
            return self.named_reference(text);
        }
        let digits = std::str::from_utf8(text).ok()?;
        let digits =
            Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let number: u32 = digits.parse().ok().filter(|number| *number > 0)?;
        let group = if relative {
            (self.groups + 1).checked_sub(number)?
        } else {
            number
        };
        (group > 0).then(|| self.reference(group))
    }

    /// What an escape means both inside and outside of classes.
    fn simple_escape(&mut self) -> Option<Item> {
        let byte = self.next()?;
        if let Some(set) = kind(byte) {
            return Some(Item::Set(set));
        }
        Some(Item::Byte(match byte {
            b'a' => 0x07,
            b'e' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'0' => self.octal(),
            b'x' => self.hexadecimal()?,
            b'c' => {
                let letter = self.next().filter(|byte| matches!(byte, b' '..=b'~'))?;
                letter.to_ascii_uppercase() ^ 0x40
            }
            byte if byte.is_ascii_alphanumeric() || !byte.is_ascii() => return None,
            byte => byte,
        }))
    }

    /// Up to two octal digits behind `\0`.
    fn octal(&mut self) -> u8 {
        let digits = self.rest.iter().take(2);
        let digits = digits
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        let (text, rest) = self.rest.split_at(digits);
        self.rest = rest;
        text.iter()
            .fold(0, |value, digit| value * 8 + (digit - b'0'))
    }

    /// `HH` or `{…}` behind `\x`, one byte's value.
    fn hexadecimal(&mut self) -> Option<u8> {
        let text = if self.take(b"{").is_some() {
            self.until(b'}')?
        } else {
            let digits = self.rest.iter().take(2);
            let digits = digits.take_while(|byte| byte.is_ascii_hexdigit()).count();
            let (text, rest) = self.rest.split_at(digits);
            self.rest = rest;
            text
        };
        let digits = std::str::from_utf8(text).ok()?;
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u8::from_str_radix(digits, 16).ok().filter(|_| plain)
    }

    /// A character class; its `[` is read already.
    pub(super) fn class(&mut self) -> Option<Set> {
        if matches!(
            self.rest,
            [b':' | b'.' | b'=', ..] | [b'[', b':', b'<' | b'>', ..]
        ) {
            return None;
        }
        let negated = self.take(b"^").is_some();
        let mut set = NONE;
        let mut is_first = true;
        loop {
            let byte = self.next()?;
            if byte == b']' && !is_first {
                break;
            }
            is_first = false;
            match self.class_item(byte)? {
                Item::Byte(low) => {
                    let high = self.range_end(low)?;
                    (low..=high).for_each(|byte| set.insert(byte));
                }
                Item::Set(kind) => {
                    set.union(&kind);
                    // PCRE2 refuses most of what looks like a range from here.
                    if self.rest.first() == Some(&b'-') && self.rest.get(1) != Some(&b']') {
                        return None;
                    }
                }
            }
        }
        let set = self.cased(set);
        Some(if negated { set.complement() } else { set })
    }

    /// The last byte of a range that begins with `low`; `low` itself when it is none.
    fn range_end(&mut self, low: u8) -> Option<u8> {
        if self.rest.first() != Some(&b'-') || self.rest.get(1) == Some(&b']') {
            return Some(low);
        }
        self.rest = self.rest.get(1..)?;
        let byte = self.next()?;
        match self.class_item(byte)? {
            Item::Byte(high) if low <= high => Some(high),
            Item::Byte(_) | Item::Set(_) => None,
        }
    }

    fn class_item(&mut self, byte: u8) -> Option<Item> {
        match byte {
            b'\\' => match self.rest.first()? {
                b'b' => {
                    self.next();
                    Some(Item::Byte(0x08))
                }
                b'1'..=b'9' | b'E' | b'Q' | b'N' => None,
                _ => self.simple_escape(),
            },
            b'[' if matches!(self.rest.first(), Some(b'.' | b'=')) => None,
            b'[' if self.rest.first() == Some(&b':') => self.posix_class(),
            byte => byte.is_ascii().then_some(Item::Byte(byte)),
        }
    }

    /// `[:name:]` or `[:^name:]`; its `[` is read already.
    fn posix_class(&mut self) -> Option<Item> {
        let end = self.rest.windows(2).position(|pair| pair == b":]")?;
        let name = self.rest.get(1..end)?;
        let (name, negated) = match name.strip_prefix(b"^") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let is_cased = matches!(name, b"lower" | b"upper");
        let set = named(name)?;
        // Where case is ignored, both mean any letter.
        let set = if is_cased { self.cased(set) } else { set };
        self.rest = self.rest.get(end + 2..)?;
        Some(Item::Set(if negated { set.complement() } else { set }))
    }
}

/// The set of a POSIX class.
fn named(name: &[u8]) -> Option<Set> {
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
fn kind(letter: u8) -> Option<Set> {
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
