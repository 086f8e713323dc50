//! Plain requests: those that say everything in the plainest way, as nearly all do.
//!
//! In: a [`Program`] and a [`Request`]. Out: [`Plain`], which borrows, or nothing. Absent: what becomes
//! of the request.
//!
//! A plain request is a `GET` over HTTP/1.1 whose `Host` is a name in lower case, whose path is decoded
//! and free of dot segments and doubled slashes, and whose query, if it has one, is of bytes that mean
//! themselves in every URL. For such a request `canonical` and `vhost` have nothing to do.

use crate::program::Program;
use crate::request::Request;
use crate::site::HostId;

/// A longer path, or a longer query, is not plain: some limit of the server might be near.
const LONGEST: usize = 1_024;
/// `NAME_MAX`, for every part of a path.
const LONGEST_SEGMENT: usize = 255;

/// What a plain request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain<'r> {
    /// The host that answers.
    pub host: HostId,
    /// What the request calls it: the `Host` header, byte for byte.
    pub hostname: &'r [u8],
    /// The path, as sent and as decoded.
    pub path: &'r [u8],
    /// The query string, not empty; `None` when there is no `?`.
    pub query: Option<&'r [u8]>,
}

impl<'r> Plain<'r> {
    /// Reads `request`; `None` when it is not plain.
    pub fn of(program: &Program, request: &Request<'r>) -> Option<Self> {
        if request.method != b"GET" || request.protocol != b"HTTP/1.1" {
            return None;
        }
        let hostname = request.host.filter(|name| is_plain_name(name))?;
        let (path, query) = split(request.target)?;
        Some(Self {
            host: program
                .names()
                .host(program.site(), request.scheme, hostname)?,
            hostname,
            path,
            query,
        })
    }
}

/// Is this a path as plain requests have it?
pub fn is_plain_path(path: &[u8]) -> bool {
    split(path) == Some((path, None))
}

/// Path and query of a plain target.
fn split(target: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    if target.first() != Some(&b'/') {
        return None;
    }
    let end = path_end(target)?;
    let (path, rest) = target.split_at(end);
    match rest.split_first() {
        None => Some((path, None)),
        Some((_, query)) if is_plain_query(query) => Some((path, Some(query))),
        Some(_) => None,
    }
}

/// Where the path ends: at the `?`. `None` when it is not plain.
fn path_end(target: &[u8]) -> Option<usize> {
    let mut segment = 0;
    for (at, byte) in target.iter().enumerate() {
        match byte {
            b'?' => return (at <= LONGEST).then_some(at),
            b'/' => {
                if is_odd_segment(&target[at + 1..]) || at - segment > LONGEST_SEGMENT {
                    return None;
                }
                segment = at;
            }
            b'%' | b'#' | b'\\' | ..=b' ' | 0x7f.. => return None,
            _ => {}
        }
    }
    (target.len() <= LONGEST && target.len() - segment <= LONGEST_SEGMENT).then_some(target.len())
}

/// Does what follows a slash begin with a slash, or a segment of one or two dots?
fn is_odd_segment(after: &[u8]) -> bool {
    let ends = |rest: &[u8]| matches!(rest.first(), None | Some(b'/' | b'?'));
    match after {
        [b'/', ..] => true,
        [b'.', b'.', rest @ ..] | [b'.', rest @ ..] => ends(rest),
        _ => false,
    }
}

/// Bytes that `escape_uri` leaves alone, and no `&` at the end, where `QSA` would drop it.
fn is_plain_query(query: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"$-_.+!*'(),:;@&=/~".contains(byte);
    !query.is_empty()
        && query.len() <= LONGEST
        && !query.ends_with(b"&")
        && query.iter().all(is_plain)
}

/// A host name as `fix_hostname` leaves it: letters in lower case, labels that are not empty, a last
/// one that begins with a letter.
fn is_plain_name(name: &[u8]) -> bool {
    let is_name_byte =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(byte);
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let top_level = labels.next().unwrap_or_default();
    name.len() <= LONGEST_SEGMENT
        && name.iter().all(is_name_byte)
        && top_level.first().is_some_and(u8::is_ascii_lowercase)
        && labels.all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canonical::{MergeSlashes, canonical};
    use crate::evaluate::escape::escape_uri;
    use crate::evaluate::vhost::choose_host;
    use crate::site::{EncodedSlashes, Site};

    fn check(target: &str, expected: Option<(&str, Option<&str>)>) {
        let found = split(target.as_bytes());
        let expected = expected.map(|(path, query)| (path.as_bytes(), query.map(str::as_bytes)));
        assert_eq!(found, expected, "{target}");
    }

    #[test]
    fn targets_in_the_plainest_way() {
        check("/", Some(("/", None)));
        check("/a/b.c/", Some(("/a/b.c/", None)));
        check("/.well-known/..a", Some(("/.well-known/..a", None)));
        check("/a?b=c&d", Some(("/a", Some("b=c&d"))));
        for odd in [
            "",
            "a",
            "*",
            "http://h/",
            "//a",
            "/a//b",
            "/.",
            "/./a",
            "/a/..",
            "/a/../b",
            "/..?a",
            "/a%20b",
            "/a?",
            "/a?%20",
            "/a?b&",
            "/a?b?c",
            "/a#b",
            "/a b",
            "/a\\b",
            "/é",
            "/a?é",
        ] {
            check(odd, None);
        }
        check(&format!("/{}", "a".repeat(256)), None);
        check(&"/a".repeat(600), None);
        check(&format!("/?{}", "a".repeat(1_025)), None);
    }

    proptest! {
        /// What is plain is its own canonical form, whatever the host's settings.
        #[test]
        fn plain_targets_are_canonical(target in "/[a-b./%?&=#~ ]{0,12}") {
            let target = target.as_bytes();
            let Some((path, query)) = split(target) else { return Ok(()) };
            for merge in [MergeSlashes::On, MergeSlashes::Off] {
                for slashes in [EncodedSlashes::Refuse, EncodedSlashes::Decode, EncodedSlashes::Keep] {
                    let canonical = canonical(b"GET", target, merge, slashes);
                    prop_assert_eq!(canonical.as_ref().map(|it| it.path.as_slice()), Ok(path));
                    let found = canonical.ok().and_then(|it| it.query);
                    prop_assert_eq!(found.as_deref(), query);
                }
            }
            let query = query.unwrap_or_default();
            prop_assert_eq!(escape_uri(query), query);
        }

        /// What is a plain name is the name Apache takes it for.
        #[test]
        fn plain_names_are_names(name in "[a-b0-9A._-]{0,8}") {
            if is_plain_name(name.as_bytes()) {
                let request = Request::get(name.as_bytes(), b"/");
                let chosen = choose_host(&Site::default(), &request, None);
                let chosen = chosen.map(|chosen| (chosen.hostname, chosen.port, chosen.replaced_header));
                prop_assert_eq!(chosen, Ok((name.as_bytes().to_vec(), None, None)));
            }
        }
    }
}
