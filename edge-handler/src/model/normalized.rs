//! Normalized requests: those that say everything in the plainest way, as nearly all do.
//!
//! In: a [`Request`]. Out: [`NormalizedRequest`], which borrows, or nothing. Absent: which host a name means, and what becomes
//! of the request.
//!
//! A plain request is a `GET` over HTTP/1.1 whose `Host` is a name in lower case, whose path is decoded
//! and free of dot segments and doubled slashes, and whose query, if it has one, is of bytes that mean
//! themselves in every URL. For such a request `canonical` and `vhost` have nothing to do.

use crate::model::outcome::Outcome;
use crate::model::request::{Request, Target};
use crate::model::site::HostId;
use crate::text::escape::is_path_byte;

/// A longer path, or a longer query, is not plain: some limit of the server might be near.
const LONGEST: usize = 1_024;
/// `NAME_MAX`, for every part of a path.
const LONGEST_SEGMENT: usize = 255;

/// What a plain request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormalizedRequest<'r> {
    /// The host that answers.
    pub host: HostId,
    /// What the request calls it: the `Host` header, byte for byte.
    pub hostname: &'r [u8],
    /// The path, as sent and as decoded.
    pub path: &'r [u8],
    /// The query string, not empty; `None` when there is no `?`.
    pub query: Option<&'r [u8]>,
}

impl<'r> NormalizedRequest<'r> {
    /// Reads `request`; `host` finds the host that answers for a name. `None` when the request is not plain.
    pub fn of(
        request: &Request<'r>,
        host: impl FnOnce(&'r [u8]) -> Option<HostId>,
    ) -> Option<Self> {
        if request.method != b"GET" || request.protocol != b"HTTP/1.1" {
            return None;
        }
        let hostname = request.host?;
        let (path, query) = parts(request.target)?;
        Some(Self {
            host: host(hostname)?,
            hostname,
            path,
            query,
        })
    }
}

impl NormalizedRequest<'_> {
    /// Is this outcome the request as it came?
    pub fn is(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Serve { path, query } => path == self.path && query.as_deref() == self.query,
            _ => false,
        }
    }
}

/// Is this a path as plain requests have it?
pub fn is_plain_path(path: &[u8]) -> bool {
    Target::of_parts(path, None).and_then(parts).is_some()
}

/// Path and query of a plain target.
fn parts(target: Target<'_>) -> Option<(&[u8], Option<&[u8]>)> {
    let (path, query) = (target.path(), target.query());
    (is_path(path) && query.is_none_or(is_plain_query)).then_some((path, query))
}

/// Is it canonical, and far from every limit?
fn is_path(path: &[u8]) -> bool {
    let [b'/', after @ ..] = path else {
        return false;
    };
    let seen = seen(path, after) | path.last().map_or(0, |last| sort(*last, 0));
    path.len() <= LONGEST
        && seen & OUTSIDE_PATH == 0
        && (seen == 0 || has_plain_segments(path))
        && (path.len() < LONGEST_SEGMENT || has_short_segments(path))
}

/// What sorts of bytes there are in a path but for the last one; `after` is the path without its first.
/// Sixteen are sorted at once: the last sixteen once more rather than one by one.
fn seen(path: &[u8], after: &[u8]) -> u8 {
    let path = path.get(..after.len()).unwrap_or_default();
    let (Some(last), Some(last_after)) = (path.last_chunk::<16>(), after.last_chunk::<16>()) else {
        let pairs = path.iter().zip(after);
        return pairs.fold(0, |seen, (byte, next)| seen | sort(*byte, *next));
    };
    let chunks = path
        .as_chunks::<16>()
        .0
        .iter()
        .zip(after.as_chunks::<16>().0);
    let mut seen = [0; 16];
    for (bytes, after) in chunks.chain([(last, last_after)]) {
        for ((seen, byte), next) in seen.iter_mut().zip(bytes).zip(after) {
            *seen |= sort(*byte, *next);
        }
    }
    seen.iter().fold(0, |all, seen| all | seen)
}

