//! What functions at viewer-request see of a viewer's headers.
//!
//! In: a request and its behaviour. Out: headers. Absent: what functions return; see `viewer_function` and
//! `edge_function`.

use super::behaviour::Behaviour;
use super::carried::CarriedRequest;
use super::header_list::HeaderList;
use super::switches::{ForwardedProtoAtViewer, Switches};
use crate::model::header_names::is_hidden;

/// For Lambda@Edge: what the viewer sent without the hidden headers. `lambda-at-edge-function-restrictions`: CloudFront
/// adds its own only later, and a header that a viewer called like one of them is seen as it was sent.
pub(super) fn for_edge_function(request: &CarriedRequest) -> HeaderList {
    let mut headers = request.headers.clone();
    headers.retain(|name| !is_hidden(name));
    headers
}

/// For a CloudFront Function: also those of CloudFront's own that a policy of the behaviour names,
/// `adding-cloudfront-headers`.
pub(super) fn for_viewer_function(
    request: &CarriedRequest,
    behaviour: &Behaviour,
    switches: &Switches,
) -> HeaderList {
    let mut headers = for_edge_function(request);
    for name in behaviour.own_headers() {
        let unseen = name == "cloudfront-forwarded-proto"
            && switches.forwarded_proto == ForwardedProtoAtViewer::Absent;
        headers.remove(&name);
        if let Some(value) = of_cloudfront(&name, request).filter(|_| !unseen) {
            headers.add(name, value);
        }
    }
    headers
}

/// The value of a header of CloudFront's own, its name in lower case; `None` for one that the model has no value for, as
/// for a viewer whose country is not known.
pub(super) fn of_cloudfront(name: &str, request: &CarriedRequest) -> Option<String> {
    let value = match name {
        "cloudfront-forwarded-proto" => request.scheme.name(),
        "cloudfront-viewer-http-version" => request.protocol.strip_prefix("HTTP/")?,
        "cloudfront-viewer-address" => return Some(format!("{}:49152", request.client)),
        "cloudfront-is-desktop-viewer" => "true",
        "cloudfront-is-mobile-viewer"
        | "cloudfront-is-tablet-viewer"
        | "cloudfront-is-smarttv-viewer"
        | "cloudfront-is-android-viewer"
        | "cloudfront-is-ios-viewer" => "false",
        _ => return None,
    };
    Some(value.to_owned())
}
