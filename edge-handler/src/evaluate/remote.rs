//! The client behind a proxy (`remoteip_modify_request` of `mod_remoteip.c`).
//!
//! In: a host's [`RemoteIp`] and a request. Out: [`Seen`]: the client and the headers that modules see. Absent: the
//! header for the proxies' own addresses, and the PROXY protocol.

use std::net::{IpAddr, Ipv4Addr};

use crate::model::request::Request;
use crate::model::site::{RemoteIp, Trust};

/// A request as modules see it, once a proxy's word was taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// The client's address.
    pub client: Vec<u8>,
    /// What is left of the header; `None` where all of it was taken.
    pub left: Option<Vec<u8>>,
}

impl Seen {
    /// The headers of `request` as modules see them.
    pub fn headers<'s>(
        &'s self,
        remote: &'s RemoteIp,
        request: &Request<'s>,
    ) -> Vec<(&'s [u8], &'s [u8])> {
        let others = request.headers.iter().copied();
        let others = others.filter(|(name, _)| !name.eq_ignore_ascii_case(&remote.header));
        let left = self
            .left
            .as_deref()
            .map(|left| (remote.header.as_slice(), left));
        others.chain(left).collect()
    }
}

/// Takes addresses from the header as long as who names them is trusted. `None` where nothing is taken: then the
/// request is seen as it came.
pub fn seen(remote: &RemoteIp, request: &Request<'_>) -> Option<Seen> {
    let value = request.header(&remote.header)?;
    let mut left: Option<&[u8]> = Some(&value);
    let mut client: Option<IpAddr> = None;
    // Once an internal proxy was met, its word counts until another kind of proxy is.
    let mut trust = Trust::Public;
    while let Some(rest) = left {
        let named_by = client.map(|address| address.to_string().into_bytes());
        let named_by = named_by.as_deref().unwrap_or(request.client);
        if !remote.proxies.is_empty() {
            let mut proxies = remote.proxies.iter();
            let Some((_, of_proxy)) = proxies.find(|(subnet, _)| subnet.contains(named_by)) else {
                break;
            };
            trust = *of_proxy;
        }
        let comma = memchr::memrchr(b',', rest);
        let (before, last) = match comma {
            Some(comma) => (rest.get(..comma), rest.get(comma + 1..).unwrap_or_default()),
            None => (None, rest),
        };
        let Some(address) = address(last) else { break };
        if trust == Trust::Public && !is_public(address) {
            break;
        }
        (client, left) = (Some(address), before);
    }
    Some(Seen {
        client: client?.to_string().into_bytes(),
        left: left.map(<[u8]>::to_vec),
    })
}

/// The address in a part of the header, blanks around it left out.
fn address(part: &[u8]) -> Option<IpAddr> {
    let start = part.iter().position(|byte| *byte != b' ')?;
    let end = part.iter().rposition(|byte| *byte != b' ')?;
    let text = std::str::from_utf8(part.get(start..=end)?).ok()?;
    let address: IpAddr = match text.parse() {
        Ok(address) => address,
        Err(_) => IpAddr::V4(old_form(text)?),
    };
    // An IPv4 address in an IPv6 one is itself (`APR_IPV4_ADDR_OK`).
    Some(address.to_canonical())
}

/// An IPv4 address of one to four numbers, decimal, octal or hexadecimal, the last of which fills what is left
/// (`inet_aton`).
fn old_form(text: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last()?;
    let room = 4_u32.checked_sub(u32::try_from(first.len()).ok()?)?;
    let mut bits = 0_u32;
    for byte in first {
        bits = bits << 8 | u32::from(u8::try_from(*byte).ok()?);
    }
    // Four bytes take any number there is.
    let fits = room >= 4 || (room > 0 && *last < 1 << (8 * room));
    let above = bits.checked_shl(8 * room).unwrap_or(0);
    fits.then(|| Ipv4Addr::from(above | last))
}

/// A number as C writes it.
fn number(text: &str) -> Option<u32> {
    let digits = |text: &str, radix| {
        let is_plain = text.chars().all(|digit| digit.is_digit(radix));
        is_plain.then(|| u32::from_str_radix(text, radix).ok())?
    };
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(text) => digits(text, 16),
        None if text.len() > 1 && text.starts_with('0') => digits(text, 8),
        None => digits(text, 10),
    }
}

