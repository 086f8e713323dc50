//! What the cache key of a stack holds.
//!
//! In: a [`Stack`]. Out: [`CacheKey`], as a policy has it, as inputs, and as names. Absent: the policies; see `template`.
//!
//! Everything an answer depends on is part of the cache key at origin-request: otherwise one viewer would get another's
//! answer. At viewer-request answers are not cached, and the key only holds what the function's own requests to the origin
//! differ by.

use edgewright_engine::model::header_names::MOST_IN_POLICY;
use serde_json::{Map, Value, json};

use super::error::FunctionError;
use super::inputs::{HOST_HEADER, Key, SCHEME_HEADER, Source};
use super::options::Ignored;
use super::stack::Stack;
use crate::class::{CLASS_HEADER, ViewerClass};
use crate::inputs::Input;

/// What the cache key holds beside the path. All of it goes on to the function and to the origin: what an origin does not
/// see cannot change what is cached.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct CacheKey {
    pub(super) headers: Vec<String>,
    pub(super) cookies: bool,
    pub(super) query: bool,
}

impl CacheKey {
    /// The key of a stack with this class: what answers depend on, and what the origin is to get.
    ///
    /// # Errors
    /// More headers than `CloudFront` takes.
    pub fn of(stack: &Stack, class: Option<&ViewerClass>) -> Result<Self, FunctionError> {
        let options = stack.options();
        let source = |input| Source::of(input, (stack.trigger(), class), options);
        let inputs = stack.dependence().inputs.keys();
        let wanted = options.origin_gets.iter().map(|name| Source::wanted(name));
        let mut key = Self::new(inputs.map(source).chain(wanted))?;
        // A server's pages may depend on them, whatever the rules look at.
        key.query |= options.server_gets(Ignored::Query);
        key.cookies |= options.server_gets(Ignored::Cookies);
        Ok(key)
    }

    fn new(sources: impl Iterator<Item = Source>) -> Result<Self, FunctionError> {
        let mut key = Self::default();
        for source in sources {
            match source.key {
                Key::None => {}
                Key::Header(name)
                    if key
                        .headers
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(&name)) => {}
                Key::Header(name) => key.headers.push(name),
                Key::Cookies => key.cookies = true,
                Key::Query => key.query = true,
                Key::Class if key.headers.iter().any(|name| name == CLASS_HEADER) => {}
                Key::Class => key.headers.push(CLASS_HEADER.to_owned()),
            }
        }
        if key.headers.len() > MOST_IN_POLICY {
            return Err(FunctionError::TooManyHeaders(key.headers));
        }
        Ok(key)
    }

    /// What the key holds as requests have it, so without the class.
    pub fn inputs(&self) -> impl Iterator<Item = Input> {
        let headers = self.headers.iter().map(String::as_str);
        let headers = headers.filter_map(|name| match name {
            CLASS_HEADER => None,
            "Host" | HOST_HEADER => Some(Input::Host),
            SCHEME_HEADER => Some(Input::Scheme),
            other => Some(Input::Header(other.to_ascii_lowercase())),
        });
        let cookies = self.cookies.then_some(Input::Cookies);
        let query = self.query.then_some(Input::Query);
        headers.chain(cookies).chain(query)
    }

    /// What a cache policy says of the key. CloudFront compresses only what it keeps by what the viewer takes
    /// (`Accept-Encoding`), as two or three copies; where rules look at that header themselves the key has it as it came.
    pub(super) fn cache_policy_parts(&self) -> Map<String, Value> {
        let named = |name: &String| name.eq_ignore_ascii_case("accept-encoding");
        let compresses = !self.headers.iter().any(named);
        let mut parts = self.parts();
        for name in ["EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"] {
            parts.insert(name.to_owned(), json!(compresses));
        }
        parts
    }

    /// The three parts of a policy.
    pub(super) fn parts(&self) -> Map<String, Value> {
        let headers = if self.headers.is_empty() {
            json!({ "HeaderBehavior": "none" })
        } else {
            json!({ "HeaderBehavior": "whitelist", "Headers": self.headers })
        };
        let behaviour = |all| if all { "all" } else { "none" };
        let parts = [
            ("HeadersConfig", headers),
            (
                "CookiesConfig",
                json!({ "CookieBehavior": behaviour(self.cookies) }),
            ),
            (
                "QueryStringsConfig",
                json!({ "QueryStringBehavior": behaviour(self.query) }),
            ),
        ];
        parts
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// What the cache key holds beside the path, for a person, with a class or without.
///
/// # Errors
/// More headers than `CloudFront` takes.
pub fn key_names(stack: &Stack, class: Option<&ViewerClass>) -> Result<Vec<String>, FunctionError> {
    let key = CacheKey::of(stack, class)?;
    let mut names = key.headers;
    names.extend(key.cookies.then(|| "all cookies".to_owned()));
    names.extend(key.query.then(|| "the query".to_owned()));
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_headers_need_the_other_trigger() {
        let source = |number: usize| Source {
            at_origin: String::new(),
            at_viewer: String::new(),
            key: Key::Header(format!("x-{number}")),
            note: None,
        };
        assert!(CacheKey::new((0..11).map(source)).is_err());
        assert!(CacheKey::new((1..11).map(source)).is_ok());
        // The same header twice is one.
        assert!(CacheKey::new((1..11).chain(1..11).map(source)).is_ok());
    }
}
