//! What of an answer the function cannot send.
//!
//! In: the rules, redirects and proxies of a [`Site`]. Out: findings. Absent: texts that come from a request; a line
//! tells nothing about them.

use std::collections::BTreeSet;

use edgewright_engine::model::rules::{
    Condition, Piece, Place, Redirect, RedirectMatcher, Rule, RuleFlags, Template,
};
use edgewright_engine::model::site::Site;

use super::{Finding, NO_REDIRECT, rules};
use crate::dependencies::Dependencies;
use crate::host_names::{HostNames, scheme_length, target_is_here};
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries};

/// Everything in `site` that CloudFront would not send as Apache does.
pub(super) fn find(site: &Site, redundant: &Redundant) -> Vec<Finding> {
    let names = HostNames::of(site);
    let mut found = Vec::new();
    let mut varying = BTreeSet::new();
    for (position, rule) in rules(site) {
        if redundant.contains(position) {
            continue;
        }
        let passes = may_pass_through(&names, rule);
        if passes && varies(rule) {
            varying.insert(rule.place);
        }
        found.extend(cookie_not_sent(position, rule).filter(|_| passes));
        found.extend(proxied(rule));
        found.extend(encoded_target(&names, rule));
        found.extend(
            rule.extras()
                .cookies
                .iter()
                .find_map(|cookie| encoded_cookie(rule.place, cookie)),
        );
        found.extend(rule.conditions.iter().filter_map(encoded_vary));
    }
    found.extend(vary_not_sent(&varying));
    found.extend(
        site.redirect_lists
            .iter()
            .flatten()
            .filter_map(encoded_redirect),
    );
    found.extend(proxies(site));
    found
}

/// Can a request that `rule` applies to end in anything but an answer of the function?
fn may_pass_through(names: &HostNames<'_>, rule: &Rule) -> bool {
    if rule.flags.contains(RuleFlags::STATUS) {
        return false;
    }
    if rule
        .flags
        .intersects(RuleFlags::NO_SUBSTITUTION | RuleFlags::PROXY)
    {
        return true;
    }
    !rule.flags.contains(RuleFlags::FORCE_REDIRECT) && !leads_elsewhere(names, rule)
}

/// Apache redirects to the URL of another server without `R` too.
fn leads_elsewhere(names: &HostNames<'_>, rule: &Rule) -> bool {
    let head = rule.substitution.fixed_head();
    scheme_length(&head) > 0 && !target_is_here(names, &head)
}

fn cookie_not_sent(position: Position, rule: &Rule) -> Option<Finding> {
    (!rule.extras().cookies.is_empty()).then(|| {
        let headline = "the cookie is not sent where the request passes through: the function cannot add to the origin's answer";
        Finding::warning("cookie-not-sent", rule.place, headline)
            .label("CO has an effect on redirects and refusals only")
            .help("let the origin set the cookie, or add it in a function at viewer-response")
            .shows(Shows::CookiesLost, Tries::Any(position, None))
    })
}

/// Does the rule add anything but `Host` to `Vary`? Every cache tells hosts apart.
fn varies(rule: &Rule) -> bool {
    let asked = |condition: &Condition| {
        let headers = headers(condition);
        !condition.no_vary && headers.iter().any(|name| name != b"host")
    };
    rule.conditions.iter().any(asked)
}

/// Headers of the request that a condition looks at.
fn headers(condition: &Condition) -> BTreeSet<Vec<u8>> {
    let mut mentions = Dependencies::default();
    mentions.add_condition(condition);
    mentions.headers
}

fn vary_not_sent(places: &BTreeSet<Place>) -> Option<Finding> {
    let first = places.first()?;
    let lines = match places.len() {
        1 => "this rule asks for a header of the request".to_owned(),
        more => format!("{more} rules ask for a header of the request, this one first"),
    };
    let headline = format!("{lines}: `Vary` is not sent where the request passes through");
    Some(
        Finding::note("vary-not-sent", *first, headline)
            .label("Apache adds the header's name to `Vary`")
            .help("let the origin send `Vary` if caches behind CloudFront keep its pages; NV on the condition says that none do"),
    )
}

