//! From a request target to the path and query everything else works with.
//!
//! In: the target of the request line, or the URL of an internal redirect. Out: [`Canonical`], or
//! the status Apache refuses it with. Absent: which host answers; see `evaluate::vhost`.

use crate::model::request::Scheme;
use crate::model::site::{EncodedSlashes, Host};
use crate::text::escape::{self, SlashDecoding, UnescapeError, Unreserved};

/// The longest request line `LimitRequestLine` 8190 lets through (it counts one byte less of the line end
/// than there is); a longer one is answered with 414.
const LIMIT_REQUEST_LINE: usize = 8191;

/// A request target, decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical {
    /// The decoded path: `r->uri`.
    pub path: Vec<u8>,
    /// What follows the first `?`, raw: `r->args`.
    pub query: Option<Vec<u8>>,
    /// Scheme and host when the target is an absolute URL.
    pub authority: Option<Authority>,
}

/// The first half of an absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The scheme as written.
    pub scheme: Vec<u8>,
    /// Host and port as written, with brackets around an IPv6 address.
    pub host: Vec<u8>,
}

impl Authority {
    /// Is this its scheme?
    pub fn is_of(&self, scheme: Scheme) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.name().as_bytes())
    }
}

/// `MergeSlashes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeSlashes {
    /// Runs of slashes become one.
    On,
    /// Empty segments stay.
    Off,
}

impl MergeSlashes {
    /// What `host` sets.
    pub fn of(host: &Host) -> Self {
        if host.merge_slashes {
            Self::On
        } else {
            Self::Off
        }
    }
}

/// Canonicalises a request target: `ap_parse_request_line`, then the beginning of
/// `ap_process_request_internal`.
///
/// # Errors
/// The status of the answer: 400, 404 or 414.
pub fn canonical(
    method: &[u8],
    target: &[u8],
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> Result<Canonical, u16> {
    let parts = request_parts(method, target)?;
    finish(&parts, merge, encoded)
}

/// The authority of a target that is an absolute URL: what the host is chosen by before its
/// settings can be used for [`canonical`].
///
/// # Errors
/// The status of the answer to a request line that is refused before the headers are read
/// (`ap_parse_request_line`).
pub fn authority(method: &[u8], target: &[u8]) -> Result<Option<Authority>, u16> {
    Ok(line_parts(method, target)?.authority())
}

/// The authority of a target that [`authority`] refuses, as far as it was read.
pub fn refused_authority(target: &[u8]) -> Option<Authority> {
    split(target).ok()?.authority()
}

/// Canonicalises the URL of an internal redirect (`ap_internal_redirect`): it is read as a raw
/// target once more, percent-decoding included; a fragment is dropped.
///
/// # Errors
/// The status of the answer: 400 or 404.
pub fn canonical_internal(
    url: &[u8],
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> Result<Canonical, u16> {
    finish(&split(url)?, merge, encoded)
}

/// Path and query of a URL made inside the server that [`canonical_internal`] refuses, as far as
/// they were read.
pub fn refused(
    url: &[u8],
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> (Vec<u8>, Option<Vec<u8>>) {
    match split(url) {
        Ok(parts) => {
            let (path, _) = read_path(parts.path, Relative::Refuse, merge, encoded);
            (path, parts.query.map(<[u8]>::to_vec))
        }
        Err(_) => (url.to_vec(), None),
    }
}

/// Path and query of a target that [`canonical`] refuses, as far as they were read.
pub fn refused_target(
    method: &[u8],
    target: &[u8],
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> (Vec<u8>, Option<Vec<u8>>) {
    let (path, query) = raw(method, target);
    if request_parts(method, target).is_err() {
        return (path, query);
    }
    (read_path(&path, Relative::Refuse, merge, encoded).0, query)
}

/// Path and query of a target that nobody has decoded yet (`ap_parse_uri`).
pub fn raw(method: &[u8], target: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let Ok(parts) = split(target) else {
        return (target.to_vec(), None);
    };
    let path: &[u8] = match parts.path {
        b"" if method == b"OPTIONS" => b"*",
        b"" => b"/",
        path => path,
    };
    (path.to_vec(), parts.query.map(<[u8]>::to_vec))
}

/// The URL that a file lookup gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// Its path, as far as it was read.
    pub path: Vec<u8>,
    /// Its query.
    pub query: Option<Vec<u8>>,
    /// What became of it.
    pub reading: Reading,
}

/// How reading a URL went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Well.
    Done,
    /// It is no URL, which is noted as this status, and forgotten.
    Noted(u16),
    /// The lookup ends here with this status.
    Ended(u16),
}

/// What a file lookup makes of a URL or the name of a file (`ap_parse_uri` and the beginning of
/// `ap_process_request_internal`, which reads both the same way).
pub fn looked_up(url: &[u8], merge: MergeSlashes, encoded: EncodedSlashes) -> LookedUp {
    let Ok(parts) = split(url) else {
        return LookedUp {
            path: url.to_vec(),
            query: None,
            reading: Reading::Noted(400),
        };
    };
    let (path, result) = match parts.path {
        b"" => (b"/".to_vec(), Ok(())),
        path => read_path(path, Relative::Allow, merge, encoded),
    };
    LookedUp {
        path,
        query: parts.query.map(<[u8]>::to_vec),
        reading: result.map_or_else(Reading::Ended, |()| Reading::Done),
    }
}

/// A target cut into its parts, all raw.
struct Parts<'a> {
    scheme: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    path: &'a [u8],
    query: Option<&'a [u8]>,
    fragment: bool,
}

impl Parts<'_> {
    fn authority(&self) -> Option<Authority> {
        Some(Authority {
            scheme: self.scheme?.to_vec(),
            host: self.host?.to_vec(),
        })
    }
}

