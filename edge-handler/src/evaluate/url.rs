//! URLs of this server: splitting, shortening, completing (`splitout_queryargs`, `reduce_uri`,
//! `fully_qualify_uri`, `ap_construct_url`).
//!
//! In: a record whose path was replaced. Out: the record changed. Absent: escaping; see `escape`.

use crate::model::request::Scheme;
use crate::model::rules::RuleFlags;
use crate::model::site::{CanonicalName, Host, HostPattern, RewriteOptions};
use crate::source::Source;

use super::Run;
use super::record::{Handler, Record};
use super::rule::PROXY;
use crate::text::escape::is_absolute_uri;
use crate::text::glob::host_matches;
use crate::text::number::leading_integer;

impl Record<'_> {
    /// Moves the query string out of the path (`splitout_queryargs`).
    pub(crate) fn splitout_queryargs(&mut self, flags: RuleFlags) {
        if let Some(filename) = self.filename.as_mut() {
            splitout_queryargs(filename, &mut self.args, flags);
        }
    }

    /// Leaves one slash at the beginning of the path.
    pub(crate) fn merge_leading_slashes(&mut self) {
        if let Some(filename) = self.filename.as_mut() {
            let slashes = filename.iter().take_while(|byte| **byte == b'/').count();
            filename.drain(..slashes.saturating_sub(1));
        }
    }

    /// Was the request already handed to another server?
    pub(crate) fn is_proxied(&self) -> bool {
        self.handler == Handler::Proxy && self.filename().starts_with(PROXY)
    }
}

/// Moves the query string out of a path, or drops it (`splitout_queryargs`).
pub(crate) fn splitout_queryargs(
    filename: &mut Vec<u8>,
    args: &mut Option<Vec<u8>>,
    flags: RuleFlags,
) {
    if flags.contains(RuleFlags::QUERY_NONE) {
        *args = None;
        return;
    }
    let scheme = is_absolute_uri(filename);
    if scheme.is_some_and(|scheme| !scheme.supports_query) {
        *args = None;
        return;
    }
    if flags.contains(RuleFlags::QUERY_DISCARD) {
        *args = None;
    }
    let skip = scheme.map_or(0, |scheme| scheme.scheme_len);
    let rest = filename.get(skip..).unwrap_or_default();
    let found = if flags.contains(RuleFlags::QUERY_LAST) {
        memchr::memrchr(b'?', rest)
    } else {
        memchr::memchr(b'?', rest)
    };
    let Some(found) = found else {
        return;
    };
    let query = filename.split_off(skip + found);
    take_query(&query[1..], args, flags);
}

fn take_query(query: &[u8], args: &mut Option<Vec<u8>>, flags: RuleFlags) {
    if !flags.contains(RuleFlags::QUERY_APPEND) {
        *args = Some(query.to_vec());
    } else if !query.is_empty() {
        let before = args.as_deref().unwrap_or_default();
        *args = Some([query, b"&", before].concat());
    }
    match args.as_mut() {
        Some(text) if text.is_empty() => *args = None,
        Some(text) if text.ends_with(b"&") => {
            text.pop();
        }
        _ => {}
    }
}

/// Adds a query string to a URL that has none.
pub(crate) fn append_query(url: &mut Vec<u8>, query: Option<&[u8]>) {
    if let Some(query) = query {
        url.push(b'?');
        url.extend_from_slice(query);
    }
}

/// The port of a host as its configuration gives it (`s->port`); 0 for none. A `ServerName` without
/// a port takes the port of `<VirtualHost>` away: with `ServerName a` on `*:80`, a rule that leads
/// to `http://a/` is a redirect, because 80 is not 0.
fn configured_port(host: &Host) -> u16 {
    let address = host.addresses.first().and_then(|address| address.port);
    let inherited = address.filter(|_| host.name.is_empty());
    host.port.or(inherited).unwrap_or(0)
}

/// The scheme of URLs to a host (`ap_http_scheme`).
pub(crate) fn scheme_of(host: &Host) -> Scheme {
    if host.tls {
        Scheme::Https
    } else {
        host.scheme.unwrap_or_default()
    }
}

/// The port of a host in URLs where the request names none.
pub(crate) fn port_of(host: &Host) -> u16 {
    match configured_port(host) {
        0 => scheme_of(host).default_port(),
        port => port,
    }
}

/// An absolute URL; a port that goes without saying is left out.
pub(crate) fn url_on(scheme: Scheme, name: &[u8], port: u16, path: &[u8]) -> Vec<u8> {
    let mut url = Vec::with_capacity(name.len() + path.len() + 16);
    url.extend_from_slice(scheme.name().as_bytes());
    url.extend_from_slice(b"://");
    url.extend_from_slice(name);
    if port != scheme.default_port() {
        url.extend_from_slice(format!(":{port}").as_bytes());
    }
    url.extend_from_slice(path);
    url
}