/// The sort of a byte that `next` follows, neither of them a `?`, at which [`Target`] has cut. Numbers, neither a table nor lazy operators: so many bytes are
/// compared at once.
fn sort(byte: u8, next: u8) -> u8 {
    // Bytes from 0x80 on are negative.
    let outside = u8::from(byte.cast_signed() <= 0x20)
        | u8::from(byte == 0x7f)
        | u8::from(byte == b'%')
        | u8::from(byte == b'#')
        | u8::from(byte == b'\\');
    let odd = u8::from(byte == b'/') & (u8::from(next == b'/') | u8::from(next == b'.'));
    (outside * OUTSIDE_PATH) | (odd * ODD_PAIR)
}

/// Not as it stands in a plain path.
const OUTSIDE_PATH: u8 = 1;
/// A slash that another or a dot follows.
const ODD_PAIR: u8 = 2;

/// Is none of its segments empty, but for the last, or made of one or two dots?
fn has_plain_segments(path: &[u8]) -> bool {
    let dots = |segment: &[u8]| matches!(segment, b"." | b"..");
    !path.windows(2).any(|two| two == b"//") && !path.split(|byte| *byte == b'/').any(dots)
}

fn has_short_segments(path: &[u8]) -> bool {
    let mut segments = path.split(|byte| *byte == b'/');
    segments.all(|segment| segment.len() < LONGEST_SEGMENT)
}

/// Bytes that `escape_uri` leaves alone, and no `&` at the end, where `QSA` would drop it.
fn is_plain_query(query: &[u8]) -> bool {
    !query.is_empty()
        && query.len() <= LONGEST
        && !query.ends_with(b"&")
        && query.iter().all(|byte| class(*byte) & OUTSIDE_QUERY == 0)
}

/// A host name as `fix_hostname` leaves it: letters in lower case, labels that are not empty, a last
/// one that begins with a letter.
pub(crate) fn is_plain_name(name: &[u8]) -> bool {
    let top_level = memchr::memrchr(b'.', name).map_or(0, |dot| dot + 1);
    let mut after_dot = true;
    let labels = name.iter().all(|byte| {
        let fits = class(*byte) & OUTSIDE_NAME == 0 && !(after_dot && *byte == b'.');
        after_dot = *byte == b'.';
        fits
    });
    labels
        && name.len() <= LONGEST_SEGMENT
        && name.get(top_level).is_some_and(u8::is_ascii_lowercase)
}

/// Not left alone by `escape_uri`.
const OUTSIDE_QUERY: u8 = 1;
/// Not in a plain name of a host.
const OUTSIDE_NAME: u8 = 2;

/// What a byte is, as one of 256 numbers: a request's bytes are looked up, not compared one by one.
fn class(byte: u8) -> u8 {
    const CLASSES: [u8; 256] = {
        let mut classes = [0; 256];
        let mut byte = 0_u8;
        loop {
            classes[byte as usize] = class_of(byte);
            match byte.checked_add(1) {
                Some(next) => byte = next,
                None => break classes,
            }
        }
    };
    CLASSES[usize::from(byte)]
}

const fn class_of(byte: u8) -> u8 {
    let mut class = 0;
    if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.') {
        class |= OUTSIDE_NAME;
    }
    if !is_path_byte(byte) {
        class |= OUTSIDE_QUERY;
    }
    class
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::canonical::{MergeSlashes, canonical};
    use crate::evaluate::vhost::choose_host;
    use crate::model::site::{EncodedSlashes, Site};
    use crate::text::escape::escape_uri;

    fn check(target: &str, expected: Option<(&str, Option<&str>)>) {
        let found = parts(Target::of(target.as_bytes()));
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
            let Some((path, query)) = parts(Target::of(target)) else { return Ok(()) };
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
