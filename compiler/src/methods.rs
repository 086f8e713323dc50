//! Whether an answer tells `GET` from `HEAD`, which share an entry of CloudFront's cache.
//!
//! In: rules, expressions, `SetEnvIf` lines. Out: yes, also where nobody can say. Absent: other methods, whose answers
//! are not kept, and `OPTIONS`, which has entries of its own.

use edgewright_engine::budget::{Allowance, Budget};
use edgewright_engine::model::expression::{Comparison, Expression, Node, Tree, Word};
use edgewright_engine::model::rules::{
    Condition, Order, Piece, Rule, Template, TemplateText, Test, text_holds,
};
use edgewright_engine::pattern::Pattern;

use crate::dependencies::Dependencies;

/// The variables that begin with the method.
const METHOD: &[u8] = b"REQUEST_METHOD";
const REQUEST_LINE: &[u8] = b"THE_REQUEST";

/// The two methods that share an entry.
const SHARED: [&[u8]; 2] = [b"GET", b"HEAD"];

/// Says whether what `rule` does may differ between `GET` and `HEAD`.
pub fn rule_tells(rule: &Rule) -> bool {
    let groups = uses_groups(rule);
    let mut conditions = rule.conditions.iter();
    is_looked_at(&Dependencies::of_results(rule))
        || conditions.any(|condition| condition_tells(condition, groups))
}

/// Says whether what `expression` says may differ between `GET` and `HEAD`.
pub fn expression_tells(expression: &Expression) -> bool {
    match &expression.tree {
        Tree::Condition(node) => node_tells(node),
        Tree::Text(_) => {
            let mut found = Dependencies::default();
            found.add_expression(expression);
            is_looked_at(&found)
        }
    }
}

/// Says whether a pattern that is matched with the method tells `GET` from `HEAD`, by its answer or by its groups.
pub fn pattern_tells(pattern: &Pattern) -> bool {
    let [get, head] = SHARED.map(|method| pattern.is_match(method));
    get != head || (get && pattern.group_count() > 0)
}

fn is_looked_at(found: &Dependencies) -> bool {
    found.variables.contains(METHOD) || found.variables.contains(REQUEST_LINE)
}

/// Whether what a condition matched is used: none of it, groups, or all of what matched (`%0`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Groups {
    Unused,
    Used,
    AllOfIt,
}

fn uses_groups(rule: &Rule) -> Groups {
    let subjects = rule.conditions.iter().map(|condition| &condition.subject);
    let used = subjects
        .chain(rule.results())
        .map(|text| groups_in(text.text()));
    used.max().unwrap_or(Groups::Unused)
}

/// Does a text use what a condition matched?
pub fn uses_condition_groups(text: &Template) -> bool {
    groups_in(text.text()) != Groups::Unused
}

fn groups_in(text: TemplateText<'_>) -> Groups {
    let pieces = text.pieces();
    let used = pieces.map(|piece| match piece {
        Piece::ConditionGroup(0) => Groups::AllOfIt,
        Piece::ConditionGroup(_) => Groups::Used,
        Piece::Map {
            name: _,
            key,
            default,
        } => default
            .map_or(Groups::Unused, groups_in)
            .max(groups_in(key)),
        Piece::Literal(_) | Piece::Escaped(_) | Piece::RuleGroup(_) | Piece::Variable(_) => {
            Groups::Unused
        }
    });
    used.max().unwrap_or(Groups::Unused)
}

fn condition_tells(condition: &Condition, groups: Groups) -> bool {
    if let Test::Expression(expression) = &condition.test {
        return expression_tells(expression);
    }
    let mut found = Dependencies::default();
    found.add_condition(condition);
    if !is_looked_at(&found) {
        return false;
    }
    let pieces: Vec<Piece<'_>> = condition.subject.text().pieces().collect();
    let [Piece::Variable(name)] = pieces[..] else {
        return true;
    };
    match &condition.test {
        Test::Regex(pattern) if name.eq_ignore_ascii_case(REQUEST_LINE) => {
            groups == Groups::AllOfIt || !begins_after_method(&pattern.text)
        }
        Test::Regex(pattern) if name.eq_ignore_ascii_case(METHOD) => {
            let [get, head] = SHARED.map(|method| pattern.is_match(method));
            get != head || (get && groups != Groups::Unused)
        }
        Test::Equal(_) | Test::Compare(..) | Test::Integer(..)
            if name.eq_ignore_ascii_case(METHOD) =>
        {
            let budget = Budget::new(Allowance::APACHE);
            let holds = |method| text_holds(&condition.test, condition.no_case, method, &budget);
            let [get, head] = SHARED.map(holds);
            get != head
        }
        Test::Regex(_)
        | Test::Equal(_)
        | Test::Compare(..)
        | Test::Integer(..)
        | Test::File(_)
        | Test::SubrequestUri
        | Test::SubrequestFile
        | Test::Expression(_) => true,
    }
}

