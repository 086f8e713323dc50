//! Cuts an expression into tokens, as the states of `util_expr_scan.l` do.
//!
//! In: the text. Out: [`Token`]s with their offsets. Absent: what they mean together.

use super::{Comparison, ExpressionError};
use crate::model::rules::Order;

/// The longest piece of text or regular expression (`MAX_STRING_LEN`).
const MAX_TEXT: usize = 8192;

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    True,
    False,
    Not,
    And,
    Or,
    Number(Comparison),
    Compare(Comparison),
    Matches,
    MatchesNot,
    In,
    Concat,
    Unary(u8),
    Binary(Vec<u8>),
    Digits(Vec<u8>),
    Name(Vec<u8>),
    Regex(Vec<u8>, Case),
    Group(u8),
    TextBegin,
    Text(Vec<u8>),
    TextEnd,
    VariableBegin,
    VariableEnd,
    Sign(u8),
}

/// Does a regular expression tell upper from lower case?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside texts.
    Initial,
    /// In a text up to this quote, or up to the end.
    Text(Option<u8>),
    /// After `%{`.
    Variable,
    /// After the `:` of a variable.
    Argument,
}

/// Tokens with the offsets they begin at. `string` mode begins inside a text that the end closes.
pub(super) fn tokens(text: &[u8], string: Mode) -> Result<Vec<(Token, usize)>, ExpressionError> {
    let state = match string {
        Mode::Condition => State::Initial,
        Mode::String => State::Text(None),
    };
    let mut lexer = Lexer {
        text,
        at: 0,
        states: vec![state],
        tokens: Vec::new(),
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

/// What a text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Condition,
    String,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    states: Vec<State>,
    tokens: Vec<(Token, usize)>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), ExpressionError> {
        loop {
            match self.states.last().copied().unwrap_or(State::Initial) {
                State::Initial if self.at == self.text.len() => return Ok(()),
                State::Initial => self.initial()?,
                State::Text(quote) => self.piece(quote)?,
                State::Variable => self.variable()?,
                State::Argument => self.argument()?,
            }
        }
    }

    fn rest(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn error<T>(&self, message: &str) -> Result<T, ExpressionError> {
        Err(ExpressionError {
            offset: self.at,
            message: message.to_owned(),
        })
    }

    fn push(&mut self, token: Token, length: usize) {
        self.tokens.push((token, self.at));
        self.at += length;
    }

    fn initial(&mut self) -> Result<(), ExpressionError> {
        let rest = self.rest();
        match rest {
            [b' ' | b'\t' | b'\n', ..] => self.at += 1,
            [quote @ (b'"' | b'\''), ..] => {
                let quote = *quote;
                self.push(Token::TextBegin, 1);
                self.states = vec![State::Text(Some(quote))];
            }
            [b'%', b'{', ..] => self.open_variable(),
            [b'$', digit @ b'0'..=b'9', ..] => {
                let group = digit - b'0';
                self.push(Token::Group(group), 2);
            }
            [b'/', ..] => self.regex(1)?,
            [b'm', delimiter, ..] if self.is_match(*delimiter) => self.regex(2)?,
            _ => {
                let near = char::from(rest.first().copied().unwrap_or(b' '));
                let Some((token, length)) = operator(rest) else {
                    return self.error(&format!("Parse error near '{near}'"));
                };
                self.push(token, length);
            }
        }
        Ok(())
    }

    /// Is `m` with this byte after it the beginning of a regular expression, and not of a name?
    fn is_match(&self, delimiter: u8) -> bool {
        let name = self
            .rest()
            .iter()
            .take_while(|byte| is_name_byte(**byte))
            .count();
        b"/#$%^,;:_?|-!.'\"".contains(&delimiter) && name <= 2
    }

    fn open_variable(&mut self) {
        self.push(Token::VariableBegin, 2);
        self.states.push(State::Variable);
    }

    /// A regular expression after an introduction of this length, whose last byte ends it too.
    fn regex(&mut self, introduction: usize) -> Result<(), ExpressionError> {
        let delimiter = self.rest()[introduction - 1];
        let inside = &self.rest()[introduction..];
        let Some(length) = inside.iter().position(|byte| *byte == delimiter) else {
            return self.error("Unterminated regular expression");
        };
        if length >= MAX_TEXT {
            return self.error("Regexp too long");
        }
        let text = inside[..length].to_vec();
        let (case, flag) = match inside.get(length + 1) {
            Some(b'i') => (Case::Ignored, 1),
            _ => (Case::Sensitive, 0),
        };
        self.push(Token::Regex(text, case), introduction + length + 1 + flag);
        Ok(())
    }

    /// What comes next in a text: its end, a reference, or literal text up to one of them.
    fn piece(&mut self, quote: Option<u8>) -> Result<(), ExpressionError> {
        let start = self.at;
        let text = self.literal(quote)?;
        let at_end = self.rest().is_empty();
        if at_end && quote.is_some() {
            return self.error("Unterminated string or variable");
        }
        if !text.is_empty() || at_end && self.tokens.is_empty() {
            self.tokens.push((Token::Text(text), start));
        }
        if at_end {
            self.states = vec![State::Initial];
        } else if self.rest().first().copied() == quote {
            self.push(Token::TextEnd, 1);
            self.states = vec![State::Initial];
        } else {
            self.reference();
        }
        Ok(())
    }

    fn argument(&mut self) -> Result<(), ExpressionError> {
        let start = self.at;
        let text = self.literal(Some(b'}'))?;
        if !text.is_empty() {
            self.tokens.push((Token::Text(text), start));
        }
        match self.rest().first() {
            None => return self.error("Unterminated string or variable"),
            Some(b'}') => {
                self.push(Token::VariableEnd, 1);
                self.states.pop();
            }
            Some(_) => self.reference(),
        }
        Ok(())
    }

    /// `$N` or `%{`, which the caller has seen.
    fn reference(&mut self) {
        match self.rest() {
            [b'$', digit, ..] => {
                let group = digit.wrapping_sub(b'0');
                self.push(Token::Group(group), 2);
            }
            _ => self.open_variable(),
        }
    }

    /// Literal text up to `end`, a reference or the end of everything, escapes undone.
    fn literal(&mut self, end: Option<u8>) -> Result<Vec<u8>, ExpressionError> {
        let mut text = Vec::new();
        loop {
            match self.rest() {
                [] | [b'$', b'0'..=b'9', ..] | [b'%', b'{', ..] => break,
                [byte, ..] if Some(*byte) == end => break,
                [b'\n', ..] => return self.error("Unterminated string or variable"),
                [b'"' | b'\'', ..] if end == Some(b'}') => {
                    return self.error("Quotes cannot stand in the argument of a variable");
                }
                [b'\\', ..] => {
                    let byte = self.escape()?;
                    text.push(byte);
                }
                [byte, ..] => {
                    text.push(*byte);
                    self.at += 1;
                }
            }
            if text.len() >= MAX_TEXT {
                return self.error("String too long");
            }
        }
        // Apache keeps the piece as a C string.
        if let Some(end) = text.iter().position(|byte| *byte == 0) {
            text.truncate(end);
        }
        Ok(text)
    }

    fn escape(&mut self) -> Result<u8, ExpressionError> {
        let after = &self.rest()[1..];
        let digits = after
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let octal = after
            .iter()
            .take_while(|byte| (b'0'..=b'7').contains(byte))
            .count();
        let (byte, length) = match after.first() {
            None => return self.error("Unterminated string or variable"),
            Some(_) if digits > octal.min(3) => return self.error("Bad escape sequence"),
            Some(_) if octal > 0 => {
                let digit = |value: u32, digit: &u8| value * 8 + u32::from(digit - b'0');
                let value = after[..octal].iter().fold(0, digit);
                match u8::try_from(value) {
                    Ok(byte) => (byte, octal),
                    Err(_) => return self.error("Escape sequence out of bound"),
                }
            }
            Some(b'n') => (b'\n', 1),
            Some(b'r') => (b'\r', 1),
            Some(b't') => (b'\t', 1),
            Some(b'b') => (8, 1),
            Some(b'f') => (12, 1),
            Some(byte) => (*byte, 1),
        };
        self.at += 1 + length;
        Ok(byte)
    }

    fn variable(&mut self) -> Result<(), ExpressionError> {
        let name = name_length(self.rest());
        match self.rest().first() {
            None => return self.error("Unterminated string or variable"),
            Some(_) if name > 0 => {
                let text = self.rest()[..name].to_vec();
                self.push(Token::Name(text), name);
            }
            Some(b'}') => {
                self.push(Token::VariableEnd, 1);
                self.states.pop();
            }
            Some(b':') => {
                self.push(Token::Sign(b':'), 1);
                self.states.pop();
                self.states.push(State::Argument);
            }
            Some(byte) => {
                let shown = char::from(*byte);
                return self.error(&format!("Invalid character in variable name '{shown}'"));
            }
        }
        Ok(())
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn name_length(text: &[u8]) -> usize {
    if text.first().is_some_and(u8::is_ascii_alphabetic) {
        text.iter().take_while(|byte| is_name_byte(**byte)).count()
    } else {
        0
    }
}

/// Operators, words and numbers: the longest that fits.
fn operator(text: &[u8]) -> Option<(Token, usize)> {
    use Comparison::{Differ, Is};
    let name = name_length(text);
    if name > 0 {
        let text = &text[..name];
        return Some((
            keyword(text).unwrap_or_else(|| Token::Name(text.to_vec())),
            name,
        ));
    }
    Some(match text {
        [b'-', b'0'..=b'9', ..] | [b'0'..=b'9', ..] => {
            let digits = text[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            (Token::Digits(text[..=digits].to_vec()), digits + 1)
        }
        [b'-', letter, rest @ ..] if letter.is_ascii_alphabetic() || *letter == b'_' => {
            let more = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
            if more == 0 {
                return Some((Token::Unary(*letter), 2));
            }
            let name = &text[1..more + 2];
            let token = match dashed(name) {
                Some(token) => token,
                None => Token::Binary(name.to_vec()),
            };
            (token, more + 2)
        }
        [b'=', b'~', ..] => (Token::Matches, 2),
        [b'!', b'~', ..] => (Token::MatchesNot, 2),
        [b'=', b'=', ..] => (Token::Compare(Is(Order::Equal)), 2),
        [b'=', ..] => (Token::Compare(Is(Order::Equal)), 1),
        [b'!', b'=', ..] => (Token::Compare(Differ), 2),
        [b'!', ..] => (Token::Not, 1),
        [b'<', b'=', ..] => (Token::Compare(Is(Order::LessOrEqual)), 2),
        [b'<', ..] => (Token::Compare(Is(Order::Less)), 1),
        [b'>', b'=', ..] => (Token::Compare(Is(Order::GreaterOrEqual)), 2),
        [b'>', ..] => (Token::Compare(Is(Order::Greater)), 1),
        [b'&', b'&', ..] => (Token::And, 2),
        [b'|', b'|', ..] => (Token::Or, 2),
        [b'.', ..] => (Token::Concat, 1),
        [sign @ (b'(' | b')' | b'{' | b'}' | b',' | b':'), ..] => (Token::Sign(*sign), 1),
        _ => return None,
    })
}

fn keyword(name: &[u8]) -> Option<Token> {
    Some(match name {
        b"and" => Token::And,
        b"or" => Token::Or,
        b"not" => Token::Not,
        b"true" => Token::True,
        b"false" => Token::False,
        _ => return dashed(name),
    })
}

/// Operators that may do without their `-`.
fn dashed(name: &[u8]) -> Option<Token> {
    use Comparison::{Differ, Is};
    Some(match name {
        b"in" => Token::In,
        b"eq" => Token::Number(Is(Order::Equal)),
        b"ne" => Token::Number(Differ),
        b"lt" => Token::Number(Is(Order::Less)),
        b"le" => Token::Number(Is(Order::LessOrEqual)),
        b"gt" => Token::Number(Is(Order::Greater)),
        b"ge" => Token::Number(Is(Order::GreaterOrEqual)),
        _ => return None,
    })
}
