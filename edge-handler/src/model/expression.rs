//! `ap_expr`: the expressions of `<If>`, `RewriteCond expr`, `SetEnvIfExpr`.
//!
//! In: the text of an expression. Out: [`Expression`]. Absent: its value; see `evaluate::expression`.

mod lexer;
mod names;
mod parse;
mod subnet;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::subnet::Subnet;
use crate::model::rules::{FileTest, Order};
use crate::pattern::Pattern;

/// An expression as written and as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    /// The text.
    pub source: Vec<u8>,
    /// Its structure.
    pub tree: Tree,
}

/// The structure of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tree {
    /// Is something so?
    Condition(Node),
    /// A text with variables in it (`AP_EXPR_FLAG_STRING_RESULT`).
    Text(Word),
}

/// Something true or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// `true`.
    True,
    /// `false`.
    False,
    /// `!`, `not`.
    Not(#[serde(deserialize_with = "crate::depth::expression")] Box<Node>),
    /// `&&`, `and`: all of them, asked in order until one fails.
    All(#[serde(deserialize_with = "crate::depth::expression")] Vec<Node>),
    /// `||`, `or`: any of them, asked in order until one holds.
    Any(#[serde(deserialize_with = "crate::depth::expression")] Vec<Node>),
    /// `-eq` and kin: by number.
    Number(Comparison, Word, Word),
    /// `==` and kin: by bytes.
    Text(Comparison, Word, Word),
    /// `-in { … }`.
    In(Word, Vec<Word>),
    /// `-in PeerExtList(…)`, the one function that gives a list; it needs a client certificate.
    InList(Word, Word),
    /// `=~`.
    Matches(Word, Pattern),
    /// `!~`.
    MatchesNot(Word, Pattern),
    /// A unary operator.
    Unary(Unary, Word),
    /// A binary operator of the form `-name`.
    Binary(Binary, Word, Word),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// The left value stands to the right one in this order.
    Is(Order),
    /// The values differ.
    Differ,
}

/// A unary operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unary {
    /// `-n`: not empty.
    NotEmpty,
    /// `-z`: empty.
    Empty,
    /// `-T`: neither empty nor `0`, `off`, `false` or `no`.
    Truth,
    /// `-R`: the client is in this subnet.
    Client(Subnet),
    /// `-e`: such a file exists.
    Exists,
    /// `-d`, `-f`, `-s`, `-x`, `-h`, `-L`.
    File(FileTest),
    /// `-F`: a subrequest for the file would succeed.
    SubrequestFile,
    /// `-U`, `-A`: a subrequest for the URL would succeed.
    SubrequestUri,
}

/// A binary operator of the form `-name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Binary {
    /// `-ipmatch`: the address is in this subnet.
    IpMatch(Subnet),
    /// `-strmatch`: wildcards.
    TextMatch,
    /// `-strcmatch`: wildcards, letters either case.
    TextMatchIgnoringCase,
    /// `-fnmatch`: wildcards that do not match `/`.
    FileMatch,
}

/// A text, when evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// As it stands.
    Literal(Vec<u8>),
    /// `$N`: a group of the last regular expression that matched.
    Group(u8),
    /// `%{NAME}`: the name in upper case.
    Variable(Vec<u8>),
    /// `%{name:argument}`, `name(argument)`.
    Function(
        Function,
        #[serde(deserialize_with = "crate::depth::expression")] Box<Word>,
    ),
    /// One after the other.
    Concat(#[serde(deserialize_with = "crate::depth::expression")] Vec<Word>),
}

/// A function of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// `osenv`: the server's own environment.
    ProcessEnvironment,
    /// `env`: a note, else the request's environment, else the server's.
    Environment,
    /// `resp`: a response header.
    ResponseHeader,
    /// `req`, `http`: a request header; the answer varies by it.
    RequestHeader,
    /// `req_novary`: a request header.
    RequestHeaderNoVary,
    /// `note`: a note.
    Note,
    /// `reqenv`: the request's environment.
    RequestEnvironment,
    /// `tolower`.
    ToLower,
    /// `toupper`.
    ToUpper,
    /// `escape`.
    Escape,
    /// `unescape`.
    Unescape,
    /// `file`: a file's content.
    File,
    /// `filesize`.
    FileSize,
    /// `base64`.
    Base64,
    /// `unbase64`.
    Unbase64,
    /// `sha1`.
    Sha1,
    /// `md5`.
    Md5,
    /// `ldap`.
    Ldap,
    /// `SSL`, of `mod_ssl`: a variable of the TLS connection.
    Ssl,
}