fn node_tells(node: &Node) -> bool {
    match node {
        Node::True | Node::False => false,
        Node::Not(inner) => node_tells(inner),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(node_tells),
        Node::Text(Comparison::Is(Order::Equal) | Comparison::Differ, left, right) => {
            match (left, right) {
                (Word::Variable(name), Word::Literal(text))
                | (Word::Literal(text), Word::Variable(name))
                    if name == METHOD =>
                {
                    SHARED.contains(&text.as_slice())
                }
                _ => are_looked_at([left, right]),
            }
        }
        Node::In(Word::Variable(name), words) if name == METHOD => {
            let is_listed = |method: &[u8]| {
                let mut words = words.iter();
                words.any(|word| matches!(word, Word::Literal(text) if text == method))
            };
            let [get, head] = SHARED.map(is_listed);
            get != head || are_looked_at(words)
        }
        Node::Matches(Word::Variable(name), pattern)
        | Node::MatchesNot(Word::Variable(name), pattern)
            if name == METHOD =>
        {
            pattern_tells(pattern)
        }
        Node::In(word, words) => are_looked_at([word]) || are_looked_at(words),
        Node::Number(_, left, right)
        | Node::Text(_, left, right)
        | Node::InList(left, right)
        | Node::Binary(_, left, right) => are_looked_at([left, right]),
        Node::Matches(word, _) | Node::MatchesNot(word, _) | Node::Unary(_, word) => {
            are_looked_at([word])
        }
    }
}

fn are_looked_at<'a>(words: impl IntoIterator<Item = &'a Word>) -> bool {
    let mut found = Dependencies::default();
    found.add_words(words);
    is_looked_at(&found)
}

/// Says whether a pattern that is matched with the request line cannot tell which of the two methods stands there: it
/// passes over a word, or begins with what no method holds. In doubt it can.
fn begins_after_method(pattern: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(pattern) else {
        return false;
    };
    // Alternatives, looks backwards and a moved beginning are not followed.
    if text.contains("(?") || text.contains("\\K") || has_alternatives(text) {
        return false;
    }
    match text.strip_prefix('^') {
        Some(rest) => after_word(rest).is_some_and(|rest| begins_with(rest, is_blank)),
        None => begins_with(text, |character| {
            !"GETHAD".contains(character.to_ascii_uppercase())
        }),
    }
}

fn is_blank(character: char) -> bool {
    character == ' '
}

/// `|` outside of all parentheses.
fn has_alternatives(text: &str) -> bool {
    let mut depth = 0;
    text.chars().any(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0 && character == '|'
    })
}

/// What follows an expression for any method, such as `[A-Z]{3,9}`.
fn after_word(text: &str) -> Option<&str> {
    let one = [
        "[A-Z]", "[a-zA-Z]", "[A-Za-z]", "\\w", "\\S", "[^ ]", "[^\\ ]", "[^\\s]",
    ];
    if let Some(rest) = one.iter().find_map(|one| text.strip_prefix(one)) {
        return after_count(rest);
    }
    // Whatever this takes, a blank comes after it.
    text.strip_prefix(".*").or_else(|| text.strip_prefix(".+"))
}

/// What follows `+`, or a count that both words fit.
fn after_count(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('+') {
        return Some(rest);
    }
    let (count, rest) = text.strip_prefix('{')?.split_once('}')?;
    let (least, most) = count.split_once(',')?;
    let fits =
        least.parse::<u32>().ok()? <= 3 && (most.is_empty() || most.parse::<u32>().ok()? >= 4);
    fits.then_some(rest)
}

/// Says whether a match begins with a character that is `wanted`, which must be there.
fn begins_with(text: &str, wanted: impl Fn(char) -> bool) -> bool {
    let mut characters = text.chars();
    let (first, rest) = match characters.next() {
        Some('\\') => match characters.next() {
            Some('s') => (' ', characters.as_str()),
            // Other letters after a backslash stand for classes.
            Some(escaped) if !escaped.is_ascii_alphanumeric() => (escaped, characters.as_str()),
            _ => return false,
        },
        Some('[') => match text
            .strip_prefix("[ ]")
            .or_else(|| text.strip_prefix("[\\s]"))
        {
            Some(rest) => (' ', rest),
            None => return false,
        },
        Some('(' | ')' | '.' | '*' | '+' | '?' | '{' | '|' | '$' | '^') | None => return false,
        Some(character) => (character, characters.as_str()),
    };
    wanted(first) && !rest.starts_with(['?', '*', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: bool) {
        assert_eq!(
            begins_after_method(pattern.as_bytes()),
            expected,
            "{pattern}"
        );
    }

    #[test]
    fn patterns_of_request_lines() {
        for blind in [
            "^[A-Z]{3,9}\\ /index\\.php",
            "^[A-Z]{3,9}\\s/+(.*)\\sHTTP",
            "^[A-Z]+ /x",
            "^\\w+\\s",
            "^\\S+ /",
            "^.*\\ /a",
            "\\s/+index",
            " /x",
            "/index\\.php",
            "\\?",
            "index\\.html",
            "^[A-Z]{3,}\\s/",
        ] {
            check(blind, true);
        }
        for telling in [
            "^GET",
            "^GET\\ /",
            "GET",
            "^[A-Z]{4}\\ ",
            "^[A-Z]{3}\\ ",
            "^.{3} ",
            "^(GET|HEAD)\\ ",
            "^[A-Z]{3,9}",
            "a",
            "\\s*GET",
            "/?GET",
            " |GET",
            "(?<=GET )/",
            "",
            "^",
            ".",
            "^.*T /",
            "e?index",
            "[A-Z]+ /a",
        ] {
            check(telling, false);
        }
    }
}
