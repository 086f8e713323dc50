//! The request that goes to the origin, as a function at origin-request sees it.
//!
//! In: a request as the function at viewer-request left it, and both policies. Out: [`CarriedRequest`] for the origin.
//! Absent: the cache.
//!
//! The cache key goes on, what the origin request policy names is added, and nothing else by default:
//! `controlling-origin-requests`, `understanding-how-origin-request-policies-and-cache-policies-work-together`.

use super::behaviour::Behaviour;
use super::carried::CarriedRequest;
use super::header_list::HeaderList;
use super::key::{OWN_VIA, encodings, with_address};
use super::switches::{CacheControlAtOrigin, HeadStore, Switches, UnnamedHeaders, ViewerVia};
use super::viewer_headers::of_cloudfront;
use super::{cookies, query};
use crate::model::header_names::{Kind, kind};

/// What goes to the origin for `request`.
pub(super) fn origin_request(
    request: &CarriedRequest,
    behaviour: &Behaviour,
    switches: &Switches,
) -> CarriedRequest {
    let asks_with_get = request.method == "HEAD" && switches.head == HeadStore::AsksWithGet;
    CarriedRequest {
        method: if asks_with_get {
            "GET".to_owned()
        } else {
            request.method.clone()
        },
        scheme: request.scheme,
        protocol: request.protocol.clone(),
        // [DownloadDistValuesCacheBehavior]: the path goes on as it was sent.
        uri: request.uri.clone(),
        query: query::selected(
            request.query.as_deref(),
            &[&behaviour.cache.query, &behaviour.forward.query],
            switches.parameter_order,
        ),
        headers: headers(request, behaviour, switches),
        client: request.client.clone(),
    }
}

fn headers(request: &CarriedRequest, behaviour: &Behaviour, switches: &Switches) -> HeaderList {
    let mut headers = HeaderList::default();
    for (name, value) in request.headers.lines() {
        if passes(name, request, behaviour, switches) {
            headers.add(name, value);
        }
    }
    let host = if behaviour.names("host") {
        request.host().to_owned()
    } else {
        behaviour.origin.domain.clone()
    };
    headers.add("Host", host);
    if !behaviour.names("user-agent") {
        // [lambda-event-structure].
        headers.set("User-Agent", "Amazon CloudFront");
    }
    if let Some(value) = encodings(request, &behaviour.cache) {
        headers.set("Accept-Encoding", value);
    }
    let selections = [&behaviour.cache.cookies, &behaviour.forward.cookies];
    if let Some(line) = cookies::selected(&request.headers, &selections, switches.same_cookies) {
        headers.add("Cookie", line);
    }
    for name in behaviour.own_headers() {
        if let Some(value) = of_cloudfront(&name, request) {
            headers.set(&name, value);
        }
    }
    let sent = request.headers.joined("x-forwarded-for");
    headers.set("X-Forwarded-For", with_address(sent, &request.client));
    headers.set("Via", via(request, switches));
    if let Some(value) = cache_control(switches) {
        headers.set("Cache-Control", value);
    }
    headers
}

fn via(request: &CarriedRequest, switches: &Switches) -> String {
    match (request.headers.joined("via"), switches.viewer_via) {
        (Some(sent), ViewerVia::AddedTo) => format!("{sent}, {OWN_VIA}"),
        (Some(_), ViewerVia::Replaced) | (None, ViewerVia::AddedTo | ViewerVia::Replaced) => {
            OWN_VIA.to_owned()
        }
    }
}

fn cache_control(switches: &Switches) -> Option<&'static str> {
    match switches.cache_control {
        CacheControlAtOrigin::NoCache => Some("no-cache"),
        CacheControlAtOrigin::Absent | CacheControlAtOrigin::Viewer => None,
    }
}

/// Says whether a line of the viewer's goes on as it is.
fn passes(
    name: &str,
    request: &CarriedRequest,
    behaviour: &Behaviour,
    switches: &Switches,
) -> bool {
    let named = behaviour.names(name);
    let unnamed = switches.unnamed == UnnamedHeaders::Forwarded;
    match kind(name) {
        Kind::Ordinary if is_of_body(name) => named || unnamed,
        // With a switch of the policy on, the normalized value takes the place of `Accept-Encoding`.
        Kind::Ordinary | Kind::AcceptEncoding => named,
        Kind::Authorization => named || keeps_authorization(request, behaviour),
        Kind::Conditional => named || unnamed,
        Kind::Unkeyed => match name.to_ascii_lowercase().as_str() {
            "cache-control" | "pragma" => {
                named || switches.cache_control == CacheControlAtOrigin::Viewer
            }
            // [RequestAndResponseBehaviorCustomOrigin].
            "te" => false,
            "content-length" | "transfer-encoding" => true,
            _ => named || unnamed,
        },
        // CloudFront writes its own, or nobody sees them.
        Kind::Host
        | Kind::Cookie
        | Kind::OfRequest
        | Kind::OfConnection
        | Kind::AddedTo
        | Kind::Hidden => false,
    }
}

/// `RequestAndResponseBehaviorCustomOrigin` says of these that they are forwarded; with policies nobody says so.
fn is_of_body(name: &str) -> bool {
    let names = [
        "content-type",
        "content-md5",
        "date",
        "from",
        "origin",
        "warning",
    ];
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// `RequestAndResponseBehaviorCustomOrigin`: removed from `GET` and `HEAD`, kept for `DELETE`, `PATCH`, `POST` and
/// `PUT`, and for `OPTIONS` unless its answers are cached.
fn keeps_authorization(request: &CarriedRequest, behaviour: &Behaviour) -> bool {
    match request.method.as_str() {
        "GET" | "HEAD" => false,
        "OPTIONS" => !behaviour.caches("OPTIONS"),
        _ => true,
    }
}
