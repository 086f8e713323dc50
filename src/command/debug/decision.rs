//! `edgewright debug decision`: what was precomputed for the path of a URL.
//!
//! In: a configuration or a build folder, and a URL. Out: [`Shown`]: questions and endings, or why there is no decision. Absent:
//! the answer; see `explain`.

use anyhow::{Context as _, Result};
use edgewright_compiler::precompute::undecided;
use edgewright_engine::artefact::decision::{
    Asked, At, DecisionView, Effect, Ending, Queried, Step,
};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::table::{Content, Lookup, Table as _};
use edgewright_engine::model::normalized::NormalizedRequest;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::subject::About;
use serde::Serialize;

use super::Shown;
use crate::args::{DebugDecision, Engine};
use crate::command::explain;
use crate::contract::to_text;
use crate::describe::test_text;
use crate::engine::{Answerer, Build};

/// A decision as it is shown.
#[derive(Serialize)]
struct Data {
    /// The host and the path, where the request is normalized.
    host: Option<String>,
    path: String,
    /// Why nothing is precomputed.
    none: Option<String>,
    /// The first step without a query string.
    bare: Option<usize>,
    /// The first step with one.
    queried: Option<String>,
    steps: Vec<String>,
}

pub(super) fn shown(arguments: &DebugDecision) -> Result<Shown> {
    let staged = &arguments.staged;
    let answering = Answerer::open(&staged.source, Engine::Edge, &staged.reading)?;
    let build = answering.build().context("a build was opened")?;
    let request = explain::of_url(&arguments.url, answering.default_host())?;
    let data = request.with(|request| Data::of_request(request, build));
    Shown::of(&data, data.lines())
}

/// What is in the table for the path of a normalized request.
fn in_table<'b>(
    plain: &NormalizedRequest<'_>,
    build: &'b Build,
) -> Result<DecisionView<'b>, String> {
    let damaged = || Err("the entry cannot be read: the table is damaged".to_owned());
    let key = Key::decision(plain.host, plain.path);
    match build.table.lookup(&key.sought()) {
        Lookup::Found(entry) => match &entry.content {
            Content::Decision(decision) => decision.view().map_or_else(damaged, Ok),
            Content::Rules(_) | Content::Redirects(_) | Content::Value(_) => damaged(),
        },
        Lookup::Damaged | Lookup::Missing => damaged(),
        Lookup::Absent => {
            let program = build.runtime.program();
            let why = undecided(program, &build.table, plain.host, plain.path);
            Err(match why {
                None => "no line names the path: an evaluation answers".to_owned(),
                Some(why) => format!("not known beforehand: {why}"),
            })
        }
    }
}

impl Data {
    fn of_request(request: &Request<'_>, build: &Build) -> Self {
        let path = request.target.path();
        let Some(plain) = build.runtime.plain(request) else {
            let why = "the request is not in the plainest form: an evaluation answers";
            return Self::none(None, path, why.to_owned());
        };
        let hosts = &build.runtime.site().hosts;
        let host = usize::try_from(plain.host.0).ok();
        let host = host.and_then(|at| hosts.get(at));
        let host = host.map(|host| to_text(&host.name));
        match in_table(&plain, build) {
            Ok(decision) => Self::of(host, path, &decision, build),
            Err(why) => Self::none(host, path, why),
        }
    }

    fn none(host: Option<String>, path: &[u8], why: String) -> Self {
        Self {
            host,
            path: to_text(path),
            none: Some(why),
            bare: None,
            queried: None,
            steps: Vec::new(),
        }
    }

    fn of(host: Option<String>, path: &[u8], decision: &DecisionView<'_>, build: &Build) -> Self {
        let places: Vec<At> = decision.steps().map(|(at, _)| at).collect();
        let number = |at: At| places.iter().position(|known| *known == at);
        let step = |at: At| number(at).map_or_else(|| "a step that is lost".to_owned(), named);
        let steps = decision.steps().map(|(_, step)| step);
        Self {
            host,
            path: to_text(path),
            none: None,
            bare: decision.bare().and_then(number),
            queried: match decision.queried() {
                Queried::Unknown => None,
                Queried::Appended => Some("the same, with the query string at the end".to_owned()),
                Queried::From(at) => Some(step(at)),
            },
            steps: steps.map(|own| shown_step(&own, step, build)).collect(),
        }
    }

    fn lines(&self) -> Vec<String> {
        let host = self.host.as_deref().unwrap_or("unknown");
        let mut lines = vec![
            format!("host           {host}"),
            format!("path           {}", self.path),
        ];
        if let Some(why) = &self.none {
            lines.push(format!("no decision    {why}"));
            return lines;
        }
        let unknown = "an evaluation answers".to_owned();
        let bare = self.bare.map_or_else(|| unknown.clone(), named);
        lines.push(format!("without query  {bare}"));
        lines.push(format!(
            "with query     {}",
            self.queried.as_ref().unwrap_or(&unknown)
        ));
        let steps = self.steps.iter().enumerate();
        lines.extend(steps.map(|(number, step)| format!("  {number:>3}  {step}")));
        lines
    }
}

fn named(step: usize) -> String {
    format!("step {step}")
}

fn shown_step(own: &Step<'_>, step: impl Fn(At) -> String, build: &Build) -> String {
    match own {
        Step::Ask(asked, yes, no) => {
            let question = shown_question(asked, build);
            format!("{question} ? {} : {}", step(*yes), step(*no))
        }
        Step::End(ending) => shown_ending(ending),
    }
}

fn shown_question(asked: &Asked<'_>, build: &Build) -> String {
    let case = |no_case: bool| if no_case { " [NC]" } else { "" };
    match asked {
        Asked::Shared(number) => {
            let questions = build.runtime.program().questions();
            let number = usize::try_from(*number).ok();
            let question = number.and_then(|at| questions.get(at));
            question.map_or_else(
                || "a question that is lost".to_owned(),
                |question| {
                    let subject = subject(question.subject.about());
                    let (test, case) = (test_text(&question.test), case(question.no_case));
                    format!("{subject} {test}{case}")
                },
            )
        }
        Asked::Equal {
            about,
            no_case,
            operand,
        } => {
            let (subject, case) = (subject(*about), case(*no_case));
            format!("{subject} ={}{case}", to_text(operand))
        }
    }
}

fn subject(about: About<'_>) -> String {
    match about {
        About::Query => "query".to_owned(),
        About::Host => "host".to_owned(),
        About::Header(name) => format!("header {}", to_text(name)),
    }
}

fn shown_ending(ending: &Ending<'_>) -> String {
    let Ending { effect, more } = ending;
    let effect = match effect {
        Effect::Nothing => "passes through unchanged".to_owned(),
        Effect::Redirect(status, location) => format!("{status} {}", to_text(&location.shown())),
        Effect::Status(status) => status.to_string(),
        Effect::Serve(path, query) => {
            let query = query
                .as_ref()
                .map(|query| format!("?{}", to_text(&query.shown())));
            format!("serves {}{}", to_text(path), query.unwrap_or_default())
        }
        Effect::Proxy(url) => format!("proxies to {}", to_text(&url.shown())),
    };
    let vary: Vec<String> = more.vary().map(to_text).collect();
    let cookies = match more.cookies().count() {
        0 => String::new(),
        cookies => format!(", cookies: {cookies}"),
    };
    let vary = if vary.is_empty() {
        String::new()
    } else {
        format!(", varies by {}", vary.join(", "))
    };
    format!("{effect}{cookies}{vary}")
}