/// What the request line itself must be (`ap_parse_request_line`).
fn line_parts<'a>(method: &[u8], target: &'a [u8]) -> Result<Parts<'a>, u16> {
    // The limit is on the whole line: method, target, protocol and two spaces.
    if method.len() + target.len() + "  HTTP/1.1".len() > LIMIT_REQUEST_LINE {
        return Err(414);
    }
    if target.is_empty() || target.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
        return Err(400);
    }
    if method == b"CONNECT" {
        return Err(refusal_of_connect(target));
    }
    let mut parts = split(target)?;
    if parts.path.is_empty() {
        parts.path = if method == b"OPTIONS" { b"*" } else { b"/" };
    }
    let user_info = parts.host.is_some_and(|host| host.contains(&b'@'));
    let for_server = method == b"OPTIONS" && parts.path == b"*";
    if parts.fragment || user_info || !parts.path.starts_with(b"/") && !for_server {
        return Err(400);
    }
    Ok(parts)
}

/// `CONNECT` names a host with a port, and no file takes it; anything else is no name of either
/// (`ap_parse_uri` with `apr_uri_parse_hostinfo`).
fn refusal_of_connect(target: &[u8]) -> u16 {
    let port = match target.strip_prefix(b"[") {
        Some(_) => target
            .iter()
            .position(|byte| *byte == b']')
            .map_or(0, |end| end + 1),
        None => target.iter().position(|byte| *byte == b':').unwrap_or(0),
    };
    match &target[port..] {
        [b':', digits @ ..] if port > 0 && digits.iter().all(u8::is_ascii_digit) => 405,
        _ => 400,
    }
}

/// The same, and a scheme that this server speaks (`ap_post_read_request`).
fn request_parts<'a>(method: &[u8], target: &'a [u8]) -> Result<Parts<'a>, u16> {
    let parts = line_parts(method, target)?;
    let foreign = parts.scheme.is_some_and(|scheme| {
        !scheme.eq_ignore_ascii_case(b"http") && !scheme.eq_ignore_ascii_case(b"https")
    });
    if foreign { Err(400) } else { Ok(parts) }
}

/// `ap_parse_uri` with `apr_uri_parse`.
fn split(target: &[u8]) -> Result<Parts<'_>, u16> {
    let slashes = target.iter().take_while(|byte| **byte == b'/').count();
    let target = &target[slashes.saturating_sub(1)..];
    let (scheme, rest) = split_scheme(target);
    if scheme.is_none() && has_early_colon(target) {
        return Err(400);
    }
    let (host, rest) = match rest.strip_prefix(b"//") {
        Some(rest) if scheme.is_some() => {
            let (host, rest) = split_before(rest, b"/?#");
            check_port(host)?;
            (Some(host), rest)
        }
        _ => (None, rest),
    };
    let (rest, fragment) = split_before(rest, b"#");
    let (path, query) = split_before(rest, b"?");
    Ok(Parts {
        scheme,
        host,
        path,
        query: query.split_first().map(|(_, query)| query),
        fragment: !fragment.is_empty(),
    })
}

