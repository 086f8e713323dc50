//! The table as `DynamoDB` items, one JSON object a line: what an import from S3 takes.
//!
//! In: a [`Compilation`]. Out: lines. Absent: sending them.
//!
//! An item has its name, the encoded entry, and for people: where it comes from, and the status and
//! target of its first rule.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_engine::artefact::decision::{Effect, PathDecision};
use edgewright_engine::artefact::item::{self, ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use edgewright_engine::artefact::table::{Content, Entry, Placed, RedirectsView};
use edgewright_engine::model::rules::{Place, RuleFlags};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::EmitError;
use super::folder::{Files, FolderError};
use crate::compile::Compilation;
use crate::sources::Sources;
use crate::spans::in_text;

/// What `DynamoDB` takes, in bytes: names and values of all attributes together.
const LONGEST_ITEM: usize = 400_000;

/// So many places are named in an item; a number stands for the rest.
const MOST_PLACES: usize = 5;

/// Texts for people are cut here, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// Writes every entry as a line, and gives the length of the longest item in bytes, as `DynamoDB`
/// counts it.
///
/// # Errors
/// An item is too long, or two have one name.
pub(super) fn write(
    compilation: &Compilation,
    sources: &Sources,
    files: &mut Files<'_>,
) -> Result<usize, FolderError> {
    let mut longest = 0;
    let mut names = Names::default();
    for entry in &compilation.entries {
        let name = item::name(compilation.generation, &entry.key);
        let item = Item::new(&name, entry, sources)?;
        let length = item.length;
        if length > LONGEST_ITEM {
            return Err(EmitError::ItemTooLong(name, length).into());
        }
        longest = longest.max(length);
        files.json(&Line { item })?;
        files.bytes(b"\n")?;
        names.add(name, entry)?;
    }
    Ok(longest)
}

/// Names so far: no two may be the same. Entries are sorted by their keys, and a name says its key; only
/// one that is shorter than the text of its key is a hash, and these are few.
#[derive(Default)]
struct Names<'e> {
    last: Option<&'e Entry>,
    hashes: HashSet<String>,
}

impl<'e> Names<'e> {
    fn add(&mut self, name: String, entry: &'e Entry) -> Result<(), EmitError> {
        let known = self.last.is_some_and(|last| last.key >= entry.key);
        if known || name.len() < entry.key.text().len() && self.hashes.contains(&name) {
            return Err(EmitError::SameName(name));
        }
        self.last = Some(entry);
        if name.len() < entry.key.text().len() {
            self.hashes.insert(name);
        }
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'e> {
    item: Item<'e>,
}

/// Attributes in their order.
struct Item<'e> {
    attributes: Vec<(&'static str, Attribute<'e>)>,
    length: usize,
}

/// The value of an attribute, as `DynamoDB` writes it.
#[derive(Serialize)]
enum Attribute<'e> {
    /// A text.
    S(Cow<'e, str>),
    /// A number.
    N(String),
    /// Bytes, in base64.
    B(String),
}

impl Serialize for Item<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.attributes.len()))?;
        for (name, value) in &self.attributes {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'e> Item<'e> {
    fn new(name: &'e str, entry: &'e Entry, sources: &Sources) -> Result<Self, EmitError> {
        let mut item = Self {
            attributes: Vec::with_capacity(5),
            length: 0,
        };
        item.text(KEY_ATTRIBUTE, name.into());
        let bytes = entry.encode()?;
        item.length += ENTRY_ATTRIBUTE.len() + bytes.len();
        let encoded = Attribute::B(STANDARD.encode(bytes));
        item.attributes.push((ENTRY_ATTRIBUTE, encoded));
        let places = places(&entry.content, sources);
        if !places.is_empty() {
            item.text("src", places.into());
        }
        match &entry.content {
            Content::Rules(rules) => item.first_rule(rules),
            Content::Redirects(redirects) => item.first_redirect(redirects.view()),
            Content::Value(value) => item.text("value", shown(&value.value)),
            Content::Decision(decision) => item.decision(decision),
        }
        Ok(item)
    }

    fn text(&mut self, name: &'static str, text: Cow<'e, str>) {
        self.length += name.len() + text.len();
        self.attributes.push((name, Attribute::S(text)));
    }

    fn number(&mut self, name: &'static str, number: u16) {
        let text = number.to_string();
        self.length += name.len() + text.len();
        self.attributes.push((name, Attribute::N(text)));
    }

    fn first_rule(&mut self, rules: &'e [Placed]) {
        let Some(Placed { item: rule, .. }) = rules.first() else {
            return;
        };
        let answers = RuleFlags::FORCE_REDIRECT | RuleFlags::STATUS;
        if rule.flags.intersects(answers) {
            self.number("status", rule.status);
        }
        if !rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
            self.text("location", shown(&rule.substitution.source));
        }
    }

    fn first_redirect(&mut self, redirects: RedirectsView<'e>) {
        let Some(Ok(redirect)) = redirects.iter().next() else {
            return;
        };
        self.number("status", redirect.status);
        if !redirect.target.is_empty() {
            self.text("location", shown(redirect.target));
        }
    }

    /// The answer without a query string, when it is always the same.
    fn decision(&mut self, decision: &PathDecision) {
        let ending = decision.view().and_then(|view| view.only_ending());
        match ending.map(|ending| ending.effect) {
            Some(Effect::Redirect(status, location)) => {
                self.number("status", status);
                let location = shown(&location.shown()).into_owned();
                self.text("location", location.into());
            }
            Some(Effect::Status(status)) => self.number("status", status),
            _ => {}
        }
    }
}

/// A text for people.
fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text.get(..LONGEST_TEXT).unwrap_or(text))
}

/// The lines an entry comes from.
fn places(content: &Content, sources: &Sources) -> String {
    let places: Vec<Place> = match content {
        Content::Rules(rules) => rules.iter().map(|rule| rule.item.place).collect(),
        Content::Redirects(redirects) => {
            let redirects = redirects.view().iter().flatten();
            redirects.map(|redirect| redirect.place).collect()
        }
        Content::Value(value) => vec![value.place],
        Content::Decision(_) => Vec::new(),
    };
    let named = places.iter().take(MOST_PLACES);
    let mut texts: Vec<String> = named
        .map(|place| sources.display(in_text(*place)))
        .collect();
    if places.len() > MOST_PLACES {
        texts.push(format!("and {} more", places.len() - MOST_PLACES));
    }
    texts.join(", ")
}
