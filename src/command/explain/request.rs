//! The request that is explained.
//!
//! In: a URL as a person types or pastes it, and the options about the request. Out: the request, as a browser would send
//! it. Absent: answering it.

use anyhow::{Result, bail};
use edgewright_engine::model::request::Scheme;

use crate::args::Explain;
use crate::contract::{OwnedRequest, to_bytes};

/// The request that the arguments ask about.
///
/// # Errors
/// The URL, the method or a header cannot be sent.
pub fn asked(arguments: &Explain, default_host: &[u8]) -> Result<OwnedRequest> {
    if !is_token(&arguments.method) {
        bail!(
            "-X '{}' is no method: write one word, as GET or POST",
            arguments.method
        );
    }
    let mut request = OwnedRequest {
        method: to_bytes(&arguments.method),
        client: to_bytes(&arguments.client.to_string()),
        ..of_url(&arguments.url, default_host)?
    };
    for header in &arguments.header {
        let Some((name, value)) = header.split_once(':') else {
            bail!("-H '{header}': write 'Name: value'");
        };
        let (name, value) = (name.trim_end(), value.trim());
        if !is_token(name) {
            bail!("-H '{header}': '{name}' is no name of a header: it may have no spaces");
        }
        if value.chars().any(char::is_control) {
            bail!("-H '{header}': the value has a control character");
        }
        let value = value.as_bytes().to_vec();
        if name.eq_ignore_ascii_case("host") {
            request.host = Some(value);
        } else {
            request.headers.push((name.as_bytes().to_vec(), value));
        }
    }
    Ok(request)
}

/// A `GET` of `url`, which may be a path alone: then of `default_host`. What no browser sends as it is typed, such as spaces
/// and umlauts, is encoded as browsers do.
///
/// # Errors
/// The text is neither a URL nor a path.
pub fn of_url(url: &str, default_host: &[u8]) -> Result<OwnedRequest> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Scheme::Http, Some(rest)),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Scheme::Https, Some(rest)),
        _ if url.starts_with('/') => (Scheme::Http, None),
        _ => bail!("{url} is neither a URL nor a path; write https://host/path or /path"),
    };
    let (host, target) = match rest {
        None => (default_host.to_vec(), url.to_owned()),
        Some(rest) => {
            let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (host, target) = rest.split_at(at);
            check_authority(host, url)?;
            let slash = if target.starts_with('/') { "" } else { "/" };
            (to_bytes(host), format!("{slash}{target}"))
        }
    };
    let target = target.split('#').next().unwrap_or_default();
    Ok(OwnedRequest {
        method: b"GET".to_vec(),
        scheme,
        host: Some(host),
        target: encoded(target),
        headers: Vec::new(),
        client: b"127.0.0.1".to_vec(),
        protocol: b"HTTP/1.1".to_vec(),
    })
}

/// Refuses what stands in the place of a host and is none.
fn check_authority(authority: &str, url: &str) -> Result<()> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => bail!("{url}: the address has no closing bracket"),
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if host.is_empty() {
        bail!("{url} names no host; write https://host/path or /path");
    }
    if host.contains(|letter: char| letter.is_whitespace() || letter == '@') {
        bail!("{url}: {host} is no name of a host");
    }
    if port.is_some_and(|port| !port.is_empty() && port.parse::<u16>().is_err()) {
        bail!("{url}: a port is a number up to 65535");
    }
    Ok(())
}

/// What browsers encode in a path and a query.
fn encoded(target: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(target.len());
    for byte in target.bytes() {
        if matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b'<' | b'>') {
            bytes.push(byte);
        } else {
            bytes.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    bytes
}

/// `token` of RFC 9110.
fn is_token(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;

    fn check(url: &str, expected: &str) {
        let found = of_url(url, b"main.test").map(|request| {
            let host = String::from_utf8(request.host.unwrap()).unwrap();
            let target = String::from_utf8(request.target).unwrap();
            format!("{:?} {host} {target}", request.scheme)
        });
        let found = found.unwrap_or_else(|error| error.to_string());
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn urls_are_sent_as_browsers_send_them() {
        check("/a?b#c", "Http main.test /a?b");
        check("https://a.test", "Https a.test /");
        check("HTTPS://a.test?x", "Https a.test /?x");
        check("http://a.test:8080/x", "Http a.test:8080 /x");
        check("http://[::1]:80/x", "Http [::1]:80 /x");
        check("/über uns", "Http main.test /%C3%BCber%20uns");
        check("/%zz", "Http main.test /%zz");
        check("/a|b{c}", "Http main.test /a|b{c}");
    }

    #[test]
    fn what_names_no_host_is_refused() {
        check(
            "a.test/x",
            "a.test/x is neither a URL nor a path; write https://host/path or /path",
        );
        check(
            "http:///x",
            "http:///x names no host; write https://host/path or /path",
        );
        check(
            "http://a.test:99999/",
            "http://a.test:99999/: a port is a number up to 65535",
        );
        check(
            "http://[::1/x",
            "http://[::1/x: the address has no closing bracket",
        );
    }
}