fn split_before<'a>(text: &'a [u8], ends: &[u8]) -> (&'a [u8], &'a [u8]) {
    let end = text.iter().position(|byte| ends.contains(byte));
    text.split_at(end.unwrap_or(text.len()))
}

/// The scheme at the start of a target and what follows its `:`.
fn split_scheme(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let is_scheme_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let length = target
        .iter()
        .take_while(|byte| is_scheme_byte(byte))
        .count();
    let starts_well = target.first().is_some_and(u8::is_ascii_alphabetic);
    if starts_well && target.get(length) == Some(&b':') {
        (Some(&target[..length]), &target[length + 1..])
    } else {
        (None, target)
    }
}

/// Is there a colon before any slash, wherever it stands otherwise? It would be the end of a scheme.
fn has_early_colon(target: &[u8]) -> bool {
    let mut ends = target.iter().filter(|byte| matches!(byte, b'/' | b':'));
    ends.next() == Some(&b':')
}

/// A port must be a number; none after the `:` is one too.
fn check_port(host: &[u8]) -> Result<(), u16> {
    let after_user = host.rsplit(|byte| *byte == b'@').next().unwrap_or(host);
    let port = if after_user.starts_with(b"[") {
        let end = after_user.iter().position(|byte| *byte == b']');
        match &after_user[end.ok_or(400_u16)? + 1..] {
            [] => return Ok(()),
            [b':', port @ ..] => port,
            _ => return Err(400),
        }
    } else {
        after_user
            .splitn(2, |byte| *byte == b':')
            .nth(1)
            .unwrap_or_default()
    };
    if port.iter().all(u8::is_ascii_digit) {
        Ok(())
    } else {
        Err(400)
    }
}

fn finish(
    parts: &Parts<'_>,
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> Result<Canonical, u16> {
    let (path, result) = read_path(parts.path, Relative::Refuse, merge, encoded);
    result?;
    Ok(Canonical {
        path,
        query: parts.query.map(<[u8]>::to_vec),
        authority: parts.authority(),
    })
}

/// May a path begin without a slash (`AP_NORMALIZE_ALLOW_RELATIVE`)?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relative {
    Allow,
    Refuse,
}

/// A path normalised and decoded, as far as that goes: what normalising refuses is not decoded, and
/// a NUL is the end.
fn read_path(
    path: &[u8],
    relative: Relative,
    merge: MergeSlashes,
    encoded: EncodedSlashes,
) -> (Vec<u8>, Result<(), u16>) {
    if relative == Relative::Refuse && path == b"*" {
        return (path.to_vec(), Ok(()));
    }
    if relative == Relative::Refuse && !path.starts_with(b"/") {
        return (path.to_vec(), Err(400));
    }
    let mut normalizer = Normalizer::new(path, merge, Unreserved::Decode);
    normalizer.run();
    if !normalizer.sound {
        return (until_nul(normalizer.written), Err(400));
    }
    let slashes = match encoded {
        EncodedSlashes::Refuse => SlashDecoding::Forbid,
        EncodedSlashes::Decode => SlashDecoding::Decode,
        EncodedSlashes::Keep => SlashDecoding::Keep,
    };
    let (decoded, result) = escape::unescape_url(&normalizer.written, slashes, Unreserved::Keep);
    if let Err(error) = result {
        let status = match error {
            UnescapeError::BadEscape => 400,
            UnescapeError::Forbidden => 404,
        };
        return (until_nul(decoded), Err(status));
    }
    if encoded != EncodedSlashes::Decode {
        return (decoded, Ok(()));
    }
    // Decoded slashes may have made new segments; whether they lead above the root is not asked
    // again.
    let mut normalizer = Normalizer::new(&decoded, merge, Unreserved::Keep);
    normalizer.run();
    (normalizer.written, Ok(()))
}

fn until_nul(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().position(|byte| *byte == 0);
    text.truncate(end.unwrap_or(text.len()));
    text
}

/// `ap_normalize_path`: dot segments, slashes and, the first time, unreserved characters. Not sound are
/// a bad escape, and a path above the root.
struct Normalizer<'a> {
    rest: &'a [u8],
    written: Vec<u8>,
    merge: MergeSlashes,
    unreserved: Unreserved,
    sound: bool,
}

