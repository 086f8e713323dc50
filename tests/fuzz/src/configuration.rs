//! A configuration: the compiled form answers as the reference does.

use edgewright_compiler::{Witness, witnesses};
use edgewright_engine::model::request::{Request, Target};

use crate::builds::Build;

/// Requests made from the rules, at most.
const MOST_WITNESSES: usize = 40;

/// Requests that every configuration gets.
pub const FIXED: [(&str, &str); 10] = [
    ("h.test", "/"),
    ("h.test", "/a"),
    ("h.test", "/a/b.html?x=1&y=%20"),
    ("H.TEST:8080", "/old/page.php?id=7"),
    ("other.test", "/a%2fb/../c//d"),
    ("www.h.test", "/A"),
    ("", "/index.html"),
    ("h.test", "//evil.test/%0d%0aX:y"),
    ("h.test", "/%c3%a9/%ff?%00"),
    ("h.test", "*"),
];

pub fn run(data: &[u8]) {
    let Some(build) = Build::of(data) else {
        return;
    };
    for (host, target) in FIXED {
        build.compare(&Request::get(host.as_bytes(), target.as_bytes()));
    }
    for Witness { request, .. } in witnesses(&build.reading.site).iter().take(MOST_WITNESSES) {
        let headers = request.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (&name[..], &value[..]))
            .collect();
        build.compare(&Request {
            method: &request.method,
            scheme: request.scheme,
            host: Some(&request.host),
            target: Target::of(&request.target),
            headers: &headers,
            client: b"192.0.2.1",
            protocol: b"HTTP/1.1",
        });
    }
}