impl Expression {
    /// Reads a condition (`ap_expr_parse`): accepts and rejects what Apache does.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &[u8]) -> Result<Self, ExpressionError> {
        Ok(Self {
            source: text.to_vec(),
            tree: Tree::Condition(parse::condition(text)?),
        })
    }

    /// Reads a text with variables in it (`ap_expr_parse` with `AP_EXPR_FLAG_STRING_RESULT`), as
    /// one-argument `Redirect` and `Alias` and `ErrorDocument` take it.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse_string(text: &[u8]) -> Result<Self, ExpressionError> {
        Ok(Self {
            source: text.to_vec(),
            tree: Tree::Text(parse::string(text)?),
        })
    }

    /// Does it look at files (`-d`, `-e`, `-f`, `-s`, `-L`, `-h`, `-x`, `file()`, `filesize()`)?
    /// Apache refuses that in a `.htaccess` file (`AP_EXPR_FLAG_RESTRICTED`).
    pub fn looks_at_files(&self) -> bool {
        match &self.tree {
            Tree::Condition(node) => node.looks_at_files(),
            Tree::Text(word) => word.looks_at_files(),
        }
    }
}

impl Expression {
    /// Does the expression match something with a pattern?
    pub fn has_patterns(&self) -> bool {
        let is_match = |node: &Node| matches!(node, Node::Matches(..) | Node::MatchesNot(..));
        match &self.tree {
            Tree::Condition(node) => node.any(&is_match, &|_| false),
            Tree::Text(_) => false,
        }
    }

    /// Does the expression use a group (`$N`)?
    pub fn uses_groups(&self) -> bool {
        let is_group = |word: &Word| matches!(word, Word::Group(_));
        match &self.tree {
            Tree::Condition(node) => node.any(&|_| false, &is_group),
            Tree::Text(word) => word.any(&is_group),
        }
    }

    /// Does the expression ask for the type of a file (`%{CONTENT_TYPE}`), or for its handler?
    pub fn asks_for_type(&self) -> bool {
        self.names(b"CONTENT_TYPE") || self.asks_for_handler()
    }

    /// Does the expression ask for the handler of a file?
    pub fn asks_for_handler(&self) -> bool {
        self.names(b"HANDLER")
    }

    fn names(&self, variable: &[u8]) -> bool {
        let is_named = |word: &Word| matches!(word, Word::Variable(name) if name == variable);
        match &self.tree {
            Tree::Condition(node) => node.any(&|_| false, &is_named),
            Tree::Text(word) => word.any(&is_named),
        }
    }

    /// Does the expression read a file, or ask for its size (`file()`, `filesize()`)?
    pub fn opens_files(&self) -> bool {
        match &self.tree {
            Tree::Condition(node) => node.any(&|_| false, &Word::calls_for_a_file),
            Tree::Text(word) => word.any(&Word::calls_for_a_file),
        }
    }
}

impl Node {
    fn looks_at_files(&self) -> bool {
        let tests = |node: &Self| matches!(node, Self::Unary(Unary::Exists | Unary::File(_), _));
        self.any(&tests, &Word::calls_for_a_file)
    }

    /// Does one of the two hold for the condition, or for something inside of it?
    fn any(&self, is_node: &dyn Fn(&Self) -> bool, is_word: &dyn Fn(&Word) -> bool) -> bool {
        let inner = |node: &Self| node.any(is_node, is_word);
        is_node(self)
            || match self {
                Self::True | Self::False => false,
                Self::Not(node) => inner(node),
                Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(inner),
                Self::Number(_, left, right)
                | Self::Text(_, left, right)
                | Self::InList(left, right)
                | Self::Binary(_, left, right) => left.any(is_word) || right.any(is_word),
                Self::In(needle, words) => {
                    needle.any(is_word) || words.iter().any(|word| word.any(is_word))
                }
                Self::Matches(word, _) | Self::MatchesNot(word, _) | Self::Unary(_, word) => {
                    word.any(is_word)
                }
            }
    }
}

impl Word {
    fn looks_at_files(&self) -> bool {
        self.any(&Self::calls_for_a_file)
    }

    fn calls_for_a_file(&self) -> bool {
        matches!(self, Self::Function(Function::File | Function::FileSize, _))
    }

    /// Does `is_it` hold for the word or one inside of it?
    fn any(&self, is_it: &dyn Fn(&Self) -> bool) -> bool {
        is_it(self)
            || match self {
                Self::Literal(_) | Self::Group(_) | Self::Variable(_) => false,
                Self::Function(_, argument) => argument.any(is_it),
                Self::Concat(words) => words.iter().any(|word| word.any(is_it)),
            }
    }
}

