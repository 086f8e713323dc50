//! A `DynamoDB` table: its items, one JSON object a line, which is what an import from S3 takes.
//!
//! In: a [`Built`]. Out: `table.jsonl`, or the [`items`] themselves. Absent: sending them, and what is no entry of a table: the
//! program.
//!
//! An item has its name, the encoded entry, and for people: where it comes from, and the status and
//! target of its first rule.

use std::borrow::Cow;
use std::collections::HashSet;

use edgewright_engine::artefact::decision::{Effect, PathDecision};
use edgewright_engine::artefact::item::{self, ENTRY_ATTRIBUTE};
use edgewright_engine::artefact::table::{Content, Entry, Placed, RedirectsView};
use edgewright_engine::model::rules::{Place, RuleFlags};

use super::folder::{Files, FolderError};
use super::item::{Attribute, Item, LARGEST};
use super::{Built, EmitError, Export};
use crate::account::{Class, Verdict};
use crate::sources::Sources;
use crate::spans::in_text;

/// The table, one `DynamoDB` item a line.
pub const ITEMS_FILE: &str = "table.jsonl";

/// So many places are named in an item; a number stands for the rest.
const MOST_PLACES: usize = 5;

/// Texts for people are cut here, in bytes.
const LONGEST_TEXT: usize = 2_000;

/// The table of a build in `DynamoDB`, without the program.
#[derive(Debug, Clone, Copy)]
pub struct Table;

impl Export for Table {
    fn leaves_out(&self, verdict: &Verdict) -> Option<Cow<'static, str>> {
        match verdict.class {
            Class::Keyed => None,
            Class::Indexed | Class::Scanned => {
                Some("no lookup finds it: it is in the program".into())
            }
            Class::Removed | Class::Ignored | Class::NotExpressible => Some(verdict.reason.clone()),
        }
    }

    fn write(&self, built: Built<'_>, files: &mut Files<'_>) -> Result<(), FolderError> {
        write(built, files).map(|_| ())
    }
}

/// Writes the items, and gives the length of the longest in bytes, as `DynamoDB` counts it.
pub(super) fn write(built: Built<'_>, files: &mut Files<'_>) -> Result<usize, FolderError> {
    let Built {
        reading,
        compilation,
        encoded,
    } = built;
    let mut longest = 0;
    files.begin(ITEMS_FILE)?;
    for item in items(encoded.generation, &compilation.entries, &reading.sources) {
        let item = item?;
        longest = longest.max(item.size());
        files.json(&item.line())?;
        files.bytes(b"\n")?;
    }
    Ok(longest)
}

/// Every entry of a table as an item of its generation, in the order of the keys; an error where an item is longer than
/// `DynamoDB` takes, or where two share a name.
pub fn items<'e>(
    generation: u64,
    entries: &'e [Entry],
    sources: &'e Sources,
) -> impl Iterator<Item = Result<Item, EmitError>> + use<'e> {
    let mut names = Names::default();
    entries.iter().map(move |entry| {
        let name = item::name_in_build(generation, &entry.key);
        names.add(&name, entry)?;
        let item = of_entry(name, entry, sources)?;
        match item.size() {
            ..=LARGEST => Ok(item),
            length => Err(EmitError::ItemTooLong(item.key().to_owned(), length)),
        }
    })
}

/// Names so far: no two may be the same. Entries are sorted by their keys, and a name says its key; only
/// one that is shorter than the text of its key is a hash, and these are few.
#[derive(Default)]
struct Names<'e> {
    last: Option<&'e Entry>,
    hashes: HashSet<String>,
}

impl<'e> Names<'e> {
    fn add(&mut self, name: &str, entry: &'e Entry) -> Result<(), EmitError> {
        let known = self.last.is_some_and(|last| last.key >= entry.key);
        let is_hash = name.len() < entry.key.text().len();
        if known || is_hash && !self.hashes.insert(name.to_owned()) {
            return Err(EmitError::SameName(name.to_owned()));
        }
        self.last = Some(entry);
        Ok(())
    }
}

/// The item called `name` of `entry`.
fn of_entry(name: String, entry: &Entry, sources: &Sources) -> Result<Item, EmitError> {
    let mut item = Item::new(name, [(ENTRY_ATTRIBUTE, Attribute::B(entry.encode()?))]);
    let places = places(&entry.content, sources);
    if !places.is_empty() {
        item.add("src", Attribute::S(places));
    }
    match &entry.content {
        Content::Rules(rules) => add_first_rule(&mut item, rules),
        Content::Redirects(redirects) => add_first_redirect(&mut item, redirects.view()),
        Content::Value(value) => item.add("value", shown(&value.value)),
        Content::Decision(decision) => add_only_answer(&mut item, decision),
    }
    Ok(item)
}

fn add_first_rule(item: &mut Item, rules: &[Placed]) {
    let Some(Placed { item: rule, .. }) = rules.first() else {
        return;
    };
    let answers = RuleFlags::FORCE_REDIRECT | RuleFlags::STATUS;
    if rule.flags.intersects(answers) {
        item.add("status", number(rule.status));
    }
    if !rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        item.add("location", shown(&rule.substitution.source));
    }
}

fn add_first_redirect(item: &mut Item, redirects: RedirectsView<'_>) {
    let Some(Ok(keyed)) = redirects.iter().next() else {
        return;
    };
    item.add("status", number(keyed.redirect.status));
    if !keyed.redirect.target.is_empty() {
        item.add("location", shown(keyed.redirect.target));
    }
}

/// Adds the answer without a query string, when it is always the same.
fn add_only_answer(item: &mut Item, decision: &PathDecision) {
    let ending = decision.view().and_then(|view| view.only_ending());
    match ending.map(|ending| ending.effect) {
        Some(Effect::Redirect(status, location)) => {
            item.add("status", number(status));
            item.add("location", shown(&location.shown()));
        }
        Some(Effect::Status(status)) => item.add("status", number(status)),
        _ => {}
    }
}

fn number(number: u16) -> Attribute {
    Attribute::N(number.to_string())
}

/// A text for people.
fn shown(text: &[u8]) -> Attribute {
    let cut = text.get(..LONGEST_TEXT).unwrap_or(text);
    Attribute::S(String::from_utf8_lossy(cut).into_owned())
}

/// The lines an entry comes from.
fn places(content: &Content, sources: &Sources) -> String {
    let places: Vec<Place> = match content {
        Content::Rules(rules) => rules.iter().map(|rule| rule.item.place).collect(),
        Content::Redirects(redirects) => {
            let redirects = redirects.view().iter().flatten();
            redirects.map(|keyed| keyed.redirect.place).collect()
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
