//! The value of an `ap_expr` expression.
//!
//! In: an [`Expression`] and an [`ExpressionContext`], through which the request is seen. Out:
//! whether it holds, or its text. Absent: reading its text; see `site::expression`.

use std::cmp::Ordering;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use md5::Md5;
use sha1::{Digest as _, Sha1};

use super::cookie::leading_integer;
use super::escape::{self, SlashDecoding, Unreserved};
use super::glob::{GlobMode, glob_matches};
use super::matching::{Captures, substitute};
use crate::rules::{FileTest, Order, Pattern};
use crate::site::expression::{Binary, Comparison, Expression, Function, Node, Tree, Unary, Word};

/// What an expression asks about the request. The evaluator's core implements it.
pub trait ExpressionContext {
    /// Why evaluation cannot go on: something is not at hand, or cannot be known here.
    type Stop;

    /// The value of `%{NAME}`; the name is in upper case and one that Apache knows.
    ///
    /// # Errors
    /// See [`Self::Stop`].
    fn variable(&mut self, name: &[u8]) -> Result<Vec<u8>, Self::Stop>;

    /// A request header, values of repeated ones joined with `, `.
    fn request_header(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// A response header set so far.
    fn response_header(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// The answer varies by this request header (never called for `Host`).
    fn vary(&mut self, name: &[u8]);

    /// A note of the request (`r->notes`).
    fn note(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// A variable of the request's environment (`r->subprocess_env`).
    fn environment(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// A variable of the server's own environment.
    fn process_environment(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// The client's address as text.
    fn client_address(&self) -> &[u8];

    /// Asks about a file; `None` asks whether it exists at all.
    ///
    /// # Errors
    /// See [`Self::Stop`].
    fn file_test(&mut self, test: Option<FileTest>, path: &[u8]) -> Result<bool, Self::Stop>;

    /// `-U`: would a subrequest for this URL be answered with a status below 400?
    ///
    /// # Errors
    /// See [`Self::Stop`].
    fn uri_subrequest(&mut self, uri: &[u8]) -> Result<bool, Self::Stop>;

    /// `-F`: would a subrequest for this file succeed?
    ///
    /// # Errors
    /// See [`Self::Stop`].
    fn file_subrequest(&mut self, path: &[u8]) -> Result<bool, Self::Stop>;

    /// Something that cannot be had here, for a person to read.
    fn unsupported(&self, what: &str) -> Self::Stop;
}

/// What the groups `$0` to `$9` stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// The text they are parts of; `None` when there is none.
    pub subject: Option<Vec<u8>>,
    /// Where they are in it.
    pub captures: Captures,
}

impl Groups {
    /// The text of a group; empty when it is not set.
    pub fn text(&self, group: u8) -> &[u8] {
        let subject = self.subject.as_deref().unwrap_or_default();
        self.captures.text(usize::from(group), subject)
    }

    /// Replaces `$0` to `$9` and `\c` in `text`.
    pub fn substitute(&self, text: &[u8]) -> Vec<u8> {
        let subject = self.subject.as_deref().unwrap_or_default();
        substitute(text, subject, &self.captures)
    }
}

/// How deep an expression may be evaluated (`AP_EXPR_MAX_RECURSION`); beyond, it fails.
const MAX_LEVEL: u32 = 20;

/// Does the expression hold (`ap_expr_exec_re`)? One that fails while it is evaluated does not.
/// `groups` is what `$N` stands for before, and after what its last regular expression with
/// groups left.
///
/// # Errors
/// See [`ExpressionContext::Stop`].
pub fn holds<C: ExpressionContext>(
    expression: &Expression,
    context: &mut C,
    groups: &mut Groups,
) -> Result<bool, C::Stop> {
    let Tree::Condition(node) = &expression.tree else {
        return Ok(false);
    };
    let mut run = Run::new(context, groups);
    let result = run.node(node)?;
    if run.failed {
        return Ok(false);
    }
    for name in std::mem::take(&mut run.vary) {
        run.context.vary(&name);
    }
    Ok(result)
}

/// The text of a string expression (`ap_expr_str_exec`); `None` when its evaluation fails.
///
/// # Errors
/// See [`ExpressionContext::Stop`].
pub fn text<C: ExpressionContext>(
    expression: &Expression,
    context: &mut C,
    groups: &mut Groups,
) -> Result<Option<Vec<u8>>, C::Stop> {
    let Tree::Text(word) = &expression.tree else {
        return Ok(None);
    };
    let mut run = Run::new(context, groups);
    let text = run.word(word)?;
    Ok((!run.failed).then_some(text))
}

/// One evaluation.
struct Run<'a, C> {
    context: &'a mut C,
    groups: &'a mut Groups,
    level: u32,
    failed: bool,
    vary: Vec<Vec<u8>>,
}

impl<'a, C: ExpressionContext> Run<'a, C> {
    fn new(context: &'a mut C, groups: &'a mut Groups) -> Self {
        Self {
            context,
            groups,
            level: 0,
            failed: false,
            vary: Vec::new(),
        }
    }

    /// Goes one level deeper (`inc_rec`).
    fn deeper<T: Default>(
        &mut self,
        evaluate: impl FnOnce(&mut Self) -> Result<T, C::Stop>,
    ) -> Result<T, C::Stop> {
        if self.failed || self.level == MAX_LEVEL {
            self.failed = true;
            return Ok(T::default());
        }
        self.level += 1;
        let result = evaluate(self);
        self.level -= 1;
        result
    }

    /// `ap_expr_eval`.
    fn node(&mut self, node: &Node) -> Result<bool, C::Stop> {
        self.deeper(|run| run.node_here(node))
    }

    /// The value of a node without going deeper: negation and the last of several stay on a level.
    fn node_here(&mut self, node: &Node) -> Result<bool, C::Stop> {
        match node {
            Node::True => Ok(true),
            Node::False => Ok(false),
            Node::Not(node) => Ok(!self.node_here(node)?),
            Node::All(nodes) => self.until(nodes, false),
            Node::Any(nodes) => self.until(nodes, true),
            Node::Number(comparison, left, right) => {
                let (left, right) = (self.word(left)?, self.word(right)?);
                let order = leading_integer(&left).cmp(&leading_integer(&right));
                Ok(compares(*comparison, order))
            }
            Node::Text(comparison, left, right) => {
                let (left, right) = (self.word(left)?, self.word(right)?);
                Ok(compares(*comparison, left.cmp(&right)))
            }
            Node::In(needle, words) => self.is_in(needle, words),
            Node::InList(..) => Err(self.context.unsupported("PeerExtList() in an expression")),
            Node::Matches(word, pattern) => self.matches(word, pattern),
            Node::MatchesNot(word, pattern) => Ok(!self.matches(word, pattern)?),
            Node::Unary(operator, word) => {
                let word = self.word(word)?;
                self.unary(operator, &word)
            }
            Node::Binary(operator, left, right) => {
                let (left, right) = (self.word(left)?, self.word(right)?);
                Ok(binary(operator, &left, &right))
            }
        }
    }

    /// Asks node after node until one is `wanted`; the last one decides.
    fn until(&mut self, nodes: &[Node], wanted: bool) -> Result<bool, C::Stop> {
        let Some((last, nodes)) = nodes.split_last() else {
            return Ok(!wanted);
        };
        for node in nodes {
            if self.node(node)? == wanted {
                return Ok(wanted);
            }
        }
        self.node_here(last)
    }

    /// Apache keeps the list back to front and searches it so.
    fn is_in(&mut self, needle: &Word, words: &[Word]) -> Result<bool, C::Stop> {
        let needle = self.word(needle)?;
        for word in words.iter().rev() {
            if self.word(word)? == needle {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Groups are only set by a pattern that has some.
    fn matches(&mut self, word: &Word, pattern: &Pattern) -> Result<bool, C::Stop> {
        let subject = self.word(word)?;
        if pattern.group_count() == 0 {
            return Ok(pattern.is_match(&subject));
        }
        let found = pattern.find(&subject, &mut self.groups.captures);
        self.groups.subject = found.then_some(subject);
        Ok(found)
    }

    fn unary(&mut self, operator: &Unary, word: &[u8]) -> Result<bool, C::Stop> {
        match operator {
            Unary::NotEmpty => Ok(!word.is_empty()),
            Unary::Empty => Ok(word.is_empty()),
            Unary::Truth => Ok(is_truth(word)),
            Unary::Client(subnet) => Ok(subnet.contains(self.context.client_address())),
            Unary::Exists => self.context.file_test(None, word),
            Unary::File(test) => self.context.file_test(Some(*test), word),
            Unary::SubrequestFile => self.context.file_subrequest(word),
            Unary::SubrequestUri => self.context.uri_subrequest(word),
        }
    }

    /// `ap_expr_eval_word`.
    fn word(&mut self, word: &Word) -> Result<Vec<u8>, C::Stop> {
        self.deeper(|run| match word {
            Word::Literal(text) => Ok(text.clone()),
            Word::Group(group) => Ok(run.groups.text(*group).to_vec()),
            Word::Variable(name) => run.variable(name),
            Word::Function(function, argument) => {
                let argument = run.word(argument)?;
                run.function(*function, &argument)
            }
            Word::Concat(words) => {
                let mut text = Vec::new();
                for word in words {
                    text.extend(run.word(word)?);
                }
                Ok(text)
            }
        })
    }

    fn variable(&mut self, name: &[u8]) -> Result<Vec<u8>, C::Stop> {
        if let Some(header) = header_of(name) {
            self.vary_by(header);
        }
        self.context.variable(name)
    }

    fn vary_by(&mut self, header: &[u8]) {
        if !header.eq_ignore_ascii_case(b"Host") {
            self.vary.push(header.to_vec());
        }
    }

    fn function(&mut self, function: Function, argument: &[u8]) -> Result<Vec<u8>, C::Stop> {
        let context = &*self.context;
        let value = match function {
            Function::ProcessEnvironment => context.process_environment(argument),
            Function::Environment => context
                .note(argument)
                .or_else(|| context.environment(argument))
                .or_else(|| context.process_environment(argument)),
            Function::ResponseHeader => context.response_header(argument),
            Function::RequestHeader => {
                let value = context.request_header(argument);
                self.vary_by(argument);
                value
            }
            Function::RequestHeaderNoVary => context.request_header(argument),
            Function::Note => context.note(argument),
            Function::RequestEnvironment => context.environment(argument),
            Function::ToLower => Some(argument.to_ascii_lowercase()),
            Function::ToUpper => Some(argument.to_ascii_uppercase()),
            Function::Escape => Some(escape::escape_uri(argument)),
            Function::Unescape => unescape(argument),
            Function::Base64 => Some(BASE64_STANDARD.encode(argument).into_bytes()),
            Function::Unbase64 => Some(decode_base64(argument)),
            Function::Sha1 => Some(hex(&Sha1::digest(argument))),
            Function::Md5 => Some(hex(&Md5::digest(argument))),
            Function::File => return Err(context.unsupported("file() in an expression")),
            Function::FileSize => return Err(context.unsupported("filesize() in an expression")),
            Function::Ssl => return Err(context.unsupported("SSL() in an expression")),
            Function::Ldap => return Err(context.unsupported("ldap() in an expression")),
        };
        Ok(value.unwrap_or_default())
    }
}

/// The request header a variable shows (`req_header_var_names`).
fn header_of(variable: &[u8]) -> Option<&'static [u8]> {
    Some(match variable {
        b"HTTP_USER_AGENT" => b"User-Agent",
        b"HTTP_PROXY_CONNECTION" => b"Proxy-Connection",
        b"HTTP_REFERER" => b"Referer",
        b"HTTP_COOKIE" => b"Cookie",
        b"HTTP_FORWARDED" => b"Forwarded",
        b"HTTP_HOST" => b"Host",
        b"HTTP_ACCEPT" => b"Accept",
        _ => return None,
    })
}

fn compares(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Differ => order.is_ne(),
        Comparison::Is(Order::Less) => order.is_lt(),
        Comparison::Is(Order::LessOrEqual) => order.is_le(),
        Comparison::Is(Order::Equal) => order.is_eq(),
        Comparison::Is(Order::GreaterOrEqual) => order.is_ge(),
        Comparison::Is(Order::Greater) => order.is_gt(),
    }
}

fn binary(operator: &Binary, left: &[u8], right: &[u8]) -> bool {
    match operator {
        Binary::IpMatch(subnet) => subnet.contains(left),
        Binary::TextMatch => glob_matches(right, left, GlobMode::Text),
        Binary::TextMatchIgnoringCase => glob_matches(right, left, GlobMode::TextIgnoringCase),
        Binary::FileMatch => glob_matches(right, left, GlobMode::Path),
    }
}

/// `op_T`.
fn is_truth(word: &[u8]) -> bool {
    const FALSE: [&[u8]; 3] = [b"off", b"no", b"false"];
    !word.is_empty() && word != b"0" && !FALSE.iter().any(|text| text.eq_ignore_ascii_case(word))
}

/// `unescape_func`: `%2F` stays; what cannot be decoded becomes empty.
fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let (text, result) = escape::unescape_url(text, SlashDecoding::Keep, Unreserved::Decode);
    result.ok().map(|()| text)
}

/// `apr_base64_decode`: up to the first character that is not of the alphabet.
fn decode_base64(text: &[u8]) -> Vec<u8> {
    let is_digit = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let length = text.iter().take_while(is_digit).count();
    // A single digit left over carries no whole byte.
    let length = if length % 4 == 1 { length - 1 } else { length };
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    let mut decoded = engine.decode(&text[..length]).unwrap_or_default();
    escape::truncate_at_nul(&mut decoded);
    decoded
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}
