//! The function as CloudFront calls it: behind the model of CloudFront, with the template that `package` makes.
//!
//! In: a build and what its answers depend on, requests one after another. Out: what each viewer gets, from one cache.
//! Absent: an origin: what it would be asked for is the answer.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use edgewright_compiler::export::function::viewer_function::Chance;
use edgewright_compiler::export::function::{
    CodeHash, Dependence, FunctionOptions, Stack, ViewerFunction,
};
use edgewright_engine::cloudfront::distribution::Distribution;
use edgewright_engine::cloudfront::edge_function::{EdgeFunction, Failed};
use edgewright_engine::cloudfront::header_list::HeaderList;
use edgewright_engine::cloudfront::response::{Asked, Delivered, Maker, Response};
use edgewright_engine::cloudfront::switches::Switches;
use edgewright_engine::cloudfront::viewer_function::Ended;
use edgewright_engine::cloudfront::visit::{CloudFront, OriginAnswer, Surroundings};
use edgewright_engine::lambda::function::Function;
use edgewright_engine::lambda::journal::Journal;
use edgewright_engine::model::marks::DRAWS;
use edgewright_engine::model::outcome::{
    Answer, ContentType, Header, HeaderText, Headers, Outcome,
};
use edgewright_engine::model::page::Page;
use edgewright_engine::model::request::{Request, Scheme};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Build, now};

/// The function behind CloudFront.
pub struct EdgeStack {
    cloudfront: Mutex<CloudFront>,
    function: Function,
    viewer_function: Option<ViewerFunction>,
}

impl fmt::Debug for EdgeStack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("EdgeStack")
    }
}

/// The positions of the switches for a look at a site. Tests run in every position.
fn usual_positions() -> Switches {
    Switches::chosen(|_| 0)
}

impl EdgeStack {
    /// The stack that `package` would make of a build with these options.
    ///
    /// # Errors
    /// `package` would refuse the build, or CloudFront the stack.
    pub fn new(
        build: Build,
        dependence: Dependence,
        options: FunctionOptions,
        switches: Switches,
    ) -> Result<Self> {
        let stack = Stack::new(options, dependence)?;
        let template = stack.template(&CodeHash::of_nothing())?;
        let distribution = Distribution::of_template(&template)
            .context("CloudFront would refuse what `package` makes")?;
        let Build { runtime, table } = build;
        let journal = Journal::standard_error();
        Ok(Self {
            cloudfront: Mutex::new(CloudFront::new(distribution, switches)),
            function: Function::embedded(stack.configuration()?, runtime, table, journal),
            viewer_function: stack.viewer_function(),
        })
    }

    /// The stack of a build with the options that `package` has where none are given.
    ///
    /// # Errors
    /// `package` would refuse the build, or CloudFront the stack.
    pub fn usual(build: Build, dependence: Dependence, scheme: Scheme) -> Result<Self> {
        let options = FunctionOptions {
            scheme,
            ..FunctionOptions::default()
        };
        Self::new(build, dependence, options, usual_positions())
    }

    /// What a viewer gets now.
    pub fn delivered(&self, request: &Request<'_>) -> Delivered {
        let origin = |_: &Asked| OriginAnswer {
            status: 200,
            headers: HeaderList::default(),
            body: Vec::new(),
        };
        let viewer_function = |_: &str, event: &Value, raw_query: Option<&str>| {
            let function = self.viewer_function.as_ref();
            function
                .and_then(|function| function.run(event, raw_query, chance(now())))
                .ok_or(Ended::Threw)
        };
        let surroundings = Surroundings {
            viewer_function: &viewer_function,
            edge_function: self,
            origin: &origin,
        };
        let now = u64::try_from(now()).unwrap_or_default();
        // A request that failed leaves no half-written answer behind: the cache is used as it is.
        let cloudfront = self.cloudfront.lock();
        let mut cloudfront = cloudfront.unwrap_or_else(PoisonError::into_inner);
        cloudfront.answer(request, now, &surroundings)
    }

    /// `edge`, the answer of the program by itself, with what a viewer gets in its place. A target that is no path never
    /// reaches the function: it has no other answer.
    pub fn answer(&self, request: &Request<'_>, edge: Answer) -> Answer {
        if !request.target.path().starts_with(b"/") {
            return edge;
        }
        let Response {
            status,
            headers,
            body,
            maker,
        } = self.delivered(request).response;
        let outcome = match maker {
            Maker::Origin(asked) => {
                return Answer {
                    outcome: served(request, &asked, &edge),
                    cookies: cookies(&headers),
                    vary: vary(&headers),
                    ..edge
                };
            }
            Maker::CloudFront if matches!(status, 502 | 503) => {
                let reason = format!("CloudFront would answer {status} to what the function said");
                Outcome::Unsupported { reason }
            }
            Maker::CloudFront | Maker::ViewerRequest | Maker::OriginRequest => {
                match headers.joined("location") {
                    Some(location) => Outcome::Redirect {
                        status,
                        location: location.into_bytes(),
                    },
                    None => Outcome::Status { status },
                }
            }
        };
        Answer {
            outcome,
            cookies: cookies(&headers),
            vary: vary(&headers),
            headers: made(&headers),
            page: Page::Document(body),
            ..edge
        }
    }
}

fn cookies(headers: &HeaderList) -> Vec<Vec<u8>> {
    let cookies = headers.values("set-cookie");
    cookies.map(|value| value.as_bytes().to_vec()).collect()
}

fn vary(headers: &HeaderList) -> Vec<Vec<u8>> {
    let vary = headers.joined("vary").unwrap_or_default();
    let names = vary.split(", ").filter(|name| !name.is_empty());
    names.map(|name| name.as_bytes().to_vec()).collect()
}

/// The headers of an answer that a function or CloudFront made, but for those that an [`Answer`] has by themselves.
fn made(headers: &HeaderList) -> Headers {
    const BY_THEMSELVES: [&str; 4] = ["location", "set-cookie", "vary", "content-type"];
    let is_own = |name: &str| {
        BY_THEMSELVES
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
    };
    let lines = headers.lines().filter(|(name, _)| !is_own(name));
    let lines = lines.map(|(name, value)| Header {
        name: name.as_bytes().to_vec(),
        value: HeaderText::Text(value.as_bytes().to_vec()),
    });
    let content_type = headers.joined("content-type");
    Headers {
        content_type: content_type.map_or(ContentType::None, |value| {
            ContentType::Named(value.into_bytes())
        }),
        lines: lines.collect(),
    }
}

/// A time, and a new random number.
fn chance(now: i64) -> Chance {
    let draw = RandomState::new().hash_one(0) % u64::from(DRAWS);
    Chance {
        now,
        draw: u8::try_from(draw).unwrap_or_default(),
    }
}

/// What the origin was asked for. Where that is what the viewer sent, the origin reads it as the program does.
fn served(request: &Request<'_>, asked: &Asked, edge: &Answer) -> Outcome {
    let Asked {
        domain: _,
        request: going,
    } = asked;
    let same_path = request.target.path() == going.uri.as_bytes();
    let query = going.query.as_deref().unwrap_or_default();
    let same_query = request.target.query().unwrap_or_default() == query.as_bytes();
    if edge.unchanged && same_path && same_query {
        return edge.outcome.clone();
    }
    Outcome::Serve {
        path: asked.path(),
        query: Some(query.as_bytes().to_vec()).filter(|query| !query.is_empty()),
    }
}

impl EdgeFunction for EdgeStack {
    fn run(&self, event: &str) -> Result<Box<RawValue>, Failed> {
        self.function.handle_at_once(event.as_bytes()).ok_or(Failed)
    }
}