impl<S: Source> Run<'_, S> {
    /// The scheme of URLs to this server (`ap_http_scheme`).
    pub(crate) fn scheme(&self) -> Scheme {
        scheme_of(self.host)
    }

    /// The name of this server in URLs (`ap_get_server_name_for_url`).
    pub(crate) fn server_name(&self, record: &Record<'_>) -> Vec<u8> {
        let name = match self.hostname.as_deref() {
            Some(name) if record.settings.canonical_name() == CanonicalName::Asked => name,
            _ => &self.host.name,
        };
        if name.contains(&b':') && !name.starts_with(b"[") {
            [b"[", name, b"]"].concat()
        } else {
            name.to_vec()
        }
    }

    /// The port of this server in URLs (`ap_get_server_port`).
    pub(crate) fn server_port(&self, record: &Record<'_>) -> u16 {
        let is_asked = record.settings.canonical_name() != CanonicalName::Configured;
        let asked = record.port.filter(|_| is_asked);
        match asked.unwrap_or_else(|| configured_port(self.host)) {
            0 => self.scheme().default_port(),
            port => port,
        }
    }

    /// An absolute URL of this server (`ap_construct_url`).
    pub(crate) fn construct_url(&self, path: &[u8], record: &Record<'_>) -> Vec<u8> {
        let port = self.server_port(record);
        url_on(self.scheme(), &self.server_name(record), port, path)
    }

    /// Makes the path an absolute URL of this server unless it is one (`fully_qualify_uri`).
    pub(crate) fn fully_qualify_uri(&self, record: &mut Record<'_>) {
        if record.method == b"CONNECT" || is_absolute_uri(record.filename()).is_some() {
            return;
        }
        let slash: &[u8] = if record.filename().starts_with(b"/") {
            b""
        } else {
            b"/"
        };
        let path = [slash, record.filename()].concat();
        record.filename = Some(self.construct_url(&path, record));
    }

    /// Makes an absolute URL of this very host a path (`reduce_uri`).
    pub(crate) fn reduce_uri(&self, record: &mut Record<'_>) {
        let Some((host, port, path)) = self.split_own_scheme(record.filename()) else {
            return;
        };
        if !self.is_this_host(host, port) {
            return;
        }
        record.filename = Some(path.to_vec());
        let options = self.host.rewrite.as_ref().map(|rewrite| rewrite.options);
        if !options
            .unwrap_or_default()
            .contains(RewriteOptions::LEGACY_PREFIX_DOC_ROOT)
        {
            record.reduced = true;
        }
    }

    /// Host, port and path of a URL with the scheme of this server.
    fn split_own_scheme<'u>(&self, url: &'u [u8]) -> Option<(&'u [u8], i64, &'u [u8])> {
        let scheme = self.scheme();
        let (name, rest) = url.split_at_checked(scheme.name().len())?;
        let rest = rest.strip_prefix(b"://")?;
        if !name.eq_ignore_ascii_case(scheme.name().as_bytes()) {
            return None;
        }
        let end = |text: &[u8], ends: &[u8]| {
            let found = text.iter().position(|byte| ends.contains(byte));
            found.unwrap_or(text.len())
        };
        let (host, rest) = rest.split_at(end(rest, b"/:"));
        let (port, path) = match rest.strip_prefix(b":") {
            Some(rest) => {
                let (port, path) = rest.split_at(end(rest, b"/"));
                // `atoi` into an unsigned short.
                (leading_integer(port) & 0xffff, path)
            }
            None => (i64::from(scheme.default_port()), rest),
        };
        Some((host, port, if path.is_empty() { b"/" } else { path }))
    }

    /// `ap_matches_request_vhost`.
    fn is_this_host(&self, name: &[u8], port: i64) -> bool {
        let has_port = |known: u16| i64::from(known) == port;
        let by_address = self.host.addresses.iter().any(|address| {
            let ip = address.ip.as_deref().unwrap_or(b"*");
            address.port.is_none_or(has_port) && name.eq_ignore_ascii_case(ip)
        });
        by_address || has_port(configured_port(self.host)) && self.has_name(name)
    }

    fn has_name(&self, name: &[u8]) -> bool {
        let aliases = &self.host.aliases;
        name.eq_ignore_ascii_case(&self.host.name)
            || aliases.iter().any(|alias| match alias {
                HostPattern::Exact(alias) => name.eq_ignore_ascii_case(alias),
                HostPattern::Wildcard(alias) => host_matches(alias, name),
            })
    }
}
