//! Guards in expressions.
//!
//! In: an expression. Out: a guard for each part that is one by itself; what the rest looks at. Absent: `RewriteCond`
//! without `expr`; see `atoms`.

use edgewright_engine::model::expression::{
    Binary, Comparison, Expression, Function, Node, Tree, Unary, Word,
};
use edgewright_engine::model::rules::Order;
use edgewright_engine::model::variable::{Named, Variable};

use super::atoms;
use super::guard::{About, Guard, Negated};
use super::guards::Guards;
use crate::dependencies::Dependencies;

impl Guards {
    /// Makes guards of what an expression asks; adds to `left` what else it looks at. One that uses what a part of it
    /// matched stays whole.
    pub(super) fn add_parts(&mut self, expression: &Expression, left: &mut Dependencies) {
        match &expression.tree {
            Tree::Condition(node) if !expression.uses_groups() => {
                let rest = self.rest(node);
                left.add_expression(&Expression {
                    source: Vec::new(),
                    tree: Tree::Condition(rest),
                });
            }
            Tree::Condition(_) | Tree::Text(_) => left.add_expression(expression),
        }
    }

    /// What is left of a node when its guards are taken out.
    fn rest(&mut self, node: &Node) -> Node {
        if let Some(guard) = guard(node).and_then(|guard| self.allowed(guard)) {
            self.add(&guard);
            return Node::True;
        }
        match node {
            Node::Not(inner) => Node::Not(Box::new(self.rest(inner))),
            Node::All(nodes) => Node::All(nodes.iter().map(|node| self.rest(node)).collect()),
            Node::Any(nodes) => Node::Any(nodes.iter().map(|node| self.rest(node)).collect()),
            Node::True
            | Node::False
            | Node::Number(..)
            | Node::Text(..)
            | Node::In(..)
            | Node::InList(..)
            | Node::Matches(..)
            | Node::MatchesNot(..)
            | Node::Unary(..)
            | Node::Binary(..) => node.clone(),
        }
    }
}

/// A node about one thing, as a guard. Of nodes about several which were asked decides what the answer is said to vary by.
fn guard(node: &Node) -> Option<Guard> {
    let all = |nodes: &[Node]| nodes.iter().map(guard).collect::<Option<Vec<Guard>>>();
    match node {
        Node::Not(inner) => guard(inner).map(|guard| guard.negated_if(Negated::Yes)),
        Node::All(nodes) => {
            Some(Guard::All(all(nodes)?)).filter(|guard| guard.only_subject().is_some())
        }
        Node::Any(nodes) => {
            Some(Guard::Any(all(nodes)?)).filter(|guard| guard.only_subject().is_some())
        }
        Node::Matches(word, pattern) => atoms::matches(about(word)?, pattern),
        Node::MatchesNot(word, pattern) => {
            let guard = atoms::matches(about(word)?, pattern)?;
            Some(guard.negated_if(Negated::Yes))
        }
        Node::Text(comparison, left, right) => compared(*comparison, left, right),
        Node::In(word, words) => {
            let about = about(word)?;
            let one = |word: &Word| atoms::equals(about.clone(), literal(word)?);
            words.iter().map(one).collect::<Option<_>>().map(Guard::Any)
        }
        Node::Unary(Unary::Empty, word) => atoms::equals(about(word)?, b""),
        Node::Unary(Unary::NotEmpty, word) => {
            atoms::equals(about(word)?, b"").map(|guard| guard.negated_if(Negated::Yes))
        }
        Node::Unary(Unary::Client(subnet), Word::Literal(_)) => Some(atoms::within(vec![*subnet])),
        Node::Binary(Binary::IpMatch(subnet), word, _) => {
            (about(word)? == About::Client).then(|| atoms::within(vec![*subnet]))
        }
        Node::True
        | Node::False
        | Node::Number(..)
        | Node::InList(..)
        | Node::Unary(
            Unary::Truth
            | Unary::Client(_)
            | Unary::Exists
            | Unary::File(_)
            | Unary::SubrequestFile
            | Unary::SubrequestUri,
            _,
        )
        | Node::Binary(Binary::TextMatch | Binary::TextMatchIgnoringCase | Binary::FileMatch, ..) => {
            None
        }
    }
}

fn compared(comparison: Comparison, left: &Word, right: &Word) -> Option<Guard> {
    let negated = match comparison {
        Comparison::Is(Order::Equal) => Negated::No,
        Comparison::Differ => Negated::Yes,
        Comparison::Is(
            Order::Less | Order::LessOrEqual | Order::GreaterOrEqual | Order::Greater,
        ) => return None,
    };
    if is_connection(left, right) || is_connection(right, left) {
        return Some(atoms::is_connection().negated_if(negated));
    }
    let (about, text) = match (literal(left), literal(right)) {
        (None, Some(text)) => (about(left)?, text),
        (Some(text), None) => (about(right)?, text),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    atoms::equals(about, text).map(|guard| guard.negated_if(negated))
}

/// Is the client whom rules see compared with whoever connects?
fn is_connection(client: &Word, connection: &Word) -> bool {
    let names = |word: &Word, wanted: Named| matches!(word, Word::Variable(name) if Variable::of(name) == Some(Variable::Named(wanted)));
    names(client, Named::RemoteAddress) && names(connection, Named::ConnectionAddress)
}

fn literal(word: &Word) -> Option<&[u8]> {
    match word {
        Word::Literal(text) => Some(text),
        Word::Group(_) | Word::Variable(_) | Word::Function(..) | Word::Concat(_) => None,
    }
}

/// What a word is, where guards can be about it. One that hides what the answer varies by is left out.
fn about(word: &Word) -> Option<About> {
    match word {
        Word::Variable(name) => atoms::variable(name),
        Word::Function(Function::RequestHeader, name) => atoms::header(literal(name)?),
        Word::Literal(_) | Word::Group(_) | Word::Function(..) | Word::Concat(_) => None,
    }
}
