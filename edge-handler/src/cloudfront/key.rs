//! The key under which an answer is kept.
//!
//! In: a request as the function at viewer-request left it, and the cache policy. Out: [`Key`]. Absent: the origin
//! request policy, which no key depends on.

use super::behaviour::{Behaviour, normalized};
use super::carried::CarriedRequest;
use super::policy::{CachePolicy, Selection};
use super::switches::{ForwardedForInKey, LoneQuestionMark, PathInKey, Switches, ViaInKey};
use super::viewer_headers::of_cloudfront;
use super::{cookies, query};

/// CloudFront's own element of `Via` before a function at origin-request: `lambda-event-structure` shows one.
pub(super) const OWN_VIA: &str = "2.0 model.cloudfront.net (CloudFront)";

/// Everything that tells entries of the cache apart. The distribution is the model's only one; scheme, address, body and
/// `Range` are not part of it: `understanding-the-cache-key`, `RequestAndResponseBehaviorCustomOrigin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    path: String,
    /// `DownloadDistValuesCacheBehavior`: OPTIONS has entries of its own, GET and HEAD share theirs.
    is_options: bool,
    headers: Vec<(String, Option<String>)>,
    encodings: Option<String>,
    query: Option<String>,
    cookies: Option<String>,
}

impl Key {
    /// The key of `request` in `behaviour`.
    pub fn of(request: &CarriedRequest, behaviour: &Behaviour, switches: &Switches) -> Self {
        let policy = &behaviour.cache;
        let header = |name: &String| {
            // [header-caching]: the case of a name does not matter, that of a value does.
            let name = name.to_ascii_lowercase();
            let value = header_value(request, &name, switches);
            (name, value)
        };
        Self {
            path: path(&request.uri, switches.path),
            is_options: request.method == "OPTIONS",
            headers: policy.headers.iter().map(header).collect(),
            encodings: encodings(request, policy).filter(|value| value != "identity"),
            query: query(request, policy, switches),
            cookies: cookies::selected(&request.headers, &[&policy.cookies], switches.same_cookies),
        }
    }
}

fn path(uri: &str, switch: PathInKey) -> String {
    match switch {
        PathInKey::Raw => uri.to_owned(),
        PathInKey::Normalized => normalized(uri),
        PathInKey::Decoded => normalized(&with_unreserved_decoded(uri)),
    }
}

/// Escapes of characters that mean the same without one: RFC 3986, section 6.2.2.2.
fn with_unreserved_decoded(uri: &str) -> String {
    let mut pieces = uri.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        let unreserved = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        if let Some(byte) = code.filter(unreserved) {
            decoded.push(char::from(byte));
            decoded += &piece[2..];
        } else {
            decoded.push('%');
            decoded += piece;
        }
    }
    decoded
}

fn header_value(request: &CarriedRequest, name: &str, switches: &Switches) -> Option<String> {
    let sent = request.headers.joined(name);
    match name {
        "x-forwarded-for" if switches.forwarded_for == ForwardedForInKey::WithAddress => {
            Some(with_address(sent, &request.client))
        }
        "via" if switches.via == ViaInKey::WithOwn => {
            let sent = sent.map_or_else(String::new, |sent| sent + ", ");
            Some(sent + OWN_VIA)
        }
        // [lambda-at-edge-function-restrictions]: CloudFront's own value, whatever the viewer sent.
        _ if name.starts_with("cloudfront-") => of_cloudfront(name, request),
        _ => sent,
    }
}

/// `RequestAndResponseBehaviorCustomOrigin`: CloudFront appends the viewer's address to `X-Forwarded-For`.
pub(super) fn with_address(sent: Option<String>, client: &str) -> String {
    let sent = sent.map_or_else(String::new, |sent| sent + ", ");
    sent + client
}

fn query(request: &CarriedRequest, policy: &CachePolicy, switches: &Switches) -> Option<String> {
    if policy.query == Selection::None {
        return None;
    }
    let selected = query::selected(
        request.query.as_deref(),
        &[&policy.query],
        switches.parameter_order,
    );
    match switches.lone_question_mark {
        LoneQuestionMark::Apart => selected,
        LoneQuestionMark::Shared => selected.filter(|query| !query.is_empty()),
    }
}

/// `Accept-Encoding` as CloudFront normalizes it: `cache-key-understand-cache-policy`.
pub(super) fn encodings(request: &CarriedRequest, policy: &CachePolicy) -> Option<String> {
    let switches = policy.encodings;
    if !switches.gzip && !switches.brotli {
        return None;
    }
    let sent = request.headers.joined("accept-encoding")?;
    // [ServingCompressedFiles]: nothing is compressed for HTTP/1.0, and the header is removed.
    if request.protocol == "HTTP/1.0" {
        return None;
    }
    let sends = |coding: &str| {
        let mut codings = sent
            .split(',')
            .map(|one| one.split(';').next().unwrap_or_default());
        codings.any(|one| one.trim().eq_ignore_ascii_case(coding))
    };
    let brotli = (switches.brotli && sends("br")).then_some("br");
    let gzip = (switches.gzip && sends("gzip")).then_some("gzip");
    let known: Vec<&str> = brotli.into_iter().chain(gzip).collect();
    Some(if known.is_empty() {
        "identity".to_owned()
    } else {
        known.join(",")
    })
}
