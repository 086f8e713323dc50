//! How long an answer is kept.
//!
//! In: an answer, the policy, and the least times of errors. Out: seconds, or that it is not kept. Absent: the cache
//! itself.

use std::collections::BTreeMap;

use super::http_date;
use super::policy::CachePolicy;
use super::response::{Maker, Response};
use super::switches::{GeneratedError, GoneKept, Switches};

/// `HTTPStatusCodes`: the seconds that an error is kept where nobody says.
const ERROR_TTL: u64 = 10;

/// What `Cache-Control` and `Expires` say.
struct Told {
    /// Seconds from now.
    lifetime: Option<u64>,
    /// `no-cache`, `no-store` or `private`.
    forbids: bool,
    has_header: bool,
}

/// The seconds that `response` is kept; `None` when it is not.
pub(super) fn kept(
    response: &Response,
    policy: &CachePolicy,
    errors: &BTreeMap<u16, u64>,
    switches: &Switches,
    now: u64,
) -> Option<u64> {
    if policy.is_off() {
        return None;
    }
    let told = told(response, now);
    let generated = response.maker == Maker::OriginRequest;
    if generated && switches.generated_error == GeneratedError::LikeOthers && response.status >= 400
    {
        return usual(&told, policy);
    }
    match response.status {
        // [http-3xx-status-codes].
        307 | 308 if !told.has_header => None,
        ..400 => usual(&told, policy),
        410 if switches.gone == GoneKept::NotKept => None,
        // [HTTPStatusCodes]: always; [custom-error-pages-expiration] has 410 among them.
        404 | 410 | 414 | 500..=504 => error(response.status, &told, policy, errors),
        // [HTTPStatusCodes]: with a time only.
        400 | 403 | 405 | 412 | 415 if told.lifetime.is_some() => {
            error(response.status, &told, policy, errors)
        }
        // [custom-error-pages-expiration]: 416 never; the others stand in no list.
        _ => None,
    }
}

/// `Expiration`, "Specify the amount of time that CloudFront caches objects".
fn usual(told: &Told, policy: &CachePolicy) -> Option<u64> {
    let seconds = match told.lifetime {
        _ if told.forbids => policy.min_ttl,
        Some(lifetime) => lifetime.min(policy.max_ttl).max(policy.min_ttl),
        None => policy.default_ttl.max(policy.min_ttl),
    };
    (seconds > 0).then_some(seconds)
}

/// `custom-error-pages-expiration`, "How CloudFront caches errors".
fn error(
    status: u16,
    told: &Told,
    policy: &CachePolicy,
    errors: &BTreeMap<u16, u64>,
) -> Option<u64> {
    let least = errors.get(&status).copied().unwrap_or(ERROR_TTL);
    let is_prevented = told.forbids && matches!(status, 404 | 410 | 414 | 501);
    let lifetime = match told.lifetime {
        _ if told.forbids => 0,
        Some(lifetime) => lifetime.min(policy.max_ttl),
        None => 0,
    };
    let seconds = least.max(lifetime);
    (seconds > 0 && !is_prevented).then_some(seconds)
}

fn told(response: &Response, now: u64) -> Told {
    let cache_control = response.headers.joined("cache-control");
    let mut directives = Vec::new();
    for directive in cache_control.as_deref().unwrap_or_default().split(',') {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name, Some(value.trim().trim_matches('"'))),
            None => (directive, None),
        };
        directives.push((name.trim().to_ascii_lowercase(), value));
    }
    let seconds = |wanted: &str| {
        let mut found = directives.iter().filter(|(name, _)| name == wanted);
        found.find_map(|(_, value)| value.as_ref()?.parse::<u64>().ok())
    };
    let expires = response.headers.joined("expires");
    // A date that is none is one that has passed: RFC 9111, section 5.3.
    let expires = expires.map(|date| http_date::seconds(&date).unwrap_or(0).saturating_sub(now));
    Told {
        // [Expiration]: s-maxage before max-age before Expires.
        lifetime: seconds("s-maxage")
            .or_else(|| seconds("max-age"))
            .or(expires),
        forbids: directives.iter().any(|(name, value)| {
            // With a name it is about that header only: [Cookies].
            matches!(name.as_str(), "no-cache" | "no-store" | "private") && value.is_none()
        }),
        has_header: cache_control.is_some(),
    }
}

/// Says whether an answer asks that its cookies are not kept with it: `Cookies`.
pub(super) fn keeps_cookies_out(response: &Response) -> bool {
    let value = response.headers.joined("cache-control").unwrap_or_default();
    let value = value.to_ascii_lowercase().replace(' ', "");
    value.contains("no-cache=\"set-cookie\"") || value.contains("no-cache=set-cookie")
}

/// Says whether an answer forbids that it is served when it is too old: `Expiration`.
pub(super) fn forbids_stale(response: &Response) -> bool {
    let value = response.headers.joined("cache-control").unwrap_or_default();
    value
        .to_ascii_lowercase()
        .replace(' ', "")
        .contains("stale-if-error=0")
}
