//! A request on its way to a host (`ap_read_request`, as far as the host and the URL).
//!
//! In: a site and a request. Out: [`Arrival`]: the host, the decoded target, or the status of a request that no module sees.
//! Absent: what the host does with it; see [`super::Run`].

use crate::model::normalized::NormalizedRequest;
use crate::model::outcome::Refusal;
use crate::model::request::Request;
use crate::model::site::{Host, Site};

use super::canonical::{self, Canonical, MergeSlashes};
use super::vhost::{self, ChosenHost};

/// A request as it reaches a host.
pub(super) struct Arrival<'a> {
    pub host: &'a Host,
    pub hostname: Option<Vec<u8>>,
    pub port: Option<u16>,
    pub host_header: Option<Vec<u8>>,
    pub canonical: Canonical,
    pub refused: Option<Refused>,
}

/// A request that is answered before any module sees its URL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused {
    pub status: u16,
    /// Nobody has read its headers.
    pub unread: bool,
    /// No module has seen it at all, `mod_setenvif` neither.
    pub unseen: bool,
}

impl Refused {
    /// Why.
    pub fn reason(self) -> Refusal {
        match self {
            Self { unread: true, .. } => Refusal::RequestLine,
            Self { unseen: true, .. } => Refusal::HostName,
            Self { .. } => Refusal::Path,
        }
    }
}

impl<'a> Arrival<'a> {
    /// Finds the host and decodes the target. `None` when there is no host at all.
    pub fn of(site: &'a Site, request: &Request<'_>) -> Option<Self> {
        let mut arrival = Self {
            host: site.hosts.first()?,
            hostname: None,
            port: None,
            host_header: request.host.map(<[u8]>::to_vec),
            canonical: Canonical {
                path: b"/".to_vec(),
                query: None,
                authority: None,
            },
            refused: None,
        };
        arrival.refused = arrival.find_host(site, request).err();
        if arrival.refused.is_none() {
            let seen = |status| Refused {
                status,
                unread: false,
                unseen: false,
            };
            arrival.refused = arrival.decode(request).err().map(seen);
        }
        if let Some(refused) = arrival.refused {
            arrival.keep_read(request, refused);
        }
        Some(arrival)
    }

    /// A normalized request on its host.
    pub fn plain(host: &'a Host, plain: &NormalizedRequest<'_>) -> Self {
        Self {
            host,
            hostname: Some(plain.hostname.to_vec()),
            port: None,
            host_header: Some(plain.hostname.to_vec()),
            canonical: Canonical {
                path: plain.path.to_vec(),
                query: plain.query.map(<[u8]>::to_vec),
                authority: None,
            },
            refused: None,
        }
    }

    /// `ap_read_request` as far as the host.
    fn find_host(&mut self, site: &'a Site, request: &Request<'_>) -> Result<(), Refused> {
        let refused = |status, unread| Refused {
            status,
            unread,
            unseen: true,
        };
        match canonical::authority(request.method, &request.target.line()) {
            Err(status) => {
                let authority = canonical::refused_authority(&request.target.line());
                let chosen = vhost::unread_host(site, request, authority.as_ref());
                self.host_header = None;
                self.take(site, chosen);
                Err(refused(status, true))
            }
            Ok(authority) => match vhost::choose_host(site, request, authority.as_ref()) {
                Err(status) => {
                    let chosen = vhost::refused_host(site, request, authority.as_ref());
                    self.take(site, chosen);
                    Err(refused(status, false))
                }
                Ok(chosen) => {
                    self.take(site, chosen);
                    Ok(())
                }
            },
        }
    }

    fn take(&mut self, site: &'a Site, chosen: ChosenHost) {
        self.host = site.hosts.get(chosen.host_index).unwrap_or(self.host);
        self.hostname = Some(chosen.hostname).filter(|name| !name.is_empty());
        self.port = chosen.port;
        self.host_header = chosen.replaced_header.or(self.host_header.take());
    }

    /// Keeps of a target that is refused what was read of it.
    fn keep_read(&mut self, request: &Request<'_>, refused: Refused) {
        let line = request.target.line();
        let (path, query) = if refused.unseen {
            canonical::raw(request.method, &line)
        } else {
            let (merge, encoded) = (MergeSlashes::of(self.host), self.host.encoded_slashes);
            canonical::refused_target(request.method, &line, merge, encoded)
        };
        self.canonical.path = path;
        self.canonical.query = query;
    }

    fn decode(&mut self, request: &Request<'_>) -> Result<(), u16> {
        let (merge, encoded) = (MergeSlashes::of(self.host), self.host.encoded_slashes);
        self.canonical =
            canonical::canonical(request.method, &request.target.line(), merge, encoded)?;
        Ok(())
    }
}
