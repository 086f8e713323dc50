//! Requests for paths that another server answers.
//!
//! In: a `ProxyPass` or `ProxyPassMatch`. Out: requests that should reach it, written in ways that make a
//! difference in the URL the other server is asked for. Absent: asking that server; nobody does.

use edgewright_engine::model::site::{AliasMatcher, Proxy};

use super::Request;
use super::draft::{Draft, encoded};
use super::sample::{Groups, sample};
use super::scope::Scope;

/// What stands below the path: escapes that `nocanon`, `AllowEncodedSlashes` and the canonical form treat each in
/// their own way, and a query string.
const BELOW: [&str; 8] = [
    "a%2Fb",
    "a%20b",
    "%C3%A9",
    "a%3Fb",
    "a?x=%20&y=%2F",
    "a%25b",
    "%41;v=1",
    "",
];

/// Requests for what `proxy` is for, `most` at most.
pub(super) fn requests(scope: &Scope<'_>, proxy: &Proxy, most: usize) -> Vec<Request> {
    let mut found: Vec<Request> = Vec::new();
    let mut push = |request: Request| {
        if found.len() < most && !found.contains(&request) {
            found.push(request);
        }
    };
    match &proxy.matcher {
        AliasMatcher::Prefix(path) => {
            let hit = Draft::plain(scope, path.clone());
            push(hit.finish());
            let bare = path.strip_suffix(b"/").unwrap_or(path);
            for below in BELOW {
                push(hit.with_target([&encoded(bare), &b"/"[..], below.as_bytes()].concat()));
            }
            push(hit.with_path([path.as_slice(), b"x"].concat()).finish());
        }
        AliasMatcher::Regex(pattern) => {
            for variant in 0..BELOW.len() {
                let text = sample(pattern, variant, &Groups::new());
                push(Draft::plain(scope, text).finish());
            }
        }
    }
    found
}
