//! The value of an `ap_expr` expression.
//!
//! In: an [`Expression`] and an [`ExpressionContext`], through which the request is seen. Out:
//! whether it holds, or its text. Absent: reading its text; see `site::expression`.

use std::cmp::Ordering;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use md5::Md5;
use sha1::{Digest as _, Sha1};

use crate::budget::Budget;
use crate::model::expression::{Binary, Comparison, Expression, Function, Node, Tree, Unary, Word};
use crate::model::rules::{FileTest, Order};
use crate::model::variable::header_of;
use crate::pattern::Pattern;
use crate::pattern::matching::{Captures, substitute};
use crate::text::escape::{self, SlashDecoding, Unreserved};
use crate::text::glob::{GlobMode, glob_matches};
use crate::text::number::leading_integer;

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

    /// What the decision may still take.
    fn budget(&self) -> &Budget;

    /// Takes steps off the budget.
    ///
    /// # Errors
    /// The budget is used up.
    fn spend(&self, steps: usize) -> Result<(), Self::Stop>;

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
        self.context.spend(1)?;
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
                let (left, right) = self.words(left, right)?;
                let order = leading_integer(&left).cmp(&leading_integer(&right));
                Ok(compares(*comparison, order))
            }
            Node::Text(comparison, left, right) => {
                let (left, right) = self.words(left, right)?;
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
                let (left, right) = self.words(left, right)?;
                Ok(binary(operator, &left, &right))
            }
        }
    }

    /// Both sides of a comparison, the right one first: C leaves the order open, and compilers take this one.
    fn words(&mut self, left: &Word, right: &Word) -> Result<(Vec<u8>, Vec<u8>), C::Stop> {
        let right = self.word(right)?;
        Ok((self.word(left)?, right))
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
            let budget = self.context.budget();
            return Ok(pattern.find(&subject, &mut Captures::new(), budget));
        }
        let budget = self.context.budget();
        let found = pattern.find(&subject, &mut self.groups.captures, budget);
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

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use super::*;
    use crate::evaluate::environment::EnvironmentContext;

    /// A request with the headers `H: Hello` and `Host: d.t`.
    #[derive(Default)]
    pub(crate) struct Fixed {
        pub(crate) environment: Vec<(Vec<u8>, Vec<u8>)>,
        varied: Vec<Vec<u8>>,
        budget: Budget,
    }

    impl ExpressionContext for Fixed {
        type Stop = String;

        fn budget(&self) -> &Budget {
            &self.budget
        }

        fn spend(&self, steps: usize) -> Result<(), String> {
            let spent = self.budget.spend(steps as u64);
            spent.map_err(|_| "over budget".to_owned())
        }

        fn variable(&mut self, name: &[u8]) -> Result<Vec<u8>, String> {
            match name {
                b"HTTP_HOST" => Ok(b"d.t".to_vec()),
                b"HTTP_USER_AGENT" => Ok(b"UA".to_vec()),
                b"REQUEST_URI" => Ok(b"/a/b".to_vec()),
                b"REQUEST_METHOD" => Ok(b"GET".to_vec()),
                _ => Err(String::from_utf8_lossy(name).into_owned()),
            }
        }

        fn request_header(&self, name: &[u8]) -> Option<Vec<u8>> {
            let headers = self.headers();
            let mut found = headers
                .iter()
                .filter(|header| header.0.eq_ignore_ascii_case(name));
            found.next().map(|header| header.1.clone())
        }

        fn response_header(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }

        fn vary(&mut self, name: &[u8]) {
            self.varied.push(name.to_vec());
        }

        fn note(&self, _: &[u8]) -> Option<Vec<u8>> {
            None
        }

        fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
            let mut found = self
                .environment
                .iter()
                .filter(|variable| variable.0 == name);
            found.next().map(|variable| variable.1.clone())
        }

        fn process_environment(&self, name: &[u8]) -> Option<Vec<u8>> {
            (name == b"PATH").then(|| b"/bin".to_vec())
        }

        fn client_address(&self) -> &[u8] {
            b"127.0.0.1"
        }

        fn file_test(&mut self, _: Option<FileTest>, path: &[u8]) -> Result<bool, String> {
            Ok(path == b"/file")
        }

        fn uri_subrequest(&mut self, _: &[u8]) -> Result<bool, String> {
            Ok(true)
        }

        fn file_subrequest(&mut self, _: &[u8]) -> Result<bool, String> {
            Ok(false)
        }

        fn unsupported(&self, what: &str) -> String {
            what.to_owned()
        }
    }

    impl EnvironmentContext for Fixed {
        fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
            let header = |name: &str, value: &str| (name.into(), value.into());
            vec![
                header("Host", "d.t"),
                header("H", "Hello"),
                header("H2", "Hi"),
            ]
        }

        fn server_address(&self) -> Result<Vec<u8>, String> {
            Err(self.unsupported("server address"))
        }

        fn set_environment(&mut self, name: &[u8], value: Option<Vec<u8>>) {
            self.environment.retain(|variable| variable.0 != name);
            self.environment
                .extend(value.map(|value| (name.to_vec(), value)));
        }
    }

    /// The expectations were observed on a real server.
    fn check(text: &str, expected: bool) {
        let expression = Expression::parse(text.as_bytes()).unwrap();
        let found = holds(&expression, &mut Fixed::default(), &mut Groups::default());
        assert_eq!(found, Ok(expected), "{text}");
    }

    #[test]
    fn comparisons() {
        check("'a' == 'a' && 'a' != 'A'", true);
        check("'b' > 'aa' && 'a' < 'aa'", true);
        check("'5x' -eq ' 5' && 'x' -eq 0", true);
        check("'99999999999999999999' -gt 9223372036854775806", true);
        check("10 -gt 9 && '10' < '9'", true);
        check("'a' -in {'b', 'a'}", true);
        check("'c' in {'b', 'a'}", false);
        check("-z '' && -n 'x' && ! -T 'Off' && -T '00'", true);
        check("-T '0' || -T 'no' || -T 'FALSE' || -T ''", false);
        check("'abc' -strmatch 'A*'", false);
        check("'abc' -strcmatch 'A*'", true);
        check("'a/b' -strmatch 'a*' && ! 'a/b' -fnmatch 'a*'", true);
        check("-f '/file' && -e '/file' && -U '/x' && ! -F '/x'", true);
    }

    #[test]
    fn addresses() {
        check("-R '127.0.0.0/8' && -R '127.0' && -R '127.0.0.1'", true);
        check("-R '10.0.0.0/8'", false);
        check("'10.1.2.3' -ipmatch '10.1.0.0/255.255.0.0'", true);
        check("'fe80::1' -ipmatch 'fe80::/10'", true);
        check("'::ffff:10.1.2.3' -ipmatch '10.1'", true);
        check("'nonsense' -ipmatch '10.1'", false);
    }

    #[test]
    fn functions() {
        check(
            "toupper('aé') == 'Aé' && tolower(%{req:h}) == 'hello'",
            true,
        );
        check("escape('a b/%') == 'a%20b/%25'", true);
        check(
            "unescape('%41%2f') == 'A%2f' && unescape('%zz') == ''",
            true,
        );
        check("base64('hello') == 'aGVsbG8='", true);
        check(
            "unbase64('aGVsbG8=') == 'hello' && unbase64('aGVs!bG8') == 'hel'",
            true,
        );
        check("md5('a') == '0cc175b9c0f1b6a831c399e269772661'", true);
        check(
            "sha1('a') == '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'",
            true,
        );
        check(
            "%{env:PATH} == '/bin' && osenv('PATH') == '/bin' && reqenv('PATH') == ''",
            true,
        );
        check("%{tolower:x%{req:H}y} == 'xhelloy'", true);
    }

    #[test]
    fn groups_come_from_patterns_that_have_some() {
        check(
            "%{req:H} =~ /(l+)(o)/ && $1 == 'll' && '-$2-' == '-o-'",
            true,
        );
        check("'a' =~ /(a)/ && 'b' =~ /b/ && $1 == 'a'", true);
        check("'a' =~ /(a)/ && 'b' !~ /(c)/ && $1 == ''", true);
    }

    #[test]
    fn deep_expressions_fail() {
        let nested = |count: usize| {
            let text = format!(
                "{}'X'{} == 'x'",
                "tolower(".repeat(count),
                ")".repeat(count)
            );
            let expression = Expression::parse(text.as_bytes()).unwrap();
            holds(&expression, &mut Fixed::default(), &mut Groups::default())
        };
        assert_eq!((nested(18), nested(19)), (Ok(true), Ok(false)));
        check(&format!("{}true{}", "(".repeat(30), ")".repeat(30)), true);
        check(&format!("{}true", "! ".repeat(30)), true);
    }

    #[test]
    fn headers_asked_for_are_varied_by() {
        let text = b"%{req:H} == 'x' || %{HTTP_USER_AGENT} == 'UA' || req_novary('H2') == ''";
        let mut context = Fixed::default();
        holds(
            &Expression::parse(text).unwrap(),
            &mut context,
            &mut Groups::default(),
        )
        .unwrap();
        assert_eq!(context.varied, [b"H".to_vec(), b"User-Agent".to_vec()]);
        // The right side of any operator is asked for first.
        for operator in ["==", "-eq", "-strcmatch", "-fnmatch"] {
            let text = format!("%{{HTTP:X-A}} {operator} http('User-Agent')");
            let mut context = Fixed::default();
            let expression = Expression::parse(text.as_bytes()).unwrap();
            holds(&expression, &mut context, &mut Groups::default()).unwrap();
            let expected = [b"User-Agent".to_vec(), b"X-A".to_vec()];
            assert_eq!(context.varied, expected, "{operator}");
        }
    }

    #[test]
    fn what_cannot_be_known_stops() {
        let expression = Expression::parse(b"true && file('/x') == ''").unwrap();
        let found = holds(&expression, &mut Fixed::default(), &mut Groups::default());
        assert!(found.is_err());
    }

    #[test]
    fn strings_are_put_together() {
        let expression = Expression::parse_string(b"/x%{HTTP_HOST}\\t'$1'%").unwrap();
        let found = text(&expression, &mut Fixed::default(), &mut Groups::default());
        assert_eq!(found, Ok(Some(b"/xd.t\t''%".to_vec())));
    }
}
