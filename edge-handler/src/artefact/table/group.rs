//! What stands under one text in an embedded table: all its keys, one after another.
//!
//! In: entries of one text, or the bytes they were packed into. Out: those bytes; [`Text`] and [`Member`]s.
//! Absent: finding a group; see [`super::embedded`].
//!
//! ```text
//! length, text, number of the first member
//! tag and owner of a key space, length, content     for each member
//! 0
//! ```
//!
//! Numbers are those of postcard: seven bits a byte. Precomputed decisions and redirects are records already; a decision comes first. The rule
//! beside it is for requests that are not normalized: where it is one [as most are](super::usual), little more is written
//! than what the decision does not say. Every other content is in postcard's encoding, without patterns that match the
//! text of their key and nothing else in the usual way.

use std::borrow::Cow;

use super::embedded::TOO_LONG;
use super::usual::{self, Known};
use super::{Content, Entry, Redirects, RedirectsView};
use crate::artefact::decision::{DecisionView, PathDecision};
use crate::artefact::envelope::EnvelopeError;
use crate::artefact::key::{Key, KeySpace};
use crate::artefact::packed::{Cursor, push_number, push_text};
use crate::model::rules::Rule;
use crate::pattern::{Pattern, exactly};

/// Added to a tag: the member is one rule [as most are](super::usual).
const USUAL: u8 = 0x80;

/// How the content of a member is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Usual,
}

/// A member of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    pub space: KeySpace,
    /// Its number among the entries of the table.
    pub number: usize,
    /// A record, a usual rule, or in postcard's encoding.
    pub content: &'a [u8],
    form: Form,
}

impl<'a> Member<'a> {
    /// The precomputed decision that the member is; `None` when it is none.
    pub fn decision(&self) -> Option<DecisionView<'a>> {
        match self.space {
            KeySpace::Decisions(_) => DecisionView::read(self.content),
            KeySpace::Rules(_)
            | KeySpace::FoldedRules(_)
            | KeySpace::Redirects(_)
            | KeySpace::Map(_) => None,
        }
    }

    /// The redirects that the member is; `None` when it is something else.
    pub fn redirects(&self) -> Option<RedirectsView<'a>> {
        match self.space {
            KeySpace::Redirects(_) => Some(RedirectsView::over(self.content)),
            KeySpace::Rules(_)
            | KeySpace::FoldedRules(_)
            | KeySpace::Decisions(_)
            | KeySpace::Map(_) => None,
        }
    }

    /// The member as an entry; `None` when its bytes are none. `beside` is the record of the last decision before it in
    /// its group, empty where there is none.
    pub fn entry(&self, text: &[u8], beside: &[u8]) -> Option<Entry> {
        let mut content = match self.space {
            _ if self.form == Form::Usual => {
                let target = usual::target(beside);
                let rule = usual::read(self.content, Known { text, target })?;
                Content::Rules(vec![rule])
            }
            KeySpace::Decisions(_) => Content::Decision(PathDecision::of(self.content)?),
            KeySpace::Redirects(_) => Content::Redirects(Redirects::of(self.content)?),
            KeySpace::Rules(_) | KeySpace::FoldedRules(_) | KeySpace::Map(_) => {
                postcard::from_bytes(self.content).ok()?
            }
        };
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

/// The record of the last decision of a group, which stands before all that is no decision; empty where there is none.
pub(super) fn decision_in(members: Members<'_>) -> &[u8] {
    let decisions = members.take_while(|member| matches!(member.space, KeySpace::Decisions(_)));
    decisions.last().map_or(&[], |member| member.content)
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

    #[inline]
    fn take(&mut self) -> Option<Member<'a>> {
        let tag = self.rest.byte()?;
        if tag == 0 {
            return None;
        }
        let owner = self.rest.number()?;
        let form = if tag & USUAL == 0 {
            Form::Whole
        } else {
            Form::Usual
        };
        let member = Member {
            space: KeySpace::numbered(tag & !USUAL, owner)?,
            number: self.number,
            content: self.rest.text()?,
            form,
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
    push_text(bytes, text);
    push_number(bytes, u32::try_from(first).map_err(|_| TOO_LONG)?);
    let mut known = Known { text, target: &[] };
    for entry in entries {
        let (_, owner) = entry.key.space().number();
        let (tag, content) = encoded(entry, known)?;
        bytes.push(tag);
        push_number(bytes, owner);
        push_text(bytes, &content);
        if let Content::Decision(decision) = &entry.content {
            known.target = usual::target(decision.bytes());
        }
    }
    bytes.push(0);
    Ok(())
}

/// The tag and the bytes of what `entry` says.
fn encoded(entry: &Entry, known: Known<'_>) -> Result<(u8, Vec<u8>), EnvelopeError> {
    let (tag, _) = entry.key.space().number();
    let usual = match &entry.content {
        Content::Decision(decision) => return Ok((tag, decision.bytes().to_vec())),
        Content::Rules(rules) => match rules.as_slice() {
            [rule] => usual::write(rule, known),
            _ => None,
        },
        Content::Redirects(redirects) => return Ok((tag, redirects.bytes().to_vec())),
        Content::Value(_) => None,
    };
    if let Some(usual) = usual {
        return Ok((tag | USUAL, usual));
    }
    let content = postcard::to_allocvec(without_patterns(entry).as_ref())
        .map_err(|_| EnvelopeError::Malformed("an entry cannot be encoded"))?;
    Ok((tag, content))
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
