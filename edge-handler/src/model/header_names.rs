//! What CloudFront does with each header: one table for the compiler, the function, the template and the model.
//!
//! In: a header's name. Out: its [`Kind`], and what follows: may a policy name it, does a function see it, is it still
//! the viewer's at origin-request, may an answer have it. Absent: values.

use super::trigger::Trigger;

/// `cloudfront-limits`: headers, cookies and query parameters that one policy names, each.
pub const MOST_IN_POLICY: usize = 10;

/// What CloudFront does with a request header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A header of no special meaning: a policy may name it, and then the viewer's value reaches the function.
    Ordinary,
    /// `Host`: not in a cache key of a bucket.
    Host,
    /// `Cookie`: policies have a setting of its own for it.
    Cookie,
    /// `Accept-Encoding`: policies have switches of their own for it.
    AcceptEncoding,
    /// `Authorization`: a cache policy takes it, an origin request policy has refused it for years.
    Authorization,
    /// CloudFront's own about the request; a cache policy may name it.
    OfRequest,
    /// CloudFront's own about the viewer's address and connection; no cache policy may name it.
    OfConnection,
    /// `Via` and `X-Forwarded-For`: CloudFront adds to the viewer's value before origin-request.
    AddedTo,
    /// A condition on a stored answer, or a part of it: at origin-request it may be CloudFront's own.
    Conditional,
    /// A header that no cache policy takes.
    Unkeyed,
    /// A header that no function sees, and no policy takes.
    Hidden,
}

use Kind::{
    AcceptEncoding, AddedTo, Authorization, Conditional, Cookie, Hidden, Host, OfConnection,
    OfRequest, Ordinary, Unkeyed,
};

/// The names with a meaning of their own, in lower case.
const NAMES: &[(&str, Kind)] = &[
    ("host", Host),
    ("cookie", Cookie),
    ("accept-encoding", AcceptEncoding),
    ("authorization", Authorization),
    // [lambda-event-structure]: both are in every origin request, whatever the viewer sent.
    ("via", AddedTo),
    ("x-forwarded-for", AddedTo),
    // [RequestAndResponseBehaviorCustomOrigin], "Conditional GET requests" and [RangeGETs].
    ("if-match", Conditional),
    ("if-modified-since", Conditional),
    ("if-none-match", Conditional),
    ("if-range", Conditional),
    ("if-unmodified-since", Conditional),
    ("range", Conditional),
    // [RequestAndResponseBehaviorCustomOrigin]: "Caching based on header values is supported: No".
    ("cache-control", Unkeyed),
    ("content-length", Unkeyed),
    ("max-forwards", Unkeyed),
    ("pragma", Unkeyed),
    ("request-range", Unkeyed),
    ("transfer-encoding", Unkeyed),
    // [header-caching].
    ("te", Unkeyed),
    // [edge-function-restrictions-all], read-only headers; no page says that a cache policy takes it.
    ("cdn-loop", Unkeyed),
    // [adding-cloudfront-headers].
    ("cloudfront-viewer-address", OfConnection),
    ("cloudfront-viewer-asn", OfConnection),
    ("cloudfront-viewer-ja3-fingerprint", OfConnection),
    ("cloudfront-viewer-ja4-fingerprint", OfConnection),
    ("cloudfront-viewer-tls", OfConnection),
    // [edge-function-restrictions-all], disallowed headers.
    ("client-cert", Hidden),
    ("client-cert-chain", Hidden),
    ("cloudfront-viewer-cert-pem", Hidden),
    ("connection", Hidden),
    ("expect", Hidden),
    ("keep-alive", Hidden),
    ("proxy-authenticate", Hidden),
    ("proxy-authorization", Hidden),
    ("proxy-connection", Hidden),
    ("trailer", Hidden),
    ("upgrade", Hidden),
    ("x-cache", Hidden),
    ("x-forwarded-proto", Hidden),
    ("x-real-ip", Hidden),
];

