//! Escapes of a pattern outside of classes: places, references, and what stands for one byte.
//!
//! In: a [`Reader`] behind a backslash. Out: a [`Node`], or nothing where PCRE2 has to be asked. Absent: classes; see
//! `matching::notation`.

use super::read::Reader;
use super::syntax::{Node, Place};
use crate::pattern::matching::notation::{self, Item};
use crate::pattern::matching::set::Set;

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
            _ => Some(match notation::escape(&mut self.rest)? {
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
}
