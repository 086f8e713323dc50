//! Requests that should reach each rule, to compare servers with.
//!
//! In: a [`Site`]. Out: [`Witness`]es: for each rule and redirect, in each place it stands, requests
//! made from its pattern and its conditions, and some that just miss it. Absent: sending them. A
//! witness may fail to reach its rule (an earlier rule took it, a condition cannot be fulfilled):
//! what fired is for the evaluator to say.

mod aim;
mod constraint;
mod draft;
mod groups;
mod misses;
mod number;
mod proxied;
mod reach;
mod sample;
mod scope;

use std::collections::{BTreeMap, HashSet};

use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::{Place, Redirect, RedirectMatcher, Rule, RuleFlags};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;

pub(crate) use aim::Aiming;
use constraint::constraints;
pub(crate) use draft::encoded;
use draft::{Aim, Draft};
use groups::groups;
use misses::{others, with_misses};
pub use reach::{Reach, unreachable};
pub(crate) use sample::{Groups, Samples, sample};
use scope::{List, Scope, Subject};

/// Requests for one rule in one scope, at most.
pub const MOST_PER_SCOPE: usize = 12;

/// Among them, requests that hit or just miss the pattern; the others differ in how they are written, in the
/// files they lead to, or in a number.
const MOST_ORDINARY: usize = 8;

/// Requests for one rule in each scope after its first: an inherited rule stands in many.
const MOST_PER_FURTHER_SCOPE: usize = 2;

/// Requests for one rule, at most.
pub const MOST_PER_RULE: usize = 32;

/// Among them, requests that are meant to hit.
const HITS: usize = 4;

/// A request, and the rule it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// The line of the rule.
    pub place: Place,
}

