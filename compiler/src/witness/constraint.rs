//! What conditions ask of a request.
//!
//! In: a rule's conditions. Out: [`Constraint`]s, as far as a client can fulfil them. Absent:
//! fulfilling them.

use edgewright_engine::budget::{Allowance, Budget};
use edgewright_engine::model::expression::{Comparison, Expression, Function, Node, Tree, Word};
use edgewright_engine::model::rules::text_holds;
use edgewright_engine::model::rules::{
    Condition, FileTest, Order, Piece, Template, TemplateText, Test,
};
use edgewright_engine::model::site::{EnvAttribute, EnvRule, Host};
use edgewright_engine::model::variable::{Named, Variable};
use edgewright_engine::pattern::Pattern;

use super::draft::wanted;
use super::sample::Groups;

/// A part of a request that a client chooses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// The `Host` header.
    Host,
    /// The decoded path.
    Path,
    /// The path and the query string, as the request line holds them.
    RequestLine,
    /// The query string.
    Query,
    /// The method.
    Method,
    /// A header, by its name in lower case.
    Header(Vec<u8>),
    /// A group of the rule's pattern.
    Group(u32),
    /// The file the path leads to.
    File,
}

/// What has to be true of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Demand<'c> {
    Matches(&'c Pattern),
    Equals(&'c [u8]),
    IsFile(FileTest),
    /// A comparison, by number or by length, and whether letters count alike.
    Passes(&'c Test, bool),
}

/// One thing that has to be true, or false, of a request.
#[derive(Debug, Clone)]
pub(super) struct Constraint<'c> {
    pub(super) slot: Slot,
    pub(super) demand: Demand<'c>,
    /// It has to be false.
    pub(super) negated: bool,
    /// What groups of its pattern should be, for conditions that ask about them.
    pub(super) groups: Groups,
}

impl<'c> Constraint<'c> {
    fn new(slot: Slot, demand: Demand<'c>, negated: bool) -> Self {
        Self {
            slot,
            demand,
            negated,
            groups: Groups::new(),
        }
    }

    /// What a value is compared with.
    pub(super) fn operand(&self) -> Option<&'c [u8]> {
        match self.demand {
            Demand::Equals(text) => Some(text),
            Demand::Passes(Test::Compare(_, operand) | Test::Integer(_, operand), _) => {
                Some(operand)
            }
            _ => None,
        }
    }

    /// Does `value` fulfil it? Not for [`Demand::IsFile`].
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        let is_so = match self.demand {
            Demand::Matches(pattern) => pattern.is_match(value),
            Demand::Equals(text) => value.eq_ignore_ascii_case(text),
            Demand::IsFile(_) => self.negated,
            Demand::Passes(test, no_case) => {
                text_holds(test, no_case, value, &Budget::new(Allowance::APACHE))
            }
        };
        is_so != self.negated
    }
}

/// What `conditions` ask, one set for each way through their `OR`s.
pub(super) fn constraints<'c>(
    host: &'c Host,
    conditions: &'c [Condition],
    variant: usize,
) -> Vec<Constraint<'c>> {
    let mut found = Vec::new();
    for group in conditions.split_inclusive(|condition| !condition.or_next) {
        if let Some(condition) = group.get(variant % group.len().max(1)) {
            add(host, condition, &mut found);
        }
    }
    found
}

fn add<'c>(host: &'c Host, condition: &'c Condition, found: &mut Vec<Constraint<'c>>) {
    let negated = condition.negated;
    let demand = match &condition.test {
        Test::Regex(pattern) => Demand::Matches(pattern),
        Test::Equal(text) => Demand::Equals(text),
        Test::File(test) => {
            let demand = Demand::IsFile(*test);
            return found.push(Constraint::new(Slot::File, demand, negated));
        }
        Test::Compare(..) | Test::Integer(..) => Demand::Passes(&condition.test, condition.no_case),
        Test::Expression(expression) => return add_expression(expression, found),
        _ => return,
    };
    if let Some(variable) = environment_variable(&condition.subject) {
        return add_environment(host, variable, negated, found);
    }
    if let Some(Piece::ConditionGroup(group)) = condition.subject.text().only_piece() {
        let own = Constraint::new(Slot::Group(u32::from(group)), demand, negated);
        return add_to_last(&own, found);
    }
    if let Some(slot) = slot(condition.subject.text()) {
        found.push(Constraint::new(slot, demand, negated));
    }
}