impl<'a> Normalizer<'a> {
    fn new(path: &'a [u8], merge: MergeSlashes, unreserved: Unreserved) -> Self {
        let mut written = Vec::with_capacity(path.len());
        let rest = path.strip_prefix(b"/");
        written.extend(rest.map(|_| b'/'));
        Self {
            rest: rest.unwrap_or(path),
            written,
            merge,
            unreserved,
            sound: true,
        }
    }

    fn run(&mut self) {
        while let Some((byte, after)) = self.next_byte() {
            let at_segment = self.written.last().is_none_or(|before| *before == b'/');
            if at_segment && byte == b'/' && self.merge == MergeSlashes::On {
                self.rest = after;
            } else if at_segment && byte == b'.' && ends_segment(after) {
                self.rest = after.get(1..).unwrap_or_default();
            } else if at_segment && byte == b'.' && self.parent_segment(after) {
                self.remove_segment();
            } else {
                self.written.push(byte);
                self.rest = after;
            }
        }
    }

    /// The next byte, decoded if it is unreserved, and what follows it.
    fn next_byte(&mut self) -> Option<(u8, &'a [u8])> {
        let (first, after) = self.rest.split_first()?;
        if *first == b'%' && self.unreserved == Unreserved::Decode {
            match escape::hex_pair(after) {
                Some(byte) if escape::is_unreserved(byte) => return Some((byte, &after[2..])),
                Some(_) => {}
                None => self.sound = false,
            }
        }
        Some((*first, after))
    }

    /// Does the second dot of a `..` segment come here? If so it is passed over, with the slash.
    fn parent_segment(&mut self, after: &'a [u8]) -> bool {
        let rest = match after {
            [b'.', rest @ ..] => rest,
            [b'%', b'2', b'e' | b'E', rest @ ..] if self.unreserved == Unreserved::Decode => rest,
            _ => return false,
        };
        let ends = ends_segment(rest);
        if ends {
            self.rest = rest.get(1..).unwrap_or_default();
        }
        ends
    }

    fn remove_segment(&mut self) {
        if self.written.len() <= 1 {
            self.sound = false;
            return;
        }
        self.written.pop();
        while self.written.last().is_some_and(|byte| *byte != b'/') {
            self.written.pop();
        }
    }
}

