//! `ap_expr`: the expressions of `<If>`, `RewriteCond expr`, `SetEnvIfExpr`.
//!
//! In: the text of an expression. Out: [`Expression`]. Absent: its value; see `evaluate::expression`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::rules::{FileTest, Order, Pattern};

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
    Not(Box<Node>),
    /// `&&`, `and`: all of them, asked in order until one fails.
    All(Vec<Node>),
    /// `||`, `or`: any of them, asked in order until one holds.
    Any(Vec<Node>),
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
    /// They are in this order.
    Is(Order),
    /// They differ.
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

/// An address with a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subnet {
    /// IPv4: address, already masked, and mask.
    V4(u32, u32),
    /// IPv6: address, already masked, and mask.
    V6(u128, u128),
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
    Function(Function, Box<Word>),
    /// One after the other.
    Concat(Vec<Word>),
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
}

impl Subnet {
    /// Is the address, given as text, in the subnet? IPv4 addresses in IPv6 clothes count as IPv4.
    pub fn contains(&self, address: &[u8]) -> bool {
        let address = std::str::from_utf8(address).ok();
        let address: Option<IpAddr> = address.and_then(|text| text.parse().ok());
        match (self, address.map(|address| address.to_canonical())) {
            (Self::V4(subnet, mask), Some(IpAddr::V4(address))) => {
                address.to_bits() & mask == *subnet
            }
            (Self::V6(subnet, mask), Some(IpAddr::V6(address))) => {
                address.to_bits() & mask == *subnet
            }
            _ => false,
        }
    }

    /// Reads `address[/bits or mask]` (`subnet_parse_arg`, `apr_ipsubnet_create`); IPv4 addresses
    /// may stop after any number.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            let mask = match mask {
                Some(mask) => u128::MAX << (128 - bits(mask, 128)?),
                None => u128::MAX,
            };
            let is_v4 = address.to_ipv4_mapped().is_some();
            return (!is_v4).then(|| Self::V6(address.to_bits() & mask, mask));
        }
        let (address, own_mask) = partial_v4(address)?;
        let mask = match mask {
            None => own_mask,
            Some(mask) => match bits(mask, 32) {
                Some(bits) => u32::MAX << (32 - bits),
                None => mask.parse::<Ipv4Addr>().ok()?.to_bits(),
            },
        };
        Some(Self::V4(address & mask, mask))
    }
}

fn bits(mask: &str, most: u32) -> Option<u32> {
    mask.parse().ok().filter(|bits| (1..=most).contains(bits))
}

/// One to four numbers with dots between and perhaps after; the mask covers those given.
fn partial_v4(text: &str) -> Option<(u32, u32)> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let numbers: Vec<u8> = text
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    if numbers.len() > 4 {
        return None;
    }
    let mut octets = [0_u8; 4];
    let mut mask = [0_u8; 4];
    for (at, number) in numbers.iter().enumerate() {
        octets[at] = *number;
        mask[at] = 255;
    }
    Some((u32::from_be_bytes(octets), u32::from_be_bytes(mask)))
}
