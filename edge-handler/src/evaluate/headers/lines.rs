//! Headers with repeated names (`apr_table_t`).
//!
//! In: names and values. Out: [`Lines`]. Absent: what changes them; variables of the environment, whose names are not
//! repeated (`evaluate::table`).

use super::NameAndValue;
use crate::model::outcome::{Header, HeaderText};

/// Headers, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines(pub(super) Vec<Header>);

impl Lines {
    /// Names with their texts, in order.
    pub(super) fn of(headers: Vec<NameAndValue>) -> Self {
        let header = |(name, text)| Header {
            name,
            value: HeaderText::Text(text),
        };
        Self(headers.into_iter().map(header).collect())
    }

    /// The text of the first header of a name; `None` for a date too, which nobody reads.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        text_of_first(&self.0, name)
    }

    /// The names and texts of all headers that have a text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().filter_map(|header| match &header.value {
            HeaderText::Text(text) => Some((header.name.as_slice(), text.as_slice())),
            HeaderText::DateAfter(_) => None,
        })
    }

    /// Is there a header of a name?
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.0.iter().any(|header| is_named(header, name))
    }

    /// All of them.
    pub fn all(&self) -> &[Header] {
        &self.0
    }

    /// `apr_table_addn`
    pub fn add(&mut self, name: &[u8], value: HeaderText) {
        self.0.push(Header {
            name: name.to_vec(),
            value,
        });
    }

    /// `apr_table_setn`: in the place of the first, whose name stays as it is written.
    pub(super) fn set(&mut self, name: &[u8], value: HeaderText) {
        let Some(first) = self.0.iter().position(|header| is_named(header, name)) else {
            return self.add(name, value);
        };
        let mut at = 0;
        self.0.retain(|header| {
            at += 1;
            at == first + 1 || !is_named(header, name)
        });
        if let Some(header) = self.0.get_mut(first) {
            header.value = value;
        }
    }

    /// `apr_table_mergen`: behind the first, and a comma.
    pub(super) fn append(&mut self, name: &[u8], value: &[u8]) {
        let known = self.0.iter_mut().find(|header| is_named(header, name));
        match known.map(|header| &mut header.value) {
            Some(HeaderText::Text(text)) => {
                text.extend_from_slice(b", ");
                text.extend_from_slice(value);
            }
            Some(HeaderText::DateAfter(_)) => {}
            None => self.add(name, HeaderText::Text(value.to_vec())),
        }
    }

    /// `apr_table_unset`
    pub(super) fn unset(&mut self, name: &[u8]) {
        self.0.retain(|header| !is_named(header, name));
    }
}

/// The text of the first header of a name.
fn text_of_first<'h>(headers: &'h [Header], name: &[u8]) -> Option<&'h [u8]> {
    text_of(headers.iter().find(|header| is_named(header, name))?)
}

/// The text of a header; `None` where it is a date.
pub(super) fn text_of(header: &Header) -> Option<&[u8]> {
    match &header.value {
        HeaderText::Text(text) => Some(text),
        HeaderText::DateAfter(_) => None,
    }
}

/// Is a header called so?
pub(super) fn is_named(header: &Header, name: &[u8]) -> bool {
    header.name.eq_ignore_ascii_case(name)
}
