//! What CloudFront answers by itself, before a behaviour's functions.
//!
//! In: a request and its behaviour. Out: the answer, if there is one. Absent: WAF and geo restriction.

use super::behaviour::{Behaviour, ViewerProtocol};
use super::carried::CarriedRequest;
use super::response::Response;
use crate::model::request::Scheme;

/// `RequestAndResponseBehaviorCustomOrigin`: the longest URL, in bytes.
const LONGEST_URL: usize = 8192;

/// `cloudfront-limits`: the longest request without its body, in bytes.
const LONGEST_REQUEST: usize = 32_768;

/// What the viewer gets before any function runs.
pub(super) fn refused(request: &CarriedRequest, behaviour: &Behaviour) -> Option<Response> {
    let query = request.query.as_ref().map_or(0, |query| query.len() + 1);
    let url = request.uri.len() + query;
    if url > LONGEST_URL {
        return Some(Response::of_cloudfront(414));
    }
    if url + request.headers.size() > LONGEST_REQUEST {
        return Some(Response::of_cloudfront(494));
    }
    let body = request.headers.joined("content-length");
    let has_body = body.is_some_and(|length| length.trim() != "0")
        || request.headers.joined("transfer-encoding").is_some();
    // [RequestAndResponseBehaviorCustomOrigin], "GET requests that include a body"; and a method that is not allowed.
    if (request.method == "GET" && has_body) || !behaviour.allowed.contains(&request.method) {
        return Some(Response::of_cloudfront(403));
    }
    match (behaviour.viewer_protocol, request.scheme) {
        (ViewerProtocol::AllowAll, _) | (_, Scheme::Https) => None,
        (ViewerProtocol::HttpsOnly, Scheme::Http) => Some(Response::of_cloudfront(403)),
        (ViewerProtocol::RedirectToHttps, Scheme::Http) => Some(redirect(request)),
    }
}

/// `using-https-viewers-to-cloudfront`: 301 for GET and HEAD, 307 for others, 403 for others over HTTP/1.0.
fn redirect(request: &CarriedRequest) -> Response {
    let status = match request.method.as_str() {
        "GET" | "HEAD" => 301,
        _ if request.protocol == "HTTP/1.0" => return Response::of_cloudfront(403),
        _ => 307,
    };
    let query = request
        .query
        .as_ref()
        .map_or_else(String::new, |query| format!("?{query}"));
    let mut response = Response::of_cloudfront(status);
    let location = format!("https://{}{}{query}", request.host(), request.uri);
    response.headers.add("Location", location);
    response
}
