//! The names that a site's hosts go by, and whether a target names one of them.
//!
//! In: a [`Site`], the text of a target. Out: [`HostNames`], [`target_is_here`]. Absent: choosing a host for a request;
//! see the evaluator.

use std::collections::HashSet;

use edgewright_engine::evaluate::vhost::goes_by;
use edgewright_engine::model::site::{Host, HostPattern, Site};

/// Does `target` lead to a host of this site, as far as its text tells? Not when it surely names another host.
pub(crate) fn target_is_here(names: &HostNames<'_>, target: &[u8]) -> bool {
    let Some(authority) = authority(target) else {
        return true;
    };
    let whole = authority.len() < target.len().saturating_sub(scheme_length(target));
    !whole || names.has(authority)
}

/// The length of `scheme://`; 0 without it.
pub(crate) fn scheme_length(url: &[u8]) -> usize {
    let at = url.windows(3).position(|three| three == b"://");
    at.map_or(0, |at| at + 3)
}

/// Host and port of an absolute URL.
pub(crate) fn authority(url: &[u8]) -> Option<&[u8]> {
    let length = scheme_length(url);
    let rest = url.get(length..).filter(|_| length > 0)?;
    let end = rest.iter().position(|byte| b"/?#".contains(byte));
    rest.get(..end.unwrap_or(rest.len()))
}

/// The names that hosts of a site go by.
pub(crate) struct HostNames<'s> {
    /// Those without wildcards, in lower case.
    exact: HashSet<Vec<u8>>,
    /// Hosts with wildcards among their names.
    others: Vec<&'s Host>,
}

impl<'s> HostNames<'s> {
    /// The names of the hosts of `site`.
    pub fn of(site: &'s Site) -> Self {
        let mut names = Self {
            exact: HashSet::new(),
            others: Vec::new(),
        };
        for host in &site.hosts {
            let exact = host.aliases.iter().filter_map(|alias| match alias {
                HostPattern::Exact(name) => Some(name),
                HostPattern::Wildcard(_) => None,
            });
            let all = exact.chain([&host.name]);
            names
                .exact
                .extend(all.map(|name| name.to_ascii_lowercase()));
            let is_wildcard = |alias: &HostPattern| matches!(alias, HostPattern::Wildcard(_));
            if host.aliases.iter().any(is_wildcard) {
                names.others.push(host);
            }
        }
        names
    }

    /// Does some host go by the name in `authority`?
    pub fn has(&self, authority: &[u8]) -> bool {
        let name = authority.split(|byte| *byte == b':').next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        self.exact.contains(&name) || self.others.iter().any(|host| goes_by(host, &name))
    }
}
