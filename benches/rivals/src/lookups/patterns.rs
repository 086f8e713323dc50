//! Rivals that take patterns.
//!
//! In: rules. Out: one structure each. Absent: redirection.io; see the module beside.

use edgewright_benches::set::{Placed, Shape};

use super::Lookup;

/// `matchit`, a router for web frameworks. It has no regular expressions, so it gets the literal
/// and the prefix rules.
pub struct Router(matchit::Router<()>);

impl Router {
    /// Over what it can express of `rules`.
    pub fn new(rules: &[Placed]) -> Self {
        let mut router = matchit::Router::new();
        for rule in rules {
            // Two rules for one path are an error; the first counts.
            let _ = match rule.shape {
                Shape::Literal => router.insert(rule.base(), ()),
                Shape::Prefix => router.insert(rule.base() + "/{*rest}", ()),
                _ => Ok(()),
            };
        }
        Self(router)
    }
}

impl Lookup for Router {
    type Request = String;

    fn request(&self, path: &str) -> String {
        path.to_owned()
    }

    fn finds(&self, path: &String) -> bool {
        self.0.at(path).is_ok()
    }
}

/// Every pattern in order, as Apache does, with the engine Apache uses.
pub struct OneByOne(Vec<pcre2::bytes::Regex>);

impl OneByOne {
    /// Over `rules`.
    pub fn new(rules: &[Placed]) -> Self {
        let compiled = rules.iter().filter_map(|rule| {
            let mut builder = pcre2::bytes::RegexBuilder::new();
            builder.jit_if_available(true).build(&rule.pattern()).ok()
        });
        Self(compiled.collect())
    }
}

impl Lookup for OneByOne {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        self.0
            .iter()
            .any(|regex| regex.is_match(path).unwrap_or(false))
    }
}

/// All patterns in one automaton, with the default limits.
pub struct Set(Option<regex::bytes::RegexSet>);

impl Set {
    /// Over `rules`.
    pub fn new(rules: &[Placed]) -> Self {
        let patterns = rules.iter().map(Placed::pattern);
        let builder = regex::bytes::RegexSetBuilder::new(patterns)
            .size_limit(usize::MAX)
            .unicode(false)
            .build();
        Self(builder.ok())
    }
}

impl Lookup for Set {
    type Request = Vec<u8>;

    fn request(&self, path: &str) -> Vec<u8> {
        path.as_bytes().to_vec()
    }

    fn finds(&self, path: &Vec<u8>) -> bool {
        self.0.as_ref().is_some_and(|set| set.is_match(path))
    }
}
