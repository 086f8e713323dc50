//! What a site was asked, from its access logs.
//!
//! In: log files, and the site they are of. Out: [`Traffic`]: each request once, with how often it
//! was made. Absent: the format of a line; see `access_log`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_edge_handler::evaluate::vhost::goes_by;
use edgewright_edge_handler::request::Scheme;
use edgewright_edge_handler::site::{Host, Site};

use crate::access_log::{self, Logged};
use crate::contract::OwnedRequest;

/// The requests of some logs.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Lines that hold a request which can be made again.
    pub lines: usize,
    /// Each request, in the order it first came, with the number of lines it stands in.
    pub requests: Vec<(OwnedRequest, usize)>,
}

impl Traffic {
    /// Reads `logs`; `-` is standard input. `Referer` and `User-Agent` count only where an answer of
    /// one of `sites` can depend on them: two requests that differ in nothing else are the same one.
    /// A log that names no host is taken for one of the first site. Of distinct requests only the
    /// first `most` are kept.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(logs: &[PathBuf], sites: &[&Site], most: usize) -> Result<Self> {
        let mut gathering = Gathering {
            default_host: sites
                .first()
                .map(|site| default_host(site))
                .unwrap_or_default(),
            relevant: Relevant::of(sites),
            sites,
            most,
            places: HashMap::new(),
            traffic: Self::default(),
        };
        for log in logs {
            let name = || format!("cannot read {}", log.display());
            if log == Path::new("-") {
                gathering.add(stdin().lock())
            } else {
                gathering.add(BufReader::new(File::open(log).with_context(name)?))
            }
            .with_context(name)?;
        }
        Ok(gathering.traffic)
    }
}

struct Gathering<'s> {
    sites: &'s [&'s Site],
    default_host: Vec<u8>,
    relevant: Relevant,
    most: usize,
    /// Where a request stands in the traffic.
    places: HashMap<Logged, usize>,
    traffic: Traffic,
}

impl Gathering<'_> {
    fn add(&mut self, log: impl BufRead) -> std::io::Result<()> {
        for line in log.split(b'\n') {
            let Some(logged) = access_log::parse(&line?) else {
                continue;
            };
            self.traffic.lines += 1;
            self.count(self.relevant.only(logged));
        }
        Ok(())
    }

    fn count(&mut self, logged: Logged) {
        let requests = &mut self.traffic.requests;
        if let Some((_, count)) = self
            .places
            .get(&logged)
            .and_then(|at| requests.get_mut(*at))
        {
            *count += 1;
        } else if requests.len() < self.most {
            requests.push((request(&logged, &self.default_host, self.sites), 1));
            self.places.insert(logged, requests.len() - 1);
        }
    }
}

/// Which logged headers can change an answer.
struct Relevant {
    referer: Relevance,
    user_agent: Relevance,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Relevance {
    None,
    Some,
}

impl Relevant {
    fn of(sites: &[&Site]) -> Self {
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

    fn only(&self, logged: Logged) -> Logged {
        Logged {
            referer: logged.referer.filter(|_| self.referer == Relevance::Some),
            user_agent: logged
                .user_agent
                .filter(|_| self.user_agent == Relevance::Some),
            ..logged
        }
    }
}

fn request(logged: &Logged, default_host: &[u8], sites: &[&Site]) -> OwnedRequest {
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
        scheme: scheme(host, sites),
        host: Some(host.to_vec()),
        target: logged.target.clone(),
        headers: sent.collect(),
        client: b"127.0.0.1".to_vec(),
        protocol: b"HTTP/1.1".to_vec(),
    }
}

/// A log does not say how it was reached; a host that speaks nothing but TLS was reached by it.
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
fn default_host(site: &Site) -> Vec<u8> {
    let named = |host: &&Host| !host.name.is_empty() && !host.tls;
    let hosts = &site.hosts;
    let first = hosts.iter().skip(1).chain(hosts.first()).find(named);
    first.map_or_else(|| b"localhost".to_vec(), |host| host.name.clone())
}
