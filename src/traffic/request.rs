//! From a logged request to one that can be made again.
//!
//! In: a line's request, and the sites it may be of. Out: an [`OwnedRequest`]. Absent: counting.

use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_engine::evaluate::vhost::goes_by;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::site::{Host, Site};

use crate::access_log::Logged;
use crate::contract::OwnedRequest;

/// Which logged headers can change an answer.
pub struct Relevant {
    referer: Relevance,
    user_agent: Relevance,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Relevance {
    None,
    Some,
}

impl Relevant {
    /// What the answers of `sites` can depend on.
    pub fn of(sites: &[&Site]) -> Self {
        let inputs: Vec<Inputs> = sites.iter().map(|site| Inputs::of(site)).collect();
        let relevance = |name: &str| {
            let header = Input::Header(name.to_owned());
            let read =
                |inputs: &Inputs| inputs.contains(&Input::AnyHeader) || inputs.contains(&header);
            if inputs.iter().any(read) {
                Relevance::Some
            } else {
                Relevance::None
            }
        };
        Self {
            referer: relevance("referer"),
            user_agent: relevance("user-agent"),
        }
    }

    /// `logged` without the headers that change no answer.
    pub fn only(&self, logged: Logged) -> Logged {
        Logged {
            referer: logged.referer.filter(|_| self.referer == Relevance::Some),
            user_agent: logged
                .user_agent
                .filter(|_| self.user_agent == Relevance::Some),
            ..logged
        }
    }
}

/// The request that a line is about. A line without a host is about `default_host`.
pub fn request(logged: &Logged, default_host: &[u8], sites: &[&Site]) -> OwnedRequest {
    let headers = [
        ("Referer", &logged.referer),
        ("User-Agent", &logged.user_agent),
    ];
    let sent = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.as_bytes().to_vec(), value.clone()?)));
    let host = logged.host.as_deref().unwrap_or(default_host);
    OwnedRequest {
        method: logged.method.clone(),
        scheme: logged.scheme.unwrap_or_else(|| scheme(host, sites)),
        host: Some(host.to_vec()),
        target: logged.target.clone(),
        headers: sent.collect(),
        client: b"127.0.0.1".to_vec(),
        protocol: b"HTTP/1.1".to_vec(),
    }
}

/// Most logs do not say how a request came; a host that speaks nothing but TLS was reached by it.
fn scheme(host: &[u8], sites: &[&Site]) -> Scheme {
    let hosts = sites.iter().flat_map(|site| &site.hosts);
    let named: Vec<_> = hosts.filter(|own| goes_by(own, host)).collect();
    if !named.is_empty() && named.iter().all(|own| own.tls) {
        Scheme::Https
    } else {
        Scheme::Http
    }
}

/// The host of a logged request that does not say: the first virtual host, as for a request with
/// an unknown name; else the main server.
pub fn default_host(site: &Site) -> Vec<u8> {
    let named = |host: &&Host| !host.name.is_empty() && !host.tls;
    let hosts = &site.hosts;
    let first = hosts.iter().skip(1).chain(hosts.first()).find(named);
    first.map_or_else(|| b"localhost".to_vec(), |host| host.name.clone())
}
