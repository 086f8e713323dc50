//! A request in the making.
//!
//! In: a scope, a path, constraints. Out: a [`Request`]. Absent: choosing what to try.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;

use super::Request;
use super::constraint::{Constraint, Demand, Slot};
use super::groups::is_such;
use super::number::around;
use super::reach::Reach;
use super::sample::Samples;
use super::scope::{Scope, Subject, names, usual_name};
use crate::facts::PatternFacts;

/// Samples of one pattern that are looked at.
const VARIANTS: usize = 4;

/// What a rule or redirect asks of the path.
#[derive(Debug, Clone)]
pub(super) struct Aim<'r> {
    /// Decoded paths that may do, the likeliest first.
    pub(super) paths: Vec<Vec<u8>>,
    /// What the subject should match.
    pub(super) pattern: Option<&'r Pattern>,
    /// The subject should not match the pattern.
    pub(super) negated: bool,
}

/// A request whose parts can still be changed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) method: Vec<u8>,
    pub(super) scheme: Scheme,
    pub(super) host: Vec<u8>,
    /// Decoded.
    pub(super) path: Vec<u8>,
    /// The path as it is sent, where that matters.
    pub(super) written: Option<Vec<u8>>,
    pub(super) query: Option<Vec<u8>>,
    pub(super) headers: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Draft {
    /// A request for `path` without anything else.
    pub(super) fn plain(scope: &Scope<'_>, path: Vec<u8>) -> Self {
        Self {
            method: b"GET".to_vec(),
            scheme: match scope.reach {
                Reach::By(scheme) => scheme,
                _ if scope.host.tls => Scheme::Https,
                _ => Scheme::Http,
            },
            host: usual_name(scope.host),
            path: match path.first() {
                Some(b'/') => path,
                _ => [b"/", path.as_slice()].concat(),
            },
            written: None,
            query: None,
            headers: BTreeMap::new(),
        }
    }

    /// The request that fulfils most of `constraints`; `variant` chooses among equals.
    pub(super) fn best(
        site: &Site,
        scope: &Scope<'_>,
        aim: &Aim<'_>,
        constraints: &[Constraint<'_>],
        variant: usize,
    ) -> Self {
        let hosts = names(scope.host);
        let mut draft = Self::plain(scope, b"/".to_vec());
        let mut slots: Vec<&Slot> = constraints.iter().map(|one| &one.slot).collect();
        slots.sort();
        slots.dedup();
        for slot in slots {
            let asked = || constraints.iter().filter(|one| one.slot == *slot);
            let known = match slot {
                // A name of nobody's: the first host takes it.
                Slot::Host => {
                    let other = hosts
                        .iter()
                        .take(1)
                        .map(|name| [b"x", name.as_slice()].concat());
                    hosts.iter().cloned().chain(other).collect()
                }
                Slot::Method => ["GET", "POST", "HEAD", "OPTIONS"].map(Vec::from).to_vec(),
                _ => vec![Vec::new(), b"x".to_vec()],
            };
            let together = together(slot, &asked().collect::<Vec<_>>());
            let candidates = known
                .into_iter()
                .chain(asked().flat_map(wanted))
                .chain(together);
            let points = |value: &Vec<u8>| asked().filter(|one| one.holds(value)).count();
            if let Some(value) = pick(
                candidates.filter(|value| is_sendable(value)),
                points,
                variant,
            ) {
                draft.set(slot, value);
            }
        }
        draft.path = best_path(site, scope, aim, constraints, &mut draft.query, variant);
        draft.write_path(scope, aim, constraints);
        draft
    }

    /// Where the request line has to hold an escape, the path is sent with it.
    fn write_path(&mut self, scope: &Scope<'_>, aim: &Aim<'_>, constraints: &[Constraint<'_>]) {
        let lines = || {
            let all = constraints.iter();
            all.filter(|one| one.slot == Slot::RequestLine)
        };
        let held = |target: &[u8]| {
            let target = self.with_query(target.to_vec());
            let line = [b"GET ", target.as_slice(), b" HTTP/1.1"].concat();
            lines().filter(|one| one.holds(&line)).count()
        };
        let own = encoded(&self.path);
        let (now, all) = (held(&own), lines().count());
        if now == all {
            return;
        }
        let end = own
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |slash| slash + 1);
        let texts = lines().flat_map(wanted).map(|line| target_of(&line).0);
        let texts = texts.filter(|text| text.contains(&b'%') && is_sendable(text));
        let mut candidates = texts.flat_map(|text| match text.first() {
            Some(b'/') => vec![text],
            _ => vec![[&own[..end], &text].concat(), [&own[..], &text].concat()],
        });
        let found = candidates.find(|target| {
            let path = decoded(target);
            let fits = aim.pattern.is_none_or(|pattern| {
                below(scope, &path).is_some_and(|subject| pattern.is_match(&subject)) != aim.negated
            });
            fits && held(target) > now
        });
        if let Some(target) = found {
            self.path = decoded(&target);
            self.written = Some(target);
        }
    }

    fn set(&mut self, slot: &Slot, value: Vec<u8>) {
        match slot {
            Slot::Host => self.host = value,
            Slot::Method => self.method = value,
            Slot::Query if !value.is_empty() => self.query = Some(value),
            Slot::Header(name) if !value.trim_ascii().is_empty() => {
                self.headers
                    .insert(name.clone(), value.trim_ascii().to_vec());
            }
            _ => {}
        }
    }

    /// The request.
    pub(super) fn finish(&self) -> Request {
        let written = self.written.clone();
        let target = written.unwrap_or_else(|| encoded(&self.path));
        self.with_target(self.with_query(target))
    }

    /// The same for another path.
    pub(super) fn with_path(&self, path: Vec<u8>) -> Self {
        Self {
            path,
            written: None,
            ..self.clone()
        }
    }

    /// A path as it is sent, with the query string.
    pub(super) fn with_query(&self, mut target: Vec<u8>) -> Vec<u8> {
        if let Some(query) = &self.query {
            target.push(b'?');
            target.extend(encoded_query(query));
        }
        target
    }

    /// The request, with another target.
    pub(super) fn with_target(&self, target: Vec<u8>) -> Request {
        let headers = self.headers.iter();
        Request {
            method: self.method.clone(),
            scheme: self.scheme,
            host: self.host.clone(),
            target,
            headers: headers
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

/// Values that would fulfil a constraint.
pub(super) fn wanted(constraint: &Constraint<'_>) -> Vec<Vec<u8>> {
    match constraint.demand {
        Demand::Passes(..) => {
            let values = constraint.operand().map(around).unwrap_or_default();
            let fitting = values.into_iter().filter(|value| constraint.holds(value));
            fitting.collect()
        }
        _ if constraint.negated => Vec::new(),
        Demand::Matches(pattern) => {
            let facts = PatternFacts::of(pattern);
            let samples = Samples::of(&facts);
            (0..VARIANTS)
                .map(|variant| samples.text(variant, &constraint.groups))
                .collect()
        }
        Demand::Equals(text) => vec![text.to_vec()],
        Demand::IsFile(_) => Vec::new(),
    }
}

/// Values that would fulfil all constraints on one slot, one part for each.
fn together(slot: &Slot, constraints: &[&Constraint<'_>]) -> Vec<Vec<u8>> {
    let between: &[u8] = match slot {
        Slot::Query => b"&",
        Slot::Header(name) if name == b"cookie" => b"; ",
        Slot::Header(name) if name.starts_with(b"accept") => b", ",
        Slot::Header(_) => b" ",
        _ => return Vec::new(),
    };
    let each: Vec<_> = constraints.iter().map(|one| wanted(one)).collect();
    let each: Vec<_> = each.iter().filter(|values| !values.is_empty()).collect();
    if each.len() < 2 {
        return Vec::new();
    }
    let part = |variant: usize| {
        each.iter()
            .map(move |values| &values[variant % values.len()][..])
    };
    (0..VARIANTS)
        .map(|variant| part(variant).collect::<Vec<_>>().join(between))
        .collect()
}

/// One of the values with the highest score: which, `variant` says.
fn pick(
    values: impl Iterator<Item = Vec<u8>>,
    score: impl Fn(&Vec<u8>) -> usize,
    variant: usize,
) -> Option<Vec<u8>> {
    let mut best: (usize, Vec<Vec<u8>>) = (0, Vec::new());
    for value in values {
        let reached = score(&value);
        if reached > best.0 || best.1.is_empty() {
            best = (reached, vec![value]);
        } else if reached == best.0 && !best.1.contains(&value) {
            best.1.push(value);
        }
    }
    let index = variant % best.1.len().max(1);
    best.1.into_iter().nth(index)
}

/// Can it stand in a header or a request line?
fn is_sendable(value: &[u8]) -> bool {
    value.iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn best_path(
    site: &Site,
    scope: &Scope<'_>,
    aim: &Aim<'_>,
    constraints: &[Constraint<'_>],
    query: &mut Option<Vec<u8>>,
    variant: usize,
) -> Vec<u8> {
    let of = |slot: Slot| constraints.iter().filter(move |one| one.slot == slot);
    let lines: Vec<_> = of(Slot::RequestLine)
        .flat_map(wanted)
        .map(|line| target_of(&line))
        .collect();
    if let (None, Some(from_line)) = (&*query, lines.iter().find_map(|(_, query)| query.clone())) {
        *query = Some(from_line);
    }
    let files = of(Slot::File).filter(|one| !one.negated);
    let candidates = (aim.paths.iter().cloned())
        .chain(of(Slot::Path).flat_map(wanted))
        .chain(lines.into_iter().map(|(path, _)| path))
        .chain(files.flat_map(|file| known_files(site, scope, file)));
    let rooted = candidates.map(|path| match path.first() {
        Some(b'/') => path,
        _ => [b"/", path.as_slice()].concat(),
    });
    let suffix = query
        .as_ref()
        .map_or_else(Vec::new, |query| [b"?", query.as_slice()].concat());
    let points = |path: &Vec<u8>| {
        let line = [b"GET ", encoded(path).as_slice(), &suffix, b" HTTP/1.1"].concat();
        let fits = aim.pattern.is_none_or(|pattern| {
            below(scope, path).is_some_and(|subject| pattern.is_match(&subject)) != aim.negated
        });
        usize::from(fits) * 8
            + of(Slot::Path).filter(|one| one.holds(path)).count()
            + of(Slot::RequestLine).filter(|one| one.holds(&line)).count()
            + of(Slot::File)
                .filter(|one| is_so(site, scope, one, path))
                .count()
    };
    pick(rooted, points, variant).unwrap_or_else(|| b"/".to_vec())
}

/// What the pattern of a rule is matched with, for a URL-path.
pub(super) fn below<'p>(scope: &Scope<'_>, path: &'p [u8]) -> Option<Cow<'p, [u8]>> {
    match scope.subject {
        Subject::Url => Some(Cow::Borrowed(path)),
        Subject::BelowDirectory => {
            let rest = path.strip_prefix(scope.base.as_slice())?;
            let rest = rest.strip_prefix(b"/").unwrap_or(rest);
            Some(match &scope.root_part[..] {
                b"" => Cow::Borrowed(rest),
                part => Cow::Owned([part, rest].concat()),
            })
        }
    }
}

/// Path and query of a request line; of a part of one, what is likely to be them.
fn target_of(line: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let slash = line.iter().position(|byte| *byte == b'/').unwrap_or(0);
    let rest = line.get(slash..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(rest.len());
    let target = &rest[..end];
    match target.iter().position(|byte| *byte == b'?') {
        Some(mark) => (target[..mark].to_vec(), Some(target[mark + 1..].to_vec())),
        None => (target.to_vec(), None),
    }
}

/// URL-paths of things in the document root that are such files.
fn known_files(site: &Site, scope: &Scope<'_>, constraint: &Constraint<'_>) -> Vec<Vec<u8>> {
    let root = scope.host.document_root.as_slice();
    let entries = site.tree.entries.range(root.to_vec()..);
    let below = entries.map_while(|(path, _)| path.strip_prefix(root));
    let fitting = below.filter(|path| is_so(site, scope, constraint, path));
    fitting.take(VARIANTS).map(<[u8]>::to_vec).collect()
}

fn is_so(site: &Site, scope: &Scope<'_>, constraint: &Constraint<'_>, path: &[u8]) -> bool {
    let Demand::IsFile(test) = constraint.demand else {
        return false;
    };
    let file = [scope.host.document_root.as_slice(), path].concat();
    let is_so = is_such(test, site.tree.kind(&file));
    is_so != constraint.negated
}

/// A path without its escapes.
fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*path.get(at)?).to_digit(16);
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let digits = digit(at + 1).zip(digit(at + 2)).filter(|_| *byte == b'%');
        let value = digits.and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(value.unwrap_or(*byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    out
}

/// A decoded path as a request line holds it.
pub(crate) fn encoded(path: &[u8]) -> Vec<u8> {
    escaped(path, |byte| {
        byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte)
    })
}

fn encoded_query(query: &[u8]) -> Vec<u8> {
    escaped(query, |byte| {
        byte.is_ascii_graphic() && !b"#\"<>".contains(&byte)
    })
}

fn escaped(text: &[u8], stays: impl Fn(u8) -> bool) -> Vec<u8> {
    if text.iter().all(|byte| stays(*byte)) {
        return text.to_vec();
    }
    let mut out = String::with_capacity(text.len());
    for byte in text {
        if stays(*byte) {
            out.push(char::from(*byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
    out.into_bytes()
}
