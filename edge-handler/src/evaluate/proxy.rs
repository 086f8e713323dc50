//! `ProxyPass` (`proxy_trans`), the URL another server is asked for (`proxy_fixup`), and whether it can
//! be asked (`proxy_handler`).
//!
//! In: a record. Out: a [`Verdict`], the file name `proxy:` and the URL. Absent: `[P]`, which the
//! rules see to, and asking.

use std::borrow::Cow;

use crate::budget::Budget;
use crate::model::outcome::Event;
use crate::model::request::Target;
use crate::model::site::host::Canon;
use crate::model::site::{AliasMatcher, EncodedSlashes, Proxy};
use crate::source::Source;

use super::Run;
use super::record::{Handler, Record, UrlForm, Verdict};
use super::rule::PROXY;
use super::url::append_query;
use crate::pattern::matching::{Captures, substitute};
use crate::text::escape::{escape_uri, is_absolute_uri, starts_with_ignoring_case};
use crate::text::prefix::alias_matches;

impl<'a, S: Source> Run<'a, S> {
    /// The `ProxyPass` of the innermost section, then the first of the host for the URL-path takes
    /// the request, or with `!` lets it go.
    pub(super) fn proxy_trans(&mut self, record: &mut Record<'a>) -> Verdict {
        if record.handler == Handler::Proxy {
            return Verdict::Accept;
        }
        let banned = record.environment.get(b"no-proxy").is_some();
        if banned || !record.uri.starts_with(b"/") {
            return Verdict::Decline;
        }
        let proxies: &'a [Proxy] = &self.host.proxies;
        for proxy in record.settings.proxy().into_iter().chain(proxies) {
            if self.spend(1).is_err() {
                return Verdict::Decline;
            }
            let sent = match proxy.canon {
                Canon::Off => raw_target(record, self.request.target),
                Canon::On => None,
            };
            let (found, form) = match proxied(proxy, &record.uri, sent.as_deref(), self.budget) {
                Proxied::Elsewhere => continue,
                Proxied::Exempt => return Verdict::Decline,
                Proxied::To(url, form) => (url, form),
            };
            record.form = form;
            self.trace(proxy.place, || Event::Proxied(found.clone()));
            record.filename = Some([PROXY, &found].concat());
            record.handler = Handler::Proxy;
            return Verdict::Accept;
        }
        Verdict::Decline
    }
}

/// What a `ProxyPass` makes of a URL-path.
enum Proxied {
    /// It is for other paths.
    Elsewhere,
    /// `!`: no `ProxyPass` takes it.
    Exempt,
    /// This URL, in this form.
    To(Vec<u8>, UrlForm),
}

/// Path and query as the client sent them, or as a URL was made inside the server (`r->unparsed_uri`); `None` for a file
/// that is looked up.
fn raw_target<'t>(record: &'t Record<'_>, target: Target<'t>) -> Option<Cow<'t, [u8]>> {
    let is_the_clients = record.previous.is_none() && record.main.is_none();
    match &record.unparsed {
        Some(own) => Some(Cow::Borrowed(own)),
        None => is_the_clients.then(|| target.line()),
    }
}

/// What `proxy` makes of the path `uri`, which was `sent` so where the line has `nocanon`: unless decoding changed how
/// much of it the line is for.
fn proxied(proxy: &Proxy, uri: &[u8], sent: Option<&[u8]>, budget: &Budget) -> Proxied {
    let mut captures = Captures::default();
    let length = match &proxy.matcher {
        AliasMatcher::Prefix(path) => alias_matches(uri, path),
        AliasMatcher::Regex(pattern) => pattern.find(uri, &mut captures, budget).then_some(0),
    };
    match (length, &proxy.target, &proxy.matcher) {
        (None, ..) => Proxied::Elsewhere,
        (_, None, _) => Proxied::Exempt,
        (Some(length), Some(target), AliasMatcher::Prefix(path)) => {
            let sent = sent.filter(|sent| alias_matches(sent, path) == Some(length));
            let (text, form) = text_of(uri, sent);
            Proxied::To([target, &text[length..]].concat(), form)
        }
        (_, Some(target), AliasMatcher::Regex(pattern)) => {
            let mut of_sent = Captures::default();
            let sent = sent.filter(|sent| pattern.find(sent, &mut of_sent, budget));
            let (text, form) = text_of(uri, sent);
            let captures = if sent.is_some() { &of_sent } else { &captures };
            let found = substitute(target, text, captures);
            // Without a group in it, the whole path is meant.
            let whole: &[u8] = if found == *target { text } else { b"" };
            Proxied::To([&found, whole].concat(), form)
        }
    }
}

fn text_of<'t>(uri: &'t [u8], sent: Option<&'t [u8]>) -> (&'t [u8], UrlForm) {
    match sent {
        Some(sent) => (sent, UrlForm::AsSent),
        None => (uri, UrlForm::Escaped),
    }
}

/// The URL for another server takes its final form before any other module fixes anything up; one that
/// has none ends the request (`proxy_fixup`).
pub(super) fn proxy_fixup(record: &mut Record<'_>, slashes: EncodedSlashes) -> Verdict {
    if record.handler != Handler::Proxy || !record.filename().starts_with(PROXY) {
        return Verdict::Decline;
    }
    match proxied_url(record, slashes) {
        Ok(url) => {
            record.filename = Some([PROXY, &url].concat());
            Verdict::Accept
        }
        Err(status) => Verdict::Status(status),
    }
}

