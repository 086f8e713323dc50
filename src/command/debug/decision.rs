//! `edgewright debug decision`: what was precomputed for the path of a URL.
//!
//! In: a configuration or a build folder, and a URL. Out: [`Shown`]: questions and endings, or why there is no decision. Absent:
//! the answer; see `explain`.

use anyhow::{Context as _, Result};
use edgewright_compiler::precompute::undecided;
use edgewright_engine::artefact::decision::{
    Asked, Effect, Ending, PathDecision, Queried, Question, Step,
};
use edgewright_engine::artefact::key::Key;
use edgewright_engine::artefact::table::{Content, Lookup, Table as _};
use edgewright_engine::model::normalized::NormalizedRequest;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::subject::Subject;
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
    bare: Option<u32>,
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
) -> Result<&'b PathDecision, String> {
    let damaged = || Err("the entry cannot be read: the table is damaged".to_owned());
    let key = Key::fate(plain.host, plain.path);
    match build.table.lookup(&key.sought()) {
        Lookup::Found(entry) => match &entry.content {
            Content::Decision(decision) => Ok(decision),
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
            Ok(decision) => Self::of(host, path, decision, build),
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

    fn of(host: Option<String>, path: &[u8], decision: &PathDecision, build: &Build) -> Self {
        let PathDecision {
            bare,
            queried,
            steps,
        } = decision;
        Self {
            host,
            path: to_text(path),
            none: None,
            bare: *bare,
            queried: match queried {
                Queried::Unknown => None,
                Queried::Appended => Some("the same, with the query string at the end".to_owned()),
                Queried::From(step) => Some(format!("step {step}")),
            },
            steps: steps.iter().map(|step| shown_step(step, build)).collect(),
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
        let bare = self
            .bare
            .map_or_else(|| unknown.clone(), |step| format!("step {step}"));
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

fn shown_step(step: &Step, build: &Build) -> String {
    match step {
        Step::Ask(asked, yes, no) => {
            let shared = build.runtime.program().questions();
            let question = match asked {
                Asked::Own(question) => Some(question),
                Asked::Shared(number) => {
                    usize::try_from(*number).ok().and_then(|at| shared.get(at))
                }
            };
            let question =
                question.map_or_else(|| "a question that is lost".to_owned(), shown_question);
            format!("{question} ? step {yes} : step {no}")
        }
        Step::End(ending) => shown_ending(ending),
    }
}

fn shown_question(question: &Question) -> String {
    let Question {
        subject,
        test,
        no_case,
    } = question;
    let subject = match subject {
        Subject::Query => "query".to_owned(),
        Subject::Host => "host".to_owned(),
        Subject::Header(name) => format!("header {}", to_text(name)),
    };
    let case = if *no_case { " [NC]" } else { "" };
    format!("{subject} {}{case}", test_text(test))
}

fn shown_ending(ending: &Ending) -> String {
    let Ending {
        effect,
        cookies,
        vary,
    } = ending;
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
    let vary: Vec<String> = vary.iter().map(|name| to_text(name)).collect();
    let cookies = match cookies.len() {
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
