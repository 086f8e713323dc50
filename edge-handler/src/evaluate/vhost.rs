//! Which host answers a request.
//!
//! In: the hosts of a site, a request, and the authority of its target if that is an absolute
//! URL. Out: [`ChosenHost`], or the status of a request no host takes. Absent: the address and
//! port a connection came in by, which the edge does not know: every `<VirtualHost>` address
//! counts as the connection's, and its port is worked out from the scheme.

use std::net::Ipv6Addr;

use crate::evaluate::canonical::Authority;
use crate::model::request::{Request, Scheme};
use crate::model::site::{Host, HostPattern, Site};
use crate::text::glob::host_matches;

/// The host that answers, and what the request called it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenHost {
    /// Index into [`Site::hosts`].
    pub host_index: usize,
    /// `r->hostname`: lower case, without port, brackets or a trailing dot. Empty when the request
    /// names none (HTTP/1.0 without `Host`).
    pub hostname: Vec<u8>,
    /// The port the request names after its host.
    pub port: Option<u16>,
    /// What `%{HTTP_HOST}` is instead of the `Host` header: set when the target is an absolute
    /// URL, whose host counts.
    pub replaced_header: Option<Vec<u8>>,
}

/// Chooses the host (`ap_update_vhost_from_headers`, `update_server_from_aliases`).
///
/// # Errors
/// 400 when the request names no host where it must, or one that is no host name.
pub fn choose_host(
    site: &Site,
    request: &Request<'_>,
    authority: Option<&Authority>,
) -> Result<ChosenHost, u16> {
    let candidates = candidates(site, request.scheme);
    let first = candidates.first().copied().unwrap_or(0);
    let first_host = usize::try_from(first)
        .ok()
        .and_then(|at| site.hosts.get(at));
    let named = name_host(first_host, request, authority)?;
    if !named.known && !request.protocol.ends_with(b"/1.0")
        || request.host.is_none() && request.protocol == b"HTTP/1.1"
    {
        return Err(400);
    }
    let host_index = if named.known {
        by_name(site, &candidates, &named.hostname).unwrap_or(first)
    } else {
        first
    };
    Ok(ChosenHost {
        host_index: usize::try_from(host_index).unwrap_or(usize::MAX),
        hostname: named.hostname,
        port: named.port,
        replaced_header: named.replaced_header,
    })
}

/// The host of a request whose line is refused: its headers are not read, and a name in the target
/// is left as it is written (`ap_parse_uri`).
pub fn unread_host(
    site: &Site,
    request: &Request<'_>,
    authority: Option<&Authority>,
) -> ChosenHost {
    let first = candidates(site, request.scheme).first().copied();
    let host_index = usize::try_from(first.unwrap_or(0)).unwrap_or(usize::MAX);
    let own = authority.filter(|authority| {
        let scheme = own_scheme(request, site.hosts.get(host_index));
        authority.is_of(scheme)
    });
    let port = authority.and_then(|authority| wrapped_port(split_authority(&authority.host).1));
    let hostname = own.map(|authority| split_authority(&authority.host).0.to_vec());
    ChosenHost {
        host_index,
        hostname: hostname.unwrap_or_default(),
        port,
        replaced_header: None,
    }
}

/// The host of a request that [`choose_host`] refuses.
pub fn refused_host(
    site: &Site,
    request: &Request<'_>,
    authority: Option<&Authority>,
) -> ChosenHost {
    let named = Request {
        host: request.host.or(Some(b"")),
        protocol: b"HTTP/1.0",
        ..request.clone()
    };
    let chosen = choose_host(site, &named, authority);
    let chosen = chosen.unwrap_or_else(|_| unread_host(site, request, authority));
    // A name in the target takes the place of a header, and makes none.
    ChosenHost {
        replaced_header: chosen.replaced_header.filter(|_| request.host.is_some()),
        ..chosen
    }
}

/// The port of the connection: at the edge only the scheme is known.
pub fn connection_port(site: &Site, scheme: Scheme) -> u16 {
    let addresses = |tls_only: bool| {
        let hosts = site.hosts.iter().filter(move |host| host.tls || !tls_only);
        hosts.flat_map(|host| host.addresses.iter().filter_map(|address| address.port))
    };
    if scheme == Scheme::Https {
        if addresses(false).any(|port| port == 443) {
            return 443;
        }
        if let Some(port) = addresses(true).next() {
            return port;
        }
    }
    let ports = || site.listen.iter().copied().chain(addresses(false));
    if ports().any(|port| port == 80) {
        return 80;
    }
    ports().find(|port| *port != 443).unwrap_or(80)
}

