//! Reads the tokens of an expression by the grammar of `util_expr_parse.y`.
//!
//! In: the text. Out: a [`Node`] or [`Word`]. Absent: evaluation.

use super::lexer::{self, Case, Mode, Token};
use super::{Binary, ExpressionError, Node, Subnet, Unary, Word, names};
use crate::pattern::Pattern;
use crate::pattern::PatternOptions;

/// How deep parentheses, negations and calls may nest. Apache's parser has a limit too, in the
/// thousands; nothing a person writes comes near either.
const MAX_DEPTH: usize = 200;

type Parsed<T> = Result<T, ExpressionError>;

/// Reads a condition.
pub(super) fn condition(text: &[u8]) -> Parsed<Node> {
    let mut parser = Parser::new(text, Mode::Condition)?;
    let node = parser.any()?;
    parser.finish()?;
    Ok(node)
}

/// Reads a text with references.
pub(super) fn string(text: &[u8]) -> Parsed<Word> {
    let mut parser = Parser::new(text, Mode::String)?;
    let word = parser.string()?;
    parser.finish()?;
    Ok(word)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn new(text: &[u8], mode: Mode) -> Parsed<Self> {
        Ok(Self {
            tokens: lexer::tokens(text, mode)?,
            at: 0,
            end: text.len(),
            depth: 0,
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &Token) -> Parsed<()> {
        if self.take(wanted) {
            Ok(())
        } else {
            self.unexpected()
        }
    }

    fn finish(&self) -> Parsed<()> {
        if self.peek().is_none() {
            Ok(())
        } else {
            self.unexpected()
        }
    }

    fn unexpected<T>(&self) -> Parsed<T> {
        self.error(self.at, "syntax error".to_owned())
    }

    /// An error at token number `at`.
    fn error<T>(&self, at: usize, message: String) -> Parsed<T> {
        let offset = self.tokens.get(at).map_or(self.end, |(_, offset)| *offset);
        Err(ExpressionError { offset, message })
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return self.error(self.at, "nested too deeply".to_owned());
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn any(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.all()?];
        while self.take(&Token::Or) {
            nodes.push(self.all()?);
        }
        Ok(only(nodes, Node::Any))
    }

    fn all(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.single()?];
        while self.take(&Token::And) {
            nodes.push(self.single()?);
        }
        Ok(only(nodes, Node::All))
    }

    fn single(&mut self) -> Parsed<Node> {
        match self.peek() {
            Some(Token::True) => {
                self.at += 1;
                Ok(Node::True)
            }
            Some(Token::False) => {
                self.at += 1;
                Ok(Node::False)
            }
            Some(Token::Not) => {
                self.at += 1;
                let node = self.deeper(Self::single)?;
                Ok(Node::Not(Box::new(node)))
            }
            Some(Token::Sign(b'(')) => {
                self.at += 1;
                let node = self.deeper(Self::any)?;
                self.expect(&Token::Sign(b')'))?;
                Ok(node)
            }
            Some(Token::Unary(letter)) => {
                let letter = *letter;
                self.unary(letter)
            }
            _ => self.comparison(),
        }
    }

    fn unary(&mut self, letter: u8) -> Parsed<Node> {
        let at = self.at;
        self.at += 1;
        if letter == b'R' {
            let operator = Unary::Client(self.subnet("R")?);
            return Ok(Node::Unary(operator, Word::Literal(Vec::new())));
        }
        let word = self.word()?;
        let Some(operator) = names::unary(letter) else {
            let letter = char::from(letter);
            return self.error(at, format!("Unary operator '-{letter}' does not exist"));
        };
        Ok(Node::Unary(operator, word))
    }

    fn comparison(&mut self) -> Parsed<Node> {
        let left = self.word()?;
        let at = self.at;
        match self.next() {
            Some(Token::Number(comparison)) => Ok(Node::Number(comparison, left, self.word()?)),
            Some(Token::Compare(comparison)) => Ok(Node::Text(comparison, left, self.word()?)),
            Some(Token::In) => self.list(left),
            Some(Token::Matches) => Ok(Node::Matches(left, self.regex()?)),
            Some(Token::MatchesNot) => Ok(Node::MatchesNot(left, self.regex()?)),
            Some(Token::Binary(name)) => self.binary(left, &name, at),
            _ => {
                self.at = at;
                self.unexpected()
            }
        }
    }

    fn binary(&mut self, left: Word, name: &[u8], at: usize) -> Parsed<Node> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("ipmatch") {
            let subnet = self.subnet("ipmatch")?;
            return Ok(Node::Binary(
                Binary::IpMatch(subnet),
                left,
                Word::Literal(Vec::new()),
            ));
        }
        let operator = if is("strmatch") {
            Binary::TextMatch
        } else if is("strcmatch") {
            Binary::TextMatchIgnoringCase
        } else if is("fnmatch") {
            Binary::FileMatch
        } else {
            let name = String::from_utf8_lossy(name);
            return self.error(at, format!("Binary operator '-{name}' does not exist"));
        };
        Ok(Node::Binary(operator, left, self.word()?))
    }

    /// The subnet of `-R` and `-ipmatch`, which must be a constant.
    fn subnet(&mut self, operator: &str) -> Parsed<Subnet> {
        let at = self.at;
        let quoted = self.peek() == Some(&Token::TextBegin);
        let word = self.word()?;
        let Word::Literal(text) = word else {
            let message = format!("-{operator} requires subnet/netmask as constant argument");
            return self.error(at, message);
        };
        match Subnet::parse(&text) {
            Some(subnet) if quoted => Ok(subnet),
            _ => self.error(at, "parsing of subnet/netmask failed".to_owned()),
        }
    }

    /// `{ word, word }` or a call of the one function that gives a list.
    fn list(&mut self, needle: Word) -> Parsed<Node> {
        let at = self.at;
        if let Some(Token::Name(name)) = self.peek() {
            let known = name.eq_ignore_ascii_case(b"PeerExtList");
            let message = format!(
                "List-returning function '{}' does not exist",
                String::from_utf8_lossy(name)
            );
            self.at += 1;
            let argument = self.in_parentheses()?;
            return if known {
                Ok(Node::InList(needle, argument))
            } else {
                self.error(at, message)
            };
        }
        self.expect(&Token::Sign(b'{'))?;
        let mut words = vec![self.word()?];
        while self.take(&Token::Sign(b',')) {
            words.push(self.word()?);
        }
        self.expect(&Token::Sign(b'}'))?;
        Ok(Node::In(needle, words))
    }

    fn regex(&mut self) -> Parsed<Pattern> {
        let at = self.at;
        let Some(Token::Regex(text, case)) = self.next() else {
            self.at = at;
            return self.unexpected();
        };
        let mut options = PatternOptions::default();
        options.set(PatternOptions::CASELESS, case == Case::Ignored);
        let pattern = Pattern::new(text, options);
        match pattern.check() {
            Ok(()) => Ok(pattern),
            Err(error) => self.error(at, format!("Failed to compile regular expression: {error}")),
        }
    }

    fn word(&mut self) -> Parsed<Word> {
        let mut words = vec![self.part()?];
        while self.take(&Token::Concat) {
            words.push(self.part()?);
        }
        Ok(only(words, Word::Concat))
    }

    fn part(&mut self) -> Parsed<Word> {
        let at = self.at;
        match self.next() {
            Some(Token::Digits(digits)) => Ok(Word::Literal(digits)),
            Some(Token::Group(group)) => Ok(Word::Group(group)),
            Some(Token::VariableBegin) => self.variable(),
            Some(Token::Name(name)) => {
                let argument = self.in_parentheses()?;
                self.function(&name, argument, at)
            }
            Some(Token::TextBegin) if self.take(&Token::TextEnd) => Ok(Word::Literal(Vec::new())),
            Some(Token::TextBegin) => {
                let word = self.string()?;
                self.expect(&Token::TextEnd)?;
                Ok(word)
            }
            _ => {
                self.at = at;
                self.unexpected()
            }
        }
    }

    fn in_parentheses(&mut self) -> Parsed<Word> {
        self.expect(&Token::Sign(b'('))?;
        let word = self.deeper(Self::word)?;
        self.expect(&Token::Sign(b')'))?;
        Ok(word)
    }

    /// `NAME}` or `name:text}` after `%{`.
    fn variable(&mut self) -> Parsed<Word> {
        let at = self.at;
        let Some(Token::Name(name)) = self.next() else {
            self.at = at;
            return self.unexpected();
        };
        if self.take(&Token::Sign(b':')) {
            let argument = self.deeper(Self::string)?;
            self.expect(&Token::VariableEnd)?;
            return self.function(&name, argument, at);
        }
        self.expect(&Token::VariableEnd)?;
        let Some(known) = names::variable(&name) else {
            let name = String::from_utf8_lossy(&name);
            return self.error(at, format!("Variable '{name}' does not exist"));
        };
        Ok(Word::Variable(known))
    }

    fn function(&self, name: &[u8], argument: Word, at: usize) -> Parsed<Word> {
        let Some(function) = names::function(name) else {
            let name = String::from_utf8_lossy(name);
            return self.error(at, format!("Function '{name}' does not exist"));
        };
        Ok(Word::Function(function, Box::new(argument)))
    }

    /// Texts, variables and groups, one at least.
    fn string(&mut self) -> Parsed<Word> {
        let mut words = Vec::new();
        loop {
            let word = match self.peek() {
                Some(Token::Text(text)) => Word::Literal(text.clone()),
                Some(Token::Group(group)) => Word::Group(*group),
                Some(Token::VariableBegin) => {
                    self.at += 1;
                    words.push(self.variable()?);
                    continue;
                }
                _ if words.is_empty() => return self.unexpected(),
                _ => return Ok(only(words, Word::Concat)),
            };
            self.at += 1;
            words.push(word);
        }
    }
}

/// The only one of several, or all of them joined.
fn only<T>(mut all: Vec<T>, join: impl FnOnce(Vec<T>) -> T) -> T {
    match all.pop() {
        Some(single) if all.is_empty() => single,
        Some(last) => {
            all.push(last);
            join(all)
        }
        None => join(all),
    }
}
