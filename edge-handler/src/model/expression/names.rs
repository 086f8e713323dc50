//! The names `ap_expr` knows.
//!
//! In: a name as written. Out: what it stands for. Absent: names modules add, but for those of
//! `mod_ssl`.

use super::{Function, Unary};
use crate::model::rules::FileTest;

/// Variables of the core (`var_providers` of `util_expr_eval.c`).
const VARIABLES: [&str; 52] = [
    "TIME_YEAR",
    "TIME_MON",
    "TIME_DAY",
    "TIME_HOUR",
    "TIME_MIN",
    "TIME_SEC",
    "TIME_WDAY",
    "TIME",
    "SERVER_SOFTWARE",
    "API_VERSION",
    "HTTP_USER_AGENT",
    "HTTP_PROXY_CONNECTION",
    "HTTP_REFERER",
    "HTTP_COOKIE",
    "HTTP_FORWARDED",
    "HTTP_HOST",
    "HTTP_ACCEPT",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_URI",
    "REQUEST_FILENAME",
    "REMOTE_HOST",
    "REMOTE_IDENT",
    "REMOTE_USER",
    "SERVER_ADMIN",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SCRIPT_FILENAME",
    "PATH_INFO",
    "QUERY_STRING",
    "IS_SUBREQ",
    "DOCUMENT_ROOT",
    "AUTH_TYPE",
    "THE_REQUEST",
    "CONTENT_TYPE",
    "HANDLER",
    "REQUEST_LOG_ID",
    "SCRIPT_USER",
    "SCRIPT_GROUP",
    "DOCUMENT_URI",
    "LAST_MODIFIED",
    "CONTEXT_PREFIX",
    "CONTEXT_DOCUMENT_ROOT",
    "REQUEST_STATUS",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "HTTPS",
    "IPV6",
    "CONN_LOG_ID",
    "CONN_REMOTE_ADDR",
    "HTTP2",
];

const FUNCTIONS: [(&str, Function); 20] = [
    ("osenv", Function::ProcessEnvironment),
    ("env", Function::Environment),
    ("resp", Function::ResponseHeader),
    ("req", Function::RequestHeader),
    ("http", Function::RequestHeader),
    ("note", Function::Note),
    ("reqenv", Function::RequestEnvironment),
    ("req_novary", Function::RequestHeaderNoVary),
    ("tolower", Function::ToLower),
    ("toupper", Function::ToUpper),
    ("escape", Function::Escape),
    ("unescape", Function::Unescape),
    ("file", Function::File),
    ("filesize", Function::FileSize),
    ("base64", Function::Base64),
    ("unbase64", Function::Unbase64),
    ("sha1", Function::Sha1),
    ("md5", Function::Md5),
    ("ldap", Function::Ldap),
    ("SSL", Function::Ssl),
];

/// A variable's name in upper case, if there is such a variable.
pub(super) fn variable(name: &[u8]) -> Option<Vec<u8>> {
    let name = name.to_ascii_uppercase();
    let known = VARIABLES.iter().any(|known| known.as_bytes() == name);
    (known || name.starts_with(b"SSL_")).then_some(name)
}

/// A function by its name, in either case.
pub(super) fn function(name: &[u8]) -> Option<Function> {
    let known = |(known, _): &&(&str, Function)| known.as_bytes().eq_ignore_ascii_case(name);
    FUNCTIONS.iter().find(known).map(|(_, function)| *function)
}

/// A unary operator but `-R`, by its letter.
pub(super) fn unary(letter: u8) -> Option<Unary> {
    Some(match letter {
        b'n' => Unary::NotEmpty,
        b'z' => Unary::Empty,
        b'T' => Unary::Truth,
        b'e' => Unary::Exists,
        b'd' => Unary::File(FileTest::Directory),
        b'f' => Unary::File(FileTest::Regular),
        b's' => Unary::File(FileTest::NotEmpty),
        b'L' | b'h' => Unary::File(FileTest::Link),
        b'x' => Unary::File(FileTest::Executable),
        b'F' => Unary::SubrequestFile,
        b'U' | b'A' => Unary::SubrequestUri,
        _ => return None,
    })
}
