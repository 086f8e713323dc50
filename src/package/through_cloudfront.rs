//! Each answer through CloudFront is the reference's answer to that viewer.
//!
//! In: configurations, written and random; sequences of requests of different viewers, who share a cache; the template
//! that `package` makes; positions of the switches. Out: what differs: status, `Location`, cookies, other headers, and the
//! path and query that the origin is asked for. Absent: a real Apache, which judges the reference elsewhere.
//!
//! `EDGEWRIGHT_SEED` says which random configurations, `EDGEWRIGHT_RANDOM_SETS` how many.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read is a failed test"
)]

mod asked;
mod holes;
mod random;

use std::fmt;

use clap::Parser as _;
use edgewright_compiler::Reading;
use edgewright_compiler::compile;
use edgewright_compiler::export::function::viewer_function::Chance;
use edgewright_compiler::export::function::{CodeHash, Dependence, Stack, ViewerFunction};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::budget::{Allowance, DECISION_STEPS};
use edgewright_engine::cloudfront::distribution::Distribution;
use edgewright_engine::cloudfront::edge_function::Failed;
use edgewright_engine::cloudfront::event;
use edgewright_engine::cloudfront::header_list::HeaderList;
use edgewright_engine::cloudfront::response::{Asked, Maker, Response};
use edgewright_engine::cloudfront::switches::Switches;
use edgewright_engine::cloudfront::viewer_function::Ended;
use edgewright_engine::cloudfront::visit::{CloudFront, OriginAnswer, Surroundings};
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::handler::{Runtime, handle_embedded};
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::lambda::function::Function;
use edgewright_engine::lambda::journal::Journal;
use edgewright_engine::lambda::response::Reply;
use edgewright_engine::model::header_names::is_hidden;
use edgewright_engine::model::marks::{BareMark, Choice, Marks};
use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::model::trigger::Trigger;
use edgewright_engine::source::Sequential;
use serde_json::Value;
use serde_json::value::to_raw_value;

use crate::args::{Arguments, Command};

/// One request of one viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Viewer {
    method: String,
    scheme: Scheme,
    host: String,
    client: String,
    target: String,
    headers: Vec<(String, String)>,
}

impl Viewer {
    /// `GET https h.test 192.0.2.1 /old?x | Name: value`
    fn of(line: &str) -> Self {
        let mut parts = line.split(" | ");
        let words: Vec<&str> = parts.next().unwrap().split(' ').collect();
        let [method, scheme, host, client, target] = words[..] else {
            unreachable!("five words: {line}");
        };
        let header = |part: &str| {
            let (name, value) = part.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self {
            method: method.to_owned(),
            scheme: if scheme == "http" {
                Scheme::Http
            } else {
                Scheme::Https
            },
            host: host.to_owned(),
            client: client.to_owned(),
            target: target.to_owned(),
            headers: parts.map(header).collect(),
        }
    }

    fn with<T>(&self, target: &str, then: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<(&[u8], &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        then(&Request {
            method: self.method.as_bytes(),
            scheme: self.scheme,
            host: Some(self.host.as_bytes()),
            target: Target::of(target.as_bytes()),
            headers: &headers,
            client: self.client.as_bytes(),
            protocol: b"HTTP/1.1",
        })
    }
}

impl fmt::Display for Viewer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.name();
        write!(
            out,
            "{} {scheme} {} {} {}",
            self.method, self.host, self.client, self.target
        )?;
        let mut headers = self.headers.iter();
        headers.try_for_each(|(name, value)| write!(out, " | {name}: {value}"))
    }
}

/// What becomes of a request, in comparable form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    outcome: Outcome,
    cookies: Vec<String>,
    /// Other headers of an answer that the function makes: names in lower case with values, sorted.
    headers: Vec<String>,
}

/// Headers that are CloudFront's own, or compared by themselves; and those of `x-amz-cf-`.
const NOT_COMPARED: &[&str] = &[
    "age",
    "connection",
    "content-length",
    "date",
    "location",
    "server",
    "set-cookie",
    "via",
    "x-cache",
];

/// Headers in comparable form. The function has a clock of its own, so that dates are only told to be some.
fn compared<'h>(lines: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<String> {
    let undated = |value: &'h str| {
        if value.contains(" GMT") {
            "a date"
        } else {
            value
        }
    };
    let lines = lines.map(|(name, value)| (name.to_ascii_lowercase(), undated(value)));
    let lines = lines.filter(|(name, _)| {
        !NOT_COMPARED.contains(&name.as_str()) && !name.starts_with("x-amz-cf-")
    });
    let mut lines: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.sort();
    lines
}