/// The virtual hosts on the connection's port, in file order; empty when only the main server is
/// left.
pub(crate) fn candidates(site: &Site, scheme: Scheme) -> Vec<u32> {
    let port = connection_port(site, scheme);
    let listens = |host: &Host| {
        let mut ports = host.addresses.iter().map(|address| address.port);
        ports.any(|own| own.is_none_or(|own| own == port))
    };
    let hosts = (0..).zip(&site.hosts);
    hosts
        .filter(|(_, host)| listens(host))
        .map(|(index, _)| index)
        .collect()
}

/// The first candidate that goes by `hostname`; failing that, the first whose `<VirtualHost>`
/// address is written so.
pub(crate) fn by_name(site: &Site, candidates: &[u32], hostname: &[u8]) -> Option<u32> {
    let find = |answers: fn(&Host, &[u8]) -> bool| {
        let mut all = candidates.iter().copied();
        all.find(|index| {
            let host = usize::try_from(*index)
                .ok()
                .and_then(|at| site.hosts.get(at));
            host.is_some_and(|host| answers(host, hostname))
        })
    };
    find(goes_by).or_else(|| find(has_address))
}

/// `matches_aliases`: `ServerName` or one of `ServerAlias`.
pub fn goes_by(host: &Host, hostname: &[u8]) -> bool {
    let is_alias = |alias: &HostPattern| match alias {
        HostPattern::Exact(name) => name.eq_ignore_ascii_case(hostname),
        HostPattern::Wildcard(pattern) => host_matches(pattern, hostname),
    };
    host.name.eq_ignore_ascii_case(hostname) || host.aliases.iter().any(is_alias)
}

fn has_address(host: &Host, hostname: &[u8]) -> bool {
    let mut addresses = host
        .addresses
        .iter()
        .filter_map(|address| address.ip.as_deref());
    addresses.any(|ip| ip.eq_ignore_ascii_case(hostname))
}

/// What a request calls its host.
struct Named {
    hostname: Vec<u8>,
    port: Option<u16>,
    known: bool,
    replaced_header: Option<Vec<u8>>,
}

fn name_host(
    first: Option<&Host>,
    request: &Request<'_>,
    authority: Option<&Authority>,
) -> Result<Named, u16> {
    let url = authority.map(|authority| split_authority(&authority.host));
    let url_port = url.and_then(|(_, port)| wrapped_port(port));
    let same_scheme =
        authority.is_some_and(|authority| authority.is_of(own_scheme(request, first)));
    if let (Some((host, port)), true) = (url, same_scheme) {
        let hostname = fix_hostname(host)?;
        let mut header = if host.contains(&b':') {
            [b"[", hostname.as_slice(), b"]"].concat()
        } else {
            hostname.clone()
        };
        if !port.is_empty() {
            header.push(b':');
            header.extend_from_slice(port);
        }
        return Ok(Named {
            hostname,
            port: url_port,
            known: true,
            replaced_header: request.host.map(|_| header),
        });
    }
    let (hostname, port) = match request.host {
        Some(header) if !header.is_empty() => read_host_header(header)?,
        _ => (Vec::new(), None),
    };
    Ok(Named {
        known: !hostname.is_empty(),
        hostname,
        port: port.or(url_port),
        replaced_header: None,
    })
}

/// The scheme of URLs to the host that is first asked (`ap_http_scheme`).
fn own_scheme(request: &Request<'_>, first: Option<&Host>) -> Scheme {
    match (request.scheme, first.and_then(|host| host.scheme)) {
        (Scheme::Https, _) | (_, Some(Scheme::Https)) => Scheme::Https,
        _ => Scheme::Http,
    }
}

/// Host without brackets, and port, of an authority whose syntax was checked before.
fn split_authority(authority: &[u8]) -> (&[u8], &[u8]) {
    let user = authority.iter().rposition(|byte| *byte == b'@');
    let authority = user.map_or(authority, |user| &authority[user + 1..]);
    let colon = |text: &[u8]| text.iter().position(|byte| *byte == b':');
    if let Some(inside) = authority.strip_prefix(b"[")
        && let Some(end) = inside.iter().position(|byte| *byte == b']')
    {
        let after = &inside[end + 1..];
        return (&inside[..end], after.strip_prefix(b":").unwrap_or_default());
    }
    match colon(authority) {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => (authority, b""),
    }
}

/// A port from 1 to 65535.
fn parse_port(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits)
        .ok()?
        .parse()
        .ok()
        .filter(|port| *port != 0)
}

