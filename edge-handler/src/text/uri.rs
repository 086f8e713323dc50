//! URIs taken apart and put together again (`apr_uri_parse`, `apr_uri_unparse`).
//!
//! In: the target of a `RedirectMatch`. Out: the same, normalised and escaped the way `mod_alias`
//! sends it. Absent: paths of requests; see `canonical`.

use super::escape::escape_uri;

/// Ports that a URI leaves out, by scheme.
const DEFAULT_PORTS: [(&[u8], u32); 12] = [
    (b"acap", 674),
    (b"ftp", 21),
    (b"gopher", 70),
    (b"http", 80),
    (b"https", 443),
    (b"imap", 143),
    (b"ldap", 389),
    (b"nfs", 2049),
    (b"nntp", 119),
    (b"rtsp", 554),
    (b"snews", 563),
    (b"telnet", 23),
];

/// Does the text begin with a scheme and a colon (`ap_is_url`)?
pub(crate) fn is_url(text: &[u8]) -> bool {
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let scheme = text.iter().take_while(|byte| is_scheme(byte)).count();
    scheme > 0 && text.get(scheme) == Some(&b':')
}

/// Escapes everything before the query; query and fragment stay as they are. A default port goes,
/// a password is hidden.
pub(crate) fn escape_parsed(text: &[u8]) -> Vec<u8> {
    let parsed = parse(text);
    let mut out = escape_uri(&parsed.unparse());
    if let Some(query) = parsed.query {
        out.push(b'?');
        out.extend_from_slice(query);
    }
    if let Some(fragment) = parsed.fragment {
        out.push(b'#');
        out.extend_from_slice(fragment);
    }
    out
}

#[derive(Debug, Default)]
struct Uri<'t> {
    scheme: Option<&'t [u8]>,
    user: Option<&'t [u8]>,
    password: bool,
    host: Option<&'t [u8]>,
    port: &'t [u8],
    path: &'t [u8],
    query: Option<&'t [u8]>,
    fragment: Option<&'t [u8]>,
}

fn parse(text: &[u8]) -> Uri<'_> {
    let mut uri = Uri::default();
    let mut rest = text;
    if let Some((scheme, after)) = split_scheme(text) {
        uri.scheme = Some(scheme);
        rest = after;
    }
    if let Some(authority) = rest.strip_prefix(b"//") {
        let (authority, after) = split_before(authority, b"/?#");
        if !uri.read_authority(authority) {
            return uri;
        }
        rest = after;
    }
    let (rest, fragment) = split_before(rest, b"#");
    let (path, query) = split_before(rest, b"?");
    uri.path = path;
    uri.query = query.split_first().map(|(_, query)| query);
    uri.fragment = fragment.split_first().map(|(_, fragment)| fragment);
    uri
}

fn split_scheme(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (scheme, rest) = split_before(text, b":/?#");
    let rest = rest.strip_prefix(b":")?;
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    is_scheme.then_some((scheme, rest))
}

fn split_before<'t>(text: &'t [u8], ends: &[u8]) -> (&'t [u8], &'t [u8]) {
    let end = text.iter().position(|byte| ends.contains(byte));
    text.split_at(end.unwrap_or(text.len()))
}

impl<'t> Uri<'t> {
    /// False when the port is no number: nothing after it is read then.
    fn read_authority(&mut self, authority: &'t [u8]) -> bool {
        let mut host = authority;
        if let Some(at) = authority.iter().rposition(|byte| *byte == b'@') {
            let user = &authority[..at];
            let (user, password) = split_before(user, b":");
            self.user = Some(user);
            self.password = !password.is_empty();
            host = &authority[at + 1..];
        }
        let bracket = host.iter().position(|byte| *byte == b']');
        let from = bracket.filter(|_| host.starts_with(b"[")).unwrap_or(0);
        let colon = host[from..].iter().position(|byte| *byte == b':');
        let (name, port) = host.split_at(colon.map_or(host.len(), |colon| from + colon));
        self.host = Some(name);
        self.port = port.strip_prefix(b":").unwrap_or_default();
        let is_number = self.port.iter().all(u8::is_ascii_digit);
        if !is_number {
            self.port = b"";
        }
        is_number
    }

    /// Scheme, host and path.
    fn unparse(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(scheme) = self.scheme {
            out.extend_from_slice(scheme);
            out.push(b':');
        }
        if let Some(host) = self.host {
            out.extend_from_slice(b"//");
            if let Some(user) = self.user {
                out.extend_from_slice(user);
                if self.password {
                    out.extend_from_slice(b":XXXXXXXX");
                }
                out.push(b'@');
            }
            out.extend_from_slice(host);
            if !self.has_default_port() {
                out.push(b':');
                out.extend_from_slice(self.port);
            }
        }
        out.extend_from_slice(self.path);
        out
    }

    fn has_default_port(&self) -> bool {
        let digits = std::str::from_utf8(self.port).unwrap_or_default();
        let port = digits.parse::<u32>().unwrap_or(0);
        let scheme = self.scheme.unwrap_or_default();
        let default = DEFAULT_PORTS
            .iter()
            .find(|(known, _)| scheme.eq_ignore_ascii_case(known));
        port == 0 || default.is_some_and(|(_, default)| *default == port)
    }
}
