//! `edgewright explain`: one request, and only the rules that had a say.

use std::io::{Write, stdout};

use anyhow::{Result, bail};
use edgewright_engine::budget::OVER_BUDGET;
use edgewright_engine::model::outcome::{Answer, Event, Outcome, Step};
use edgewright_engine::model::request::Scheme;

use super::Exit;
use crate::args::{Engine, Explain};
use crate::contract::{OwnedRequest, to_bytes, to_text};
use crate::describe::Directives;
use crate::engine::Answerer;
use crate::summary::{count, shorten, thousands};

/// More steps than this are summed up.
const MOST_STEPS: usize = 16;

/// Prints what happens to the request.
///
/// # Errors
/// The source cannot be read, or the URL or a header is not one.
pub fn run(arguments: &Explain) -> Result<Exit> {
    let answering = Answerer::open(&arguments.source, Engine::Edge, &arguments.reading)?;
    let request = request(arguments, answering.default_host())?;
    let (answer, looked_at) = request.with(|request| answering.answer_counted(request));
    let mut out = stdout().lock();
    writeln!(out, "{}", headline(&answer))?;
    for cookie in &answer.cookies {
        writeln!(out, "Set-Cookie: {}", to_text(cookie))?;
    }
    writeln!(out)?;
    let detail = if arguments.all {
        Detail::All
    } else {
        Detail::Effects
    };
    for line in steps(&answering, &answer, detail) {
        writeln!(out, "  {line}")?;
    }
    let in_vain = answer
        .trace
        .iter()
        .filter(|step| step.event == Event::Stopped)
        .count();
    if detail == Detail::Effects && in_vain > 0 {
        let what = count(in_vain, "rule");
        writeln!(
            out,
            "\n  {what} matched, but a condition did not hold: --all shows which"
        )?;
    }
    writeln!(
        out,
        "\n  {} of {} rules and redirects were looked at",
        thousands(looked_at),
        thousands(answering.count()),
    )?;
    Ok(Exit::Clean)
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// What had an effect.
    Effects,
    /// What matched in vain, too.
    All,
}

/// A `GET` of `url`, which may be a path alone: then of `default_host`.
///
/// # Errors
/// The text is neither a URL nor a path.
pub(super) fn of_url(url: &str, default_host: &[u8]) -> Result<OwnedRequest> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, Some(rest)),
        Some(("https", rest)) => (Scheme::Https, Some(rest)),
        _ if url.starts_with('/') => (Scheme::Http, None),
        _ => bail!("{url} is neither a URL nor a path; write https://host/path or /path"),
    };
    let (host, target) = match rest {
        None => (default_host.to_vec(), url.to_owned()),
        Some(rest) => {
            let at = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, target) = rest.split_at(at);
            let slash = if target.starts_with('/') { "" } else { "/" };
            (to_bytes(host), format!("{slash}{target}"))
        }
    };
    let target = target.split('#').next().unwrap_or_default();
    Ok(OwnedRequest {
        method: b"GET".to_vec(),
        scheme,
        host: Some(host),
        target: target.as_bytes().to_vec(),
        headers: Vec::new(),
        client: b"127.0.0.1".to_vec(),
        protocol: b"HTTP/1.1".to_vec(),
    })
}

fn request(arguments: &Explain, default_host: &[u8]) -> Result<OwnedRequest> {
    let mut request = OwnedRequest {
        method: to_bytes(&arguments.method),
        client: to_bytes(&arguments.client),
        ..of_url(&arguments.url, default_host)?
    };
    for header in &arguments.header {
        let Some((name, value)) = header.split_once(':') else {
            bail!("-H '{header}': write 'Name: value'");
        };
        let value = value.trim().as_bytes().to_vec();
        if name.eq_ignore_ascii_case("host") {
            request.host = Some(value);
        } else {
            request
                .headers
                .push((name.trim().as_bytes().to_vec(), value));
        }
    }
    Ok(request)
}

fn headline(answer: &Answer) -> String {
    match &answer.outcome {
        Outcome::Redirect { status, location } => format!("{status} {}", to_text(location)),
        Outcome::Status { status } => format!("{status}"),
        Outcome::Serve { path, query } => {
            let query = query
                .as_ref()
                .map_or_else(String::new, |query| format!("?{}", to_text(query)));
            let touched = if answer.unchanged { ", as it came" } else { "" };
            format!("served: {}{query}{touched}", to_text(path))
        }
        Outcome::Proxy { url } => format!("proxied: {}", to_text(url)),
        Outcome::OverBudget => format!("passed through unchanged: {OVER_BUDGET}"),
        Outcome::Unsupported { reason } => format!("cannot be told: {reason}"),
    }
}

fn steps(answering: &Answerer, answer: &Answer, detail: Detail) -> Vec<String> {
    let shown = match detail {
        Detail::Effects => effects(&answer.trace),
        Detail::All => answer.trace.iter().collect(),
    };
    if shown.is_empty() {
        return vec!["no rule applied".to_owned()];
    }
    let mut directives = Directives::default();
    let mut rules = Vec::new();
    answering.each(
        |rule| rules.push(rule.clone()),
        |redirect| directives.add_redirect(redirect),
    );
    for rule in &rules {
        directives.add_rule(rule);
    }
    let rows: Vec<[String; 3]> = shown
        .into_iter()
        .map(|step| {
            let directive = shorten(directives.at(step.place));
            [answering.place(step.place), directive, effect(&step.event)]
        })
        .collect();
    let few = &rows[..rows.len().min(MOST_STEPS)];
    let width = |column: usize| {
        few.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let mut lines: Vec<String> = few
        .iter()
        .map(|[place, directive, effect]| {
            format!("{place:first$}   {directive:second$}   {effect}")
        })
        .collect();
    if rows.len() > MOST_STEPS {
        lines.push(format!("and {} more steps", rows.len() - MOST_STEPS));
    }
    lines
}

/// The steps of rules that had an effect, each after the conditions that held for it.
fn effects(trace: &[Step]) -> Vec<&Step> {
    let mut shown = Vec::new();
    let mut conditions = Vec::new();
    for step in trace {
        match step.event {
            Event::Held(_) => conditions.push(step),
            Event::Failed(_) => {}
            Event::Stopped => conditions.clear(),
            _ => {
                shown.append(&mut conditions);
                shown.push(step);
            }
        }
    }
    shown
}

fn effect(event: &Event) -> String {
    match event {
        Event::Held(text) => format!("held: \"{}\"", to_text(text)),
        Event::Failed(text) => format!("failed: \"{}\"", to_text(text)),
        Event::Stopped => "matched, but a condition failed".to_owned(),
        Event::Applied => "applied".to_owned(),
        Event::Rewrote(path) => format!("rewrote to {}", to_text(path)),
        Event::Redirected(target) => format!("redirected to {}", to_text(target)),
        Event::Answered(status) => format!("answered {status}"),
        Event::Proxied(url) => format!("proxied to {}", to_text(url)),
        Event::Internal(url) => format!("started over with {}", to_text(url)),
    }
}