/// A cookie with the place of its date, but not the date.
fn undated_cookie(cookie: &str) -> String {
    let date = cookie.find("; expires=").zip(cookie.find(" GMT"));
    match date.and_then(|(start, end)| Some((cookie.get(..start)?, cookie.get(end..)?))) {
        Some((before, behind)) => format!("{before}; expires={behind}"),
        None => cookie.to_owned(),
    }
}

/// The headers of a reply that is an answer.
fn headers_of(reply: &Value) -> Vec<String> {
    let names = reply["headers"].as_object().into_iter().flatten();
    let lines = names.flat_map(|(name, lines)| {
        let lines = lines.as_array().into_iter().flatten();
        lines.map(move |line| (name.as_str(), line["value"].as_str().unwrap()))
    });
    compared(lines)
}

/// A configuration, compiled and deployed.
struct Site {
    reading: Reading,
    runtime: Runtime,
    table: EmbeddedTable,
    function: Function,
    configuration: Configuration,
    distribution: Distribution,
    viewer_function: Option<ViewerFunction>,
    dependence: Dependence,
}

/// The clock of every request.
const NOW: i64 = 1_700_000_000;

/// What the CloudFront Function reads that is in no event.
const CHANCE: Chance = Chance { now: NOW, draw: 5 };

/// What the reference chooses by.
fn options() -> Options {
    let marks = Marks {
        choice: Choice::Drawn,
        ..Marks::default()
    };
    let drawn = format!("{}c", CHANCE.draw);
    Options {
        now: NOW,
        random: marks.told(&drawn).random.unwrap(),
        ..Options::default()
    }
}

impl Site {
    /// Compiles a configuration, and makes its stack with these options of `package`.
    fn new(reading: Reading, options: &[&str]) -> Result<Self, String> {
        let line = ["edgewright", "package", "build"].iter().chain(options);
        let Command::Package(options) = Arguments::parse_from(line).command else {
            unreachable!("it is the package command");
        };
        let compilation = compile(&reading).map_err(|error| error.to_string())?;
        let dependence = Dependence::of_compilation(&compilation);
        let stack = Stack::new(options.options(), dependence.clone());
        let stack = stack.map_err(|error| error.to_string())?;
        let template = stack.template(&CodeHash::of_nothing());
        let template = template.map_err(|error| error.to_string())?;
        let configuration = stack.configuration().unwrap();
        let distribution =
            Distribution::of_template(&template).map_err(|error| error.to_string())?;
        let encoded = compilation.encode().unwrap();
        let (program, table) = (encoded.program.concat(), encoded.table.concat());
        let function = Function::embedded(
            configuration.clone(),
            Runtime::load(&program).unwrap(),
            EmbeddedTable::load(&table).unwrap(),
            Journal::new(|_| {}),
        );
        Ok(Self {
            reading,
            runtime: Runtime::load(&program).unwrap(),
            table: EmbeddedTable::load(&table).unwrap(),
            function,
            configuration,
            distribution,
            viewer_function: stack.viewer_function(),
            dependence,
        })
    }

    /// What the reference says to a viewer who asks for `target`, as far as an ideal function could: one that is told all
    /// of the request, and whose answer is not shared. `None` where nobody knows the answer.
    fn expected(&self, viewer: &Viewer, target: &str) -> Option<Seen> {
        viewer.with(target, |sent| {
            let mut headers = sent.headers.to_vec();
            let forwarded_for = self.configuration.forwarded_for;
            forwarded_for.apply(&mut headers, sent.client);
            let request = &Request {
                headers: &headers,
                ..sent.clone()
            };
            // Asked first: the reference goes on for as long as Apache would, minutes in a loop of lookups.
            if self.is_over_budget(request) {
                return None;
            }
            let site = &self.reading.site;
            let options = options();
            let answer = evaluate(site, &Sequential::new(site), request, &options).unwrap();
            if matches!(answer.outcome, Outcome::Unsupported { .. }) {
                return None;
            }
            let text = event::event(sent, Trigger::OriginRequest)?;
            let event = Event::parse(text.as_bytes()).unwrap();
            let fields = event.fields().unwrap();
            let reply =
                Reply::to(&event, &fields, &answer, &self.configuration, options.now).unwrap();
            let effect = event::effect(&reply.json).unwrap();
            let cookies = effect.cookies.into_iter();
            let headers = if effect.outcome.is_made() {
                headers_of(&serde_json::from_str(reply.json.get()).unwrap())
            } else {
                Vec::new()
            };
            Some(Seen {
                headers,
                outcome: effect.outcome,
                cookies: cookies
                    .map(|one| undated_cookie(str::from_utf8(&one).unwrap()))
                    .collect(),
            })
        })
    }

