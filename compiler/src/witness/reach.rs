//! Which hosts are ever asked.
//!
//! In: a [`Site`]. Out: how requests come to each host, and rules that stand only where none come. Absent:
//! which of the hosts on one port a name chooses (`evaluate::vhost`).

use std::collections::{BTreeMap, BTreeSet};

use edgewright_engine::evaluate::vhost::connection_port;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Host, Site};

use super::scope::{self, List};

/// How requests come to a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By URLs of this scheme.
    By(Scheme),
    /// By this port only, which neither `http` nor `https` leads to.
    Port(u16),
    /// The host is the main server, and virtual hosts take all requests.
    Never,
}

impl Reach {
    /// The reason why nobody is asked, for a person to read; `None` where requests come.
    pub fn hindrance(self) -> Option<String> {
        match self {
            Self::By(_) => None,
            Self::Port(port) => Some(format!(
                "only reachable on port {port}, which CloudFront does not ask"
            )),
            Self::Never => {
                Some("only on the main server, and virtual hosts take all requests".to_owned())
            }
        }
    }
}

/// How requests come to the hosts of one site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    http: u16,
    https: u16,
    /// Does a virtual host take what comes in there?
    is_taken: [bool; 2],
}

impl Ports {
    pub(super) fn of(site: &Site) -> Self {
        let [http, https] =
            [Scheme::Http, Scheme::Https].map(|scheme| connection_port(site, scheme));
        let is_taken = [http, https].map(|port| site.hosts.iter().any(|host| listens(host, port)));
        Self {
            http,
            https,
            is_taken,
        }
    }

    /// A host without `SSLEngine` on the port for `https` stands behind something that has taken TLS away.
    pub(super) fn reach(self, host: &Host) -> Reach {
        let own = host.addresses.first();
        let [http, https] = match own {
            Some(_) => [self.http, self.https].map(|port| listens(host, port)),
            None => self.is_taken.map(|taken| !taken),
        };
        match (http && !host.tls, https) {
            (true, _) => Reach::By(Scheme::Http),
            (_, true) => Reach::By(Scheme::Https),
            _ => own
                .and_then(|own| own.port)
                .map_or(Reach::Never, Reach::Port),
        }
    }
}

fn listens(host: &Host, port: u16) -> bool {
    let mut ports = host.addresses.iter().map(|address| address.port);
    ports.any(|own| own.is_none_or(|own| own == port))
}

/// Rules and redirects that stand only where no request comes, each with the reason.
pub fn unreachable(site: &Site) -> BTreeMap<Place, Reach> {
    let ports = Ports::of(site);
    let mut unreachable = BTreeMap::new();
    if site
        .hosts
        .iter()
        .all(|host| ports.reach(host).hindrance().is_none())
    {
        return unreachable;
    }
    let mut reachable = BTreeSet::new();
    for (scope, list) in scope::scopes(site) {
        let mut note = |place: Place| match scope.reach {
            Reach::By(_) => _ = reachable.insert(place),
            reach => _ = unreachable.entry(place).or_insert(reach),
        };
        match list {
            List::Proxy(_) => {}
            List::Rules(id) => {
                let set = usize::try_from(id.0).ok();
                let set = set.and_then(|at| site.rule_sets.get(at));
                let rules = set.into_iter().flat_map(|set| &set.rules);
                rules.for_each(|rule| note(rule.place));
            }
            List::Redirects(id) => {
                let list = usize::try_from(id.0).ok();
                let list = list.and_then(|at| site.redirect_lists.get(at));
                let redirects = list.into_iter().flatten();
                redirects.for_each(|redirect| note(redirect.place));
            }
        }
    }
    unreachable.retain(|place, _| !reachable.contains(place));
    unreachable
}
