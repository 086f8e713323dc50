//! Slips in what a rule or redirect leads to.
//!
//! In: one rule or redirect. Out: findings. Absent: its conditions; see [`super::lints`].

use edgewright_engine::model::rules::{Piece, Redirect, RedirectMatcher, Rule, RuleFlags};

use super::decoded::Line;
use super::lints::{Context, Slip, asks_for_question_mark, unknown_name};
use super::{Finding, NO_REDIRECT};
use crate::replay::{Shows, Tries};

pub(super) fn of_rule(slip: &Slip<'_>) -> Vec<Option<Finding>> {
    vec![
        nothing_to_redirect_to(slip.rule),
        passes_a_redirect_through(slip),
        percent_in_target(slip),
        missing_group(slip),
        file_path_in_redirect(slip),
        unknown_variable(slip.rule),
    ]
}

/// `- [R=301]` serves the file.
fn nothing_to_redirect_to(rule: &Rule) -> Option<Finding> {
    let idle = RuleFlags::FORCE_REDIRECT | RuleFlags::NO_SUBSTITUTION;
    let idle = rule.flags.contains(idle) && !rule.flags.contains(RuleFlags::STATUS);
    idle.then(|| {
        let headline = "R does nothing without a target: the request goes on";
        Finding::warning("redirect-without-target", rule.place, headline)
            .label("the target is -")
            .help("name the target, or write [F] or [G] to refuse the request")
    })
}

/// `PT` hands a URL-path on; a URL is a bad request.
fn passes_a_redirect_through(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let both = RuleFlags::PASS_THROUGH | RuleFlags::FORCE_REDIRECT;
    (rule.flags.contains(both) && !rule.flags.intersects(NO_REDIRECT)).then(|| {
        let headline = "PT on a redirect: Apache answers 400";
        Finding::warning("pass-through-redirect", rule.place, headline)
            .label("a URL cannot be passed on as a path")
            .help("leave out PT")
            .shows(Shows::Status(400), slip.tries())
    })
}

/// `%20` in a target is what the second group of the last condition matched, and a zero.
fn percent_in_target(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) || !rule.conditions.is_empty() {
        return None;
    }
    let pieces = rule.substitution.pieces();
    let mut pairs = pieces.clone().zip(pieces.skip(1));
    let escape = pairs.find_map(|pair| match pair {
        (Piece::ConditionGroup(group), Piece::Literal(text)) => {
            let next = text.first().filter(|next| next.is_ascii_hexdigit())?;
            Some(format!("%{group}{}", char::from(*next)))
        }
        _ => None,
    })?;
    let headline =
        format!("{escape} in a target is no escape but what a condition matched: nothing here");
    let help = if rule.flags.contains(RuleFlags::NO_ESCAPE) {
        format!("write \\{escape}")
    } else {
        format!("write the character itself, or \\{escape} and the flag NE")
    };
    Some(
        Finding::warning("percent-in-target", rule.place, headline)
            .label("the % and its first digit are lost")
            .help(help)
            .habit()
            .shows(Shows::Applies, slip.tries()),
    )
}

/// `$2` where the pattern has one group.
fn missing_group(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        return None;
    }
    let used = rule.substitution.pieces();
    let highest = used.filter_map(|piece| match piece {
        Piece::RuleGroup(group) => Some(group),
        _ => None,
    });
    let highest = highest.max()?;
    let negated = rule.flags.contains(RuleFlags::NEGATED);
    let missing = negated || usize::from(highest) > rule.pattern.group_count();
    missing.then(|| {
        let headline = if negated {
            format!("${highest} is always empty: what is not matched has no groups")
        } else {
            format!("${highest} is always empty: the pattern has no such group")
        };
        Finding::warning("missing-group", rule.place, headline)
            .label("refers to a group that is not there")
            .help("count the ( of the pattern that are not followed by ?")
            .shows(Shows::Applies, slip.tries())
    })
}

/// In a directory a relative target begins with the directory's name on disk.
fn file_path_in_redirect(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let relative = match rule.substitution.pieces().next()? {
        Piece::Literal(text) => !text.starts_with(b"/") && !text.contains(&b':'),
        _ => false,
    };
    let open = slip.context == Context::Baseless
        && rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        && !rule.flags.intersects(NO_REDIRECT);
    (open && relative).then(|| {
        let headline = "a relative target of a redirect: the answer names the directory on disk";
        Finding::warning("file-path-in-redirect", rule.place, headline)
            .label("is put behind the directory's path")
            .help("begin the target with a slash, or set RewriteBase")
            .shows(Shows::Location(Vec::new()), slip.tries())
    })
}

