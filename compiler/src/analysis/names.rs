//! Redirects to whatever name a client called the host by.
//!
//! In: the rules of a [`Site`]. Out: findings, each with a request that calls the host otherwise. Absent: hosts that
//! only one name leads to, and targets whose host is a group; see [`super::open`].

use edgewright_engine::model::rules::{Piece, Rule, RuleSetId};
use edgewright_engine::model::site::Site;

use super::open::{Open, STRANGER};
use super::{Finding, NO_REDIRECT};
use crate::reading::Position;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// The first such rule of each list: the cause is that the list answers for every name.
pub(super) fn find(site: &Site, aiming: &Aiming<'_>) -> Vec<Finding> {
    let lists = (0..).map(RuleSetId).zip(&site.rule_sets);
    let firsts = lists.filter_map(|(set, rules)| {
        let mut numbered = rules.rules.iter().enumerate();
        let (at, rule) = numbered.find(|(_, rule)| repeats_host(rule))?;
        let mut request = aiming.others(Position::Rule(set, at)).into_iter().next()?;
        request.host = STRANGER.as_bytes().to_vec();
        let headline = "the redirect leads to whatever name the client called this host by";
        Some(
            Finding::note("host-in-location", rule.place, headline)
                .label("a cache may keep the answer for others")
                .help("write the host's name, or let a first host without rules take unknown names")
                .shows(Shows::LeadsTo(STRANGER.as_bytes()), Tries::only(request)),
        )
    });
    firsts.collect()
}

/// `https://%{HTTP_HOST}/`.
fn repeats_host(rule: &Rule) -> bool {
    let mut pieces = rule.substitution.pieces();
    let (Some(Piece::Literal(before)), Some(Piece::Variable(name))) =
        (pieces.next(), pieces.next())
    else {
        return false;
    };
    let is_host = |known: &&[u8]| name.eq_ignore_ascii_case(known);
    let names: [&[u8]; 2] = [b"HTTP_HOST", b"HTTP:Host"];
    !rule.flags.intersects(NO_REDIRECT)
        && Open::behind(before).is_some()
        && names.iter().any(is_host)
}
