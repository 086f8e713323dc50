//! Requests that should reach each rule, to compare servers with.
//!
//! In: a [`Site`]. Out: [`Witness`]es: for each rule and redirect, in each place it stands, requests
//! made from its pattern and its conditions, and some that just miss it. Absent: sending them. A
//! witness may fail to reach its rule (an earlier rule took it, a condition cannot be fulfilled):
//! what fired is for the evaluator to say.

mod aim;
mod constraint;
mod draft;
mod reach;
mod sample;
mod scope;

use std::collections::{BTreeMap, HashSet};

use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::rules::{
    MapId, Pattern, Piece, Place, Redirect, RedirectMatcher, Rule, RuleFlags, TemplateText,
};
use edgewright_edge_handler::site::{Host, MapKind, Site};

pub(crate) use aim::Aiming;
use constraint::{Constraint, Slot, constraints};
pub(crate) use draft::encoded;
use draft::{Aim, Draft};
pub use reach::{Reach, unreachable};
pub(crate) use sample::{Groups, Samples, sample};
use scope::{List, Scope, Subject};

/// Requests for one rule in one scope, at most.
pub const MOST_PER_SCOPE: usize = 8;

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
    with_misses(&drafts.collect::<Vec<_>>(), rule.place, most)
}

/// What groups of the pattern should be, so that conditions on them hold and maps have an answer.
fn groups(
    site: &Site,
    host: &Host,
    rule: &Rule,
    constraints: &[Constraint<'_>],
    variant: usize,
) -> Groups {
    let mut groups = Groups::new();
    for constraint in constraints.iter().filter(|one| !one.negated) {
        let text = match constraint.demand {
            constraint::Demand::Matches(pattern) => sample(pattern, variant, &Groups::new()),
            constraint::Demand::Equals(text) => text.to_vec(),
            constraint::Demand::IsFile(_) => continue,
        };
        if let Slot::Group(number) = constraint.slot {
            groups.insert(number, text);
        }
    }
    let subjects = rule.conditions.iter().map(|condition| &condition.subject);
    for template in subjects.chain([&rule.substitution]) {
        let lookups = template.pieces().filter_map(lookup);
        for (name, number) in lookups {
            if let Some(key) = map_key(site, host, name, variant) {
                groups.insert(number, key.to_vec());
            }
        }
    }
    groups
}

/// The map and the group of `${map:$1}`, also within a lookup of another map.
fn lookup(piece: Piece<'_>) -> Option<(&[u8], u32)> {
    let Piece::Map { name, key, .. } = piece else {
        return None;
    };
    group_of(key).map(|group| (name, group))
}

fn group_of(key: TemplateText<'_>) -> Option<u32> {
    match key.only_piece()? {
        Piece::RuleGroup(number) => Some(u32::from(number)),
        Piece::Map { key, .. } => group_of(key),
        _ => None,
    }
}

/// The first, a middle or the last key of a map.
fn map_key<'s>(site: &'s Site, host: &Host, name: &[u8], variant: usize) -> Option<&'s [u8]> {
    let maps = host.rewrite.as_ref().map(|rewrite| &rewrite.maps)?;
    let MapId(id) = maps.iter().find(|(own, _)| own == name)?.1;
    let map = site.maps.get(usize::try_from(id).ok()?)?;
    let (MapKind::Text(entries) | MapKind::Random(entries)) = &map.kind else {
        return None;
    };
    let last = entries.len().checked_sub(1)?;
    let entry = entries.get(last * (variant % 3) / 2)?;
    Some(&entry.key)
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

/// The requests of `drafts`, and near misses of the first. Which misses come first depends on the
/// rule's place, so that all kinds occur.
fn with_misses(drafts: &[Draft], place: Place, most: usize) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut push = |request: Request| {
        if requests.len() < most && !requests.contains(&request) {
            requests.push(request);
        }
    };
    for draft in drafts {
        push(draft.finish());
    }
    let misses = drafts.first().map(misses).unwrap_or_default();
    let first = usize::try_from(place.line).unwrap_or(0) % misses.len().max(1);
    for request in misses.iter().cycle().skip(first).take(misses.len()) {
        push(request.clone());
    }
    requests
}

/// Requests that differ from `hit` by little.
fn misses(hit: &Draft) -> Vec<Request> {
    let with_path = |path: Vec<u8>| {
        Draft {
            path,
            ..hit.clone()
        }
        .finish()
    };
    let path = hit.path.as_slice();
    let mut found = vec![
        with_path([path, b"x"].concat()),
        with_path(match path.strip_suffix(b"/") {
            Some(bare) if !bare.is_empty() => bare.to_vec(),
            _ => [path, b"/"].concat(),
        }),
        with_path([b"/", path].concat()),
    ];
    if let Some((_, shorter)) = path.split_last().filter(|(_, shorter)| !shorter.is_empty()) {
        found.push(with_path(shorter.to_vec()));
    }
    if let Some(at) = path.iter().rposition(u8::is_ascii_alphabetic) {
        let mut flipped = path.to_vec();
        flipped[at] ^= 0x20;
        found.push(with_path(flipped));
        let escape = format!("%{:02x}", path[at]);
        let (before, after) = (encoded(&path[..at]), encoded(&path[at + 1..]));
        found.push(hit.with_target([&before, escape.as_bytes(), &after].concat()));
    }
    let query = hit.query.as_deref().unwrap_or_default();
    let joined = if query.is_empty() {
        b"a=1".to_vec()
    } else {
        [query, b"&a=1"].concat()
    };
    found.push(
        Draft {
            query: Some(joined),
            ..hit.clone()
        }
        .finish(),
    );
    found.push(
        Draft {
            query: None,
            headers: BTreeMap::new(),
            ..hit.clone()
        }
        .finish(),
    );
    found
}

#[cfg(test)]
mod tests;
