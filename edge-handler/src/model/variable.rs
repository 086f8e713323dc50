//! The variables of `mod_rewrite`: `%{NAME}` (`lookup_variable`).
//!
//! In: a name as written. Out: [`Variable`]. Absent: what a variable holds; the evaluator, its shortcuts and the compiler
//! each say it for every variant.

/// What a name between `%{` and `}` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'t> {
    /// `HTTP:NAME` and `HTTP_…`: a request header, `Host` among them.
    Header(&'t [u8]),
    /// `ENV:NAME`: an environment variable.
    Environment(&'t [u8]),
    /// `SSL:NAME`: a variable of the TLS connection.
    Tls(&'t [u8]),
    /// `LA-U:NAME`: what a variable would hold after a look ahead for the URL.
    AheadUrl(&'t [u8]),
    /// `LA-F:NAME`: what a variable would hold after a look ahead for the file.
    AheadFile(&'t [u8]),
    /// A name without a colon.
    Named(Named),
}

/// A variable without a colon that is no request header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// `API_VERSION`.
    ApiVersion,
    /// `AUTH_TYPE`.
    AuthType,
    /// `CONN_REMOTE_ADDR`.
    ConnectionAddress,
    /// `CONTEXT_DOCUMENT_ROOT`.
    ContextDocumentRoot,
    /// `CONTEXT_PREFIX`.
    ContextPrefix,
    /// `DOCUMENT_ROOT`.
    DocumentRoot,
    /// `HTTPS`.
    Https,
    /// `IPV6`.
    Ipv6,
    /// `IS_SUBREQ`.
    IsSubrequest,
    /// `PATH_INFO`.
    PathInfo,
    /// `QUERY_STRING`.
    QueryString,
    /// `REMOTE_ADDR`.
    RemoteAddress,
    /// `REMOTE_HOST`.
    RemoteHost,
    /// `REMOTE_IDENT`.
    RemoteIdent,
    /// `REMOTE_PORT`.
    RemotePort,
    /// `REMOTE_USER`.
    RemoteUser,
    /// `REQUEST_FILENAME`, and `SCRIPT_FILENAME`, which is another name for it.
    RequestFilename,
    /// `REQUEST_METHOD`.
    RequestMethod,
    /// `REQUEST_SCHEME`.
    RequestScheme,
    /// `REQUEST_URI`.
    RequestUri,
    /// `SCRIPT_GROUP`.
    ScriptGroup,
    /// `SCRIPT_USER`.
    ScriptUser,
    /// `SERVER_ADDR`.
    ServerAddress,
    /// `SERVER_ADMIN`.
    ServerAdmin,
    /// `SERVER_NAME`.
    ServerName,
    /// `SERVER_PORT`.
    ServerPort,
    /// `SERVER_PROTOCOL`.
    ServerProtocol,
    /// `SERVER_SOFTWARE`.
    ServerSoftware,
    /// `THE_REQUEST`.
    RequestLine,
    /// `TIME`, or a part of it.
    Time(TimePart),
}

/// What of the time a variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimePart {
    /// `TIME`: all parts but the day of the week, in one number.
    Whole,
    /// `TIME_YEAR`.
    Year,
    /// `TIME_MON`.
    Month,
    /// `TIME_DAY`.
    Day,
    /// `TIME_HOUR`.
    Hour,
    /// `TIME_MIN`.
    Minute,
    /// `TIME_SEC`.
    Second,
    /// `TIME_WDAY`.
    Weekday,
    /// Any other name that begins with `TIME_`: empty.
    Nothing,
}

/// The longest name without a colon, in bytes.
const LONGEST: usize = 21;

impl<'t> Variable<'t> {
    /// The variable of this name, in either case; `None` where there is none: Apache takes it for empty.
    pub fn of(name: &'t [u8]) -> Option<Self> {
        if let Some(at) = kind_end(name) {
            return Self::of_kind(name.get(..at)?, name.get(at + 1..)?);
        }
        let mut upper = [0; LONGEST];
        let upper = upper.get_mut(..name.len())?;
        upper.copy_from_slice(name);
        upper.make_ascii_uppercase();
        header_of(upper)
            .map(Self::Header)
            .or_else(|| Named::of(upper).map(Self::Named))
    }

    fn of_kind(kind: &[u8], rest: &'t [u8]) -> Option<Self> {
        let is = |known: &[u8]| kind.eq_ignore_ascii_case(known);
        let variable = if is(b"HTTP") {
            Self::Header(rest)
        } else if is(b"ENV") {
            Self::Environment(rest)
        } else if is(b"SSL") {
            Self::Tls(rest)
        } else if is(b"LA-U") {
            Self::AheadUrl(rest)
        } else if is(b"LA-F") {
            Self::AheadFile(rest)
        } else {
            return None;
        };
        (!rest.is_empty()).then_some(variable)
    }
}

impl Named {
    /// The variable of a name in upper case that is no request header.
    pub fn of(upper: &[u8]) -> Option<Self> {
        Some(match upper {
            b"API_VERSION" => Self::ApiVersion,
            b"AUTH_TYPE" => Self::AuthType,
            b"CONN_REMOTE_ADDR" => Self::ConnectionAddress,
            b"CONTEXT_DOCUMENT_ROOT" => Self::ContextDocumentRoot,
            b"CONTEXT_PREFIX" => Self::ContextPrefix,
            b"DOCUMENT_ROOT" => Self::DocumentRoot,
            b"HTTPS" => Self::Https,
            b"IPV6" => Self::Ipv6,
            b"IS_SUBREQ" => Self::IsSubrequest,
            b"PATH_INFO" => Self::PathInfo,
            b"QUERY_STRING" => Self::QueryString,
            b"REMOTE_ADDR" => Self::RemoteAddress,
            b"REMOTE_HOST" => Self::RemoteHost,
            b"REMOTE_IDENT" => Self::RemoteIdent,
            b"REMOTE_PORT" => Self::RemotePort,
            b"REMOTE_USER" => Self::RemoteUser,
            b"REQUEST_FILENAME" | b"SCRIPT_FILENAME" => Self::RequestFilename,
            b"REQUEST_METHOD" => Self::RequestMethod,
            b"REQUEST_SCHEME" => Self::RequestScheme,
            b"REQUEST_URI" => Self::RequestUri,
            b"SCRIPT_GROUP" => Self::ScriptGroup,
            b"SCRIPT_USER" => Self::ScriptUser,
            b"SERVER_ADDR" => Self::ServerAddress,
            b"SERVER_ADMIN" => Self::ServerAdmin,
            b"SERVER_NAME" => Self::ServerName,
            b"SERVER_PORT" => Self::ServerPort,
            b"SERVER_PROTOCOL" => Self::ServerProtocol,
            b"SERVER_SOFTWARE" => Self::ServerSoftware,
            b"THE_REQUEST" => Self::RequestLine,
            _ => Self::Time(TimePart::of(upper)?),
        })
    }
}

impl TimePart {
    fn of(upper: &[u8]) -> Option<Self> {
        Some(match upper {
            b"TIME" => Self::Whole,
            b"TIME_YEAR" => Self::Year,
            b"TIME_MON" => Self::Month,
            b"TIME_DAY" => Self::Day,
            b"TIME_HOUR" => Self::Hour,
            b"TIME_MIN" => Self::Minute,
            b"TIME_SEC" => Self::Second,
            b"TIME_WDAY" => Self::Weekday,
            _ => return upper.starts_with(b"TIME_").then_some(Self::Nothing),
        })
    }
}

/// The request header that a variable in upper case stands for, if it is one of the seven that do.
pub fn header_of(upper: &[u8]) -> Option<&'static [u8]> {
    Some(match upper {
        b"HTTP_ACCEPT" => b"Accept",
        b"HTTP_COOKIE" => b"Cookie",
        b"HTTP_FORWARDED" => b"Forwarded",
        b"HTTP_HOST" => b"Host",
        b"HTTP_PROXY_CONNECTION" => b"Proxy-Connection",
        b"HTTP_REFERER" => b"Referer",
        b"HTTP_USER_AGENT" => b"User-Agent",
        _ => return None,
    })
}

/// Where the colon stands, if it does. Only the fourth and fifth byte are looked at.
fn kind_end(name: &[u8]) -> Option<usize> {
    [3, 4].into_iter().find(|at| name.get(*at) == Some(&b':'))
}

#[cfg(test)]
mod tests {
    use super::{Named, TimePart, Variable};

    fn check(name: &str, expected: Option<Variable<'_>>) {
        assert_eq!(Variable::of(name.as_bytes()), expected, "{name}");
    }

    #[test]
    fn names_are_known_in_either_case() {
        check("HTTPS", Some(Variable::Named(Named::Https)));
        check("https", Some(Variable::Named(Named::Https)));
        check("Http_User_Agent", Some(Variable::Header(b"User-Agent")));
        check(
            "SCRIPT_FILENAME",
            Some(Variable::Named(Named::RequestFilename)),
        );
        let time = |part| Some(Variable::Named(Named::Time(part)));
        check("TIME", time(TimePart::Whole));
        check("TIME_X", time(TimePart::Nothing));
        for name in [
            "HTTP_X",
            "TIMES",
            "DOCUMENT_URI",
            "",
            "A_NAME_THAT_IS_MUCH_TOO_LONG",
        ] {
            check(name, None);
        }
    }

    #[test]
    fn kinds_stand_before_a_colon() {
        check("ENV:x", Some(Variable::Environment(b"x")));
        check("http:X-Any", Some(Variable::Header(b"X-Any")));
        check("SSL:SSL_CIPHER", Some(Variable::Tls(b"SSL_CIPHER")));
        check("la-u:HTTPS", Some(Variable::AheadUrl(b"HTTPS")));
        check("LA-F:ENV:x", Some(Variable::AheadFile(b"ENV:x")));
        for name in ["ENV:", "ANY:x", "LONGER:x", ":x"] {
            check(name, None);
        }
    }
}
