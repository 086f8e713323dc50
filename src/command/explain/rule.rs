//! Why one line did or did not answer.
//!
//! In: `FILE:LINE` and a request. Out: text. Absent: the other lines; see `super::text`.

use anyhow::{Result, bail};
use edgewright_engine::artefact::redirect::MatcherView;
use edgewright_engine::model::outcome::{Answer, Event};
use edgewright_engine::model::rules::Place;
use edgewright_engine::pattern::{Pattern, PatternOptions};

use super::lines::{Lines, shown};
use super::words::effect;
use crate::engine::{Answerer, Line};

/// The rule or redirect that `FILE:LINE` names; the end of the file's name suffices.
///
/// # Errors
/// None is there, or the name stands for several.
pub fn named(text: &str, answering: &Answerer) -> Result<Place> {
    let mut places = Vec::new();
    let mut add = |place| {
        let name = answering.place(place);
        let ends_with = name.strip_suffix(text);
        let is_named = ends_with.is_some_and(|before| before.is_empty() || before.ends_with('/'));
        if is_named && !places.contains(&place) {
            places.push(place);
        }
    };
    answering.each(|line| add(line.place()));
    match places.as_slice() {
        [one] => Ok(*one),
        [] => bail!(
            "--rule {text}: no RewriteRule or Redirect stands there; write FILE:LINE as `check` and `explain` print it"
        ),
        [one, other, ..] => bail!(
            "--rule {text} may be {} or {}: write more of the file's name",
            answering.place(*one),
            answering.place(*other)
        ),
    }
}

/// What the line at `place` came to; the trace has every try.
pub fn verdict(
    place: Place,
    answer: &Answer,
    lines: &Lines<'_>,
    answering: &Answerer,
) -> Vec<String> {
    let own = answer.trace.iter().filter(|step| step.is_at(place));
    let mut said: Vec<String> = Vec::new();
    for step in own {
        match &step.event {
            Event::Unmatched(subject) => said.extend(unmatched(place, subject, answering)),
            Event::Stopped => said.extend(stopped(place, answer, lines, answering)),
            event => said.push(format!("it answered: {}", effect(event))),
        }
    }
    if said.is_empty() {
        said.extend(not_asked(answer, answering));
    }
    said
}

/// A condition stopped it: the last one that was asked before.
fn stopped(place: Place, answer: &Answer, lines: &Lines<'_>, answering: &Answerer) -> Vec<String> {
    let mut before = answer.trace.iter();
    let end = before.position(|step| step.is_at(place) && step.event == Event::Stopped);
    let asked = answer.trace.iter().take(end.unwrap_or(0)).rev();
    let failed = asked.filter(|step| matches!(step.event, Event::Failed(_)));
    let mut said = vec!["its pattern matches, but a condition does not hold:".to_owned()];
    if let Some((at, event)) = failed.map(|step| (step.place, &step.event)).next()
        && let Some(at) = at
    {
        said.push(format!("  {}  {}", answering.place(at), lines.text(at)));
        said.push(format!("  it {}", effect(event)));
    }
    said
}

/// Its pattern does not match.
fn unmatched(place: Place, subject: &[u8], answering: &Answerer) -> Vec<String> {
    let mut said = vec![format!(
        "its pattern was compared with \"{}\", and does not match",
        shown(subject)
    )];
    let Some(pattern) = pattern_of(place, answering) else {
        return said;
    };
    if let Some(end) = matching_start(&pattern, subject) {
        let (start, rest) = pattern.text.split_at(end);
        said.push(format!("it matches as far as {}", shown(start)));
        said.push(format!("what follows does not: {}", shown(rest)));
    }
    let caseless = Pattern::new(
        pattern.text.clone(),
        pattern.options | PatternOptions::CASELESS,
    );
    if caseless.is_match(subject) {
        said.push("with the flag NC it would match".to_owned());
    }
    let has_slash = pattern.text.starts_with(b"^/");
    let with_slash = [b"/", subject].concat();
    if has_slash && !subject.starts_with(b"/") && pattern.is_match(&with_slash) {
        said.push(
            "in a .htaccess file and a <Directory> the path is without the slash at its beginning: write ^ for ^/"
                .to_owned(),
        );
    }
    said
}

/// The longest start of a pattern that matches by itself; `None` where not even the first letter does.
fn matching_start(pattern: &Pattern, subject: &[u8]) -> Option<usize> {
    const LONGEST: usize = 512;
    let length = pattern.text.len().min(LONGEST);
    (2..length).rev().find(|end| {
        let start = Pattern::new(
            pattern.text.get(..*end).unwrap_or_default(),
            pattern.options,
        );
        start.check().is_ok() && start.is_match(subject)
    })
}

fn pattern_of(place: Place, answering: &Answerer) -> Option<Pattern> {
    let mut found = None;
    answering.each(|line| match line {
        line if line.place() != place => {}
        Line::Rule(rule) => found = Some(rule.pattern.clone()),
        Line::Redirect(redirect) => {
            if let MatcherView::Regex(pattern) = redirect.matcher {
                found = Some(pattern.to_pattern());
            }
        }
    });
    found
}

/// Nobody asked it.
fn not_asked(answer: &Answer, answering: &Answerer) -> Vec<String> {
    let mut effects = answer.trace.iter().filter(|step| step.event.is_effect());
    let last = effects.next_back();
    let mut said = vec!["it was not asked".to_owned()];
    match last.and_then(|step| Some((step.place?, &step.event))) {
        Some((by, event)) => said.push(format!("{} {} before", answering.place(by), effect(event))),
        None => said.push("it is in another virtual host or section than the request".to_owned()),
    }
    said
}
