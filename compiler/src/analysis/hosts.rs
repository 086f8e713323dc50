//! Virtual hosts that nobody comes to by their name.
//!
//! In: the hosts of a [`Site`]. Out: findings. Absent: what their lines do.

use std::collections::HashMap;

use edgewright_engine::evaluate::vhost::goes_by;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Address, Host, HostPattern, Site};

use super::Finding;
use crate::reading::Position;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// Every host whose name an earlier one on the same addresses goes by.
pub(super) fn find(site: &Site, aiming: &Aiming<'_>) -> Vec<Finding> {
    let mut earlier = Earlier::default();
    let mut found = Vec::new();
    for host in &site.hosts {
        let Some(place) = host.place.filter(|_| !host.name.is_empty()) else {
            continue;
        };
        let takes = earlier.takes(host).and_then(|other| other.place);
        found.extend(takes.map(|other| missed(site, host, aiming, taken(host, place, other))));
        earlier.add(host);
    }
    found
}

/// The finding with a request by the host's name that its first line does not answer.
fn missed(site: &Site, host: &Host, aiming: &Aiming<'_>, finding: Finding) -> Finding {
    let number = |id: u32| usize::try_from(id).unwrap_or(usize::MAX);
    let of_rules = host.rewrite.as_ref().and_then(|rewrite| {
        let rule = site.rule_sets.get(number(rewrite.rules.0))?.rules.first()?;
        Some((Position::Rule(rewrite.rules, 0), rule.place))
    });
    let of_redirects = || {
        let redirect = site.redirect_lists.get(number(host.redirects.0))?.first()?;
        Some((Position::Redirect(host.redirects, 0), redirect.place))
    };
    let Some((position, line)) = of_rules.or_else(of_redirects) else {
        return finding;
    };
    let Some(mut request) = aiming.others(position).into_iter().next() else {
        return finding;
    };
    request.host.clone_from(&host.name);
    finding
        .about(line)
        .shows(Shows::Misses, Tries::only(request))
}

fn taken(host: &Host, place: Place, by: Place) -> Finding {
    let shown = String::from_utf8_lossy(&host.name);
    let headline = format!("an earlier host goes by `{shown}`, and takes its requests");
    let mut finding = Finding::warning("host-taken", place, headline)
        .label("is not asked by its name")
        .help("move it before the other, or take the name out of the other's names");
    finding.others = vec![(by, "this host answers")];
    finding
}

/// Hosts so far.
#[derive(Default)]
struct Earlier<'s> {
    /// By the names they have without wildcards, in lower case.
    exact: HashMap<Vec<u8>, Vec<&'s Host>>,
    /// Those with wildcards, at most so many.
    wild: Vec<&'s Host>,
}

/// Of more hosts with wildcards the rest is not looked at.
const MOST_WILD: usize = 64;

impl<'s> Earlier<'s> {
    fn takes(&self, host: &Host) -> Option<&'s Host> {
        let exact = self.exact.get(&host.name.to_ascii_lowercase());
        let all = exact.into_iter().flatten().chain(&self.wild);
        all.copied().find(|other| takes(other, host))
    }

    fn add(&mut self, host: &'s Host) {
        let is_wild = |alias: &HostPattern| matches!(alias, HostPattern::Wildcard(_));
        if host.aliases.iter().any(is_wild) && self.wild.len() < MOST_WILD {
            self.wild.push(host);
        }
        let names = host.aliases.iter().filter_map(|alias| match alias {
            HostPattern::Exact(name) => Some(name),
            HostPattern::Wildcard(_) => None,
        });
        for name in names.chain([&host.name]) {
            let known = self.exact.entry(name.to_ascii_lowercase()).or_default();
            // One for http, one for https, and some for addresses.
            if known.len() < MOST_WILD {
                known.push(host);
            }
        }
    }
}

fn takes(earlier: &Host, later: &Host) -> bool {
    let is_same = |one: &Address, other: &Address| one.ip == other.ip && one.port == other.port;
    let covers = |address: &Address| {
        earlier
            .addresses
            .iter()
            .any(|other| is_same(other, address))
    };
    !later.addresses.is_empty()
        && later.addresses.iter().all(covers)
        && goes_by(earlier, &later.name)
}
