//! Escapes and character classes of a pattern.
//!
//! In: a [`Reader`] behind the first byte of one. Out: an [`Atom`]. Absent: what is repeated.

use super::read::{Atom, Reader};
use crate::evaluate::matching::set::{DIGITS, NONE, SPACES, Set, WORDS};

impl Reader<'_> {
    /// What follows a backslash.
    pub(super) fn escape(&mut self) -> Option<Atom> {
        let byte = self.next()?;
        if let Some(set) = kind(byte) {
            return Some(Atom::Set(set));
        }
        plain_escape(byte).map(Atom::Byte)
    }

    /// A character class; its `[` is read already.
    pub(super) fn class(&mut self) -> Option<Set> {
        if matches!(self.rest, [b':' | b'.' | b'=', ..]) {
            return None;
        }
        let negated = self.take(b"^");
        let mut set = NONE;
        let mut is_first = true;
        loop {
            let byte = self.next()?;
            if byte == b']' && !is_first {
                break;
            }
            is_first = false;
            let low = match self.class_item(byte)? {
                Atom::Byte(low) => low,
                Atom::Set(kind) => {
                    set.union(&kind);
                    // PCRE2 refuses most of what looks like a range from here.
                    if self.rest.first() == Some(&b'-') && self.rest.get(1) != Some(&b']') {
                        return None;
                    }
                    continue;
                }
            };
            let high = self.range_end(low)?;
            (low..=high).for_each(|byte| set.insert(byte));
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
            Atom::Byte(high) if low <= high => Some(high),
            Atom::Byte(_) | Atom::Set(_) => None,
        }
    }

    fn class_item(&mut self, byte: u8) -> Option<Atom> {
        match byte {
            b'\\' => self.escape(),
            b'[' if matches!(self.rest.first(), Some(b'.' | b'=')) => None,
            b'[' if self.rest.first() == Some(&b':') => self.posix_class(),
            byte => Some(Atom::Byte(byte)),
        }
    }

    /// `[:name:]`; its `[` is read already.
    fn posix_class(&mut self) -> Option<Atom> {
        let end = self.rest.windows(2).position(|pair| pair == b":]")?;
        let set = match self.rest.get(1..end)? {
            b"alnum" => Set::that(|byte| byte.is_ascii_alphanumeric()),
            b"alpha" => Set::that(|byte| byte.is_ascii_alphabetic()),
            b"digit" => DIGITS,
            b"lower" => Set::that(|byte| byte.is_ascii_lowercase()),
            b"upper" => Set::that(|byte| byte.is_ascii_uppercase()),
            b"xdigit" => Set::that(|byte| byte.is_ascii_hexdigit()),
            b"punct" => Set::that(|byte| byte.is_ascii_punctuation()),
            b"space" => SPACES,
            b"word" => WORDS,
            _ => return None,
        };
        self.rest = self.rest.get(end + 2..)?;
        Some(Atom::Set(set))
    }
}

/// `\d`, `\s`, `\w` and their opposites.
fn kind(letter: u8) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => DIGITS,
        b's' => SPACES,
        b'w' => WORDS,
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() {
        set.complement()
    } else {
        set
    })
}

/// An escape that stands for one byte everywhere.
fn plain_escape(byte: u8) -> Option<u8> {
    match byte {
        b't' => Some(b'\t'),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b'f' => Some(b'\x0c'),
        _ => byte.is_ascii_punctuation().then_some(byte),
    }
}