fn ends_segment(rest: &[u8]) -> bool {
    matches!(rest.first(), None | Some(b'/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `results` are, for `MergeSlashes` on and off: the path, or the status as text.
    fn check_with(encoded: EncodedSlashes, target: &str, results: [&str; 2]) {
        let found = [MergeSlashes::On, MergeSlashes::Off].map(|merge| {
            match canonical(b"GET", target.as_bytes(), merge, encoded) {
                Ok(canonical) => String::from_utf8_lossy(&canonical.path).into_owned(),
                Err(status) => status.to_string(),
            }
        });
        assert_eq!(found, results, "{target} {encoded:?}");
    }

    fn check(target: &str, result: &str) {
        check_with(EncodedSlashes::Refuse, target, [result, result]);
    }

    #[test]
    fn paths_are_decoded_once() {
        check("/", "/");
        check("/a/../b", "/b");
        check("/a/..", "/");
        check("/a/.", "/a/");
        check("/a/./b", "/a/b");
        check("/%41%62", "/Ab");
        check("/a%2Bb+c", "/a+b+c");
        check("/a%3Bb;c", "/a;b;c");
        check("/a%3Fb?c%3Fd", "/a?b");
        check("/a%23b", "/a#b");
        check("/%C3%A9", "/é");
        check("/%252e", "/%2e");
        check("/%2525", "/%25");
        check("/a%5cb", "/a\\b");
        check("/a/%2e%2E/b", "/b");
        check("/a/.%2e/b", "/b");
        check("/a/%2e./b", "/b");
        check("/.a/..b/c..", "/.a/..b/c..");
        check("//x/y", "/x/y");
        check("http://h/y", "/y");
        check("http://h?y", "/");
        check("HTTPS://h/y", "/y");
        check("http:/a", "/a");
    }

    #[test]
    fn what_apache_refuses_is_refused() {
        check("/../b", "400");
        check("/a/../../b", "400");
        check("/%2e%2e", "400");
        check("/a%zz", "400");
        check("/a%", "400");
        check("/a%2", "400");
        check("/a%00", "404");
        check("/a%2fb", "404");
        check("/a%2Fb", "404");
        check("/a%2f%zz", "400");
        check("/a#b", "400");
        check("/a?b#c", "400");
        check("/a b", "400");
        check("/a\tb", "400");
        check("/a\x7f", "400");
        check("", "400");
        check("a", "400");
        check("*", "400");
        check("foo:bar", "400");
        check("?a", "/");
        check("?a:b", "400");
        check("1a:/b", "400");
        check("foo://h/bar", "400");
        check("http://u@h/", "400");
        check("http://h:a/", "400");
        check("http://[::1/", "400");
        check(&format!("/{}", "a".repeat(8178)), "414");
    }

    #[test]
    fn slashes_follow_the_settings() {
        use EncodedSlashes::{Decode, Keep, Refuse};
        check_with(Refuse, "/a//b///c", ["/a/b/c", "/a//b///c"]);
        check_with(Refuse, "///a", ["/a", "/a"]);
        check_with(Refuse, "/a//../b", ["/b", "/a/b"]);
        check_with(Decode, "/a%2fb", ["/a/b", "/a/b"]);
        check_with(Decode, "/a%2f%2fb", ["/a/b", "/a//b"]);
        check_with(Decode, "/a%2f..%2fb", ["/b", "/b"]);
        check_with(Decode, "/..%2f..%2fb", ["/b", "/b"]);
        check_with(Decode, "/a%2f%00", ["404", "404"]);
        check_with(Keep, "/a%2Fb%2fc", ["/a%2Fb%2fc", "/a%2Fb%2fc"]);
        check_with(Keep, "/a%2f..%2fb", ["/a%2f..%2fb", "/a%2f..%2fb"]);
    }

    #[test]
    fn the_limit_is_on_the_whole_line() {
        let target = format!("/{}", "a".repeat(8177));
        let read = |method: &[u8]| {
            let slashes = (MergeSlashes::On, EncodedSlashes::Refuse);
            canonical(method, target.as_bytes(), slashes.0, slashes.1).map(|_| ())
        };
        assert_eq!((read(b"GET"), read(b"HEAD")), (Ok(()), Err(414)));
    }

    #[test]
    fn queries_stay_raw() {
        let query = |target: &str| {
            let canonical =
                canonical_internal(target.as_bytes(), MergeSlashes::On, EncodedSlashes::Refuse);
            canonical.map(|canonical| (canonical.path, canonical.query))
        };
        let parts = |path: &str, query: Option<&str>| Ok((path.into(), query.map(Into::into)));
        assert_eq!(query("/a"), parts("/a", None));
        assert_eq!(query("/a?"), parts("/a", Some("")));
        assert_eq!(query("/a?b?c%20&+"), parts("/a", Some("b?c%20&+")));
        assert_eq!(query("/a%3fb?c#d?e"), parts("/a?b", Some("c")));
        assert_eq!(query("/a#b?c"), parts("/a", None));
        assert_eq!(query("/100%"), Err(400));
    }

    #[test]
    fn the_server_as_a_whole_is_for_options() {
        let read = |target: &[u8]| {
            let merge = MergeSlashes::On;
            let result = canonical(b"OPTIONS", target, merge, EncodedSlashes::Refuse);
            result.map(|canonical| canonical.path)
        };
        assert_eq!(read(b"*"), Ok(b"*".to_vec()));
        assert_eq!(read(b"http://h"), Ok(b"*".to_vec()));
        assert_eq!(read(b"*a"), Err(400));
    }

    #[test]
    fn absolute_urls_name_their_host() {
        let found = authority(b"GET", b"http://A.t:81/x")
            .map(|authority| authority.map(|authority| (authority.scheme, authority.host)));
        assert_eq!(found, Ok(Some((b"http".to_vec(), b"A.t:81".to_vec()))));
        assert_eq!(authority(b"GET", b"/http://a"), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(target: Vec<u8>) {
            for encoded in [EncodedSlashes::Refuse, EncodedSlashes::Decode, EncodedSlashes::Keep] {
                let result = canonical(b"GET", &target, MergeSlashes::Off, encoded);
                prop_assert!(result.is_err() || result.is_ok_and(|it| it.path.starts_with(b"/")));
            }
        }

        #[test]
        fn no_path_leads_above_the_root(target in "/[/.a%2eEfF5?#]{0,30}") {
            let result = canonical(
                b"GET", target.as_bytes(), MergeSlashes::On, EncodedSlashes::Decode,
            );
            if let Ok(canonical) = result {
                let mut segments = canonical.path.split(|byte| *byte == b'/');
                prop_assert!(segments.all(|segment| segment != b".." && segment != b"."));
            }
        }
    }
}
