//! What a rule looks at besides the path.
//!
//! In: rules, conditions, templates, expressions. Out: [`Dependencies`]: names of variables, headers and
//! maps, and kinds of questions. Absent: what follows; see [`crate::inputs`] and [`crate::unsupported`].

use std::collections::BTreeSet;
use std::sync::Arc;

use edgewright_engine::model::expression::{Expression, Function, Node, Tree, Unary, Word};
use edgewright_engine::model::rules::{
    Condition, FileTest, Piece, Redirect, Rule, TemplateText, Test,
};
use edgewright_engine::model::variable::Variable;

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Variables without a colon, and `SSL:…`, in upper case.
    pub variables: BTreeSet<Vec<u8>>,
    /// Environment variables (`%{ENV:…}`, `env()`), as written.
    pub environment: BTreeSet<Vec<u8>>,
    /// Request headers, in lower case.
    pub headers: BTreeSet<Vec<u8>>,
    /// Maps, by name.
    pub maps: BTreeSet<Vec<u8>>,
    /// Questions of other kinds.
    pub questions: BTreeSet<Question>,
    /// Maps that end any evaluation that asks them, whatever the key: what their keys look at is left out.
    unanswering: Arc<BTreeSet<Vec<u8>>>,
}

/// A question that a path alone does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What stands in the file system.
    Files,
    /// Whether something is a symbolic link.
    Link,
    /// What would become of another request (`-U`, `-F`, `LA-U`, `LA-F`).
    Subrequest,
    /// The client's address (`-R`).
    Client,
    /// A header, or a variable of the environment, whose name is computed.
    ComputedName,
    /// A file's content, size or permissions, a directory service, a client certificate, the
    /// environment of the server process.
    Unknowable,
}

impl Dependencies {
    /// Everything `rule` and its conditions look at.
    pub fn of_rule(rule: &Rule) -> Self {
        let mut found = Self::default();
        for condition in &rule.conditions {
            found.add_condition(condition);
        }
        found.add_results(rule);
        found
    }

    /// Nothing yet, and nothing of what only the keys of these maps look at, by name.
    pub fn beside_keys_of(unanswering: Arc<BTreeSet<Vec<u8>>>) -> Self {
        Self {
            unanswering,
            ..Self::default()
        }
    }

    /// What the target, the variables, the cookies and the types of `rule` look at, without its conditions.
    pub fn of_results(rule: &Rule) -> Self {
        let mut found = Self::default();
        found.add_results(rule);
        found
    }

    /// Everything `redirect` looks at.
    pub fn of_redirect(redirect: &Redirect) -> Self {
        let mut found = Self::default();
        if let Some(expression) = &redirect.expression {
            found.add_expression(expression);
        }
        found
    }

    /// Adds what the target, the variables, the cookies and the types of `rule` look at.
    pub fn add_results(&mut self, rule: &Rule) {
        for text in rule.results() {
            self.add_text(text.text());
        }
    }

    /// Adds what `condition` looks at.
    pub fn add_condition(&mut self, condition: &Condition) {
        self.add_text(condition.subject.text());
        match &condition.test {
            Test::File(test) => self.add_file_test(*test),
            Test::SubrequestUri | Test::SubrequestFile => self.ask(Question::Subrequest),
            Test::Expression(expression) => self.add_expression(expression),
            Test::Regex(_) | Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {}
        }
    }

    fn add_text(&mut self, text: TemplateText<'_>) {
        for piece in text.pieces() {
            match piece {
                Piece::Variable(name) => self.add_variable(name),
                Piece::Map { name, key, default } => {
                    self.maps.insert(name.to_vec());
                    if !self.unanswering.contains(name) {
                        self.add_text(key);
                    }
                    if let Some(default) = default {
                        self.add_text(default);
                    }
                }
                Piece::Literal(_)
                | Piece::Escaped(_)
                | Piece::RuleGroup(_)
                | Piece::ConditionGroup(_) => {}
            }
        }
    }

