//! Which policies CloudFront takes, and which the model refuses.

use super::*;
use crate::cloudfront::distribution::check_policies;

/// `expected` is how the refusal begins, empty where there is none.
fn check(fact: &str, changes: &[Change<'_>], expected: &str) {
    let shown = Distribution::of_template(&changed(changes))
        .map_or_else(|error| error.to_string(), |_| String::new());
    assert_eq!(shown.is_empty(), expected.is_empty(), "{fact}: {shown}");
    assert!(shown.starts_with(expected), "{fact}: {shown}");
}

/// A policy that names this header in the key.
fn check_key(fact: &str, header: &str, expected: &str) {
    check(fact, &[("key.HeadersConfig", names(&[header]))], expected);
}

fn check_forward(fact: &str, header: &str, expected: &str) {
    check(
        fact,
        &[("forward.HeadersConfig", names(&[header]))],
        expected,
    );
}

#[test]
fn names_in_a_cache_policy() {
    let unkeyed = |name: &str| {
        format!(
            "CloudFront refuses the header {name} in a cache policy: caching by its values is not supported"
        )
    };
    for name in [
        "Cache-Control",
        "Content-Length",
        "Max-Forwards",
        "Pragma",
        "Request-Range",
        "TE",
        "Transfer-Encoding",
    ] {
        check_key(&format!("{name} is not keyed"), name, &unkeyed(name));
    }
    check_key(
        "x-amz-* is not keyed",
        "x-amz-content-sha256",
        &unkeyed("x-amz-content-sha256"),
    );
    let hidden = |name: &str| {
        format!("CloudFront refuses the header {name} in a cache policy: CloudFront keeps it")
    };
    for name in [
        "Connection",
        "Upgrade",
        "Proxy-Authorization",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "X-Amz-Cf-Id",
        "X-Edge-Location",
    ] {
        check_key(&format!("{name} is hidden"), name, &hidden(name));
    }
    for name in [
        "CloudFront-Viewer-Address",
        "CloudFront-Viewer-ASN",
        "CloudFront-Viewer-TLS",
        "CloudFront-Viewer-JA3-Fingerprint",
        "CloudFront-Viewer-JA4-Fingerprint",
    ] {
        check_key(
            &format!("{name} tells of the connection"),
            name,
            &format!("CloudFront refuses the header {name} in a cache policy: it can only be"),
        );
    }
    check_key(
        "Cookie is a setting",
        "Cookie",
        "CloudFront refuses the header Cookie in a cache policy: cookies have a setting",
    );
    for name in [
        "Authorization",
        "Host",
        "Referer",
        "User-Agent",
        "Accept-Language",
        "Origin",
        "Via",
        "X-Forwarded-For",
        "If-None-Match",
        "Range",
        "CloudFront-Forwarded-Proto",
        "CloudFront-Viewer-Country",
        "X-Own",
    ] {
        check_key(&format!("{name} may be keyed"), name, "");
    }
    check_key(
        "Accept-Encoding without switches is a header",
        "Accept-Encoding",
        "",
    );
    let both = [
        ("key.EnableAcceptEncodingGzip", json!(true)),
        ("key.HeadersConfig", names(&["Accept-Encoding"])),
    ];
    check(
        "Accept-Encoding beside a switch is refused",
        &both,
        "CloudFront refuses the header Accept-Encoding in a cache policy: EnableAcceptEncodingGzip",
    );
    let bucket =
        json!([{ "Id": "o", "DomainName": "b", "S3OriginConfig": { "OriginAccessIdentity": "" } }]);
    let host = [
        ("config.Origins", bucket),
        ("key.HeadersConfig", names(&["Host"])),
    ];
    check(
        "Host is not in the key of a bucket",
        &host,
        "CloudFront refuses the header Host in a cache policy: an S3 origin",
    );
}

#[test]
fn names_in_an_origin_request_policy() {
    let refused =
        |name: &str| format!("CloudFront refuses the header {name} in an origin request policy");
    for name in [
        "Authorization",
        "Accept-Encoding",
        "x-amz-content-sha256",
        "Cookie",
        "Upgrade",
    ] {
        check_forward(
            &format!("{name} is not listed for the origin"),
            name,
            &refused(name),
        );
    }
    for name in [
        "Host",
        "CloudFront-Viewer-Address",
        "Cache-Control",
        "Referer",
        "X-Forwarded-For",
    ] {
        check_forward(&format!("{name} may go to the origin"), name, "");
    }
}

#[test]
fn quotas_of_policies() {
    let many: Vec<String> = (0..11).map(|number| format!("x-{number}")).collect();
    let list = |count: usize| json!({ "HeaderBehavior": "whitelist", "Headers": many[..count] });
    check("ten headers", &[("key.HeadersConfig", list(10))], "");
    check(
        "no eleven headers",
        &[("key.HeadersConfig", list(11))],
        "CloudFront refuses a cache policy with 11 headers",
    );
    let cookies = json!({ "CookieBehavior": "whitelist", "Cookies": many });
    check(
        "no eleven cookies",
        &[("key.CookiesConfig", cookies)],
        "CloudFront refuses a cache policy with 11 cookies",
    );
    let query = json!({ "QueryStringBehavior": "allExcept", "QueryStrings": many });
    check(
        "no eleven parameters",
        &[("forward.QueryStringsConfig", query)],
        "CloudFront refuses an origin request policy with 11 query",
    );
    let long = json!({ "HeaderBehavior": "whitelist", "Headers": ["x".repeat(1025)] });
    check(
        "no more than 1,024 characters of names",
        &[("key.HeadersConfig", long)],
        "CloudFront refuses a cache policy whose headers have 1025",
    );
}

#[test]
fn combinations() {
    let off = [
        ("ttl.DefaultTTL", json!(0)),
        ("ttl.MaxTTL", json!(0)),
        ("key.HeadersConfig", names(&["Host"])),
    ];
    check(
        "no key where nothing is kept",
        &off,
        "CloudFront refuses a cache policy with headers whose three times are 0",
    );
    let function = json!([{ "EventType": "viewer-request", "FunctionARN": { "Fn::GetAtt": ["F", "FunctionARN"] } }]);
    let edge = json!([{ "EventType": "viewer-request", "LambdaFunctionARN": "f" }]);
    let two = [
        ("config.DefaultCacheBehavior.FunctionAssociations", function),
        (
            "config.DefaultCacheBehavior.LambdaFunctionAssociations",
            edge,
        ),
    ];
    check(
        "one kind of function for viewer events",
        &two,
        "CloudFront refuses a CloudFront Function and Lambda@Edge",
    );
    let page =
        json!([{ "ErrorCode": 404, "ErrorCachingMinTTL": 1, "ResponsePagePath": "/404.html" }]);
    check(
        "what the model does not follow is said",
        &[("config.CustomErrorResponses", page)],
        "Distribution: unknown field `ResponsePagePath`",
    );
    let policy = [(
        "config.DefaultCacheBehavior.ResponseHeadersPolicyId",
        json!("x"),
    )];
    check(
        "a response headers policy is not followed",
        &policy,
        "Distribution: the model does not follow",
    );
}

#[test]
fn a_check_of_policies_looks_at_nothing_else() {
    let mut template = changed(&[(
        "config.DefaultCacheBehavior.ResponseHeadersPolicyId",
        json!("x"),
    )]);
    assert_eq!(check_policies(&template), Ok(()));
    let headers = "/Resources/Key/Properties/CachePolicyConfig/ParametersInCacheKeyAndForwardedToOrigin/HeadersConfig";
    *template.pointer_mut(headers).unwrap() = names(&["pragma"]);
    assert!(check_policies(&template).is_err());
}