/// The port of a URL, which Apache cuts to 16 bits without asking whether it fits.
fn wrapped_port(digits: &[u8]) -> Option<u16> {
    let mut value = None;
    for digit in digits {
        let tens = value.unwrap_or(0_u16).wrapping_mul(10);
        value = Some(tens.wrapping_add(u16::from(digit.wrapping_sub(b'0'))));
    }
    value
}

/// `apr_parse_addr_port`, then `fix_hostname`.
fn read_host_header(header: &[u8]) -> Result<(Vec<u8>, Option<u16>), u16> {
    let digits = header
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (before, number) = header.split_at(header.len() - digits);
    let (host, port) = match before.split_last() {
        None => return Err(400),
        Some((b':', host)) if digits > 0 => (host, Some(parse_port(number).ok_or(400_u16)?)),
        Some(_) => (header, None),
    };
    if host.is_empty() {
        return Err(400);
    }
    let Some(inside) = host.strip_prefix(b"[") else {
        return Ok((fix_name(host)?, port));
    };
    let address = inside.strip_suffix(b"]").ok_or(400_u16)?;
    Ok((fix_address(address)?, port))
}

/// `fix_hostname` for the host of a URL, brackets already gone.
fn fix_hostname(host: &[u8]) -> Result<Vec<u8>, u16> {
    if host.is_empty() {
        return Ok(Vec::new());
    }
    if host.contains(&b':') {
        fix_address(host)
    } else {
        fix_name(host)
    }
}

fn fix_address(address: &[u8]) -> Result<Vec<u8>, u16> {
    let text = std::str::from_utf8(address).map_err(|_| 400_u16)?;
    text.parse::<Ipv6Addr>().map_err(|_| 400_u16)?;
    Ok(address.to_ascii_lowercase())
}

/// `fix_hostname_non_v6` with `strict_hostname_check`.
fn fix_name(host: &[u8]) -> Result<Vec<u8>, u16> {
    let name = host.to_ascii_lowercase();
    let name = name.strip_suffix(b".").unwrap_or(&name);
    let is_name_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let sound = host.windows(2).all(|pair| pair != b"..")
        && name.iter().all(is_name_byte)
        && if name
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'.')
        {
            is_dotted_decimal(name)
        } else {
            starts_with_letter(
                name.rsplit(|byte| *byte == b'.').next().unwrap_or(name),
                name,
            )
        };
    if sound { Ok(name.to_vec()) } else { Err(400) }
}

/// Four numbers without leading zeroes.
fn is_dotted_decimal(name: &[u8]) -> bool {
    let mut parts = name.split(|byte| *byte == b'.');
    name.split(|byte| *byte == b'.').count() == 4
        && parts.all(|part| part.len() < 2 || part[0] != b'0')
        && !name.starts_with(b".")
}

