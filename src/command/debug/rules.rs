//! `edgewright debug rules`: each rule with what it was compiled to, and by what text it is found.
//!
//! In: a configuration or a build folder. Out: [`Shown`]. Absent: what a build does not know: the rules that were removed, and
//! the words of its index, which it keeps as hashes.

use std::collections::BTreeMap;
use std::iter::successors;

use anyhow::{Context as _, Result};
use edgewright_compiler::lower::Found;
use edgewright_compiler::redundant::Redundant;
use edgewright_compiler::spans::in_text;
use edgewright_compiler::{Reading, Unit, UnitStatus, compile};
use edgewright_engine::artefact::index::{Candidates, ListIndex, Slot};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::redirect::RedirectView;
use edgewright_engine::artefact::rule::RuleView;
use edgewright_engine::artefact::table::Content;
use edgewright_engine::model::rules::Place;
use serde::Serialize;

use super::Shown;
use crate::args::{Engine, Staged};
use crate::contract::to_text;
use crate::engine::{Answerer, Build};
use crate::input::read_configuration;
use crate::typed;

/// So much of a place is shown, in characters.
const PLACE: usize = 30;

/// The end of `place`, as much of it as there is room for.
fn end(place: &str) -> String {
    let length = place.chars().count();
    if length <= PLACE {
        return place.to_owned();
    }
    let end = place.chars().skip(length - PLACE + 1);
    std::iter::once('…').chain(end).collect()
}

/// What a rule, a redirect or an entry of a map was compiled to.
#[derive(Serialize)]
struct Row {
    at: String,
    class: String,
    /// By what it is found, or why nothing finds it.
    by: Vec<String>,
}

impl Row {
    fn line(&self) -> String {
        let (class, at) = (&self.class, end(&self.at));
        format!("{class:<9} {at:<PLACE$}  {}", self.by.join("; "))
    }
}

pub(super) fn shown(arguments: &Staged) -> Result<Shown> {
    let rows = if typed::is_build(&arguments.source) {
        let answering = Answerer::open(&arguments.source, Engine::Edge, &arguments.reading)?;
        let build = answering.build().context("a build was opened")?;
        of_build(build, &answering)
    } else {
        of_reading(&read_configuration(
            std::slice::from_ref(&arguments.source),
            &arguments.reading,
        )?)?
    };
    Shown::of(&rows, rows.iter().map(Row::line).collect())
}

fn of_reading(reading: &Reading) -> Result<Vec<Row>> {
    let compilation = compile(reading).context("the configuration cannot be compiled")?;
    let found = Found::of(&reading.site, &Redundant::find(&reading.site));
    let units = reading.units.iter().zip(&compilation.account.verdicts);
    let row = |(unit, verdict): (&Unit, &edgewright_compiler::Verdict)| Row {
        at: reading.sources.display(in_text(unit.place)),
        class: format!("{:?}", verdict.class).to_lowercase(),
        by: by(unit, &found).unwrap_or_else(|| vec![verdict.reason.to_string()]),
    };
    Ok(units.map(row).collect())
}

/// By what `unit` is found where it stands, each once; `None` where nothing finds it, and for an entry of a map.
fn by(unit: &Unit, found: &Found) -> Option<Vec<String>> {
    let UnitStatus::Placed(positions) = &unit.status else {
        return None;
    };
    let mut all: Vec<String> = Vec::new();
    for position in positions {
        let text = match found.at(*position)? {
            edgewright_compiler::lower::FoundBy::Nothing => continue,
            found => found.to_string(),
        };
        if !all.contains(&text) {
            all.push(text);
        }
    }
    (!all.is_empty()).then_some(all)
}

fn of_build(build: &Build, answering: &Answerer) -> Vec<Row> {
    let mut rows: BTreeMap<(Place, &'static str), Vec<String>> = BTreeMap::new();
    for entry in build.table.entries() {
        let key = key(&entry.key);
        let mut add = |place| rows.entry((place, "keyed")).or_default().push(key.clone());
        match &entry.content {
            Content::Rules(rules) => rules.iter().for_each(|rule| add(rule.item.place)),
            Content::Redirects(list) => {
                let redirects = list.view().iter().flatten();
                redirects.for_each(|keyed| add(keyed.redirect.place));
            }
            Content::Value(value) => add(value.place),
            Content::Decision(_) => {}
        }
    }
    let program = build.runtime.program();
    for list in program.rule_lists() {
        let place = |record| Some(RuleView::written(record, program.shared()).ok()?.place);
        add_kept(list, place, &mut rows);
    }
    for list in program.redirect_lists() {
        let place = |record| Some(RedirectView::written(record, program.shared()).ok()?.place);
        add_kept(list, place, &mut rows);
    }
    let row = |((place, class), mut by): ((Place, &str), Vec<String>)| {
        by.sort();
        by.dedup();
        Row {
            at: answering.place(place),
            class: class.to_owned(),
            by,
        }
    };
    rows.into_iter().map(row).collect()
}

fn key(key: &Key) -> String {
    to_text(key.text())
}

/// Adds the rules of `list` that stay in the program; those that cannot be read are left out.
fn add_kept<'a>(
    list: &'a ListIndex,
    place: impl Fn(&'a [u8]) -> Option<Place>,
    rows: &mut BTreeMap<(Place, &'static str), Vec<String>>,
) {
    let (kept, _) = list.kept_and_scanned();
    let slots = successors(Some(Slot::FIRST), |slot| Some(slot.next()));
    for slot in slots.take(kept) {
        // A text without any word has no other candidates than those for every text.
        let of_any_text = list.next(slot, &Candidates::default());
        let (class, by) = match of_any_text {
            Some(first) if first == slot => ("scanned", "every request"),
            Some(_) | None => ("indexed", "words of the index"),
        };
        if let Some(place) = list.record(slot).ok().and_then(&place) {
            let by = by.to_owned();
            rows.entry((place, class)).or_default().push(by);
        }
    }
}