/// Is it in none of the networks that `mod_remoteip` takes for private?
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => match address.octets() {
            [10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => false,
            [172, second, ..] => !(16..32).contains(&second),
            _ => true,
        },
        IpAddr::V6(address) => address.segments()[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::expression::Subnet;

    /// `proxies` is a list of networks, with `!` those that are trusted for public addresses only.
    fn check(
        name: &str,
        proxies: &str,
        client: &str,
        value: &str,
        expected: Option<(&str, Option<&str>)>,
    ) {
        let proxies = proxies.split_whitespace().filter_map(|proxy| {
            let (text, trust) = match proxy.strip_prefix('!') {
                Some(text) => (text, Trust::Public),
                None => (proxy, Trust::Internal),
            };
            Some((Subnet::parse(text.as_bytes())?, trust))
        });
        let remote = RemoteIp {
            header: b"X-Forwarded-For".to_vec(),
            proxies: proxies.collect(),
        };
        let headers: &[(&[u8], &[u8])] = &[(b"x-forwarded-for", value.as_bytes())];
        let request = Request {
            client: client.as_bytes(),
            headers,
            ..Request::get(b"h.test", b"/")
        };
        let found = seen(&remote, &request);
        let expected = expected.map(|(client, left)| Seen {
            client: client.as_bytes().to_vec(),
            left: left.map(|left| left.as_bytes().to_vec()),
        });
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn addresses_are_taken_from_trusted_proxies() {
        let proxy = "127.0.0.1";
        check(
            "one",
            proxy,
            "127.0.0.1",
            "198.51.100.7",
            Some(("198.51.100.7", None)),
        );
        check("not a proxy", proxy, "127.0.0.2", "198.51.100.7", None);
        check(
            "the last of several",
            proxy,
            "127.0.0.1",
            "203.0.113.1, 198.51.100.7",
            Some(("198.51.100.7", Some("203.0.113.1"))),
        );
        check(
            "through two proxies",
            "127.0.0.1 198.51.100.0/24",
            "127.0.0.1",
            "203.0.113.1, 198.51.100.7",
            Some(("203.0.113.1", None)),
        );
        check(
            "everybody is trusted",
            "",
            "192.0.2.9",
            "203.0.113.1,198.51.100.7",
            Some(("203.0.113.1", None)),
        );
        for (old, new) in [
            ("198", "0.0.0.198"),
            ("198.1", "198.0.0.1"),
            ("198.51.513", "198.51.2.1"),
            ("0306.0x33.100.07", "198.51.100.7"),
            ("3325256711", "198.51.100.7"),
        ] {
            check(old, proxy, "127.0.0.1", old, Some((new, None)));
        }
        for odd in [
            "198.",
            ".1",
            "198.256.1",
            "1.2.3.4.5",
            "4294967296",
            "09",
            "0x",
            "-1",
            "1.2.3.256",
        ] {
            check(odd, proxy, "127.0.0.1", odd, None);
        }
        check("no address", proxy, "127.0.0.1", "unknown", None);
        check("nothing", proxy, "127.0.0.1", "", None);
        check(
            "something that is no address",
            "",
            "127.0.0.1",
            "unknown, 198.51.100.7",
            Some(("198.51.100.7", Some("unknown"))),
        );
        check(
            "an internal proxy names a private address",
            proxy,
            "127.0.0.1",
            "10.0.0.1",
            Some(("10.0.0.1", None)),
        );
        check(
            "another does not",
            "!127.0.0.1",
            "127.0.0.1",
            "10.0.0.1",
            None,
        );
        check("nor does anybody", "", "127.0.0.1", "192.168.0.1", None);
        check(
            "IPv6",
            "::1",
            "::1",
            "2001:DB8::0:1",
            Some(("2001:db8::1", None)),
        );
        check("a private one", "!::1", "::1", "fd00::1", None);
        check(
            "IPv4 in IPv6",
            proxy,
            "127.0.0.1",
            "::ffff:198.51.100.7",
            Some(("198.51.100.7", None)),
        );
        check(
            "blanks",
            proxy,
            "127.0.0.1",
            "203.0.113.1 ,  198.51.100.7  ",
            Some(("198.51.100.7", Some("203.0.113.1 "))),
        );
    }
}