/// A request over plain HTTP/1.1 that owns its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The method.
    pub method: Vec<u8>,
    /// How the client is to connect.
    pub scheme: Scheme,
    /// The `Host` header.
    pub host: Vec<u8>,
    /// The request target.
    pub target: Vec<u8>,
    /// The other headers, names in lower case.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Request {
    /// Its URL, and its method and headers where they matter, as `explain` and `curl` take them.
    pub fn shown(&self) -> String {
        let mut text = self.scheme.name().as_bytes().to_vec();
        for part in [&b"://"[..], &self.host, &self.target] {
            text.extend_from_slice(part);
        }
        if self.method != b"GET" {
            text.extend_from_slice(&[b" -X ", self.method.as_slice()].concat());
        }
        for (name, value) in &self.headers {
            text.extend_from_slice(&[b" -H '", name.as_slice(), b": ", value, b"'"].concat());
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Witnesses of every rule and redirect, in the order they stand; each request once. The same site
/// gives the same witnesses.
pub fn witnesses(site: &Site) -> Vec<Witness> {
    let mut collection = Collection::default();
    let scopes = scope::scopes(site).into_iter();
    for (scope, list) in scopes.filter(|(scope, _)| matches!(scope.reach, Reach::By(_))) {
        match list {
            List::Rules(id) => {
                let set = usize::try_from(id.0)
                    .ok()
                    .and_then(|at| site.rule_sets.get(at));
                for rule in set.into_iter().flat_map(|set| &set.rules) {
                    collection.add(rule.place, |most| of_rule(site, &scope, rule, most));
                }
            }
            List::Proxy(proxy) => {
                collection.add(proxy.place, |most| proxied::requests(&scope, proxy, most));
            }
            List::Redirects(id) => {
                let list = usize::try_from(id.0)
                    .ok()
                    .and_then(|at| site.redirect_lists.get(at));
                for redirect in list.into_iter().flatten() {
                    collection.add(redirect.place, |most| {
                        of_redirect(site, &scope, redirect, most)
                    });
                }
            }
        }
    }
    collection.witnesses
}

#[derive(Default)]
struct Collection {
    witnesses: Vec<Witness>,
    seen: HashSet<Request>,
    counts: BTreeMap<Place, usize>,
}

impl Collection {
    fn add(&mut self, place: Place, requests: impl FnOnce(usize) -> Vec<Request>) {
        let count = self.counts.entry(place).or_default();
        let most = match *count {
            0 => MOST_PER_SCOPE,
            count => MOST_PER_FURTHER_SCOPE.min(MOST_PER_RULE.saturating_sub(count)),
        };
        if most == 0 {
            return;
        }
        let requests = requests(most);
        *count += requests.len().max(1);
        for request in requests {
            if self.seen.insert(request.clone()) {
                self.witnesses.push(Witness { request, place });
            }
        }
    }
}

fn of_rule(site: &Site, scope: &Scope<'_>, rule: &Rule, most: usize) -> Vec<Request> {
    let negated = rule.flags.contains(RuleFlags::NEGATED);
    let drafts = (0..HITS).map(|variant| {
        let constraints = constraints(scope.host, &rule.conditions, variant);
        let groups = groups(site, scope.host, rule, &constraints, variant);
        let aim = Aim {
            paths: if negated {
                vec![in_scope(scope, b"edgewright"), in_scope(scope, b"")]
            } else {
                let texts = (0..HITS).map(|other| sample(&rule.pattern, variant + other, &groups));
                texts.map(|text| in_scope(scope, &text)).collect()
            },
            pattern: Some(&rule.pattern),
            negated,
        };
        Draft::best(site, scope, &aim, &constraints, variant)
    });
    let drafts: Vec<_> = drafts.collect();
    let mut requests = with_misses(&drafts, rule.place, most);
    if let Some(hit) = drafts.first().filter(|_| most > MOST_PER_FURTHER_SCOPE) {
        let others = others(site, scope, rule, hit);
        requests.extend(others.take(MOST_PER_SCOPE - MOST_ORDINARY));
    }
    requests
}

fn of_redirect(site: &Site, scope: &Scope<'_>, redirect: &Redirect, most: usize) -> Vec<Request> {
    let aim = |variant: usize| match &redirect.matcher {
        RedirectMatcher::Prefix(prefix) => {
            let below = [prefix.as_slice(), b"/a%b c?"].concat();
            let plain = [prefix.as_slice(), b"x"].concat();
            let bare = prefix.ends_with(b"/");
            let paths = [prefix.clone(), if bare { plain } else { below }];
            vec![paths[variant % 2].clone()]
        }
        RedirectMatcher::Regex(pattern) => below_base(scope, pattern, variant),
        RedirectMatcher::Section => vec![in_scope(scope, if variant == 0 { b"" } else { b"a" })],
    };
    let drafts = (0..HITS).map(|variant| {
        let aim = Aim {
            paths: aim(variant),
            pattern: None,
            negated: false,
        };
        Draft::best(site, scope, &aim, &[], 0)
    });
    with_misses(&drafts.collect::<Vec<_>>(), redirect.place, most)
}

/// A text that a pattern matches and that lies in the scope's directory, with a part of its path in
/// a group if need be; failing that, one that lies anywhere.
fn below_base(scope: &Scope<'_>, pattern: &Pattern, variant: usize) -> Vec<Vec<u8>> {
    let plain = sample(pattern, variant, &Groups::new());
    let parts: Vec<&[u8]> = scope.base.split(|byte| *byte == b'/').collect();
    let directory = [&scope.base, &b"/"[..]].concat();
    let lies_below = |text: &Vec<u8>| text.starts_with(&directory) && pattern.is_match(text);
    let filled = (1..=3).flat_map(|group| parts.iter().map(move |part| (group, part.to_vec())));
    let filled = filled.map(|one| sample(pattern, variant, &Groups::from([one])));
    let inside = [&scope.base, plain.as_slice()].concat();
    let mut candidates = [plain.clone(), inside].into_iter().chain(filled);
    vec![candidates.find(lies_below).unwrap_or(plain)]
}

/// The URL-path of what a pattern is matched with.
fn in_scope(scope: &Scope<'_>, text: &[u8]) -> Vec<u8> {
    if scope.subject == Subject::Url {
        return text.to_vec();
    }
    let below = text.strip_prefix(b"/").unwrap_or(text);
    let below = below.strip_prefix(&scope.root_part[..]).unwrap_or(below);
    match &scope.file {
        Some(file) if !below.ends_with(file) => [&scope.base, &b"/"[..], file].concat(),
        _ => [&scope.base, &b"/"[..], below].concat(),
    }
}

#[cfg(test)]
mod tests;