/// A condition about a group of the last one that matched asks for another text there.
fn add_to_last(own: &Constraint<'_>, found: &mut [Constraint<'_>]) {
    let is_pattern =
        |one: &&mut Constraint<'_>| !one.negated && matches!(one.demand, Demand::Matches(_));
    let last = found.iter_mut().rev().find(is_pattern);
    if let (Some(last), Slot::Group(group), Some(value)) =
        (last, &own.slot, wanted(own).into_iter().next())
    {
        last.groups.insert(*group, value);
    }
}

/// The part of a request a test string consists of.
fn slot(subject: TemplateText<'_>) -> Option<Slot> {
    match subject.only_piece()? {
        Piece::Variable(name) => variable(name),
        Piece::RuleGroup(group) => Some(Slot::Group(u32::from(group))),
        Piece::Map { key, .. } => slot(key),
        _ => None,
    }
}

fn variable(name: &[u8]) -> Option<Slot> {
    match Variable::of(name)? {
        Variable::Header(name) if name.eq_ignore_ascii_case(b"Host") => Some(Slot::Host),
        Variable::Header(name) => Some(Slot::Header(name.to_ascii_lowercase())),
        Variable::Named(Named::ServerName) => Some(Slot::Host),
        Variable::Named(Named::RequestUri) => Some(Slot::Path),
        Variable::Named(Named::RequestLine) => Some(Slot::RequestLine),
        Variable::Named(Named::QueryString) => Some(Slot::Query),
        Variable::Named(Named::RequestMethod) => Some(Slot::Method),
        Variable::Named(_)
        | Variable::Environment(_)
        | Variable::Tls(_)
        | Variable::AheadUrl(_)
        | Variable::AheadFile(_) => None,
    }
}

fn environment_variable(subject: &Template) -> Option<&[u8]> {
    match subject.text().only_piece()? {
        Piece::Variable(name) => match Variable::of(name)? {
            Variable::Environment(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// A variable that a `SetEnvIf` sets depends on what that looks at.
fn add_environment<'c>(
    host: &'c Host,
    variable: &[u8],
    negated: bool,
    found: &mut Vec<Constraint<'c>>,
) {
    let rules = host.environment.iter().chain(&host.settings.set_env_if);
    let mut setting = rules.filter(|rule| rule.changes.iter().any(|one| one.name == variable));
    if let Some((rule, slot)) = setting.find_map(|rule| Some((rule, looked_at(rule)?))) {
        let demand = Demand::Matches(&rule.pattern);
        found.push(Constraint::new(slot, demand, negated));
    }
}

fn looked_at(rule: &EnvRule) -> Option<Slot> {
    match &rule.attribute {
        EnvAttribute::Header(name) | EnvAttribute::Variable(name) => {
            variable(&[b"HTTP:", name.as_slice()].concat())
        }
        EnvAttribute::Uri => Some(Slot::Path),
        EnvAttribute::Method => Some(Slot::Method),
        _ => None,
    }
}

/// What a section's or a condition's expression asks.
pub(super) fn add_expression<'c>(expression: &'c Expression, found: &mut Vec<Constraint<'c>>) {
    if let Tree::Condition(node) = &expression.tree {
        add_node(node, false, found);
    }
}

fn add_node<'c>(node: &'c Node, negated: bool, found: &mut Vec<Constraint<'c>>) {
    let mut push = |word: &Word, demand, negated| {
        if let Some(slot) = slot_of_word(word) {
            found.push(Constraint::new(slot, demand, negated));
        }
    };
    match node {
        Node::Not(inner) => add_node(inner, !negated, found),
        Node::All(nodes) => nodes.iter().for_each(|node| add_node(node, negated, found)),
        Node::Any(nodes) => nodes
            .iter()
            .take(1)
            .for_each(|node| add_node(node, negated, found)),
        Node::Matches(word, pattern) => push(word, Demand::Matches(pattern), negated),
        Node::MatchesNot(word, pattern) => push(word, Demand::Matches(pattern), !negated),
        Node::Text(comparison, word, Word::Literal(text)) => match comparison {
            Comparison::Is(Order::Equal) => push(word, Demand::Equals(text), negated),
            Comparison::Differ => push(word, Demand::Equals(text), !negated),
            Comparison::Is(_) => {}
        },
        _ => {}
    }
}

fn slot_of_word(word: &Word) -> Option<Slot> {
    match word {
        Word::Variable(name) => variable(name),
        Word::Function(Function::RequestHeader | Function::RequestHeaderNoVary, name) => {
            match &**name {
                Word::Literal(name) => variable(&[b"HTTP:", name.as_slice()].concat()),
                _ => None,
            }
        }
        Word::Function(Function::ToLower | Function::ToUpper, inner) => slot_of_word(inner),
        _ => None,
    }
}
