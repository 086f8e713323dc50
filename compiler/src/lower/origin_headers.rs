//! `RequestHeader` lines that no answer depends on.
//!
//! In: a [`Site`]. Out: its hosts, with what such lines do to a request beside their settings and not in them. Absent: what
//! an answer depends on; see [`Inputs`].
//!
//! A host where lines change headers is evaluated in full, since rules may read them. `RequestHeader unset Proxy early`,
//! which distributions write into every configuration, changes a header that nobody reads: the origin alone gets another.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use edgewright_engine::model::site::headers::{
    HeaderAction, HeaderCondition, HeaderLine, HeaderPart, HeaderTable, HeaderValue, OriginHeader,
};
use edgewright_engine::model::site::{Host, Site};

use crate::inputs::{Input, Inputs};

/// Headers that the server itself reads, whatever lines say.
const READ_BY_SERVER: [&str; 8] = [
    "host",
    "cookie",
    "connection",
    "content-length",
    "expect",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The hosts of `site`, their lines without those that no answer depends on.
pub(super) fn hosts(site: &Site) -> Vec<Host> {
    let mut hosts = site.hosts.clone();
    let lines = site.settings().flat_map(|settings| &settings.headers);
    if !lines.into_iter().any(is_about_requests) {
        return hosts;
    }
    if let Some(read) = read_names(site) {
        for host in &mut hosts {
            set_apart(host, &read);
        }
    }
    hosts
}

fn is_about_requests(line: &HeaderLine) -> bool {
    line.table == HeaderTable::Request
}

fn lower_case(line: &HeaderLine) -> Vec<u8> {
    line.name.to_ascii_lowercase()
}

/// Names that an answer may depend on, or that lines of sections change; `None` where it may be any.
fn read_names(site: &Site) -> Option<BTreeSet<Vec<u8>>> {
    let inputs = Inputs::of(site);
    if inputs.contains(&Input::AnyHeader) {
        return None;
    }
    let named = inputs.iter().filter_map(|(input, _)| match input {
        Input::Header(name) => Some(name.clone().into_bytes()),
        _ => None,
    });
    let remote = site.hosts.iter().filter_map(|host| host.remote_ip.as_ref());
    let remote = remote.map(|remote| remote.header.to_ascii_lowercase());
    let sections = site
        .sections
        .iter()
        .flat_map(|section| &section.settings.headers);
    let sections = sections
        .filter(|line| is_about_requests(line))
        .map(lower_case);
    let server = READ_BY_SERVER.map(|name| name.as_bytes().to_vec());
    Some(named.chain(remote).chain(sections).chain(server).collect())
}

/// Moves the lines of `host` about headers that are not `read`, where every line about the header always does the same.
fn set_apart(host: &mut Host, read: &BTreeSet<Vec<u8>>) {
    let mut found: BTreeMap<Vec<u8>, Option<Constant>> = BTreeMap::new();
    // Early lines come first, and of two the later holds.
    for early in [Early::Yes, Early::No] {
        let lines = host
            .settings
            .headers
            .iter()
            .filter(|line| is_about_requests(line));
        for line in lines.filter(|line| Early::of(line) == early) {
            let constant = constant(line);
            match found.entry(lower_case(line)) {
                Entry::Vacant(place) => _ = place.insert(constant),
                Entry::Occupied(mut known) => {
                    let both = known.get_mut().take().and(constant);
                    *known.get_mut() = both;
                }
            }
        }
    }
    // What reads a name is known as text.
    found.retain(|name, constant| constant.is_some() && name.is_ascii() && !read.contains(name));
    let stays =
        |line: &HeaderLine| !is_about_requests(line) || !found.contains_key(&lower_case(line));
    host.settings.headers.retain(stays);
    let headers = found.into_iter();
    let headers = headers.filter_map(|(name, constant)| {
        let value = match constant? {
            Constant::Value(value) => Some(value),
            Constant::Gone => None,
        };
        Some(OriginHeader { name, value })
    });
    host.origin_headers = headers.collect();
}

/// What a line makes of its header, whatever the request.
enum Constant {
    /// The header has one value.
    Value(Vec<u8>),
    /// The header is taken out.
    Gone,
}

/// Is a line carried out before any rule?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Early {
    Yes,
    No,
}

impl Early {
    fn of(line: &HeaderLine) -> Self {
        match line.condition {
            HeaderCondition::Early => Self::Yes,
            HeaderCondition::Always
            | HeaderCondition::Set(_)
            | HeaderCondition::NotSet(_)
            | HeaderCondition::Expression(_) => Self::No,
        }
    }
}

/// What a line makes of its header; `None` where that depends on the request.
fn constant(line: &HeaderLine) -> Option<Constant> {
    match line.condition {
        HeaderCondition::Always | HeaderCondition::Early => {}
        HeaderCondition::Set(_) | HeaderCondition::NotSet(_) | HeaderCondition::Expression(_) => {
            return None;
        }
    }
    match &line.action {
        HeaderAction::Unset => Some(Constant::Gone),
        HeaderAction::Set(HeaderValue::Format(parts)) => text(parts).map(Constant::Value),
        HeaderAction::Set(HeaderValue::Expression(_))
        | HeaderAction::SetIfEmpty(_)
        | HeaderAction::Add(_)
        | HeaderAction::Append(_)
        | HeaderAction::Merge(_)
        | HeaderAction::Edit(..)
        | HeaderAction::EditAll(..)
        | HeaderAction::Echo(_)
        | HeaderAction::Note => None,
    }
}

/// A value without parts that a request fills.
fn text(parts: &[HeaderPart]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    for part in parts {
        match part {
            HeaderPart::Text(text) => whole.extend_from_slice(text),
            HeaderPart::Environment(_) | HeaderPart::Tls(_) => return None,
        }
    }
    Some(whole)
}
