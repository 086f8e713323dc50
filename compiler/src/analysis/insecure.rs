//! Redirects that lead from https to http.
//!
//! In: the rules and redirects of a [`Site`]. Out: findings, each with a request over https. Absent: other sites'
//! schemes.

use edgewright_engine::evaluate::vhost::goes_by;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::Site;

use super::{Finding, NO_REDIRECT, redirects, rules};
use crate::host_names::authority;
use crate::reading::Position;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// Every line whose target begins with `http://` and a name that a host with TLS goes by.
pub(super) fn find(site: &Site, aiming: &Aiming<'_>) -> Vec<Finding> {
    let kept = rules(site).filter(|(_, rule)| !rule.flags.intersects(NO_REDIRECT));
    let of_rules =
        kept.map(|(position, rule)| (position, rule.place, rule.substitution.fixed_head()));
    let of_redirects =
        redirects(site).map(|(position, one)| (position, one.place, one.target.clone()));
    let all = of_rules.chain(of_redirects);
    let found = all
        .filter_map(|(position, place, target)| insecure(site, aiming, position, place, &target));
    found.collect()
}

fn insecure(
    site: &Site,
    aiming: &Aiming<'_>,
    position: Position,
    place: Place,
    target: &[u8],
) -> Option<Finding> {
    let name = authority(target).filter(|_| target.starts_with(b"http://"))?;
    let host = name.split(|byte| *byte == b':').next()?;
    let mut secure = site
        .hosts
        .iter()
        .filter(|known| known.tls && known.place.is_some());
    if !secure.any(|known| goes_by(known, host)) {
        return None;
    }
    let mut request = aiming.others(position).into_iter().next()?;
    request.scheme = Scheme::Https;
    let shown = String::from_utf8_lossy(name).into_owned();
    let headline = format!("this leads from https to http, and {shown} has https");
    Some(
        Finding::warning("insecure-target", place, headline)
            .label("anybody on the way can read and change it")
            .help(format!("write https://{shown}"))
            .shows(
                Shows::Location([b"http://", name].concat()),
                Tries::only(request),
            ),
    )
}
