//! What stands under one text in an embedded table: all its keys, one after another.
//!
//! In: entries of one text, or the bytes they were packed into. Out: those bytes; [`Text`] and [`Member`]s.
//! Absent: finding a group; see [`super::embedded`].
//!
//! ```text
//! length, text, number of the first member
//! tag and owner of a key space, length, content in postcard's encoding     for each member
//! 0
//! ```
//!
//! Numbers are those of postcard: seven bits a byte. A pattern that matches the text of its key and nothing
//! else is left out where it says that in the usual way.

use std::borrow::Cow;

use super::{Content, Entry};
use crate::artefact::envelope::EnvelopeError;
use crate::artefact::key::{Key, KeySpace};
use crate::artefact::packed::Cursor;
use crate::model::rules::Rule;
use crate::pattern::{Pattern, exactly};

/// A member of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub space: KeySpace,
    /// Its number among the entries of the table.
    pub number: usize,
    /// In postcard's encoding.
    pub content: &'a [u8],
}

impl<'a> Member<'a> {
    /// The fate it is, encoded; `None` for other contents.
    pub fn fate(&self) -> Option<&'a [u8]> {
        // The variants of [`Content`] are numbered from 0.
        self.content.strip_prefix(&[3])
    }

    /// It as an entry. `None` when its bytes are none.
    pub fn entry(&self, text: &[u8]) -> Option<Entry> {
        let mut content: Content = postcard::from_bytes(self.content).ok()?;
        if let Content::Rules(rules) = &mut content {
            let left_out = rules
                .iter_mut()
                .filter(|rule| rule.item.pattern.text.is_empty());
            for rule in left_out {
                rule.item.pattern.text = exactly(text);
            }
        }
        let key = Key::new(self.space, text);
        Some(Entry { key, content })
    }
}

/// The members behind a text.
pub(super) fn members(mut group: Cursor<'_>) -> Members<'_> {
    let number = group
        .number()
        .and_then(|number| usize::try_from(number).ok());
    Members {
        number: number.unwrap_or(0),
        rest: number.map_or(Cursor::over(&[]), |_| group),
    }
}

/// Gives the members of a group.
#[derive(Debug, Clone)]
pub(super) struct Members<'a> {
    number: usize,
    rest: Cursor<'a>,
}

impl<'a> Members<'a> {
    /// What follows the group, once all members were given.
    pub fn rest(&self) -> Cursor<'a> {
        self.rest
    }

    fn take(&mut self) -> Option<Member<'a>> {
        let tag = self.rest.byte()?;
        if tag == 0 {
            return None;
        }
        let owner = self.rest.number()?;
        let member = Member {
            space: KeySpace::numbered(tag, owner)?,
            number: self.number,
            content: self.rest.text()?,
        };
        self.number += 1;
        Some(member)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    fn next(&mut self) -> Option<Member<'a>> {
        self.take()
    }
}

/// Appends a group: the entries of one text, the first of which has the number `first`.
pub(super) fn push(
    bytes: &mut Vec<u8>,
    first: usize,
    entries: &[&Entry],
) -> Result<(), EnvelopeError> {
    let text = entries.first().map_or(&[][..], |entry| entry.key.text());
    push_number(bytes, text.len());
    bytes.extend_from_slice(text);
    push_number(bytes, first);
    for entry in entries {
        let (tag, owner) = entry.key.space().number();
        let content = postcard::to_allocvec(without_patterns(entry).as_ref())
            .map_err(|_| EnvelopeError::Malformed("an entry cannot be encoded"))?;
        bytes.push(tag);
        push_number(bytes, usize::try_from(owner).unwrap_or(usize::MAX));
        push_number(bytes, content.len());
        bytes.extend(content);
    }
    bytes.push(0);
    Ok(())
}

/// The content with those patterns left out that the key tells.
fn without_patterns(entry: &Entry) -> Cow<'_, Content> {
    let usual = exactly(entry.key.text());
    let is_usual = |rule: &Rule| rule.pattern.text == usual;
    let Content::Rules(rules) = &entry.content else {
        return Cow::Borrowed(&entry.content);
    };
    if !rules.iter().any(|rule| is_usual(&rule.item)) {
        return Cow::Borrowed(&entry.content);
    }
    let mut rules = rules.clone();
    for rule in rules.iter_mut().filter(|rule| is_usual(&rule.item)) {
        rule.item.pattern = Pattern::new("", rule.item.pattern.options);
    }
    Cow::Owned(Content::Rules(rules))
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}
