//! What a browser asks for next.
//!
//! In: a request and what became of it. Out: the request that follows. Absent: redirects to other sites; nobody knows
//! what they answer.

use edgewright_engine::model::outcome::Outcome;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::site::Site;

use crate::host_names::{HostNames, authority, scheme_length};
use crate::witness::Request;

/// Browsers follow about so many redirects.
pub(crate) const MOST_HOPS: usize = 20;

/// Somebody who follows redirects on a site.
pub(crate) struct Browser<'s> {
    names: HostNames<'s>,
    /// No host has a name: whatever name was asked for is this site's.
    is_nameless: bool,
    speaks_tls: bool,
}

impl<'s> Browser<'s> {
    /// A browser on `site`.
    pub fn of(site: &'s Site) -> Self {
        Self {
            names: HostNames::of(site),
            is_nameless: site.hosts.iter().all(|host| host.name.is_empty()),
            speaks_tls: site.hosts.iter().any(|host| host.tls),
        }
    }

    /// The names of the site's hosts.
    pub fn names(&self) -> &HostNames<'s> {
        &self.names
    }

    /// The request a browser makes of a redirect to this site.
    pub fn next(&self, request: &Request, outcome: &Outcome) -> Option<Request> {
        let Outcome::Redirect { location, .. } = outcome else {
            return None;
        };
        let authority = authority(location)?;
        let scheme = if location.starts_with(b"https:") {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let is_known = self.names.has(authority) || self.is_nameless && authority == request.host;
        // Without TLS here, somebody else answers what comes over it.
        if !is_known || scheme != request.scheme && !self.speaks_tls {
            return None;
        }
        let target = location.get(scheme_length(location) + authority.len()..)?;
        let target = target
            .split(|byte| *byte == b'#')
            .next()
            .unwrap_or_default();
        Some(Request {
            method: request.method.clone(),
            scheme,
            host: authority.to_vec(),
            target: if target.starts_with(b"/") {
                target.to_vec()
            } else {
                [b"/", target].concat()
            },
            headers: request.headers.clone(),
        })
    }
}