/// The URL to ask another server for (`proxy_http_canon`): escaped unless a rule with `NE` made
/// it or `nocanon` took it as it was sent, with the query string. Such a rule appends the query before the URL is taken apart
/// (`hook_uri2file`). Spaces and control characters that nothing escapes are a 403. Of other schemes
/// nothing makes the URL complete, or looks at it.
fn proxied_url(record: &Record<'_>, slashes: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let name = record.filename();
    let mut url = name.strip_prefix(PROXY).unwrap_or(name).to_vec();
    let scheme_len = is_absolute_uri(&url).map_or(0, |scheme| scheme.scheme_len);
    let scheme = url[..scheme_len].to_ascii_lowercase();
    let is_web = matches!(&scheme[..], b"http://" | b"https://" | b"ws://" | b"wss://");
    if record.form == UrlForm::Unescaped {
        append_query(&mut url, record.args.as_deref());
    }
    if is_web {
        let write_path: fn(&[u8]) -> Option<Vec<u8>> = match (record.form, slashes) {
            (UrlForm::Unescaped | UrlForm::AsSent, _) => |path| Some(path.to_vec()),
            (UrlForm::Escaped, EncodedSlashes::Keep) => escape_path_keeping_slashes,
            (UrlForm::Escaped, EncodedSlashes::Decode | EncodedSlashes::Refuse) => {
                |path| Some(escape_path(path))
            }
        };
        url = canonical(&url, scheme_len, write_path).ok_or(400_u16)?;
    }
    if is_web && record.form == UrlForm::Escaped {
        append_query(&mut url, record.args.as_deref());
    }
    if is_web && url.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(403);
    }
    Ok(url)
}

/// Schemes of absolute URLs that no module of Apache asks another server with.
const SCHEMES_OF_NO_MODULE: [&[u8]; 5] = [b"gopher:", b"ldap:", b"mailto:", b"news:", b"nntp:"];

/// The URL behind the socket that it is asked for through, `unix:/path|` (`fix_uds_filename`).
pub fn without_socket(url: &[u8]) -> &[u8] {
    let bar = url.iter().position(|byte| *byte == b'|');
    match bar.filter(|_| starts_with_ignoring_case(url, b"unix:")) {
        Some(bar) => url.get(bar + 1..).unwrap_or_default(),
        None => url,
    }
}

/// Can another server be asked for this URL (`proxy_handler`)?
///
/// # Errors
///
/// The status where not: no module is for the scheme, or the URL cannot be read (`apr_uri_parse`).
pub fn proxy_handler(url: &[u8]) -> Result<(), u16> {
    let behind = without_socket(url);
    if behind.len() < url.len() && !behind.contains(&b':') {
        return Err(400);
    }
    let url = behind;
    let is_of = |scheme: &&[u8]| starts_with_ignoring_case(url, scheme);
    if SCHEMES_OF_NO_MODULE.iter().any(is_of) {
        return Err(500);
    }
    let host = url.splitn(3, |byte| *byte == b'/').nth(2).unwrap_or(b"");
    let end = host.iter().position(|byte| b"/?#".contains(byte));
    let host = &host[..end.unwrap_or(host.len())];
    if host.starts_with(b"[") && !host.contains(&b']') {
        return Err(400);
    }
    Ok(())
}

/// Scheme and host in lower case without user and default port, a slash, then the path. `None` for
/// a host that is none.
fn canonical(
    url: &[u8],
    scheme_len: usize,
    write_path: fn(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let (scheme, rest) = url.split_at(scheme_len);
    let slash = rest.iter().position(|byte| *byte == b'/');
    let (host, path) = rest.split_at(slash.unwrap_or(rest.len()));
    let after_user = host.rsplit(|byte| *byte == b'@').next()?;
    let (name, port) = split_port(after_user)?;
    let scheme = scheme.to_ascii_lowercase();
    let default = match scheme.as_slice() {
        b"https://" | b"wss://" => 443,
        _ => 80,
    };
    let name = name.to_ascii_lowercase();
    let name = if name.contains(&b':') && !name.starts_with(b"[") {
        [b"[", name.as_slice(), b"]"].concat()
    } else {
        name
    };
    let mut out = [scheme, name].concat();
    if let Some(port) = port.filter(|port| *port != default) {
        out.extend_from_slice(format!(":{port}").as_bytes());
    }
    if path.is_empty() {
        out.push(b'/');
    }
    out.extend(write_path(path)?);
    Some(out)
}

/// A host's name and port (`apr_parse_addr_port`). A number alone is a port without a name; a colon
/// without a number is part of the name.
fn split_port(host: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let digits = host.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let (before, digits) = host.split_at(host.len() - digits.count());
    if before.is_empty() {
        return None;
    }
    let Some(name) = before.strip_suffix(b":").filter(|_| !digits.is_empty()) else {
        return Some((host, None));
    };
    let port: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (port > 0 && !name.is_empty()).then_some((name, Some(port)))
}

/// The same, encoded slashes left alone (`PROXY_CANONENC_NOENCODEDSLASHENCODING`). `None` where a `%` stands before
/// anything but two hexadecimal digits.
fn escape_path_keeping_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = memchr::memchr(b'%', rest) {
        let (before, from) = rest.split_at(at);
        out.extend(escape_path(before));
        let digits = from.get(1..3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let is_slash = digits.eq_ignore_ascii_case(b"2f");
        let length = if is_slash { 3 } else { 1 };
        let (some, behind) = from.split_at(length);
        out.extend(if is_slash {
            some.to_vec()
        } else {
            escape_path(some)
        });
        rest = behind;
    }
    out.extend(escape_path(rest));
    Some(out)
}

/// `ap_proxy_canonenc`: the hexadecimal digits are capitals.
fn escape_path(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    for byte in path {
        match escape_uri(&[*byte]).as_slice() {
            [plain] => out.push(*plain),
            escaped => out.extend(escaped.to_ascii_uppercase()),
        }
    }
    out
}
