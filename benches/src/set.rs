//! Sets of rules, each with requests that hit one of them and requests that hit none.
//!
//! In: a number of rules. Out: a [`Set`]. Absent: compiling it. The same number gives the same bytes.

pub mod adversarial;
mod shape;

pub use shape::{Placed, Shape};

use std::fmt::Write as _;

use edgewright_engine::model::request::{Request, Target};
use edgewright_test_support::random::Random;
use edgewright_test_support::seed_site::{self, Size};
use serde_json::{Value, json};

/// The host all requests are for.
pub const HOST: &str = seed_site::HOST;

/// The folder of the documents, which need not exist.
pub const DOCUMENTS: &str = "/srv/www";

/// Rules of the exact and mixed sets.
pub const RULES: usize = 60_000;

/// Requests on either side, hits and misses.
const REQUESTS: usize = 20_000;

/// Rules, and requests for them.
#[derive(Debug)]
pub struct Set {
    /// The directives inside the one virtual host.
    pub directives: String,
    /// Requests that a rule is for.
    pub hits: Vec<Request<'static>>,
    /// Requests of the same shape that no rule is for.
    pub misses: Vec<Request<'static>>,
}

impl Set {
    /// The configuration of a whole server.
    pub fn config(&self) -> String {
        format!(
            "DocumentRoot {DOCUMENTS}\n<VirtualHost *:80>\nServerName {HOST}\nDocumentRoot {DOCUMENTS}\nRewriteEngine On\n{}</VirtualHost>\n",
            self.directives
        )
    }

    /// The set of `rules`, with requests for a sample of them.
    pub fn of_rules(rules: &[Placed]) -> Self {
        let mut directives = String::new();
        for rule in rules {
            let (pattern, target) = (rule.pattern(), rule.substitution());
            let _ = writeln!(directives, "RewriteRule {pattern} {target} [R=301,L]");
        }
        let mut random = Random::new(7);
        let unseen = rules.len();
        let (mut hits, mut misses) = (Vec::new(), Vec::new());
        for _ in 0..REQUESTS.min(rules.len()) {
            let rule = &rules[random.below(rules.len())];
            hits.push(get(&rule.hit(&mut random)));
            misses.push(get(&rule.renumbered(unseen).hit(&mut random)));
        }
        Self {
            directives,
            hits,
            misses,
        }
    }

    /// The set this project began with in mind: more than half of the rules are redundant or
    /// interfere, a quarter has conditions. The hits carry the headers that conditions ask for.
    pub fn seed_sized(rules: usize, conditions: usize) -> Self {
        let site = seed_site::generate(Size {
            rules,
            conditions,
            seed: 1,
        });
        let every = (site.requests.len() / REQUESTS).max(1);
        let hits: Vec<_> = site.requests.iter().step_by(every).map(request).collect();
        let misses = hits.iter().map(elsewhere).collect();
        Self {
            directives: site.config,
            hits,
            misses,
        }
    }
}

/// `count` literal rules, `^/a/b$`.
pub fn exact(count: usize) -> Vec<Placed> {
    let kind = |_: &mut Random| Shape::Literal;
    rules(count, kind)
}

/// `count` rules as they are found in the wild: most are literal, some have a variable part, a few
/// can match anywhere.
pub fn mixed(count: usize) -> Vec<Placed> {
    rules(count, |random| random.weighted(shape::MIX))
}

/// `count` rules that no text finds: each has to be tried. The hits are for the last one.
pub fn scanned(count: usize) -> Set {
    let mut directives = String::new();
    for number in 1..=count {
        let _ = writeln!(
            directives,
            "RewriteRule ^/([a-z]{{{number}}})/([0-9]+)$ /new/{number}/$2 [R=301,L]"
        );
    }
    let word = "a".repeat(count);
    let hit = |number| get(&format!("/{word}/{number}"));
    let miss = |number| get(&format!("/{word}b/{number}"));
    Set {
        directives,
        hits: (0..200).map(hit).collect(),
        misses: (0..200).map(miss).collect(),
    }
}

fn rules(count: usize, shape: impl Fn(&mut Random) -> Shape) -> Vec<Placed> {
    let mut random = Random::new(1);
    let place = |number| {
        let shape = shape(&mut random);
        Placed::new(shape, number, &mut random)
    };
    (0..count).map(place).collect()
}

/// A `GET` of `target` from [`HOST`].
pub fn get(target: &str) -> Request<'static> {
    Request::get(HOST.as_bytes(), leak(target))
}

/// The same request for a path that no rule is about.
fn elsewhere(hit: &Request<'static>) -> Request<'static> {
    let target = format!("/assets{}", String::from_utf8_lossy(&hit.target.line()));
    Request {
        target: Target::of(leak(&target)),
        ..hit.clone()
    }
}

/// `request` in the form of `replay`, as [`request`] reads it.
pub fn line(request: &Request<'_>) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| (text(name), Value::String(text(value))));
    let headers: serde_json::Map<_, _> = headers.collect();
    json!({"target": text(&request.target.line()), "headers": headers})
}

/// A `GET` from [`HOST`] in the form of `replay`.
pub fn request(line: &Value) -> Request<'static> {
    let text = |value: &Value| leak(value.as_str().unwrap_or_default());
    let headers = line["headers"].as_object().into_iter().flatten();
    let headers: Vec<_> = headers
        .map(|(name, value)| (leak(name), text(value)))
        .collect();
    Request {
        headers: headers.leak(),
        ..Request::get(HOST.as_bytes(), text(&line["target"]))
    }
}

/// Kept to the end of the process, so that a timed loop borrows and nothing else.
fn leak(text: &str) -> &'static [u8] {
    text.as_bytes().to_vec().leak()
}
