//! Which virtual host answers, and by which name.
//!
//! In: a site and a request. Out: [`Chosen`]. Absent: how Apache chooses; see `edgewright_engine::evaluate::vhost`.

use edgewright_engine::evaluate::vhost::{choose_host, goes_by};
use edgewright_engine::model::request::Request;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Host, HostPattern, Site};

use crate::contract::to_text;
use crate::findings::codes::nearest;

/// The host that answers a request.
#[derive(Debug)]
pub struct Chosen<'s> {
    /// The host.
    pub host: &'s Host,
    /// Why that one.
    pub reason: Reason,
}

/// Why a host answers.
#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// The configuration has no virtual hosts.
    OnlyOne,
    /// It has the name that the request names.
    Named,
    /// No host has that name: the first of the port answers. The name that is most like it, and where its host begins.
    First(Option<(String, Option<Place>)>),
}

/// The host that answers; `None` where the request names none, or what is no name.
pub fn chosen<'s>(site: &'s Site, request: &Request<'_>) -> Option<Chosen<'s>> {
    let found = choose_host(site, request, None).ok()?;
    let host = site.hosts.get(found.host_index)?;
    let reason = if site.hosts.iter().all(|host| host.place.is_none()) {
        Reason::OnlyOne
    } else if goes_by(host, &found.hostname) {
        Reason::Named
    } else {
        Reason::First(most_like(site, &to_text(&found.hostname)))
    };
    Some(Chosen { host, reason })
}

/// The name of a host that is most like `asked`.
fn most_like(site: &Site, asked: &str) -> Option<(String, Option<Place>)> {
    let names = site.hosts.iter().flat_map(|host| {
        let aliases = host.aliases.iter().filter_map(|alias| match alias {
            HostPattern::Exact(name) => Some(to_text(name)),
            HostPattern::Wildcard(_) => None,
        });
        let names = aliases.chain([to_text(&host.name)]);
        names.map(|name| (name, host.place))
    });
    let names: Vec<_> = names.filter(|(name, _)| !name.is_empty()).collect();
    let found = nearest(asked, names.iter().map(|(name, _)| name.as_str()))?;
    names.iter().find(|(name, _)| name == found).cloned()
}

/// Does a URL's host belong to the configuration?
pub fn is_own(site: &Site, host: &[u8]) -> bool {
    let name = host.split(|byte| *byte == b':').next().unwrap_or(host);
    site.hosts.iter().any(|own| goes_by(own, name))
}
