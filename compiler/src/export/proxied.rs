//! The servers that rules proxy to.
//!
//! In: a [`Reading`]. Out: for each [`Server`] the lines that name it, for the manifest. Absent:
//! `ProxyPass`, which is no rule, and whether CloudFront can send requests there.

use std::collections::BTreeMap;
use std::fmt;

use edgewright_engine::model::rules::{Place, RuleFlags};
use serde::{Deserialize, Serialize};

use super::manifest::Readers;
use crate::reading::Reading;
use crate::spans::in_text;

/// How the manifest calls a server that is named by what is in the request.
const FROM_REQUEST: &str = "a server the request names";

/// A server that a rule proxies to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Server {
    /// The server that the rule names: a host in lower case.
    Named(String),
    /// A server named by what is in the request, not by the rule alone.
    FromRequest,
}

impl fmt::Display for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Named(host) => host,
            Self::FromRequest => FROM_REQUEST,
        })
    }
}

impl From<Server> for String {
    fn from(server: Server) -> Self {
        server.to_string()
    }
}

impl From<String> for Server {
    fn from(name: String) -> Self {
        if name == FROM_REQUEST {
            Self::FromRequest
        } else {
            Self::Named(name)
        }
    }
}

/// The servers, each with how many lines name it and the first of them.
pub(super) fn proxied(reading: &Reading) -> BTreeMap<Server, Readers> {
    let mut servers: BTreeMap<Server, Vec<Place>> = BTreeMap::new();
    for rule in reading.site.rule_sets.iter().flat_map(|set| &set.rules) {
        if rule.flags.contains(RuleFlags::PROXY) {
            let server = server(&rule.substitution.source);
            servers.entry(server).or_default().push(rule.place);
        }
    }
    let readers = |(server, mut places): (Server, Vec<Place>)| {
        // A rule that several hosts have is one line.
        places.dedup();
        let first = places
            .first()
            .map(|place| reading.sources.display(in_text(*place)));
        let count = places.len();
        (server, Readers { count, first })
    };
    servers.into_iter().map(readers).collect()
}

/// The host of an absolute URL, if it is written out.
fn server(target: &[u8]) -> Server {
    let text = String::from_utf8_lossy(target);
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?']).next().unwrap_or_default()
    });
    let host = authority.split(':').next().unwrap_or_default();
    if host.is_empty() || host.contains(['$', '%']) {
        Server::FromRequest
    } else {
        Server::Named(host.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_what_stands_between_the_slashes() {
        let cases: [(&[u8], &str); 5] = [
            (b"http://App.example:8080/x$1", "app.example"),
            (b"https://app.example?q", "app.example"),
            (b"http://%1.example/", FROM_REQUEST),
            (b"http://$1", FROM_REQUEST),
            (b"/local", FROM_REQUEST),
        ];
        for (target, expected) in cases {
            assert_eq!(server(target).to_string(), expected);
        }
    }
}
