//! What only the text of a line tells: the model keeps what a line means.
//!
//! In: a [`Reading`] and its rules and redirects. Out: findings. Absent: what the model keeps; see [`super::lints`].

use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::{
    Condition, Piece, Place, Redirect, RedirectMatcher, Rule, RuleFlags,
};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::{self, Node};
use edgewright_parser::source::FileId;
use edgewright_parser::syntax::{Directive, Flag, Kind, RedirectFrom, RewriteRule};

use super::{Finding, NO_REDIRECT, redirects, rules};
use crate::compiled_site::CompiledSite;
use crate::reading::{Position, Reading};
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries, answering_line};
use crate::spans::Spans;
use crate::witness::{Aiming, Request};

/// Everything of that kind in `reading`.
pub(super) fn find(
    reading: &Reading,
    redundant: &Redundant,
    spans: &Spans<'_>,
    (answering, aiming): (&CompiledSite<'_>, &Aiming<'_>),
) -> Vec<Finding> {
    let lines = Lines { reading, spans };
    let mut found = Vec::new();
    let mut moves = Vec::new();
    for (position, rule) in rules(&reading.site) {
        found.extend(target_ignored(&lines, position, rule));
        if !redundant.contains(position) && moves_for_good(rule) && lines.says_no_status(rule) {
            moves.push((position, rule.place));
        }
    }
    for (position, redirect) in redirects(&reading.site) {
        if !redundant.contains(position) && lines.has_no_status(redirect) {
            moves.push((position, redirect.place));
        }
    }
    let answered = |(position, place): &(Position, Place)| {
        let requests = aiming.others(*position).into_iter().flat_map(either_scheme);
        let mut requests = requests.take(MOST_REQUESTS);
        requests.find(|request| answering_line(&answering.ask(request)) == Some(*place))
    };
    let mut asked = moves.iter().take(MOST_ASKED).enumerate();
    let first = asked.find_map(|(at, one)| Some((at, answered(one)?)));
    found.extend(first.and_then(|(at, request)| temporary_moves(moves.get(at..)?, request)));
    found
}

/// A status and the space around it has so many bytes at least.
const SHORTEST_STATUS: u32 = 4;

/// So many redirects are asked for, to find one that answers.
const MOST_ASKED: usize = 64;

/// For each of them, so many requests.
const MOST_REQUESTS: usize = 4;

/// A request by https and by http: what is asked about the scheme is in no request line.
fn either_scheme(request: Request) -> [Request; 2] {
    let other = Request {
        scheme: Scheme::Http,
        ..request.clone()
    };
    [request, other]
}

/// The lines of a configuration as they are written.
struct Lines<'r> {
    reading: &'r Reading,
    spans: &'r Spans<'r>,
}

impl Lines<'_> {
    /// The directive at `place`.
    fn directive(&self, place: Place) -> Option<Directive> {
        let text = self.reading.sources.text(self.spans.at(place)?)?;
        let parsed = edgewright_parser::parse(FileId(place.file), text);
        parsed.directives.into_iter().next()
    }

    fn rule(&self, place: Place) -> Option<RewriteRule> {
        match self.directive(place)?.kind {
            Kind::RewriteRule(rule) => Some(*rule),
            _ => None,
        }
    }

    /// A bare `R`.
    fn says_no_status(&self, rule: &Rule) -> bool {
        let statuses = |rule: RewriteRule| {
            let redirects = rule.flags.into_iter().filter_map(|flag| match flag.value {
                Flag::Redirect(status) => Some(status),
                _ => None,
            });
            redirects.collect::<Vec<_>>()
        };
        self.rule(rule.place).map(statuses) == Some(vec![None])
    }

    /// A `Redirect` of one path with two arguments.
    fn has_no_status(&self, redirect: &Redirect) -> bool {
        if redirect.status != 302 {
            return false;
        }
        let is_one_path = || match &redirect.matcher {
            RedirectMatcher::Prefix(path) => path.len() > 1,
            RedirectMatcher::Regex(pattern) => is_one_path(pattern),
            RedirectMatcher::Section => false,
        };
        // Whether a status stands between the name and the path.
        let is_bare = |directive: Directive| {
            let name = directive.name.value.to_ascii_lowercase();
            let Kind::Redirect(read) = directive.kind else {
                return false;
            };
            let (RedirectFrom::Path(from) | RedirectFrom::Regex(from)) = read.from else {
                return false;
            };
            let between = from.span.start.saturating_sub(directive.name.span.end);
            matches!(name.as_slice(), b"redirect" | b"redirectmatch") && between < SHORTEST_STATUS
        };
        redirect.expression.is_none()
            && is_one_path()
            && self.directive(redirect.place).is_some_and(is_bare)
    }
}