    /// Adds what `%{name}` looks at.
    fn add_variable(&mut self, name: &[u8]) {
        match Variable::of(name) {
            Some(Variable::AheadUrl(ahead) | Variable::AheadFile(ahead)) => {
                self.ask(Question::Subrequest);
                self.add_variable(ahead);
            }
            Some(Variable::Header(header)) => self.add_header(header),
            Some(Variable::Environment(variable)) => {
                self.environment.insert(variable.to_vec());
            }
            // Expressions have variables of their own.
            Some(Variable::Tls(_) | Variable::Named(_)) | None => {
                self.variables.insert(name.to_ascii_uppercase());
            }
        }
    }

    /// Adds a request header.
    pub fn add_header(&mut self, name: &[u8]) {
        self.headers.insert(name.to_ascii_lowercase());
    }

    /// Adds a question.
    pub fn ask(&mut self, question: Question) {
        self.questions.insert(question);
    }

    /// Adds what `expression` looks at.
    pub fn add_expression(&mut self, expression: &Expression) {
        match &expression.tree {
            Tree::Condition(node) => self.add_node(node),
            Tree::Text(word) => self.add_word(word),
        }
    }

    fn add_node(&mut self, node: &Node) {
        match node {
            Node::True | Node::False => {}
            Node::Not(inner) => self.add_node(inner),
            Node::All(nodes) | Node::Any(nodes) => {
                for node in nodes {
                    self.add_node(node);
                }
            }
            Node::Number(_, left, right)
            | Node::Text(_, left, right)
            | Node::Binary(_, left, right) => self.add_words([left, right]),
            Node::In(word, words) => {
                self.add_word(word);
                self.add_words(words);
            }
            Node::InList(word, list) => {
                self.ask(Question::Unknowable);
                self.add_words([word, list]);
            }
            Node::Matches(word, _) | Node::MatchesNot(word, _) => self.add_word(word),
            Node::Unary(operator, word) => {
                self.add_unary(operator);
                self.add_word(word);
            }
        }
    }

    fn add_unary(&mut self, operator: &Unary) {
        match operator {
            Unary::NotEmpty | Unary::Empty | Unary::Truth => {}
            Unary::Client(_) => self.ask(Question::Client),
            Unary::File(test) => self.add_file_test(*test),
            Unary::Exists => self.ask(Question::Files),
            Unary::SubrequestFile | Unary::SubrequestUri => self.ask(Question::Subrequest),
        }
    }

    fn add_file_test(&mut self, test: FileTest) {
        match test {
            FileTest::Executable => self.ask(Question::Unknowable),
            FileTest::Link => {
                self.ask(Question::Files);
                self.ask(Question::Link);
            }
            FileTest::Regular | FileTest::NotEmpty | FileTest::Directory => {
                self.ask(Question::Files);
            }
        }
    }

    /// Adds what `words` look at.
    pub fn add_words<'a>(&mut self, words: impl IntoIterator<Item = &'a Word>) {
        for word in words {
            self.add_word(word);
        }
    }

    fn add_word(&mut self, word: &Word) {
        match word {
            Word::Literal(_) | Word::Group(_) => {}
            Word::Variable(name) => self.add_variable(name),
            Word::Concat(words) => self.add_words(words),
            Word::Function(function, argument) => {
                self.add_function(*function, argument);
                self.add_word(argument);
            }
        }
    }

    fn add_function(&mut self, function: Function, argument: &Word) {
        match (function, argument) {
            (Function::RequestHeader | Function::RequestHeaderNoVary, Word::Literal(name)) => {
                self.add_header(name);
            }
            (Function::Environment | Function::RequestEnvironment, Word::Literal(name)) => {
                self.environment.insert(name.clone());
            }
            (
                Function::RequestHeader
                | Function::RequestHeaderNoVary
                | Function::Environment
                | Function::RequestEnvironment,
                Word::Variable(_) | Word::Group(_) | Word::Concat(_) | Word::Function(..),
            ) => self.ask(Question::ComputedName),
            (
                Function::File | Function::FileSize | Function::Ldap | Function::ProcessEnvironment,
                _,
            ) => {
                self.ask(Question::Unknowable);
            }
            _ => {}
        }
    }
}
