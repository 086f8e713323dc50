//! References to maps and groups that are not there.
//!
//! In: a rule, or the target of a `RedirectMatch`. Out: findings. Absent: `$2` of a rule, variables; see
//! [`super::targets`].

use edgewright_engine::model::rules::{
    Condition, Piece, Place, Redirect, RedirectMatcher, RuleFlags, Test,
};
use edgewright_engine::model::site::Site;

use super::Finding;
use super::escapes::Maps;
use super::lints::{Context, Slip};
use crate::reading::Position;
use crate::replay::{Shows, Tries};

pub(super) fn of_rule(slip: &Slip<'_>, site: &Site, maps: &Maps<'_>) -> Vec<Option<Finding>> {
    if slip.rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        return Vec::new();
    }
    vec![
        unknown_map(slip, site, maps),
        missing_condition_group(slip),
        backslash_in_rule(slip),
    ]
}

/// A map that nobody made gives the default, or nothing.
fn unknown_map(slip: &Slip<'_>, site: &Site, maps: &Maps<'_>) -> Option<Finding> {
    // The maps of a `.htaccess` stand in a configuration that is perhaps not here.
    let is_whole = !site.maps.is_empty()
        || slip.context == Context::Server && site.hosts.iter().any(|host| host.place.is_some());
    let unknown = slip
        .rule
        .substitution
        .pieces()
        .find_map(|piece| match piece {
            Piece::Map { name, .. } if !name.is_empty() && !maps.has(name) => Some(name),
            _ => None,
        });
    let unknown = unknown.filter(|_| is_whole)?;
    let shown = String::from_utf8_lossy(unknown);
    let help = match nearest(unknown, site) {
        Some(name) => format!("write ${{{}:…}}", String::from_utf8_lossy(name)),
        None => format!("define it: RewriteMap {shown} txt:/path/to/file"),
    };
    let headline =
        format!("there is no map `{shown}`: what it gives is always the default, or empty");
    Some(
        Finding::warning("unknown-map", slip.rule.place, headline)
            .label("looks into no map")
            .help(help)
            .shows(Shows::Applies, slip.tries()),
    )
}

/// The map whose name is most like `unknown`, if one is.
fn nearest<'s>(unknown: &[u8], site: &'s Site) -> Option<&'s [u8]> {
    let unknown = unknown.to_vec();
    let names = site.maps.iter().map(|map| &map.name).take(MOST_NAMES);
    let names = names.filter(|name| name.len().abs_diff(unknown.len()) <= MOST_SLIPS);
    let slips = names.map(|name| (strsim::generic_levenshtein(name, &unknown), name));
    let nearest = slips.min().filter(|(slips, _)| *slips <= MOST_SLIPS);
    nearest.map(|(_, name)| name.as_slice())
}

/// A name with more letters put in, left out or replaced is another name.
const MOST_SLIPS: usize = 2;

/// An unknown name is not compared with more names.
const MOST_NAMES: usize = 1_000;

/// `%1` where no condition has a group.
fn missing_condition_group(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let pieces: Vec<Piece<'_>> = rule.substitution.pieces().collect();
    let used = pieces
        .iter()
        .zip(pieces.iter().skip(1).map(Some).chain([None]));
    // `%20` is another slip.
    let is_escape = |next: Option<&Piece<'_>>| matches!(next, Some(Piece::Literal(text)) if text.first().is_some_and(u8::is_ascii_hexdigit));
    let highest = used.filter_map(|(piece, next)| match piece {
        Piece::ConditionGroup(group) if *group > 0 && !is_escape(next) => Some(*group),
        _ => None,
    });
    let highest = highest.max()?;
    let most = rule.conditions.iter().map(groups).max().unwrap_or_default();
    (usize::from(highest) > most).then(|| {
        let headline = match (rule.conditions.is_empty(), most) {
            (true, _) => format!("%{highest} is always empty: the rule has no conditions"),
            (false, 0) => format!("%{highest} is always empty: no condition that has to match has a group"),
            (false, _) => format!("%{highest} is always empty: no condition has so many groups"),
        };
        Finding::warning("missing-group", rule.place, headline)
            .label("refers to a group that is not there")
            .help("for a group of the rule's own pattern write $1; put ( ) into the condition for one of its own")
            .shows(Shows::Applies, slip.tries())
    })
}

/// How many groups a condition leaves behind.
fn groups(condition: &Condition) -> usize {
    match &condition.test {
        Test::Regex(_) if condition.negated => 0,
        Test::Regex(pattern) => pattern.group_count(),
        // Whatever is matched inside.
        Test::Expression(_) => usize::MAX,
        Test::Equal(_)
        | Test::Compare(..)
        | Test::Integer(..)
        | Test::File(_)
        | Test::SubrequestUri
        | Test::SubrequestFile => 0,
    }
}

/// `\1` in a target is a 1.
fn backslash_in_rule(slip: &Slip<'_>) -> Option<Finding> {
    let digit = slip
        .rule
        .substitution
        .pieces()
        .find_map(|piece| match piece {
            Piece::Escaped(byte) if byte.is_ascii_digit() => Some(byte),
            _ => None,
        })?;
    let finding = backslash(slip.rule.place, digit);
    Some(finding.shows(Shows::Applies, slip.tries()))
}

fn backslash(place: Place, digit: u8) -> Finding {
    let digit = char::from(digit);
    let headline = format!("\\{digit} in a target is no group but a {digit}");
    Finding::warning("backslash-group", place, headline)
        .label("only a pattern refers to its groups like that")
        .help(format!("write ${digit}"))
}

/// What is wrong with the target of a `RedirectMatch`.
pub(super) fn of_redirect(redirect: &Redirect, position: Position) -> Vec<Option<Finding>> {
    let RedirectMatcher::Regex(pattern) = &redirect.matcher else {
        return Vec::new();
    };
    let tries = || Tries::Any(position, None);
    let used = pairs(&redirect.target);
    let highest = used.clone().filter_map(|pair| match pair {
        [b'$', digit] if digit.is_ascii_digit() => Some(digit - b'0'),
        _ => None,
    });
    let missing = highest
        .max()
        .filter(|group| usize::from(*group) > pattern.group_count());
    let missing = missing.map(|group| {
        let headline = format!("${group} is always empty: the pattern has no such group");
        Finding::warning("missing-group", redirect.place, headline)
            .label("refers to a group that is not there")
            .help("count the ( of the pattern that are not followed by ?")
            .shows(Shows::Applies, tries())
    });
    let backslash_digit = used.clone().find_map(|pair| match pair {
        [b'\\', digit] if digit.is_ascii_digit() => Some(*digit),
        _ => None,
    });
    let backslash = backslash_digit
        .map(|digit| backslash(redirect.place, digit).shows(Shows::Applies, tries()));
    vec![missing, backslash]
}

/// Two bytes of which the first says what the second means.
fn pairs(text: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut skip = false;
    text.windows(2).filter(move |pair| {
        let is_one = !skip && matches!(pair, [b'\\' | b'$', _]);
        skip = is_one && pair[0] == b'\\';
        is_one
    })
}