/// A top-level domain must start with a letter; a name without dots need not.
fn starts_with_letter(top_level: &[u8], name: &[u8]) -> bool {
    top_level.len() == name.len() || top_level.first().is_none_or(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::canonical;
    use crate::model::site::Address;

    fn host(name: &str, aliases: &[&str], ports: &[Option<u16>]) -> Host {
        let alias = |alias: &&str| {
            if alias.contains(['*', '?']) {
                HostPattern::Wildcard(alias.as_bytes().to_vec())
            } else {
                HostPattern::Exact(alias.as_bytes().to_vec())
            }
        };
        let address = |port: &Option<u16>| Address {
            ip: None,
            port: *port,
        };
        Host {
            addresses: ports.iter().map(address).collect(),
            aliases: aliases.iter().map(alias).collect(),
            tls: ports.contains(&Some(443)),
            ..Host::new(name, b"")
        }
    }

    /// The hosts the expectations below were observed with on a real server.
    fn observed() -> Site {
        let port = [Some(80)];
        Site {
            hosts: vec![
                host("main.t", &[], &[]),
                host("d.t", &[], &port),
                host("a.t", &["*.a.t", "x?.t", "10.*"], &port),
            ],
            listen: vec![80],
            ..Site::default()
        }
    }

    /// `host name port`, or the status.
    fn shown(site: &Site, request: &Request<'_>) -> String {
        let authority = match canonical::authority(request.method, &request.target.line()) {
            Ok(authority) => authority,
            Err(status) => return status.to_string(),
        };
        match choose_host(site, request, authority.as_ref()) {
            Err(status) => status.to_string(),
            Ok(chosen) => {
                let name =
                    String::from_utf8_lossy(&site.hosts[chosen.host_index].name).into_owned();
                let hostname = String::from_utf8_lossy(&chosen.hostname).into_owned();
                let port = chosen.port.map_or("-".to_owned(), |port| port.to_string());
                format!("{name} {hostname} {port}")
            }
        }
    }

    fn check(header: &str, expected: &str) {
        let request = Request::get(header.as_bytes(), b"/");
        assert_eq!(shown(&observed(), &request), expected, "{header}");
    }

    #[test]
    fn names_choose_the_host() {
        check("a.t", "a.t a.t -");
        check("A.T", "a.t a.t -");
        check("a.t.", "a.t a.t -");
        check(".a.t", "a.t .a.t -");
        check("b.c.A.T:81", "a.t b.c.a.t 81");
        check("xy.t", "a.t xy.t -");
        check("xyz.t", "d.t xyz.t -");
        check("10.1.1.1", "a.t 10.1.1.1 -");
        check("unknown:00080", "d.t unknown 80");
        check("1.2.3.4.", "d.t 1.2.3.4 -");
        check("256.1.1.1", "d.t 256.1.1.1 -");
        check("[::1]:8080", "d.t ::1 8080");
        check("[::FFFF:1.2.3.4]", "d.t ::ffff:1.2.3.4 -");
        check("1a", "d.t 1a -");
        check("-", "d.t - -");
        check("a_b.t", "d.t a_b.t -");
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        for header in [
            "",
            ".",
            "..",
            "a.t..",
            "a..b",
            "a.t:",
            "a.t:0",
            "a.t:65536",
            "a.t:80x",
            ":80",
            "123",
            "1.2.3",
            "1.2.3.",
            "01.2.3.4",
            "1.2.3.4.5",
            "1..2",
            "t.1",
            "t.1a",
            "0x7f.1",
            "::1",
            "[::1",
            "[fe80::1%25lo]",
            "a b",
            "a,b",
            "a/b",
            "a\\b",
            "*.a.t",
            "é.t",
            "a.t:80:90",
        ] {
            check(header, "400");
        }
    }

    #[test]
    fn old_clients_need_no_name() {
        let check = |host: Option<&str>, protocol: &str, expected: &str| {
            let request = Request {
                host: host.map(str::as_bytes),
                protocol: protocol.as_bytes(),
                ..Request::get(b"", b"/")
            };
            assert_eq!(shown(&observed(), &request), expected);
        };
        check(None, "HTTP/1.1", "400");
        check(None, "HTTP/1.0", "d.t  -");
        check(Some(""), "HTTP/1.0", "d.t  -");
        check(Some("a.t"), "HTTP/1.0", "a.t a.t -");
    }

    #[test]
    fn the_host_of_the_target_comes_first() {
        let check = |target: &str, expected: &str| {
            let request = Request::get(b"d.t:77", target.as_bytes());
            assert_eq!(shown(&observed(), &request), expected, "{target}");
        };
        check("http://a.t/", "a.t a.t -");
        check("HTTP://A.T.:81/", "a.t a.t 81");
        check("http://a.t:70000/", "a.t a.t 4464");
        check("https://a.t:99/", "d.t d.t 77");
        check("http://[::1]:7/", "d.t ::1 7");
        check("http://123/", "400");
        check("http://a_b!/", "400");
    }

    #[test]
    fn the_scheme_stands_for_the_port() {
        let check = |name: &str, site: &Site, scheme: Scheme, expected: &str| {
            let request = Request {
                scheme,
                ..Request::get(b"x.t", b"/")
            };
            assert_eq!(shown(site, &request), expected, "{name}");
        };
        let site = |hosts: Vec<Host>, listen: &[u16]| Site {
            hosts: [vec![host("main.t", &[], &[])], hosts].concat(),
            listen: listen.to_vec(),
            ..Site::default()
        };
        let both = site(
            vec![
                host("plain.t", &[], &[Some(80)]),
                host("tls.t", &[], &[Some(443)]),
            ],
            &[80, 443],
        );
        check("80", &both, Scheme::Http, "plain.t x.t -");
        check("443", &both, Scheme::Https, "tls.t x.t -");
        let plain = site(vec![host("plain.t", &[], &[Some(80)])], &[80]);
        check("TLS ends elsewhere", &plain, Scheme::Https, "plain.t x.t -");
        let other = site(vec![host("other.t", &[], &[Some(8080)])], &[8080]);
        check("other port", &other, Scheme::Http, "other.t x.t -");
        let any = site(vec![host("any.t", &[], &[None])], &[]);
        check("any port", &any, Scheme::Https, "any.t x.t -");
        check(
            "no virtual host",
            &site(Vec::new(), &[80]),
            Scheme::Http,
            "main.t x.t -",
        );
    }
}