/// A pattern for one path.
fn is_one_path(pattern: &Pattern) -> bool {
    let is_fixed = |node: &Node| match node {
        Node::Literal(_) | Node::Place(syntax::Place::Start | syntax::Place::End) => true,
        Node::Set(set) => set.is_dot(),
        _ => false,
    };
    let syntax = pattern.syntax();
    syntax.is_some_and(|syntax| {
        let ends = syntax.root.parts().last();
        matches!(ends, Some(Node::Place(_))) && syntax.root.parts().iter().all(is_fixed)
    })
}

/// What a canonical host is chosen by.
const CANONICAL: [&[u8]; 6] = [
    b"HTTP_HOST",
    b"HTTPS",
    b"SERVER_PORT",
    b"SERVER_NAME",
    b"REQUEST_SCHEME",
    b"HTTP:X-Forwarded-Proto",
];

/// Does a rule lead from one path to another, or from one host or scheme to another?
fn moves_for_good(rule: &Rule) -> bool {
    let asks_for_host = |condition: &Condition| {
        let subject = condition.subject.text().only_piece();
        matches!(subject, Some(Piece::Variable(name))
            if CANONICAL.iter().any(|known| name.eq_ignore_ascii_case(known)))
    };
    let is_redirect = rule.status == 302
        && rule.flags.contains(RuleFlags::FORCE_REDIRECT)
        && !rule.flags.intersects(NO_REDIRECT | RuleFlags::NEGATED);
    let is_canonical = || {
        let head = rule.substitution.fixed_head();
        head.starts_with(b"http") && rule.conditions.iter().all(asks_for_host)
    };
    is_redirect
        && if rule.conditions.is_empty() {
            rule.substitution.is_literal() && is_one_path(&rule.pattern)
        } else {
            is_canonical()
        }
}

/// One note for all of them: who leaves the status out leaves it out everywhere.
fn temporary_moves(moves: &[(Position, Place)], request: Request) -> Option<Finding> {
    let (_, place) = *moves.first()?;
    let more = match moves.len() - 1 {
        0 => String::new(),
        1 => "; so does 1 more line".to_owned(),
        more => format!("; so do {more} more lines"),
    };
    let headline = format!("this redirect names no status, and is temporary: 302{more}");
    let mut finding = Finding::note("temporary-move", place, headline)
        .label("search engines keep the old URL, and browsers ask for it again each time")
        .help("write 301 where a page has moved for good (R=301, Redirect 301), and 302 where it has not")
        .shows(Shows::Redirect(302), Tries::only(request));
    let others = moves.iter().skip(1).map(|(_, other)| *other);
    let others = others.filter(|other| *other != place).take(MOST_NAMED);
    finding.others = others.map(|other| (other, "so does this one")).collect();
    Some(finding)
}

/// So many other lines are named.
const MOST_NAMED: usize = 5;

/// `R=200` and `R=404` answer with the status, whatever the target is.
fn target_ignored(lines: &Lines<'_>, position: Position, rule: &Rule) -> Option<Finding> {
    // F and G say by themselves that nothing is served.
    let answers = rule.flags.contains(RuleFlags::STATUS) && !matches!(rule.status, 403 | 410);
    if !answers {
        // Nearly always; reading the line again takes longest.
        return None;
    }
    let target = lines.rule(rule.place)?.substitution.value;
    if target.as_slice() == b"-" {
        return None;
    }
    let (status, target) = (rule.status, String::from_utf8_lossy(&target).into_owned());
    let headline = format!("R={status} answers with a page of Apache's own: {target} is not used");
    let help = match status {
        200..=299 => {
            format!("leave out R={status} to serve {target}, or write R=301 to redirect to it")
        }
        _ if target.starts_with('/') => {
            format!("write - for the target, and name the page: ErrorDocument {status} {target}")
        }
        _ => format!(
            "write - for the target; ErrorDocument {status} /page names a page of this server for it"
        ),
    };
    Some(
        Finding::warning("target-ignored", rule.place, headline)
            .label("only a status from 300 to 399 redirects")
            .help(help)
            .habit()
            .shows(Shows::Status(status), Tries::Any(position, None)),
    )
}
