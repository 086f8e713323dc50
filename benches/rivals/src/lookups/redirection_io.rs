//! redirection.io's engine, crate `redirectionio`.
//!
//! In: rules, variable parts as its markers. Out: its router. Absent: what follows a match there:
//! choosing among all that matched, building the action and the target.

use edgewright_benches::set::{HOST, Placed, Shape};
use redirectionio::RouterConfig;
use redirectionio::api::Rule;
use redirectionio::http::Request;
use serde_json::{Value, json};

use super::Lookup;

/// The router.
pub struct Router(redirectionio::router::Router<Rule>);

impl Router {
    /// Over `rules`; `cache` is how many of its regular expressions it compiles beforehand, by
    /// default as many as it thinks right.
    pub fn new(rules: &[Placed], cache: Option<u64>) -> Self {
        let mut router = redirectionio::router::Router::from_config(RouterConfig::default());
        for (number, rule) in rules.iter().enumerate() {
            if let Ok(rule) = serde_json::from_value(described(number, rule)) {
                router.insert(rule);
            }
        }
        router.cache(cache);
        Self(router)
    }
}

impl Lookup for Router {
    type Request = Request;

    fn request(&self, path: &str) -> Request {
        let host = Some(HOST.to_owned());
        let scheme = Some("http".to_owned());
        Request::from_config(
            &self.0.config,
            path.to_owned(),
            host,
            scheme,
            None,
            None,
            None,
        )
    }

    fn finds(&self, request: &Request) -> bool {
        !self.0.match_request(request).is_empty()
    }
}

/// A rule in its own JSON.
fn described(number: usize, rule: &Placed) -> Value {
    let base = rule.base();
    let (section, slug) = base[1..].split_once('/').unwrap_or_default();
    let (path, markers): (String, &[(&str, &str)]) = match rule.shape {
        Shape::Literal => (base, &[]),
        Shape::Prefix => (format!("{base}/@rest"), &[("rest", "(?:.*)")]),
        Shape::Numbered => (
            format!("{base}-@number.@kind"),
            &[("number", "[0-9]+"), ("kind", "html?")],
        ),
        Shape::Language => (
            format!("/@language/{slug}/@rest"),
            &[("language", "(?:en|de|fr|es)"), ("rest", "[^/]+/?")],
        ),
        Shape::Dated => (
            format!("/{section}/@year/@month/{slug}"),
            &[("year", "[0-9]{4}"), ("month", "[0-9]{2}")],
        ),
        Shape::Suffix => (
            format!("@before{slug}.@kind"),
            &[("before", "(?:.*)"), ("kind", "(?:php|asp)")],
        ),
    };
    let markers: Vec<_> = markers
        .iter()
        .map(|(name, regex)| json!({"name": name, "regex": regex}))
        .collect();
    json!({
        "id": number.to_string(),
        "rank": 0,
        "source": {"path": path},
        "target": rule.substitution(),
        "status_code": 301,
        "markers": markers,
    })
}
