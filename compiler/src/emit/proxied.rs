//! The servers that rules proxy to.
//!
//! In: a [`Reading`]. Out: for each server the lines that name it, for the manifest. Absent:
//! `ProxyPass`, which is no rule, and whether CloudFront can send requests there.

use std::collections::BTreeMap;

use edgewright_engine::model::rules::{Place, RuleFlags};
use serde_json::{Map, Value, json};

use crate::reading::Reading;
use crate::spans::in_text;

/// A server named by what is in the request, not by the rule alone.
const UNKNOWN: &str = "a server the request names";

/// The servers, each with how many lines name it and the first of them.
pub(super) fn proxied(reading: &Reading) -> Map<String, Value> {
    let mut servers: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for rule in reading.site.rule_sets.iter().flat_map(|set| &set.rules) {
        if rule.flags.contains(RuleFlags::PROXY) {
            let server = server(&rule.substitution.source);
            servers.entry(server).or_default().push(rule.place);
        }
    }
    let shown = |(server, mut places): (String, Vec<Place>)| {
        // A rule that several hosts have is one line.
        places.dedup();
        let first = places
            .first()
            .map(|place| reading.sources.display(in_text(*place)));
        (server, json!({ "count": places.len(), "first": first }))
    };
    servers.into_iter().map(shown).collect()
}

/// The host of an absolute URL, if it is written out.
fn server(target: &[u8]) -> String {
    let text = String::from_utf8_lossy(target);
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?']).next().unwrap_or_default()
    });
    let host = authority.split(':').next().unwrap_or_default();
    if host.is_empty() || host.contains(['$', '%']) {
        UNKNOWN.to_owned()
    } else {
        host.to_ascii_lowercase()
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
            (b"http://%1.example/", UNKNOWN),
            (b"http://$1", UNKNOWN),
            (b"/local", UNKNOWN),
        ];
        for (target, expected) in cases {
            assert_eq!(server(target), expected);
        }
    }
}
