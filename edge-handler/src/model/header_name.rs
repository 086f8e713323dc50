//! Names of headers that an answer cannot have at the edge.
//!
//! In: a name. Out: whether CloudFront lets a function set such a header. Absent: what the header means.

/// Headers that no function may set, and that none gets to see ("Restrictions on all edge functions"); `Via` and
/// `Transfer-Encoding` are read-only, and a length is found out anew.
const REFUSED: [&str; 15] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-cache",
    "x-forwarded-proto",
    "x-real-ip",
    "location",
];

/// Beginnings of such names.
const REFUSED_FAMILIES: [&str; 4] = ["x-accel-", "x-amz-cf-", "x-amzn-", "x-edge-"];

/// May an answer that is made at the edge have a header of this name, besides its `Location`?
pub fn may_be_sent(name: &[u8]) -> bool {
    let starts = |family: &str| {
        let start = name.get(..family.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(family.as_bytes()))
    };
    let is = |refused: &str| name.eq_ignore_ascii_case(refused.as_bytes());
    is_token(name)
        && !REFUSED.iter().any(|refused| is(refused))
        && !REFUSED_FAMILIES.iter().any(|family| starts(family))
}

/// RFC 9110, 5.6.2
fn is_token(name: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

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
