//! The table as `DynamoDB` items, one JSON object a line: what an import from S3 takes.
//!
//! In: a [`Compilation`]. Out: [`Items`]. Absent: sending them.
//!
//! An item has its name, the encoded entry, and for people: where it comes from, and the status and
//! target of its first rule.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edgewright_edge_handler::fate::{Effect, Fate};
use edgewright_edge_handler::item::{self, ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};
use edgewright_edge_handler::rules::{Place, Redirect, Rule, RuleFlags};
use edgewright_edge_handler::table::{Content, Entry, Placed};
use serde_json::{Map, Value, json};

use super::EmitError;
use crate::compile::Compilation;
use crate::sources::Sources;

/// What `DynamoDB` takes, in bytes: names and values of all attributes together.
const LONGEST_ITEM: usize = 400_000;

/// So many places are named in an item; a number stands for the rest.
const MOST_PLACES: usize = 5;

/// Texts for people are cut here, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// All items.
pub(super) struct Items {
    /// The lines.
    pub lines: Vec<u8>,
    /// Length of the longest item in bytes, as `DynamoDB` counts it.
    pub longest: usize,
}

/// Every entry as a line.
///
/// # Errors
/// An item is too long, or two have one name.
pub(super) fn lines(compilation: &Compilation, sources: &Sources) -> Result<Items, EmitError> {
    let mut items = Items {
        lines: Vec::new(),
        longest: 0,
    };
    let mut names = HashSet::with_capacity(compilation.entries.len());
    for entry in &compilation.entries {
        let name = item::name(compilation.generation, &entry.key);
        let item = Item::new(&name, entry, sources)?;
        if item.length > LONGEST_ITEM {
            return Err(EmitError::ItemTooLong(name, item.length));
        }
        items.longest = items.longest.max(item.length);
        items.lines.extend(item.line());
        if let Some(name) = names.replace(name) {
            return Err(EmitError::SameName(name));
        }
    }
    Ok(items)
}

struct Item {
    attributes: Map<String, Value>,
    length: usize,
}

impl Item {
    fn new(name: &str, entry: &Entry, sources: &Sources) -> Result<Self, EmitError> {
        let mut item = Self {
            attributes: Map::new(),
            length: 0,
        };
        item.text(KEY_ATTRIBUTE, name);
        let bytes = entry.encode()?;
        item.length += ENTRY_ATTRIBUTE.len() + bytes.len();
        let encoded = json!({ "B": STANDARD.encode(bytes) });
        item.attributes.insert(ENTRY_ATTRIBUTE.to_owned(), encoded);
        let places = places(&entry.content, sources);
        if !places.is_empty() {
            item.text("src", &places);
        }
        match &entry.content {
            Content::Rules(rules) => item.first_rule(rules),
            Content::Redirects(redirects) => item.first_redirect(redirects),
            Content::Value(value) => item.bytes("value", &value.value),
            Content::Fate(fate) => item.fate(fate),
        }
        Ok(item)
    }

    fn text(&mut self, name: &str, text: &str) {
        self.length += name.len() + text.len();
        self.attributes
            .insert(name.to_owned(), json!({ "S": text }));
    }

    fn bytes(&mut self, name: &str, text: &[u8]) {
        let text = text.get(..LONGEST_TEXT).unwrap_or(text);
        self.text(name, &String::from_utf8_lossy(text));
    }

    fn number(&mut self, name: &str, number: u16) {
        let text = number.to_string();
        self.length += name.len() + text.len();
        self.attributes
            .insert(name.to_owned(), json!({ "N": text }));
    }

    fn first_rule(&mut self, rules: &[Placed<Rule>]) {
        let Some(Placed { item: rule, .. }) = rules.first() else {
            return;
        };
        let answers = RuleFlags::FORCE_REDIRECT | RuleFlags::STATUS;
        if rule.flags.intersects(answers) {
            self.number("status", rule.status);
        }
        if !rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
            self.bytes("location", &rule.substitution.source);
        }
    }

    fn first_redirect(&mut self, redirects: &[Placed<Redirect>]) {
        let Some(Placed { item: redirect, .. }) = redirects.first() else {
            return;
        };
        self.number("status", redirect.status);
        if !redirect.target.is_empty() {
            self.bytes("location", &redirect.target);
        }
    }

    /// The answer without a query string, when it is always the same.
    fn fate(&mut self, fate: &Fate) {
        match fate.only_ending().map(|ending| &ending.effect) {
            Some(Effect::Redirect(status, location)) => {
                self.number("status", *status);
                self.bytes("location", &location.shown());
            }
            Some(Effect::Status(status)) => self.number("status", *status),
            _ => {}
        }
    }

    fn line(self) -> Vec<u8> {
        format!("{}\n", json!({ "Item": self.attributes })).into_bytes()
    }
}

/// The lines an entry comes from.
fn places(content: &Content, sources: &Sources) -> String {
    let places: Vec<Place> = match content {
        Content::Rules(rules) => rules.iter().map(|rule| rule.item.place).collect(),
        Content::Redirects(redirects) => redirects.iter().map(|one| one.item.place).collect(),
        Content::Value(value) => vec![value.place],
        Content::Fate(_) => Vec::new(),
    };
    let named = places.iter().take(MOST_PLACES);
    let mut texts: Vec<String> = named.map(|place| sources.display(*place)).collect();
    if places.len() > MOST_PLACES {
        texts.push(format!("and {} more", places.len() - MOST_PLACES));
    }
    texts.join(", ")
}
