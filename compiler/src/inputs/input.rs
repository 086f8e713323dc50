//! One part of a request that can change an answer, and its name.
//!
//! In: nothing. Out: [`Input`]. Absent: which rules read it; see [`super::Inputs`].

use std::fmt;

use edgewright_engine::model::header_names::{is_hidden, is_told_at_origin_request};
use edgewright_engine::model::marks::Exactness;
use edgewright_engine::model::trigger::Trigger;
use serde::{Deserialize, Serialize};

/// A part of a request, or of the world, that can change an answer. The manifest holds its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Input {
    /// The `Host` header.
    Host,
    /// `http` or `https`.
    Scheme,
    /// The query string.
    Query,
    /// The method, as far as `GET` and `HEAD` are the same.
    Method,
    /// Whether the method is `GET` or `HEAD`.
    GetOrHead,
    /// Whether a `?` with nothing behind it was sent.
    BareMark,
    /// Cookies.
    Cookies,
    /// A header, by its name in lower case.
    Header(String),
    /// Headers by a pattern of their names.
    AnyHeader,
    /// The client's address.
    Client,
    /// The time, and how exactly.
    Time(Exactness),
    /// Chance: an `rnd:` map.
    Choice,
    /// A text that no other request has: `UNIQUE_ID`.
    UniqueId,
}

/// What stands before the name of a header.
const HEADER: &str = "header ";

impl Input {
    /// Every input that is no header of its own.
    const FIXED: [Self; 14] = [
        Self::Host,
        Self::Scheme,
        Self::Query,
        Self::Method,
        Self::GetOrHead,
        Self::BareMark,
        Self::Cookies,
        Self::AnyHeader,
        Self::Client,
        Self::Time(Exactness::Hour),
        Self::Time(Exactness::Minute),
        Self::Time(Exactness::Second),
        Self::Choice,
        Self::UniqueId,
    ];

    /// False for what cannot be part of a cache key, so that the answer must not be cached.
    pub fn can_be_cache_key(&self) -> bool {
        match self {
            // What CloudFront hides is the same for every viewer: it is not there.
            Self::Header(name) => is_told_at_origin_request(name) || is_hidden(name),
            // No event tells of a bare `?`: only a class of viewers does, and nothing else can.
            Self::Host
            | Self::Scheme
            | Self::Query
            | Self::Method
            | Self::BareMark
            | Self::Cookies => true,
            Self::GetOrHead
            | Self::AnyHeader
            | Self::Client
            | Self::Time(_)
            | Self::Choice
            | Self::UniqueId => false,
        }
    }

    /// Where CloudFront should call a function whose answers depend on `inputs`.
    pub fn trigger<'i>(inputs: impl IntoIterator<Item = &'i Self>) -> Trigger {
        if inputs.into_iter().all(Self::can_be_cache_key) {
            Trigger::OriginRequest
        } else {
            Trigger::ViewerRequest
        }
    }

    /// The name; for a header, what stands before the header's own.
    fn name(&self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Scheme => "scheme",
            Self::Query => "query",
            Self::Method => "method",
            Self::GetOrHead => "GET or HEAD",
            Self::BareMark => "a bare ?",
            Self::Cookies => "cookies",
            Self::Header(_) => HEADER,
            Self::AnyHeader => "headers by pattern",
            Self::Client => "client address",
            Self::Time(Exactness::Hour) => "time to the hour",
            Self::Time(Exactness::Minute) => "time to the minute",
            Self::Time(Exactness::Second) => "time to the second",
            Self::Choice => "chance",
            Self::UniqueId => "UNIQUE_ID",
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())?;
        match self {
            Self::Header(header) => out.write_str(header),
            _ => Ok(()),
        }
    }
}

impl From<Input> for String {
    fn from(input: Input) -> Self {
        input.to_string()
    }
}

/// A name that no input has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownInput(pub String);

impl fmt::Display for UnknownInput {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "no input is called {:?}", self.0)
    }
}

impl std::error::Error for UnknownInput {}

impl TryFrom<String> for Input {
    type Error = UnknownInput;

    fn try_from(name: String) -> Result<Self, UnknownInput> {
        if let Some(header) = name.strip_prefix(HEADER) {
            return Ok(Self::Header(header.to_owned()));
        }
        let mut fixed = Self::FIXED.into_iter();
        let found = fixed.find(|input| input.name() == name);
        found.ok_or(UnknownInput(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<&Input>) {
        let read = Input::try_from(name.to_owned());
        if let Ok(input) = &read {
            assert_eq!(input.to_string(), name);
        }
        assert_eq!(read.ok().as_ref(), expected, "{name}");
    }

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for input in Input::FIXED {
            check(input.name(), Some(&input));
        }
        check("header x-y", Some(&Input::Header("x-y".to_owned())));
        check("header", None);
        check("Host", None);
    }
}
