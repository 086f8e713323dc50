//! Lines that lead wherever a visitor says.
//!
//! In: a rule or redirect. Out: findings, each with a request that leads to a host the configuration does not name.
//! Absent: the name a host was called by.

use edgewright_engine::model::rules::{
    Condition, Piece, Redirect, RedirectMatcher, Rule, RuleFlags, Test,
};
use edgewright_engine::pattern::Pattern;

use super::Finding;
use super::decoded::Line;
use super::lints::Slip;
use crate::host_names::scheme_length;
use crate::replay::{Shows, Tries};
use crate::witness::{Groups, Request, sample};

/// A host that no configuration names.
pub(super) const STRANGER: &str = "evil.example";

/// What a visitor may choose of a target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Open {
    /// All of it.
    Url,
    /// The host.
    Host,
    /// The end of the host.
    Ending,
}

impl Open {
    /// What follows `before` in a target, if its host is not written by then.
    pub fn behind(before: &[u8]) -> Option<Self> {
        let scheme = scheme_length(before);
        match before.get(scheme..).unwrap_or_default() {
            [] if scheme == 0 => Some(Self::Url),
            [] => Some(Self::Host),
            _ if scheme == 0 => None,
            host if host.iter().any(|byte| b"/?#".contains(byte)) => None,
            _ => Some(Self::Ending),
        }
    }

    /// What a visitor writes there.
    fn text(self) -> &'static [u8] {
        match self {
            Self::Url => b"https://evil.example/",
            Self::Host => b"evil.example/",
            Self::Ending => b".evil.example/",
        }
    }
}

pub(super) fn of_rule(slip: &Slip<'_>) -> Vec<Option<Finding>> {
    let rule = slip.rule;
    let idle = RuleFlags::NO_SUBSTITUTION | RuleFlags::STATUS;
    let Some((group, open)) = group_in_host(rule).filter(|_| !rule.flags.intersects(idle)) else {
        return Vec::new();
    };
    let text = open.text();
    let found = match group {
        Piece::RuleGroup(group) => slip.line().with_group(&rule.pattern, group, text),
        Piece::ConditionGroup(group) => with_query(slip, group, text),
        Piece::Literal(_) | Piece::Escaped(_) | Piece::Variable(_) | Piece::Map { .. } => None,
    };
    let finding = found.map(|request| {
        if rule.flags.contains(RuleFlags::PROXY) {
            let headline = "Apache asks any server for whoever names it";
            Finding::warning("open-proxy", rule.place, headline)
                .label("the host comes from the request")
                .help("write the host, with a slash behind it, or admit only known ones in the pattern")
                .shows(Shows::LeadsTo(STRANGER.as_bytes()), Tries::only(request))
        } else {
            open_redirect(Finding::warning("open-redirect", rule.place, HEADLINE), request)
        }
    });
    vec![finding]
}

const HEADLINE: &str = "a link to this site leads to any other: the host comes from the request";

fn open_redirect(finding: Finding, request: Request) -> Finding {
    finding
        .label("the target's host can be chosen or made longer")
        .help("write the host, with a slash behind it, or admit only known ones in the pattern")
        .shows(Shows::LeadsTo(STRANGER.as_bytes()), Tries::only(request))
}

/// What of a request stands in the host of the target, or at its end.
fn group_in_host(rule: &Rule) -> Option<(Piece<'_>, Open)> {
    let mut before = Vec::new();
    for piece in rule.substitution.pieces() {
        match piece {
            Piece::Literal(text) => before.extend_from_slice(text),
            Piece::Escaped(byte) => before.push(byte),
            Piece::RuleGroup(_) | Piece::ConditionGroup(_) => {
                return Some((piece, Open::behind(&before)?));
            }
            // A name that is not the visitor's choice; see the header.
            Piece::Variable(_) | Piece::Map { .. } => return None,
        }
    }
    None
}

/// A request in whose query string `group` of the last condition is `text`.
fn with_query(slip: &Slip<'_>, group: u8, text: &[u8]) -> Option<Request> {
    let last = slip.rule.conditions.last()?;
    let pattern = query_pattern(last)?;
    let query = sample(
        pattern,
        0,
        &Groups::from([(u32::from(group), text.to_vec())]),
    );
    if !pattern.is_match(&query) {
        return None;
    }
    let path = sample(&slip.rule.pattern, 0, &Groups::new());
    let mut request = slip.line().request(&path)?;
    let end = request.target.iter().position(|byte| *byte == b'?');
    request.target.truncate(end.unwrap_or(request.target.len()));
    request.target.push(b'?');
    request.target.extend(query);
    Some(request)
}

fn query_pattern(condition: &Condition) -> Option<&Pattern> {
    let subject = condition.subject.text().only_piece();
    match (subject, &condition.test) {
        (Some(Piece::Variable(name)), Test::Regex(pattern))
            if name.eq_ignore_ascii_case(b"QUERY_STRING") && !condition.negated =>
        {
            Some(pattern)
        }
        _ => None,
    }
}

/// `Redirect / https://host` and `RedirectMatch ^/a(.*)$ https://host$1`.
pub(super) fn of_redirect(redirect: &Redirect, line: &Line<'_>) -> Option<Finding> {
    let target = redirect.target.as_slice();
    let finding = || Finding::warning("open-redirect", redirect.place, HEADLINE);
    match &redirect.matcher {
        RedirectMatcher::Prefix(path) => {
            let is_bare = matches!(Open::behind(target), Some(Open::Ending));
            let text = [path.as_slice(), Open::Ending.text()].concat();
            let tries = Tries::Any(line.position, Some(text));
            let finding = finding()
                .label("the target's host can be made longer")
                .help("end the target with a slash: what follows the path is put right behind it")
                .shows(Shows::LeadsTo(STRANGER.as_bytes()), tries);
            (is_bare && path.ends_with(b"/")).then_some(finding)
        }
        RedirectMatcher::Regex(pattern) => {
            let dollar = target.iter().position(|byte| *byte == b'$')?;
            let group = target
                .get(dollar + 1)
                .filter(|byte| byte.is_ascii_digit())?;
            let open = Open::behind(target.get(..dollar)?)?;
            let request = line.with_group(pattern, group - b'0', open.text())?;
            Some(open_redirect(finding(), request))
        }
        RedirectMatcher::Section => None,
    }
}
