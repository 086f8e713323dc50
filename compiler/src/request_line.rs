//! What patterns ask of the request line, `%{THE_REQUEST}`, that only part of the edge is told.
//!
//! In: conditions and expressions. Out: the patterns that the line is matched with; whether one tells `/a?` from `/a`.
//! Absent: the method at its beginning; see [`crate::methods`].
//!
//! A pattern is tried: lines made from it are matched with their bare `?`, and without.

use edgewright_engine::model::expression::{Expression, Node, Tree, Word};
use edgewright_engine::model::rules::{Condition, Piece, Test};
use edgewright_engine::pattern::Pattern;

use crate::facts::PatternFacts;
use crate::witness::Samples;

/// So many texts are made of a pattern.
const SAMPLES: usize = 4;

/// The patterns that a condition matches the request line with.
pub fn patterns_of_condition(condition: &Condition) -> Vec<&Pattern> {
    match &condition.test {
        Test::Expression(expression) => patterns_of_expression(expression),
        Test::Regex(pattern) => match condition.subject.text().only_piece() {
            Some(Piece::Variable(name)) if is_request_line(name) => vec![pattern],
            _ => Vec::new(),
        },
        Test::Equal(_)
        | Test::Compare(..)
        | Test::Integer(..)
        | Test::File(_)
        | Test::SubrequestUri
        | Test::SubrequestFile => Vec::new(),
    }
}

/// The patterns that an expression matches the request line with.
pub fn patterns_of_expression(expression: &Expression) -> Vec<&Pattern> {
    let mut patterns = Vec::new();
    if let Tree::Condition(node) = &expression.tree {
        add_patterns(node, &mut patterns);
    }
    patterns
}

/// An expression's depth is limited where it is parsed.
fn add_patterns<'e>(node: &'e Node, patterns: &mut Vec<&'e Pattern>) {
    match node {
        Node::Not(inner) => add_patterns(inner, patterns),
        Node::All(nodes) | Node::Any(nodes) => {
            for node in nodes {
                add_patterns(node, patterns);
            }
        }
        Node::Matches(Word::Variable(name), pattern)
        | Node::MatchesNot(Word::Variable(name), pattern)
            if is_request_line(name) =>
        {
            patterns.push(pattern);
        }
        _ => {}
    }
}

fn is_request_line(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"THE_REQUEST")
}

/// Lines, or parts of lines, that a pattern matches.
pub fn samples(pattern: &Pattern) -> Vec<Vec<u8>> {
    let facts = PatternFacts::of(pattern);
    Samples::of(&facts).matching(pattern, SAMPLES)
}

/// Does one of the patterns match a line with a bare `?` before the version, and not the line without it?
pub fn tell_bare_mark(patterns: &[&Pattern]) -> bool {
    patterns.iter().any(|pattern| {
        let mut texts = samples(pattern).into_iter();
        texts.any(|text| depends_on_bare_mark(pattern, &text))
    })
}

fn depends_on_bare_mark(pattern: &Pattern, text: &[u8]) -> bool {
    let whole = [text, b" HTTP/1.1"].concat();
    [text, &whole].into_iter().any(|line| {
        let Some(at) = line.windows(2).position(|two| two == b"? ") else {
            return false;
        };
        let without = [&line[..at], &line[at + 1..]].concat();
        pattern.is_match(line) && !pattern.is_match(&without)
    })
}
