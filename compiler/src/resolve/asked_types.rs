//! Whether something asks for the type of a file once it is known (`%{CONTENT_TYPE}`, `ExpiresByType`), or for its handler.
//!
//! In: a site whose rules and sections are complete. Out: the answer. Absent: expressions that are asked before a URL is
//! mapped to a file, where there is no type yet: those of `<If>`, `SetEnvIfExpr`, `Require expr` and `Alias`.

use edgewright_engine::model::expression::Expression;
use edgewright_engine::model::page::has_none;
use edgewright_engine::model::rules::{Condition, Test};
use edgewright_engine::model::site::headers::{HeaderLine, HeaderTable};
use edgewright_engine::model::site::{Settings, Site};

/// Does a rule, a redirect or a line about headers ask? Lines about answers see the type of a file only where the answer has
/// no page.
pub(super) fn asks_for_types(site: &Site) -> bool {
    let rules = || site.rule_sets.iter().flat_map(|set| &set.rules);
    let redirects = || site.redirect_lists.iter().flatten();
    let statuses = rules().map(|rule| rule.status);
    let mut statuses = statuses.chain(redirects().map(|redirect| redirect.status));
    let has_pageless = statuses.any(has_none);
    site.settings().any(requests_ask)
        || (has_pageless && site.settings().any(answers_ask))
        || redirects()
            .filter_map(|redirect| redirect.expression.as_ref())
            .any(Expression::asks_for_type)
        || rules()
            .flat_map(|rule| &rule.conditions)
            .any(condition_asks)
}

/// Does a condition of a rule ask? To `RewriteCond %{CONTENT_TYPE}` there is no such variable.
pub(crate) fn condition_asks(condition: &Condition) -> bool {
    matches!(&condition.test, Test::Expression(expression) if expression.asks_for_type())
}

fn requests_ask(settings: &Settings) -> bool {
    let mut lines = settings.headers.iter();
    lines.any(|line| line.table == HeaderTable::Request && line_asks(line))
}

fn answers_ask(settings: &Settings) -> bool {
    let expires = settings.expires.as_ref();
    expires.is_some_and(|own| !own.by_type.is_empty()) || settings.headers.iter().any(line_asks)
}

/// Does a line about headers ask?
pub(super) fn line_asks(line: &HeaderLine) -> bool {
    line.expressions().any(Expression::asks_for_type)
}
