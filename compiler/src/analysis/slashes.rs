//! Slashes that stand twice in a redirect.
//!
//! In: a rule, or a `RedirectMatch`. Out: findings, each with a request whose redirect has them. Absent: `Redirect`; see
//! [`super::targets`].

use edgewright_engine::model::rules::{Piece, Redirect, RedirectMatcher, Rule, RuleFlags};
use edgewright_engine::pattern::Pattern;

use super::decoded::Line;
use super::{Finding, NO_REDIRECT};
use crate::replay::{Shows, Tries};
use crate::witness::{Groups, sample};

/// What a group holds that begins with a slash.
const PAGE: &[u8] = b"/page";

pub(super) fn of_rule(rule: &Rule, line: &Line<'_>) -> Option<Finding> {
    let is_redirect =
        rule.flags.contains(RuleFlags::FORCE_REDIRECT) && !rule.flags.intersects(NO_REDIRECT);
    let mut pieces = rule.substitution.pieces();
    let mut before = pieces.next().filter(|_| is_redirect)?;
    let group = pieces.find_map(|piece| {
        let follows = matches!(before, Piece::Literal(text) if text.ends_with(b"/"));
        before = piece;
        match piece {
            Piece::RuleGroup(group) if follows => Some(group),
            _ => None,
        }
    })?;
    doubled(line, &rule.pattern, group)
}

pub(super) fn of_redirect(redirect: &Redirect, line: &Line<'_>) -> Option<Finding> {
    let RedirectMatcher::Regex(pattern) = &redirect.matcher else {
        return None;
    };
    let mut threes = redirect.target.windows(3);
    let group = threes.find_map(|three| match three {
        [b'/', b'$', digit] if digit.is_ascii_digit() => Some(digit - b'0'),
        _ => None,
    })?;
    doubled(line, pattern, group)
}

/// The group can begin with a slash, and one stands before it.
fn doubled(line: &Line<'_>, pattern: &Pattern, group: u8) -> Option<Finding> {
    if group == 0 {
        return whole(line, pattern);
    }
    let request = line.with_group(pattern, group, PAGE)?;
    // Behind anything but a name, a slash is as likely as any other byte.
    let page = request
        .target
        .windows(PAGE.len())
        .position(|part| part == PAGE)?;
    let before = request.target.get(page.checked_sub(1)?)?;
    if !before.is_ascii_alphanumeric() {
        return None;
    }
    // A request that has them already shows nothing.
    let is_plain = !request.target.windows(2).any(|two| two == b"//");
    is_plain.then(|| {
        let headline = format!("two slashes side by side: ${group} begins with one too");
        Finding::note("doubled-slash", line.place, headline)
            .habit()
            .label("a slash stands before the group, and in it")
            .help(format!(
                "leave out the slash before ${group}, or write one before the ( of the pattern"
            ))
            .shows(Shows::Location(b"//page".to_vec()), Tries::only(request))
    })
}

/// `$0` is all that was matched: from the slash on that every path begins with.
fn whole(line: &Line<'_>, pattern: &Pattern) -> Option<Finding> {
    let text = sample(pattern, 0, &Groups::new());
    let begins = text.starts_with(b"/") && text.len() > 1 && pattern.is_match(&text);
    let request = line.request(&text).filter(|_| begins)?;
    let headline = "two slashes side by side: $0 is the whole path, and begins with one too";
    Some(
        Finding::note("doubled-slash", line.place, headline)
            .habit()
            .label("a slash stands before $0, and in it")
            .help("leave out the slash before $0")
            .shows(
                Shows::Location([b"/", text.as_slice()].concat()),
                Tries::only(request),
            ),
    )
}
