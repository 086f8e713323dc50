//! `edgewright explain`: one request, the lines that had a say, and what the server did by itself.

mod host;
mod json;
mod lines;
mod near;
mod request;
mod rule;
mod text;
mod words;

use std::io::{IsTerminal as _, Write, stdout};

use anyhow::Result;
use edgewright_engine::evaluate::Trace;
use edgewright_engine::model::outcome::{Answer, Outcome};

pub(super) use request::of_url;

use super::Exit;
use crate::args::{Engine, Explain, ExplainFormat};
use crate::contract::OwnedRequest;
use crate::engine::Answerer;
use crate::typed;
use host::Chosen;
use lines::Lines;

/// As many redirects as browsers follow.
const MOST_HOPS: usize = 20;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// What had an effect.
    Effects,
    /// Every try.
    All,
}

/// One request with its answer.
#[derive(Debug)]
struct Hop<'s> {
    request: OwnedRequest,
    chosen: Option<Chosen<'s>>,
    answer: Answer,
    looked_at: usize,
}

/// Prints what happens to the request.
///
/// # Errors
/// The source cannot be read, or the URL or a header is not one.
pub fn run(arguments: &Explain) -> Result<Exit> {
    // The compiled form has no lines that never answer; whoever asks about each line asks the configuration.
    let asks_for_each = arguments.all || arguments.rule.is_some();
    let engine = if typed::is_build(&arguments.source) && !asks_for_each {
        Engine::Edge
    } else {
        Engine::Reference
    };
    let answering = Answerer::open(&arguments.source, engine, &arguments.reading)?;
    let request = request::asked(arguments, answering.default_host())?;
    let (trace, detail) = if asks_for_each {
        (Trace::Every, Detail::All)
    } else {
        (Trace::On, Detail::Effects)
    };
    let lines = Lines::of(&answering);
    let mut out = stdout().lock();
    if let Some(named) = &arguments.rule {
        let hop = hop(&answering, request, trace);
        return print_rule(named, &hop, &lines, &answering, &mut out);
    }
    let most = if arguments.follow { MOST_HOPS } else { 1 };
    let hops = follow(&answering, request, trace, most);
    match arguments.format {
        ExplainFormat::Json => writeln!(out, "{}", json::object(&hops, &lines, &answering))?,
        ExplainFormat::Text => {
            for (at, hop) in hops.iter().enumerate() {
                if at > 0 {
                    writeln!(out)?;
                }
                print(hop, &lines, &answering, detail, &mut out)?;
            }
        }
    }
    Ok(Exit::Clean)
}

fn hop(answering: &Answerer, request: OwnedRequest, trace: Trace) -> Hop<'_> {
    let (answer, looked_at) = request.with(|request| answering.traced(request, trace));
    let chosen = request.with(|request| host::chosen(answering.site(), request));
    Hop {
        request,
        chosen,
        answer,
        looked_at,
    }
}

/// A request, and those that its redirects lead to while they stay on hosts of the configuration, up to `most`.
fn follow(answering: &Answerer, request: OwnedRequest, trace: Trace, most: usize) -> Vec<Hop<'_>> {
    let mut hops = vec![hop(answering, request, trace)];
    while hops.len() < most
        && let Some(next) = hops.last().and_then(|hop| next(answering, hop))
        && hops.iter().all(|hop| hop.request != next)
    {
        hops.push(hop(answering, next, trace));
    }
    hops
}

/// What a browser asks for after a redirect; `None` where there is none, or where it leads away.
fn next(answering: &Answerer, hop: &Hop<'_>) -> Option<OwnedRequest> {
    let Outcome::Redirect { location, .. } = &hop.answer.outcome else {
        return None;
    };
    let host = hop.request.host.as_deref().unwrap_or_default();
    let next = of_url(&lines::shown(location), host).ok()?;
    let next = OwnedRequest {
        headers: hop.request.headers.clone(),
        client: hop.request.client.clone(),
        ..next
    };
    let own = next
        .host
        .as_deref()
        .is_some_and(|host| host::is_own(answering.site(), host));
    own.then_some(next)
}

/// The request, who answers it, and the answer.
fn print_head(hop: &Hop<'_>, answering: &Answerer, out: &mut impl Write) -> Result<()> {
    let colour = super::colour_for(stdout().is_terminal());
    let head = text::head(&hop.request, hop.chosen.as_ref(), answering);
    writeln!(out, "{head}\n{}", text::headline(&hop.answer, colour))?;
    Ok(())
}

fn print(
    hop: &Hop<'_>,
    lines: &Lines<'_>,
    answering: &Answerer,
    detail: Detail,
    out: &mut impl Write,
) -> Result<()> {
    print_head(hop, answering, out)?;
    for (name, value) in text::headers(&hop.answer) {
        writeln!(out, "{name}: {value}")?;
    }
    writeln!(out)?;
    for line in text::steps(hop, lines, answering, detail) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    if !hop.answer.trace.iter().any(|step| step.event.is_effect()) {
        for line in text::near(&near::nearest(&hop.request, answering)) {
            writeln!(out, "  {line}")?;
        }
    }
    for line in text::foot(hop, answering.count(), detail) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn print_rule(
    named: &str,
    hop: &Hop<'_>,
    lines: &Lines<'_>,
    answering: &Answerer,
    out: &mut impl Write,
) -> Result<Exit> {
    let place = rule::named(named, answering)?;
    print_head(hop, answering, out)?;
    writeln!(out, "\n  {}  {}", answering.place(place), lines.text(place))?;
    if let Some(line) = lines.replaced(place) {
        writeln!(out, "    here: {line}")?;
    }
    for line in rule::verdict(place, &hop.answer, lines, answering) {
        writeln!(out, "    {line}")?;
    }
    Ok(Exit::Clean)
}
