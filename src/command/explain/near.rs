//! Requests that differ by a slip, and are answered by a line.
//!
//! In: a request that no line answered. Out: the nearest ones that a line answers. Absent: printing them.

use edgewright_engine::model::outcome::{Answer, Outcome};
use edgewright_engine::model::request::Scheme;

use super::lines::shown;
use crate::contract::OwnedRequest;
use crate::engine::Answerer;

/// A request beside the one that was asked about.
#[derive(Debug)]
pub struct Near {
    /// What differs.
    pub differs: &'static str,
    /// What it asks for: the path, or the scheme or host where those differ.
    pub asked: String,
    /// The answer.
    pub answer: Answer,
    /// `file:line` of the lines that had a say.
    pub rules: Vec<String>,
}

/// What people mistype, tried: each that a line answers.
pub fn nearest(request: &OwnedRequest, answering: &Answerer) -> Vec<Near> {
    let others = variants(request)
        .into_iter()
        .filter_map(|(differs, asked, other)| {
            let answer = other.with(|other| answering.answer(other));
            let rules = answering.rules(&answer);
            let says_something =
                !rules.is_empty() && !answer.unchanged && !leads_back(&answer, request);
            says_something.then_some(Near {
                differs,
                asked,
                answer,
                rules,
            })
        });
    others.collect()
}

/// Does it lead to what was asked for, as from http to https?
fn leads_back(answer: &Answer, request: &OwnedRequest) -> bool {
    matches!(&answer.outcome, Outcome::Redirect { location, .. } if location.ends_with(&request.target))
}

type Variant = (&'static str, String, OwnedRequest);

fn variants(request: &OwnedRequest) -> Vec<Variant> {
    let end = request.target.iter().position(|byte| *byte == b'?');
    let (path, query) = request.target.split_at(end.unwrap_or(request.target.len()));
    let mut variants: Vec<Variant> = Vec::new();
    let mut add_path = |differs, path: Vec<u8>| {
        if !path.is_empty() && path != request.target {
            let asked = shown(&path);
            let target = [path.as_slice(), query].concat();
            variants.push((
                differs,
                asked,
                OwnedRequest {
                    target,
                    ..request.clone()
                },
            ));
        }
    };
    match path.strip_suffix(b"/") {
        Some(without) => add_path("without the slash", without.to_vec()),
        None => add_path("with a slash", [path, b"/"].concat()),
    }
    if path.to_ascii_lowercase() != path {
        add_path("in lower case", path.to_ascii_lowercase());
    }
    if !query.is_empty() {
        let asked = shown(path);
        let target = path.to_vec();
        variants.push((
            "without the query",
            asked,
            OwnedRequest {
                target,
                ..request.clone()
            },
        ));
    }
    let (scheme, name) = match request.scheme {
        Scheme::Http => (Scheme::Https, "https"),
        Scheme::Https => (Scheme::Http, "http"),
    };
    variants.push((
        "by the other scheme",
        name.to_owned(),
        OwnedRequest {
            scheme,
            ..request.clone()
        },
    ));
    let host = request.host.clone().unwrap_or_default();
    let (differs, host) = match host.strip_prefix(b"www.") {
        Some(bare) => ("without www", bare.to_vec()),
        None => ("with www", [b"www.".as_slice(), &host].concat()),
    };
    let asked = shown(&host);
    variants.push((
        differs,
        asked,
        OwnedRequest {
            host: Some(host),
            ..request.clone()
        },
    ));
    variants
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::command::explain::request::of_url;

    fn check(url: &str, expected: &[&str]) {
        let request = of_url(url, b"a.test").unwrap();
        let found = variants(&request).into_iter();
        let found: Vec<String> = found
            .map(|(differs, asked, _)| format!("{differs}: {asked}"))
            .collect();
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn slips_are_tried() {
        check(
            "/Book/12?x",
            &[
                "with a slash: /Book/12/",
                "in lower case: /book/12",
                "without the query: /Book/12",
                "by the other scheme: https",
                "with www: www.a.test",
            ],
        );
        check(
            "https://www.a.test/b/",
            &[
                "without the slash: /b",
                "by the other scheme: http",
                "without www: a.test",
            ],
        );
        check("/", &["by the other scheme: https", "with www: www.a.test"]);
    }
}
