//! What happens to a request, as lines for a person.
//!
//! In: a request with its answer. Out: text, 80 columns where lines of the configuration allow it. Absent: answering.

use edgewright_engine::budget::OVER_BUDGET;
use edgewright_engine::model::outcome::{Answer, Event, HeaderText, Outcome, ServerEvent, Step};
use edgewright_engine::model::request::Scheme;

use super::host::{Chosen, Reason};
use super::lines::{Lines, shown};
use super::near::Near;
use super::words::effect;
use super::{Detail, Hop};
use crate::contract::{OwnedRequest, to_text};
use crate::engine::Answerer;
use crate::render::Colour;
use crate::summary::{count, thousands};

/// More steps than this are summed up.
const MOST_STEPS: usize = 40;

/// Columns of a terminal.
const WIDTH: usize = 80;

/// The request, and who answers it.
pub fn head(request: &OwnedRequest, chosen: Option<&Chosen<'_>>, answering: &Answerer) -> String {
    let scheme = match request.scheme {
        Scheme::Http => "http",
        Scheme::Https => "https",
    };
    let host = request.host.as_deref().unwrap_or_default();
    let mut text = format!(
        "{} {scheme}://{}{}",
        shown(&request.method),
        shown(host),
        shown(&request.target)
    );
    let Some(Chosen { host, reason }) = chosen else {
        return text;
    };
    let place = |place| answering.place(place);
    let name = shown(&host.name);
    text += &match host.place {
        Some(at) => format!("\n  virtual host {}, {name}", place(at)),
        None if *reason == Reason::OnlyOne => String::new(),
        None => format!("\n  main server, {name}"),
    };
    if let Reason::First(nearest) = reason {
        text += "\n  no ServerName and no ServerAlias fits: the first host of its port answers";
        if let Some((name, at)) = nearest {
            let at = at.map_or_else(String::new, |at| format!(" ({})", place(at)));
            text += &format!("\n  did you mean {name}?{at}");
        }
    }
    text
}

/// The answer in a line.
pub fn headline(answer: &Answer, colour: Colour) -> String {
    let (first, rest) = match &answer.outcome {
        Outcome::Redirect { status, location } => {
            (status.to_string(), format!(" {}", shown(location)))
        }
        Outcome::Status { status } => (status.to_string(), String::new()),
        Outcome::Serve { path, query } => {
            let query = query
                .as_ref()
                .map_or_else(String::new, |query| format!("?{}", shown(query)));
            let touched = if answer.unchanged { ", as it came" } else { "" };
            (
                "served".to_owned(),
                format!(": {}{query}{touched}", shown(path)),
            )
        }
        Outcome::Proxy { url } => ("proxied".to_owned(), format!(": {}", shown(url))),
        Outcome::OverBudget => (
            "passed through unchanged".to_owned(),
            format!(": {OVER_BUDGET}"),
        ),
        Outcome::Unsupported { reason } => ("cannot be told".to_owned(), format!(": {reason}")),
    };
    match colour {
        Colour::Allowed => format!("\x1b[1m{first}\x1b[0m{rest}"),
        Colour::None => first + &rest,
    }
}

/// The headers that lines of the configuration give to the answer, in the order they are sent. The page has its own.
pub fn headers(answer: &Answer) -> Vec<(String, String)> {
    let cookies = answer.cookies.iter();
    let cookies = cookies.map(|cookie| ("Set-Cookie".to_owned(), to_text(cookie)));
    let lines = answer.headers.lines.iter().map(|header| {
        let value = match &header.value {
            HeaderText::Text(text) => to_text(text),
            HeaderText::DateAfter(seconds) => format!("{seconds} s after the answer"),
        };
        (to_text(&header.name), value)
    });
    cookies.chain(lines).collect()
}

/// What was asked and done, in order.
pub fn steps(
    hop: &Hop<'_>,
    lines: &Lines<'_>,
    answering: &Answerer,
    detail: Detail,
) -> Vec<String> {
    let shown: Vec<&Step> = match detail {
        Detail::Effects => effects(&hop.answer.trace),
        Detail::All => hop.answer.trace.iter().collect(),
    };
    if shown.is_empty() {
        return vec!["no rule applied".to_owned()];
    }
    let most = match detail {
        Detail::Effects => MOST_STEPS,
        Detail::All => usize::MAX,
    };
    let left_out = shown.len().saturating_sub(most);
    // The end says what came of it.
    let (start, end) = shown.split_at(if left_out > 0 { most / 2 } else { shown.len() });
    let mut text: Vec<String> = start
        .iter()
        .flat_map(|step| one(step, lines, answering))
        .collect();
    if left_out > 0 {
        text.push(format!("… {} …", count(left_out, "step")));
        text.extend(
            end.iter()
                .skip(left_out)
                .flat_map(|step| one(step, lines, answering)),
        );
    }
    text
}

/// One step: its line, and what it did.
fn one(step: &Step, lines: &Lines<'_>, answering: &Answerer) -> Vec<String> {
    let Some(place) = step.place else {
        let mut text = vec![effect(&step.event)];
        if let Event::Server(ServerEvent::Refused { reason, .. }) = &step.event {
            let about = lines.about(*reason).into_iter();
            text.extend(about.map(|line| format!("    {line}")));
        }
        return text;
    };
    if matches!(step.event, Event::Internal(_)) {
        return vec![format!("    {}", effect(&step.event))];
    }
    let (at, written) = (answering.place(place), lines.text(place));
    let together = format!("{at}  {written}");
    let mut text = if together.chars().count() + 2 <= WIDTH {
        vec![together]
    } else {
        vec![at, format!("    {written}")]
    };
    text.extend(
        lines
            .replaced(place)
            .map(|read| format!("    here: {read}")),
    );
    text.push(format!("    {}", effect(&step.event)));
    text
}

/// The steps that had an effect, each rule after the conditions that held for it.
fn effects(trace: &[Step]) -> Vec<&Step> {
    let mut shown = Vec::new();
    let mut conditions = Vec::new();
    for step in trace {
        match step.event {
            Event::Held(_) => conditions.push(step),
            Event::Failed(_) | Event::Unmatched(_) => {}
            Event::Stopped => conditions.clear(),
            _ => {
                shown.append(&mut conditions);
                shown.push(step);
            }
        }
    }
    shown
}

/// What is said below the steps.
pub fn foot(hop: &Hop<'_>, count_all: usize, detail: Detail) -> Vec<String> {
    let trace = hop.answer.trace.iter();
    let in_vain = trace.filter(|step| step.event == Event::Stopped).count();
    let mut text = Vec::new();
    if detail == Detail::Effects && in_vain > 0 {
        let what = count(in_vain, "rule");
        text.push(format!(
            "{what} matched, but a condition did not hold: --all shows which"
        ));
    }
    text.push(format!(
        "{} of {} rules and redirects",
        tries(hop.looked_at),
        thousands(count_all)
    ));
    text
}

fn tries(number: usize) -> String {
    match number {
        1 => "1 try".to_owned(),
        _ => format!("{} tries", thousands(number)),
    }
}

/// The requests that differ by a slip.
pub fn near(all: &[Near]) -> Vec<String> {
    all.iter()
        .map(|near| {
            let Near {
                differs,
                asked,
                answer,
                rules,
            } = near;
            let by = rules.last().map_or("", String::as_str);
            format!(
                "{differs} ({asked}): {}  {by}",
                headline(answer, Colour::None)
            )
        })
        .collect()
}
