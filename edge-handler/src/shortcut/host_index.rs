//! Hosts by name.
//!
//! In: a [`Site`]. Out: [`HostIndex`], made once, which finds the host for a name without allocating.
//! Absent: names in odd forms; see `evaluate::vhost`, which this agrees with.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::evaluate::vhost;
use crate::model::normalized::is_plain_name;
use crate::model::request::Scheme;
use crate::model::site::{Host, HostId, HostPattern, Site};

/// The hosts of a site by the names they go by.
#[derive(Debug, Default)]
pub struct HostIndex {
    http: Port,
    https: Port,
}

/// So many names are compared one by one.
const FEW: usize = 4;

/// The hosts on the port that requests of one scheme come in by.
#[derive(Debug, Default)]
struct Port {
    /// In file order.
    candidates: Vec<u32>,
    /// The first candidate of each name; left empty when there are wildcards or addresses, before
    /// which a name may have to wait.
    by_name: HashMap<Vec<u8>, u32, FixedState>,
    /// The plain ones among them, where they need not be compared one by one.
    plain: HashMap<Vec<u8>, u32, FixedState>,
    /// The same where they are few: to compare them takes less than to hash one.
    few: Vec<(Vec<u8>, u32)>,
    /// Names have to be compared one by one.
    one_by_one: bool,
}

impl HostIndex {
    /// Collects the names of `site`.
    pub fn of(site: &Site) -> Self {
        Self {
            http: Port::of(site, Scheme::Http),
            https: Port::of(site, Scheme::Https),
        }
    }

    /// The index of the host that answers for `name`, which is in lower case; `None` when the site has
    /// no host.
    pub fn host(&self, site: &Site, scheme: Scheme, name: &[u8]) -> Option<HostId> {
        let port = self.port(scheme);
        let named = if port.one_by_one {
            vhost::by_name(site, &port.candidates, name)
        } else {
            port.by_name.get(name).copied()
        };
        let found = named.or(port.candidates.first().copied()).unwrap_or(0);
        (usize::try_from(found).ok()? < site.hosts.len()).then_some(HostId(found))
    }

    /// The same for a name that a host goes by, if that is a [plain](crate::model::normalized) one and the host sees requests as
    /// they were sent: nothing else is asked then.
    pub fn plain(&self, scheme: Scheme, name: &[u8]) -> Option<HostId> {
        let port = self.port(scheme);
        let few = port.few.iter().find(|(known, _)| known == name);
        let host = match few {
            Some((_, host)) => Some(*host),
            None => port.plain.get(name).copied(),
        };
        host.map(HostId)
    }

    fn port(&self, scheme: Scheme) -> &Port {
        match scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        }
    }
}

impl Port {
    fn of(site: &Site, scheme: Scheme) -> Self {
        let mut port = Self {
            candidates: vhost::candidates(site, scheme),
            ..Self::default()
        };
        for index in &port.candidates {
            let host = usize::try_from(*index)
                .ok()
                .and_then(|at| site.hosts.get(at));
            let Some(host) = host else { continue };
            port.one_by_one |= is_loose(host);
            let exact = host.aliases.iter().filter_map(|alias| match alias {
                HostPattern::Exact(name) => Some(name),
                HostPattern::Wildcard(_) => None,
            });
            for name in exact.chain([&host.name]) {
                port.by_name
                    .entry(name.to_ascii_lowercase())
                    .or_insert(*index);
            }
        }
        let is_seen_as_sent = |host: &u32| {
            let at = usize::try_from(*host).unwrap_or(usize::MAX);
            site.hosts
                .get(at)
                .is_some_and(|host| host.remote_ip.is_none())
        };
        let plain = port.by_name.iter();
        let plain = plain.filter(|(name, host)| is_plain_name(name) && is_seen_as_sent(host));
        if !port.one_by_one {
            port.plain = plain.map(|(name, host)| (name.clone(), *host)).collect();
            if port.plain.len() <= FEW {
                port.few = port.plain.drain().collect();
            }
        }
        port
    }
}

/// Does the host answer to more than plain names?
fn is_loose(host: &Host) -> bool {
    let is_wildcard = |alias: &HostPattern| matches!(alias, HostPattern::Wildcard(_));
    host.aliases.iter().any(is_wildcard)
        || host.addresses.iter().any(|address| address.ip.is_some())
}
