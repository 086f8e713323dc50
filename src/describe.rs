//! Rules as text again, for `explain`.
//!
//! In: the rule model. Out: one line a directive, as its author might have written it. Absent:
//! the configuration's own text; a build does not carry it.

use std::collections::BTreeMap;

use edgewright_engine::artefact::redirect::{MatcherView, RedirectView};
use edgewright_engine::model::rules::{Condition, FileTest, Order, Place, Rule, RuleFlags, Test};

use edgewright_engine::pattern::PatternOptions;

use crate::contract::to_text;

/// The text of directives by their place.
#[derive(Debug, Default)]
pub struct Directives {
    texts: BTreeMap<Place, String>,
}

impl Directives {
    /// Adds a rule and its conditions.
    pub fn add_rule(&mut self, rule: &Rule) {
        self.texts
            .entry(rule.place)
            .or_insert_with(|| rule_text(rule));
        for condition in &rule.conditions {
            self.texts
                .entry(condition.place)
                .or_insert_with(|| condition_text(condition));
        }
    }

    /// Adds a redirect.
    pub fn add_redirect(&mut self, redirect: RedirectView<'_>) {
        self.texts
            .entry(redirect.place)
            .or_insert_with(|| redirect_text(redirect));
    }

    /// The directive at `place`; empty for one that is not a rule.
    pub fn at(&self, place: Place) -> &str {
        self.texts.get(&place).map_or("", String::as_str)
    }
}

fn rule_text(rule: &Rule) -> String {
    let bang = if rule.flags.contains(RuleFlags::NEGATED) {
        "!"
    } else {
        ""
    };
    let substitution = if rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        "-".to_owned()
    } else {
        to_text(&rule.substitution.source)
    };
    let text = format!(
        "RewriteRule {bang}{} {substitution}",
        to_text(&rule.pattern.text)
    );
    let flags = flag_texts(rule);
    if flags.is_empty() {
        text
    } else {
        format!("{text} [{}]", flags.join(","))
    }
}

fn flag_texts(rule: &Rule) -> Vec<String> {
    let mut texts = Vec::new();
    if rule.flags.contains(RuleFlags::STATUS) || rule.flags.contains(RuleFlags::FORCE_REDIRECT) {
        texts.push(match rule.status {
            403 => "F".to_owned(),
            410 => "G".to_owned(),
            status => format!("R={status}"),
        });
    }
    if rule.skip > 0 {
        texts.push(format!("S={}", rule.skip));
    }
    if rule.pattern.options.contains(PatternOptions::CASELESS) {
        texts.push("NC".to_owned());
    }
    let named = NAMED.iter().filter(|(flag, _)| rule.flags.contains(*flag));
    texts.extend(named.map(|(_, name)| (*name).to_owned()));
    texts
}

/// Flags whose name says all.
const NAMED: [(RuleFlags, &str); 12] = [
    (RuleFlags::LAST, "L"),
    (RuleFlags::END, "END"),
    (RuleFlags::NEXT, "N"),
    (RuleFlags::CHAIN, "C"),
    (RuleFlags::PROXY, "P"),
    (RuleFlags::PASS_THROUGH, "PT"),
    (RuleFlags::QUERY_APPEND, "QSA"),
    (RuleFlags::QUERY_DISCARD, "QSD"),
    (RuleFlags::NO_ESCAPE, "NE"),
    (RuleFlags::NO_SUBREQUEST, "NS"),
    (RuleFlags::DISCARD_PATH_INFO, "DPI"),
    (RuleFlags::ESCAPE_BACKREFERENCES, "B"),
];

fn condition_text(condition: &Condition) -> String {
    let bang = if condition.negated { "!" } else { "" };
    let subject = match &condition.test {
        Test::Expression(_) => "expr".to_owned(),
        _ => to_text(&condition.subject.source),
    };
    let flags = match (condition.no_case, condition.or_next) {
        (true, true) => " [NC,OR]",
        (true, false) => " [NC]",
        (false, true) => " [OR]",
        (false, false) => "",
    };
    format!(
        "RewriteCond {subject} {bang}{}{flags}",
        test_text(&condition.test)
    )
}

/// What a condition asks, as its author might have written it.
pub fn test_text(test: &Test) -> String {
    match test {
        Test::Regex(pattern) => to_text(&pattern.text),
        Test::Equal(operand) => format!("={}", to_text(operand)),
        Test::Compare(order, operand) => format!("{}{}", sign(*order), to_text(operand)),
        Test::Integer(order, operand) => format!("{}{}", word(*order), to_text(operand)),
        Test::File(file) => letter(*file).to_owned(),
        Test::SubrequestUri => "-U".to_owned(),
        Test::SubrequestFile => "-F".to_owned(),
        Test::Expression(expression) => format!("\"{}\"", to_text(&expression.source)),
    }
}

fn sign(order: Order) -> &'static str {
    match order {
        Order::Less => "<",
        Order::LessOrEqual => "<=",
        Order::Equal => "=",
        Order::GreaterOrEqual => ">=",
        Order::Greater => ">",
    }
}

fn word(order: Order) -> &'static str {
    match order {
        Order::Less => "-lt",
        Order::LessOrEqual => "-le",
        Order::Equal => "-eq",
        Order::GreaterOrEqual => "-ge",
        Order::Greater => "-gt",
    }
}

fn letter(test: FileTest) -> &'static str {
    match test {
        FileTest::Regular => "-f",
        FileTest::NotEmpty => "-s",
        FileTest::Directory => "-d",
        FileTest::Executable => "-x",
        FileTest::Link => "-h",
    }
}

fn redirect_text(redirect: RedirectView<'_>) -> String {
    let status = redirect.status.to_string();
    let target = to_text(redirect.target);
    let words = match redirect.matcher {
        MatcherView::Prefix(path) => ["Redirect", &status, &to_text(path), &target].join(" "),
        MatcherView::Regex(pattern) => {
            ["RedirectMatch", &status, &to_text(pattern.text()), &target].join(" ")
        }
        MatcherView::Section => ["Redirect", &status, &target].join(" "),
    };
    words.trim_end().to_owned()
}