fn unknown_variable(rule: &Rule) -> Option<Finding> {
    let name = unknown_name(&rule.substitution)?;
    let shown = String::from_utf8_lossy(name);
    let headline = format!("there is no variable %{{{shown}}}: it is always empty");
    Some(
        Finding::warning("unknown-variable", rule.place, headline)
            .label("is left out of the target")
            .help(
                "for a request header write %{HTTP:Name}, for an environment variable %{ENV:NAME}",
            ),
    )
}

/// Slips of a `Redirect` or `RedirectMatch`.
pub(super) fn of_redirect(redirect: &Redirect, line: &Line<'_>) -> Vec<Finding> {
    let found = match &redirect.matcher {
        RedirectMatcher::Prefix(path) => {
            vec![slashes(redirect, path, line), query_in_path(redirect, path)]
        }
        RedirectMatcher::Regex(pattern) => {
            let query = asks_for_question_mark(pattern);
            vec![
                query.then(|| query_in_redirect(redirect)),
                escaped_again(redirect),
            ]
        }
        RedirectMatcher::Section => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

/// What follows the path is put behind the target as it is.
fn slashes(redirect: &Redirect, path: &[u8], line: &Line<'_>) -> Option<Finding> {
    let position = line.position;
    let target = redirect.target.as_slice();
    if !path.starts_with(b"/")
        || target.is_empty()
        || target.iter().any(|byte| b"?#=".contains(byte))
    {
        return None;
    }
    let below = |rest: &[u8]| Tries::Any(position, Some([path, rest].concat()));
    let joined = |rest: &[u8]| [target, rest].concat();
    let shown = |rest: &[u8]| String::from_utf8_lossy(&joined(rest)).into_owned();
    if path.ends_with(b"/") && !target.ends_with(b"/") {
        let headline = "what follows the path is put behind the target without a slash";
        return Some(
            Finding::warning("missing-slash", redirect.place, headline)
                .label("the path ends with a slash, the target does not")
                .help(help_for_slash(redirect, path, &shown(b"page")))
                .shows(Shows::Location(joined(b"page")), below(b"page")),
        );
    }
    // Nothing is below a file.
    let name = path.rsplit(|byte| *byte == b'/').next();
    let is_file = name.is_some_and(|name| name.contains(&b'.'));
    let is_doubled = !path.ends_with(b"/") && !is_file && target.ends_with(b"/");
    let below_path = line
        .request(&[path, b"/page"].concat())
        .filter(|_| is_doubled)?;
    let headline = "two slashes side by side in what is below the path";
    Some(
        Finding::note("doubled-slash", redirect.place, headline)
            .label("the target ends with a slash, the path does not")
            .help(format!("leave out one: now it is {}", shown(b"/page")))
            .habit()
            .shows(Shows::Location(joined(b"/page")), Tries::only(below_path)),
    )
}

/// Everything to one page, or each path to its own?
fn help_for_slash(redirect: &Redirect, path: &[u8], now: &str) -> String {
    let target = String::from_utf8_lossy(&redirect.target);
    let name = target.rsplit('/').next().unwrap_or_default();
    let from = String::from_utf8_lossy(path);
    let keep = "end the target with a slash to keep what follows";
    if name.contains('.') && !target.ends_with(&format!("//{name}")) {
        format!(
            "write RedirectMatch ^{from} {target}: a page has nothing below it; now it is {now}"
        )
    } else {
        format!("{keep}, or write RedirectMatch ^{from} {target} for one page; now it is {now}")
    }
}

fn query_in_path(redirect: &Redirect, path: &[u8]) -> Option<Finding> {
    path.contains(&b'?').then(|| query_in_redirect(redirect))
}

fn query_in_redirect(redirect: &Redirect) -> Finding {
    let headline = "the redirect asks for a query string, which it never sees";
    Finding::warning("query-in-pattern", redirect.place, headline)
        .label("matches only where the path holds %3F")
        .help("write RewriteCond %{QUERY_STRING} ^name=value$ and a RewriteRule")
}

/// The target of a `RedirectMatch` is escaped once more.
fn escaped_again(redirect: &Redirect) -> Option<Finding> {
    let escape = redirect.target.windows(3).find(|three| {
        three[0] == b'%' && three[1].is_ascii_hexdigit() && three[2].is_ascii_hexdigit()
    })?;
    let shown = String::from_utf8_lossy(escape).into_owned();
    let headline = format!("{shown} in the target of a RedirectMatch is escaped again");
    Some(
        Finding::warning("percent-in-target", redirect.place, headline)
            .label("unlike the target of a Redirect")
            .help(format!(
                "clients get %25{}; write the character itself",
                &shown[1..]
            )),
    )
}
