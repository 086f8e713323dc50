//! Requests of an access log.
//!
//! In: lines in the common or combined format, also with the virtual host in front. Out:
//! [`Logged`]. Absent: what was answered; reading files (`traffic`).

/// One request of a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Logged {
    /// The method.
    pub method: Vec<u8>,
    /// The virtual host, if the log says.
    pub host: Option<Vec<u8>>,
    /// The request target.
    pub target: Vec<u8>,
    /// `Referer`, in the combined format.
    pub referer: Option<Vec<u8>>,
    /// `User-Agent`, in the combined format.
    pub user_agent: Option<Vec<u8>>,
}

/// Methods that are asked again: none that could change something.
const METHODS: [&[u8]; 3] = [b"GET", b"HEAD", b"POST"];

/// Reads one line; `None` when it holds no request that can be sent again.
pub fn parse(line: &[u8]) -> Option<Logged> {
    let bracket = line.iter().position(|byte| *byte == b'[')?;
    let mut fields = line[..bracket].split(|byte| *byte == b' ');
    let first = fields.next()?;
    // client, identity, user; one more in front is the virtual host.
    let rest = fields.filter(|field| !field.is_empty()).count();
    let host = (rest >= 3).then(|| without_port(first).to_vec());
    let after = &line[bracket..];
    let quote = after.iter().position(|byte| *byte == b'"')?;
    let (request, rest) = unquoted(&after[quote + 1..])?;
    let mut words = request.split(|byte| *byte == b' ');
    let (method, target, protocol) = (words.next()?, words.next()?, words.next()?);
    let sendable = target.iter().all(u8::is_ascii_graphic) && target.starts_with(b"/");
    let usual = METHODS.contains(&method) && protocol.starts_with(b"HTTP/");
    let (referer, rest) = header(rest);
    let (user_agent, _) = header(rest);
    (sendable && usual && words.next().is_none()).then(|| Logged {
        method: method.to_vec(),
        host,
        target: target.to_vec(),
        referer,
        user_agent,
    })
}

/// The next quoted text, a header's value; `-` is a header that was not sent. And what follows it.
fn header(text: &[u8]) -> (Option<Vec<u8>>, &[u8]) {
    let quote = text.iter().position(|byte| *byte == b'"');
    let Some((value, rest)) = quote.and_then(|quote| unquoted(&text[quote + 1..])) else {
        return (None, b"");
    };
    let sent = value != b"-" && value.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
    (sent.then_some(value), rest)
}

fn without_port(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|byte| *byte == b':');
    colon.map_or(host, |colon| &host[..colon])
}

/// The text up to the closing quote, Apache's escapes undone (`ap_escape_logitem`), and what
/// follows the quote.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut bytes = text.iter();
    let mut found = Vec::new();
    loop {
        match bytes.next()? {
            b'"' => return Some((found, bytes.as_slice())),
            b'\\' => match bytes.next()? {
                b'x' => {
                    let mut digit = || char::from(*bytes.next()?).to_digit(16);
                    found.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
                }
                b'n' => found.push(b'\n'),
                b't' => found.push(b'\t'),
                b'r' => found.push(b'\r'),
                other => found.push(*other),
            },
            byte => found.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::parse;

    fn check(name: &str, line: &str, expected: Option<(&str, Option<&str>, &str)>) {
        let found = parse(line.as_bytes());
        let bytes = |text: &str| text.as_bytes().to_vec();
        let expected = expected.map(|(method, host, target)| super::Logged {
            method: bytes(method),
            host: host.map(bytes),
            target: bytes(target),
            referer: None,
            user_agent: None,
        });
        let without_headers = found.map(|found| super::Logged {
            referer: None,
            user_agent: None,
            ..found
        });
        assert_eq!(without_headers, expected, "{name}");
    }

    fn check_headers(name: &str, rest: &str, referer: Option<&str>, user_agent: Option<&str>) {
        let line = format!(r#"192.0.2.1 - - [x] "GET / HTTP/1.1" 200 5{rest}"#);
        let found = parse(line.as_bytes()).unwrap();
        let text = |value: Option<Vec<u8>>| value.map(|value| String::from_utf8(value).unwrap());
        assert_eq!(text(found.referer).as_deref(), referer, "{name}");
        assert_eq!(text(found.user_agent).as_deref(), user_agent, "{name}");
    }

    #[test]
    fn headers_of_the_combined_format_are_read() {
        check_headers("common", "", None, None);
        check_headers(
            "both",
            r#" "http://r/" "UA \"x\"""#,
            Some("http://r/"),
            Some(r#"UA "x""#),
        );
        check_headers("not sent", r#" "-" "UA""#, None, Some("UA"));
        check_headers("cut off", r#" "http://r/" "UA"#, Some("http://r/"), None);
        check_headers("a control character", r#" "-" "a\nb""#, None, None);
    }

    #[test]
    fn lines_of_the_usual_formats_are_read() {
        check(
            "common",
            r#"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=1 HTTP/1.0" 200 2326"#,
            Some(("GET", None, "/a?b=1")),
        );
        check(
            "combined",
            r#"::1 - frank [10/Oct/2000:13:55:36 -0700] "HEAD / HTTP/1.1" 301 - "http://r/" "UA \"x\"""#,
            Some(("HEAD", None, "/")),
        );
        check(
            "virtual host in front",
            r#"www.example.com:443 192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.1" 200 5"#,
            Some(("GET", Some("www.example.com"), "/a")),
        );
        check(
            "an escaped quote",
            r#"192.0.2.1 - - [x] "GET /a\"b HTTP/1.1" 200 5"#,
            Some(("GET", None, "/a\"b")),
        );
    }

    #[test]
    fn what_cannot_be_sent_again_is_left_out() {
        check("no request", r#"192.0.2.1 - - [x] "-" 408 -"#, None);
        check(
            "TLS to a plain port",
            r#"192.0.2.1 - - [x] "\x16\x03\x01" 400 5"#,
            None,
        );
        check(
            "changes something",
            r#"192.0.2.1 - - [x] "DELETE /a HTTP/1.1" 200 5"#,
            None,
        );
        check(
            "a byte beyond ASCII",
            r#"192.0.2.1 - - [x] "GET /\xc3\xa9 HTTP/1.1" 200 5"#,
            None,
        );
        check("cut off", r#"192.0.2.1 - - [x] "GET /a"#, None);
        check("empty", "", None);
    }
}