/// How the names of a family begin, in lower case; the first that fits decides.
const FAMILIES: &[(&str, Kind)] = &[
    // [edge-function-restrictions-all], disallowed headers. Of `X-Amzn-` it names some, and others are for AWS to add.
    ("x-accel-", Hidden),
    ("x-amz-cf-", Hidden),
    ("x-amzn-", Hidden),
    ("x-edge-", Hidden),
    // Public templates were refused for such names.
    ("x-amz-", Unkeyed),
    // [adding-cloudfront-headers].
    ("cloudfront-", OfRequest),
];

/// What CloudFront does with the header called `name`, in either case.
pub fn kind(name: &str) -> Kind {
    let begins = |begin: &str| {
        let start = name.get(..begin.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(begin))
    };
    let named = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let family = || FAMILIES.iter().find(|(begin, _)| begins(begin));
    named.or_else(family).map_or(Ordinary, |(_, kind)| *kind)
}

/// Headers of a message and its way, which no function changes in a request or sets in an answer:
/// `edge-function-restrictions-all`.
const OF_MESSAGE: [&str; 3] = ["content-length", "transfer-encoding", "via"];

/// Says whether a function may set the header in an answer that it makes. The lists for response triggers hold for answers
/// that are made before, too.
pub fn may_be_set(name: &str) -> bool {
    let is_of_message = OF_MESSAGE.iter().any(|own| own.eq_ignore_ascii_case(name));
    !is_of_message && !is_hidden(name)
}

/// May a line about headers put one of this name into an answer that is made at the edge? Its `Location` is a rule's.
pub fn may_be_sent(name: &[u8]) -> bool {
    let name = str::from_utf8(name).ok().filter(|name| is_token(name));
    name.is_some_and(|name| may_be_set(name) && !name.eq_ignore_ascii_case("location"))
}

/// May the function at origin-request give the origin another value of this header, or take it out? `Host` leads to the
/// origin, so it stays.
pub fn may_be_changed(name: &str) -> bool {
    is_token(name)
        && !is_hidden(name)
        && !is_read_only(name, Trigger::OriginRequest)
        && !name.eq_ignore_ascii_case("host")
}

/// May a header have this name (RFC 9110, 5.6.2)?
pub fn is_token(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_part)
}

/// Says whether no function ever sees the header.
pub fn is_hidden(name: &str) -> bool {
    kind(name) == Hidden
}

/// Says whether a function at origin-request sees what the viewer sent, when the cache key names the header: only then
/// may an answer that is kept depend on it.
pub fn is_told_at_origin_request(name: &str) -> bool {
    match kind(name) {
        Ordinary | Host | Cookie | AcceptEncoding | Authorization | OfRequest => true,
        OfConnection | AddedTo | Conditional | Unkeyed | Hidden => false,
    }
}

/// Says whether a function at `trigger` may read the header but not change it: `edge-function-restrictions-all`.
pub fn is_read_only(name: &str, trigger: Trigger) -> bool {
    let both = ["cdn-loop"].into_iter().chain(OF_MESSAGE);
    let own: &[&str] = match trigger {
        Trigger::ViewerRequest => &["host"],
        Trigger::OriginRequest => &[
            "accept-encoding",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
        ],
    };
    let mut all = both.chain(own.iter().copied());
    all.any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_lower_case_and_once() {
        let names = NAMES.iter().chain(FAMILIES).map(|(name, _)| *name);
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            assert_eq!(name, name.to_ascii_lowercase());
            assert!(seen.insert(name), "{name}");
        }
    }

    fn check(name: &str, expected: bool) {
        assert_eq!(may_be_sent(name.as_bytes()), expected, "{name}");
    }

    #[test]
    fn cloudfront_keeps_some_names_for_itself() {
        check("X-Frame-Options", true);
        check("Strict-Transport-Security", true);
        check("Connection", false);
        check("X-Amz-Cf-Id", false);
        check("X-Edge", true);
        check("X-Edge-Location", false);
        check("Two Words", false);
        check("", false);
    }
}
