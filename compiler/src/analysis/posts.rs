//! Redirects that make a GET of a POST.
//!
//! In: the rules and redirects of a [`Site`]. Out: findings, each with a POST that is redirected so. Absent: lines of which
//! nothing tells that a POST comes: a condition on the method, or the name of an interface in the path.

use edgewright_engine::model::rules::{Condition, Place, RedirectMatcher, Rule, RuleFlags, Test};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::Pattern;

use super::lints::asks_about;
use super::{Finding, NO_REDIRECT, redirects, rules};
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// Parts of paths that programs send data to.
const INTERFACES: [&[u8]; 7] = [
    b"api",
    b"graphql",
    b"webhook",
    b"webhooks",
    b"rpc",
    b"xmlrpc.php",
    b"soap",
];

pub(super) fn find(site: &Site, redundant: &Redundant, aiming: &Aiming<'_>) -> Vec<Finding> {
    let kept =
        rules(site).filter(|(position, rule)| takes_post(rule) && !redundant.contains(*position));
    let of_rules = kept.map(|(position, rule)| (position, rule.place, rule.status));
    let posted = redirects(site).filter(|(_, one)| {
        is_interface(&one.target)
            && match &one.matcher {
                RedirectMatcher::Prefix(path) => is_interface(path),
                RedirectMatcher::Regex(pattern) => is_for_interface(pattern),
                RedirectMatcher::Section => false,
            }
    });
    let of_redirects = posted.map(|(position, one)| (position, one.place, one.status));
    let all = of_rules.chain(of_redirects);
    let found = all.filter_map(|(position, place, status)| loses(aiming, position, place, status));
    found.collect()
}

fn takes_post(rule: &Rule) -> bool {
    let is_redirect = rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        && !rule.flags.intersects(NO_REDIRECT | RuleFlags::NEGATED);
    let mut about_method = rule
        .conditions
        .iter()
        .filter(|condition| asks_about(condition, &[b"REQUEST_METHOD"]));
    is_redirect
        && match about_method.next() {
            Some(condition) => asks_for_post(condition),
            None => {
                is_interface(&rule.substitution.fixed_head()) && is_for_interface(&rule.pattern)
            }
        }
}

fn asks_for_post(condition: &Condition) -> bool {
    let is_asked = match &condition.test {
        Test::Regex(pattern) => pattern.text.windows(4).any(|four| four == b"POST"),
        Test::Equal(method) => method.as_slice() == b"POST",
        _ => false,
    };
    is_asked && !condition.negated
}

fn is_for_interface(pattern: &Pattern) -> bool {
    let syntax = pattern.syntax();
    syntax.is_some_and(|syntax| is_interface(syntax.longest_literal()))
}

/// Has the path a part that programs send data to, and is it no page?
fn is_interface(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/');
    let holds = |text: &[u8]| path.windows(text.len()).any(|part| part == text);
    let is_page = holds(b".htm") || holds(b"doc");
    parts.any(|part| INTERFACES.contains(&part)) && !is_page
}

fn loses(aiming: &Aiming<'_>, position: Position, place: Place, status: u16) -> Option<Finding> {
    let keeping = match status {
        301 => 308,
        302 => 307,
        _ => return None,
    };
    let mut request = aiming.others(position).into_iter().next()?;
    request.method = b"POST".to_vec();
    let headline =
        format!("a POST to this path becomes a GET without its data: {status} allows that");
    Some(
        Finding::note("redirect-loses-post", place, headline)
            .label("browsers and most programs ask for the target with GET")
            .help(format!(
                "write {keeping} for {status}: it keeps method and data"
            ))
            .habit()
            .shows(Shows::Redirect(status), Tries::only(request)),
    )
}