fn proxied(rule: &Rule) -> Option<Finding> {
    let is_proxied = rule.flags.contains(RuleFlags::PROXY)
        && !rule
            .flags
            .intersects(RuleFlags::NO_SUBSTITUTION | RuleFlags::STATUS);
    is_proxied.then(|| proxy_to_origin(rule.place))
}

/// `ProxyPass` of hosts and of sections, but not `ProxyPass … !`.
fn proxies(site: &Site) -> impl Iterator<Item = Finding> {
    let of_hosts = site.hosts.iter().flat_map(|host| &host.proxies);
    let of_settings = site
        .settings()
        .filter_map(|settings| settings.proxy.as_ref());
    let all = of_hosts.chain(of_settings);
    let asking = all.filter(|proxy| proxy.target.is_some());
    asking.map(|proxy| proxy_to_origin(proxy.place))
}

fn proxy_to_origin(place: Place) -> Finding {
    let headline = "the edge asks no other server: the request passes through to the origin";
    Finding::note("proxy-to-origin", place, headline)
        .label("Apache asks the server in the target")
        .help("make that server an origin of the distribution; at origin-request, `edgewright package --proxy-to HOST` names it")
        .habit()
}

/// The target of a redirect with `NE`, which Apache sends as it is written.
fn encoded_target(names: &HostNames<'_>, rule: &Rule) -> Option<Finding> {
    if !rule.flags.contains(RuleFlags::NO_ESCAPE) || rule.flags.intersects(NO_REDIRECT) {
        return None;
    }
    let byte = written(&rule.substitution, not_in_url)?;
    let redirects = rule.flags.contains(RuleFlags::FORCE_REDIRECT) || leads_elsewhere(names, rule);
    redirects.then(|| percent_encoded(rule.place, byte, "in `Location`"))
}

/// The target of a `Redirect`, which Apache sends as it is written; that of a `RedirectMatch` it escapes.
fn encoded_redirect(redirect: &Redirect) -> Option<Finding> {
    if !matches!(redirect.matcher, RedirectMatcher::Prefix(_)) {
        return None;
    }
    let byte = redirect
        .target
        .iter()
        .copied()
        .find(|byte| not_in_url(*byte))?;
    Some(percent_encoded(redirect.place, byte, "in `Location`"))
}

fn encoded_cookie(place: Place, cookie: &Template) -> Option<Finding> {
    let byte = written(cookie, |byte| !byte.is_ascii() || byte == b'\t')?;
    if byte == b'\t' {
        let headline = "the edge sends a space for the tab in a cookie";
        return Some(
            Finding::note("encoded-header", place, headline).label("Apache sends the tab"),
        );
    }
    Some(percent_encoded(place, byte, "in a cookie"))
}

fn encoded_vary(condition: &Condition) -> Option<Finding> {
    if condition.no_vary || condition.subject.source.is_ascii() {
        return None;
    }
    let headers = headers(condition);
    let byte = headers.iter().flatten().find(|byte| !byte.is_ascii())?;
    Some(percent_encoded(condition.place, *byte, "in `Vary`"))
}

fn percent_encoded(place: Place, byte: u8, at: &str) -> Finding {
    let shown = match byte {
        b' ' => "a space".to_owned(),
        other => format!("the byte 0x{other:02X}"),
    };
    let headline =
        format!("the edge percent-encodes {shown} {at}: a header of the function must be ASCII");
    Finding::note("encoded-header", place, headline)
        .label("Apache sends it as it is")
        .help(format!(
            "write %{byte:02X} if that is what clients should get"
        ))
}

fn not_in_url(byte: u8) -> bool {
    !byte.is_ascii() || byte == b' '
}

/// The first byte that stands in a template as it will be sent, of those that `is_odd` names.
fn written(template: &Template, is_odd: impl Fn(u8) -> bool) -> Option<u8> {
    template.pieces().find_map(|piece| match piece {
        Piece::Literal(text) => text.iter().copied().find(|byte| is_odd(*byte)),
        Piece::Escaped(byte) => Some(byte).filter(|byte| is_odd(*byte)),
        _ => None,
    })
}
