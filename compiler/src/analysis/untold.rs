//! Questions about a request that CloudFront's event does not answer.
//!
//! In: the conditions, rules and sections of a [`Site`]. Out: findings. Absent: what only the server knows; see
//! [`crate::unsupported`].
//!
//! What a pattern asks of the request line is tried: lines made from the pattern are matched with another version at
//! their end; for their bare `?` see [`crate::request_line`].

use edgewright_engine::model::expression::Expression;
use edgewright_engine::model::marks::BareMark;
use edgewright_engine::model::rules::{Condition, Place, Redirect, Rule, Test};
use edgewright_engine::model::site::{EnvAttribute, EnvRule, SectionKind, Site};
use edgewright_engine::pattern::Pattern;

use super::{Finding, rules};
use crate::class::ViewerClass;
use crate::dependencies::{Dependencies, Question};
use crate::redundant::Redundant;
use crate::request_line;

/// The versions that viewers may send.
const VERSIONS: [&[u8]; 3] = [b"1.0", b"1.1", b"2.0"];

/// Everything in `site` that asks for what the edge is not told, with a class of viewers that tells some of it.
pub(super) fn find(
    site: &Site,
    redundant: &Redundant,
    class: Option<&ViewerClass>,
) -> Vec<Finding> {
    let kept = rules(site).filter(|(position, _)| !redundant.contains(*position));
    let mut found: Vec<Finding> = kept.flat_map(|(_, rule)| of_rule(rule)).collect();
    found.extend(site.redirect_lists.iter().flatten().filter_map(of_redirect));
    for section in &site.sections {
        if let SectionKind::If(asked) | SectionKind::ElseIf(asked) = &section.kind {
            found.extend(of_expression(asked, section.place));
        }
    }
    let of_hosts = site.hosts.iter().flat_map(|host| &host.environment);
    let of_settings = site.settings().flat_map(|settings| &settings.set_env_if);
    let all = of_hosts.chain(of_settings);
    found.extend(all.flat_map(of_variable));
    if class.is_some_and(|class| class.marks.bare_mark == BareMark::Apart) {
        found.retain(|finding| finding.code != BARE_MARK);
    }
    found
}

const BARE_MARK: &str = "bare-question-mark";

fn of_rule(rule: &Rule) -> Vec<Finding> {
    let mut found: Vec<Finding> = rule.conditions.iter().flat_map(of_condition).collect();
    if rule.substitution.source.contains(&b'%') || rule.extras.is_some() {
        let results = Dependencies::of_results(rule);
        found.extend(asks_for_version(&results).then(|| version(rule.place)));
    }
    found
}

fn of_redirect(redirect: &Redirect) -> Option<Finding> {
    let asks = asks_for_version(&Dependencies::of_redirect(redirect));
    asks.then(|| version(redirect.place))
}

/// `SetEnvIf Request_Protocol` and `SetEnvIfExpr`.
fn of_variable(rule: &EnvRule) -> Vec<Finding> {
    match &rule.attribute {
        EnvAttribute::Protocol => vec![version(rule.place)],
        EnvAttribute::Expression(asked) => of_expression(asked, rule.place),
        _ => Vec::new(),
    }
}

fn of_condition(condition: &Condition) -> Vec<Finding> {
    let place = condition.place;
    if let Test::Expression(asked) = &condition.test {
        return of_expression(asked, place);
    }
    let mut mentions = Dependencies::default();
    mentions.add_condition(condition);
    let mut found = of_mentions(&mentions, place);
    found.extend(of_patterns(
        &request_line::patterns_of_condition(condition),
        place,
    ));
    found
}

fn of_expression(expression: &Expression, place: Place) -> Vec<Finding> {
    let mut mentions = Dependencies::default();
    mentions.add_expression(expression);
    let mut found = of_mentions(&mentions, place);
    found.extend(of_patterns(
        &request_line::patterns_of_expression(expression),
        place,
    ));
    found
}

fn of_mentions(mentions: &Dependencies, place: Place) -> Vec<Finding> {
    let asks_for_link = mentions.questions.contains(&Question::Link);
    let version = asks_for_version(mentions).then(|| version(place));
    version
        .into_iter()
        .chain(asks_for_link.then(|| link(place)))
        .collect()
}

fn asks_for_version(mentions: &Dependencies) -> bool {
    mentions.variables.contains(&b"SERVER_PROTOCOL"[..])
}

fn of_patterns(patterns: &[&Pattern], place: Place) -> Vec<Finding> {
    let depends = patterns.iter().any(|pattern| {
        let mut texts = request_line::samples(pattern).into_iter();
        texts.any(|text| depends_on_version(pattern, &text))
    });
    let bare = request_line::tell_bare_mark(patterns);
    let version = depends.then(|| version(place));
    version
        .into_iter()
        .chain(bare.then(|| bare_mark(place)))
        .collect()
}

/// Does the pattern match a line with one version and not with another?
fn depends_on_version(pattern: &Pattern, text: &[u8]) -> bool {
    let protocol = text
        .windows(b"HTTP/".len())
        .rposition(|part| part == b"HTTP/");
    let Some(at) = protocol else {
        return false;
    };
    let head = &text[..at + b"HTTP/".len()];
    let matches = VERSIONS.map(|version| pattern.is_match(&[head, version].concat()));
    matches.contains(&true) && matches.contains(&false)
}

fn version(place: Place) -> Finding {
    let headline =
        "the edge takes every request for HTTP/1.1: CloudFront does not tell the viewer's version";
    Finding::warning("http-version", place, headline)
        .label("asks for the version")
        .help("remove this question, or ask it in the origin")
}

fn bare_mark(place: Place) -> Finding {
    let headline = "the edge is not told whether a `?` with nothing behind it was sent";
    Finding::note(BARE_MARK, place, headline)
        .label("asks for the ?")
        .help("`/a?` is answered as `/a` is, since no class of viewers can be made: remove the rule, or ask for a query string that is not empty")
}

fn link(place: Place) -> Finding {
    let headline = "-l is false at the edge: links in a document root count as what they lead to";
    Finding::note("link-test", place, headline)
        .label("asks whether it is a symbolic link")
        .help("ask with -f or -d for what the link leads to")
}