/// An expression Apache does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// Byte offset into the text where it was noticed.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for ExpressionError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a real server said to `RewriteCond expr` with this text.
    fn check(text: &str, accepted: bool) {
        let result = Expression::parse(text.as_bytes());
        assert_eq!(result.is_ok(), accepted, "{text}: {result:?}");
    }

    #[test]
    fn what_apache_accepts_is_accepted() {
        for text in [
            "true",
            "! true && false",
            "not true or (false and true)",
            "'a' = 'b'",
            "%{http_host} =~ /x/",
            "%{HTTP_HOST}=~m#x#i&&true",
            "%{HTTP_HOST} !~ m_ x_",
            "'a' =~ m'a'",
            "-n %{ENV:FOO}",
            "-n req('Host')",
            "%{SSL_PROTOCOL} == 'x'",
            "%{SSL:HTTPS} == 'on'",
            "-R '10.1'",
            "-R '10.0.0.0/255.0.0.0'",
            "-R '::1'",
            "%{REMOTE_ADDR} -ipmatch '10.0.0.0/8'",
            "'a' -STRCMATCH 'b*'",
            "5 -eq 5",
            "-5 lt 3",
            "'a' in {'a','b'}",
            "'a' -in PeerExtList('x')",
            "'a'.'b'.%{HTTP_HOST} == 'ab'",
            "'$1' == $0",
            "'\\101\\n\\q' == 'A'",
            "\"a'b\" == 'c'",
            "%{req:a%{HTTP_HOST}b$1%$} == ''",
            "tolower(tolower('X')) == 'x'",
            "-n 'a' . 'b'",
            "((true))",
        ] {
            check(text, true);
        }
    }

    #[test]
    fn what_apache_rejects_is_rejected() {
        for text in [
            "",
            "'a'",
            "true true",
            "true && ",
            "(true",
            "true)",
            "$a == 'a'",
            "nottrue",
            "%{HTTP_HOST} !~ m_x_",
            "-n %{FOO}",
            "%{SERVER_ADDR} == 'x'",
            "%{ HTTP_HOST} == ''",
            "%{HTTP_HOST == ''",
            "%{req} == ''",
            "%{req:} == ''",
            "-n req(Host)",
            "-R 10",
            "-R '10.0.0.0/33'",
            "-R '::1/0'",
            "-R %{REMOTE_ADDR}",
            "-q 'a'",
            "'a' -foo 'b'",
            "5 -eq5",
            "'a' in {}",
            "'a' in {'a',}",
            "'a' in split('x')",
            "'a' =~ /(/",
            "'a' =~ 'b'",
            "'a' =~ /x/g",
            "'a' =~ m(a)",
            "'\\400' == 'A'",
            "'\\18' == 'A'",
            "'\\8' == 'A'",
            "'a' == 'b' == 'c'",
            "'a' == b",
            "'a' ! ~ /b/",
            "base64('a')",
            "'a",
            "%{req:x",
            "%{req:\"x\"} == ''",
            "@",
        ] {
            check(text, false);
        }
    }

    fn check_offset(text: &str, offset: usize) {
        let found = Expression::parse(text.as_bytes()).map_err(|error| error.offset);
        assert_eq!(found, Err(offset), "{text}");
    }

    #[test]
    fn errors_say_where() {
        check_offset("true && %{NOPE} == 'x'", 10);
        check_offset("'a' == ", 7);
        check_offset("true @", 5);
        check_offset("'a' -foo 'b'", 4);
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let parsed = Expression::parse(b"true || false && !true").map(|it| it.tree);
        let all = Node::All(vec![Node::False, Node::Not(Box::new(Node::True))]);
        assert_eq!(
            parsed,
            Ok(Tree::Condition(Node::Any(vec![Node::True, all])))
        );
    }

    #[test]
    fn strings_are_text_with_references() {
        let check = |text: &str, expected: Option<Word>| {
            let parsed = Expression::parse_string(text.as_bytes()).map(|it| it.tree);
            assert_eq!(parsed.ok(), expected.map(Tree::Text), "{text}");
        };
        let literal = |text: &str| Word::Literal(text.into());
        check("", Some(literal("")));
        check("/a 'b' \"c\"}", Some(literal("/a 'b' \"c\"}")));
        check(
            "/a%{HTTP_HOST}$1",
            Some(Word::Concat(vec![
                literal("/a"),
                Word::Variable(b"HTTP_HOST".into()),
                Word::Group(1),
            ])),
        );
        check("100%", Some(literal("100%")));
        check("\\x\\%{", Some(literal("x%{")));
        check("%{NOPE}", None);
        check("a\nb", None);
        check("a\\", None);
    }

    #[test]
    fn files_are_noticed() {
        let looks = |text: &str| Expression::parse(text.as_bytes()).map(|it| it.looks_at_files());
        assert_eq!(looks("true && -f '/x'"), Ok(true));
        assert_eq!(looks("'a' == tolower(file('x'))"), Ok(true));
        assert_eq!(looks("-n 'x' && -U '/x'"), Ok(false));
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let deep = |open: &str| Expression::parse(open.repeat(100_000).as_bytes()).is_err();
        assert!(deep("(") && deep("!") && deep("tolower(") && deep("%{req:"));
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(text: Vec<u8>) {
            let _ = Expression::parse(&text);
            let _ = Expression::parse_string(&text);
        }

        #[test]
        fn any_syntax_will_do(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("'a'"), Just("%{req:"), Just("}"), Just("%{"), Just("TIME"), Just("("),
                    Just(")"), Just(" && "), Just("!"), Just("=="), Just("=~"), Just("/x/i"),
                    Just("m#"), Just("-n "), Just("-in{"), Just(","), Just("\\"), Just("\\777"),
                    Just("$1"), Just("."), Just("\""), Just("5"), Just("tolower("),
                ],
                0..12,
            )
        ) {
            let text = parts.concat();
            if let Err(error) = Expression::parse(text.as_bytes()) {
                prop_assert!(error.offset <= text.len());
            }
        }
    }
}