    /// Says whether the decision takes more than its budget, or comes near it: then the request passes through, whatever
    /// Apache says. The function sees headers that no viewer sent, and their bytes take steps.
    fn is_over_budget(&self, request: &Request<'_>) -> bool {
        let options = Options {
            allowance: Allowance::steps(DECISION_STEPS / 10 * 9),
            ..options()
        };
        let answer = handle_embedded(&self.runtime, &self.table, request, &options);
        answer.outcome == Outcome::OverBudget
    }

    /// What the viewers get, one after another.
    fn delivered(&self, switches: Switches, viewers: &[Viewer]) -> Vec<Response> {
        let mut cloudfront = CloudFront::new(self.distribution.clone(), switches);
        let edge_function = |event: &str| {
            let reply = self
                .function
                .handle_at_once(event.as_bytes())
                .ok_or(Failed)?;
            // A reply is read once more, as CloudFront does.
            Ok(to_raw_value(&reply).unwrap_or(reply))
        };
        let viewer_function = |_: &str, event: &Value, raw_query: Option<&str>| {
            let function = self.viewer_function.as_ref();
            function
                .and_then(|function| function.run(event, raw_query, CHANCE))
                .ok_or(Ended::Threw)
        };
        let origin = |_: &Asked| OriginAnswer {
            status: 200,
            headers: HeaderList::default(),
            body: Vec::new(),
        };
        let surroundings = Surroundings {
            viewer_function: &viewer_function,
            edge_function: &edge_function,
            origin: &origin,
        };
        let mut answer = |viewer: &Viewer| {
            viewer.with(&viewer.target, |request| {
                cloudfront
                    .answer(request, NOW.cast_unsigned(), &surroundings)
                    .response
            })
        };
        viewers.iter().map(&mut answer).collect()
    }

    /// What the viewers get, in comparable form.
    fn through(&self, switches: Switches, viewers: &[Viewer]) -> Vec<Seen> {
        let mut seen = Vec::new();
        for response in self.delivered(switches, viewers) {
            let location = response.headers.joined("location");
            let status = response.status;
            let outcome = match (response.maker, location) {
                (Maker::Origin(asked), _) => Outcome::Serve {
                    path: asked.path(),
                    query: asked
                        .request
                        .query
                        .map(String::into_bytes)
                        .filter(|query| !query.is_empty()),
                },
                (_, Some(location)) => Outcome::Redirect {
                    status,
                    location: location.into_bytes(),
                },
                (_, None) => Outcome::Status { status },
            };
            let cookies = response.headers.values("set-cookie");
            let headers = if outcome.is_made() {
                compared(response.headers.lines())
            } else {
                Vec::new()
            };
            seen.push(Seen {
                headers,
                outcome,
                cookies: cookies.map(undated_cookie).collect(),
            });
        }
        seen
    }

    /// The viewers who get another answer than the reference's, in one position of the switches.
    fn differing(&self, switches: Switches, viewers: &[Viewer]) -> Vec<String> {
        let expected = viewers.iter().map(|viewer| {
            // A lone `?` is in no event: only a class tells it.
            let is_told = self
                .configuration
                .class
                .as_ref()
                .is_some_and(|class| class.marks.bare_mark == BareMark::Apart);
            let bare = viewer.target.strip_suffix('?').filter(|_| !is_told);
            self.expected(viewer, bare.unwrap_or(&viewer.target))
        });
        let all = expected.zip(self.through(switches, viewers)).zip(viewers);
        let differing = all.filter_map(|((expected, seen), viewer)| {
            let expected = expected?;
            (expected != seen).then(|| difference(viewer, &expected, &seen))
        });
        differing.collect()
    }

    /// Where CloudFront calls the function.
    fn trigger(&self) -> Trigger {
        self.dependence.trigger()
    }
}

fn shown(seen: &Seen) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let outcome = match &seen.outcome {
        Outcome::Redirect { status, location } => format!("{status} {}", text(location)),
        Outcome::Status { status } => status.to_string(),
        Outcome::Serve { path, query } => {
            format!(
                "serve {} ? {}",
                text(path),
                text(query.as_deref().unwrap_or_default())
            )
        }
        other => format!("{other:?}"),
    };
    format!("{outcome} {:?} {:?}", seen.cookies, seen.headers)
}

fn difference(viewer: &Viewer, expected: &Seen, seen: &Seen) -> String {
    let (expected, seen) = (shown(expected), shown(seen));
    format!("{viewer}\n    reference {expected}\n    viewer    {seen}")
}

/// Says whether CloudFront lets all of a request through: rules never see what it hides, and it answers methods of its own
/// choice only. `holes` has a row for each.
fn is_told(viewer: &Viewer) -> bool {
    let methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
    methods.contains(&viewer.method.as_str())
        && viewer.headers.iter().all(|(name, _)| !is_hidden(name))
}
