//! `ProxyPass` (`proxy_trans`) and the URL another server is asked for (`proxy_fixup`).
//!
//! In: a record. Out: a [`Verdict`], the file name `proxy:` and the URL. Absent: `[P]`, which the
//! rules see to.

use crate::outcome::Event;
use crate::site::{AliasMatcher, Proxy};
use crate::source::Source;

use super::Run;
use super::escape::{escape_absolute_uri, is_absolute_uri};
use super::glob::alias_matches;
use super::matching::{Captures, substitute};
use super::record::{Handler, Record, Verdict};
use super::rule::PROXY;

impl<'a, S: Source> Run<'a, S> {
    /// The first `ProxyPass` for the URL-path takes the request, or with `!` lets it go.
    pub(super) fn proxy_trans(&mut self, record: &mut Record<'a>) -> Verdict {
        if record.handler == Handler::Proxy {
            return Verdict::Accept;
        }
        let proxies: &'a [Proxy] = &self.host.proxies;
        for proxy in proxies {
            let found = match proxied(proxy, &record.uri) {
                Proxied::Elsewhere => continue,
                Proxied::Exempt => return Verdict::Decline,
                Proxied::To(url) => url,
            };
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
    /// This URL.
    To(Vec<u8>),
}

fn proxied(proxy: &Proxy, uri: &[u8]) -> Proxied {
    let mut captures = Captures::default();
    let length = match &proxy.matcher {
        AliasMatcher::Prefix(path) => alias_matches(uri, path),
        AliasMatcher::Regex(pattern) => pattern.find(uri, &mut captures).then_some(0),
    };
    match (length, &proxy.target, &proxy.matcher) {
        (None, ..) => Proxied::Elsewhere,
        (_, None, _) => Proxied::Exempt,
        (Some(length), Some(target), AliasMatcher::Prefix(_)) => {
            Proxied::To([target, &uri[length..]].concat())
        }
        (_, Some(target), AliasMatcher::Regex(_)) => {
            Proxied::To(substitute(target, uri, &captures))
        }
    }
}

/// The URL to ask another server for: escaped unless a rule with `NE` made it, with the query.
pub(super) fn proxied_url(record: &Record<'_>) -> Vec<u8> {
    let name = record.filename();
    let mut url = name.strip_prefix(PROXY).unwrap_or(name).to_vec();
    if let Some(scheme) = is_absolute_uri(&url)
        && !record.unescaped
    {
        url = escape_absolute_uri(&url, scheme.scheme_len);
    }
    if let Some(args) = &record.args {
        url.push(b'?');
        url.extend_from_slice(args);
    }
    url
}
