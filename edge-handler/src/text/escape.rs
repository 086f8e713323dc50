//! Escaping and unescaping of URLs.
//!
//! In: bytes of a URL or a part of one. Out: the same, escaped or decoded. Absent: whole request
//! targets; see `canonical`.

/// `ap_escape_uri` (`ap_os_escape_path` with `partial`): everything a path may not hold becomes
/// `%xx` with lower-case digits.
pub fn escape_uri(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len() + 8);
    let mut rest = text;
    loop {
        let (clean, others) = rest.split_at(clean_start(rest));
        escaped.extend_from_slice(clean);
        let Some((byte, after)) = others.split_first() else {
            return escaped;
        };
        push_escaped(&mut escaped, *byte);
        rest = after;
    }
}

/// Does [`escape_uri`] leave all of `text` alone?
pub(crate) fn is_clean(text: &[u8]) -> bool {
    clean_start(text) == text.len()
}

/// How many bytes at the start of `text` [`escape_uri`] leaves alone.
fn clean_start(text: &[u8]) -> usize {
    const CLEAN: [bool; 256] = {
        let mut clean = [false; 256];
        let mut byte = 0_u8;
        while byte < 128 {
            clean[byte as usize] = is_path_byte(byte);
            byte += 1;
        }
        clean
    };
    let dirty = text.iter().position(|byte| !CLEAN[usize::from(*byte)]);
    dirty.unwrap_or(text.len())
}

/// Does [`escape_uri`] leave `byte` alone?
pub const fn is_path_byte(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
            | b'$' | b'-' | b'_' | b'.' | b'+' | b'!' | b'*' | b'\'' | b'(' | b')' | b',' | b':' | b';' | b'@'
            | b'&' | b'=' | b'/' | b'~'
    )
}

pub(crate) fn push_escaped(text: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.push(b'%');
    text.push(DIGITS[usize::from(byte >> 4)]);
    text.push(DIGITS[usize::from(byte & 15)]);
}

/// What the beginning of an absolute URI says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbsoluteUri {
    /// Length of the scheme with the `:` or `://` after it.
    pub scheme_len: usize,
    /// The scheme has query strings.
    pub supports_query: bool,
}

/// Schemes `is_absolute_uri` knows, and whether they have query strings.
const SCHEMES: [(&[u8], bool); 16] = [
    // Those that nearly every URL has come first.
    (b"http://", true),
    (b"https://", true),
    (b"ajp://", true),
    (b"balancer://", true),
    (b"ftp://", false),
    (b"fcgi://", true),
    (b"gopher://", false),
    (b"h2://", true),
    (b"h2c://", true),
    (b"ldap://", false),
    (b"mailto:", true),
    (b"news:", false),
    (b"nntp://", false),
    (b"scgi://", true),
    (b"ws://", true),
    (b"wss://", true),
];

/// Is `text` an absolute URI (`is_absolute_uri` of `mod_rewrite.c`)? Only some schemes count.
pub fn is_absolute_uri(text: &[u8]) -> Option<AbsoluteUri> {
    // Every scheme begins with a letter, and hardly any text that is asked about does.
    if text.len() <= 5 || !text[0].is_ascii_alphabetic() {
        return None;
    }
    if starts_with_ignoring_case(text, b"unix:") {
        let scheme_len = if text[5..].starts_with(b"//") { 7 } else { 5 };
        return Some(AbsoluteUri {
            scheme_len,
            supports_query: true,
        });
    }
    SCHEMES
        .iter()
        .find(|(scheme, _)| starts_with_ignoring_case(text, scheme))
        .map(|(scheme, supports_query)| AbsoluteUri {
            scheme_len: scheme.len(),
            supports_query: *supports_query,
        })
}

pub(crate) fn starts_with_ignoring_case(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// `escape_absolute_uri`: scheme and host stay, the rest is escaped. The parts of an `ldap` URL
/// between question marks are escaped one by one.
pub fn escape_absolute_uri(uri: &[u8], scheme_len: usize) -> Vec<u8> {
    let scheme_len = scheme_len.min(uri.len());
    if !uri[..scheme_len].ends_with(b"/") {
        return joined(&uri[..scheme_len], &escape_uri(&uri[scheme_len..]));
    }
    let Some(slash) = uri[scheme_len..].iter().position(|byte| *byte == b'/') else {
        return uri.to_vec();
    };
    let (host, rest) = uri.split_at(scheme_len + slash + 1);
    if starts_with_ignoring_case(uri, b"ldap") {
        let parts: Vec<_> = rest
            .splitn(5, |byte| *byte == b'?')
            .map(escape_uri)
            .collect();
        return joined(host, &parts.join(&b'?'));
    }
    joined(host, &escape_uri(rest))
}

fn joined(start: &[u8], end: &[u8]) -> Vec<u8> {
    [start, end].concat()
}

/// A URL that cannot be decoded cleanly, as `ap_unescape_url` reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnescapeError {
    /// A `%` without two hexadecimal digits: 400.
    BadEscape,
    /// `%00`, or `%2F` where that is forbidden: 404.
    Forbidden,
}

/// What decoding does with an encoded slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlashDecoding {
    /// `%2F` is an error.
    Forbid,
    /// `%2F` becomes `/`.
    Decode,
    /// `%2F` stays as written.
    Keep,
}

/// Which unreserved characters are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreserved {
    /// All.
    Decode,
    /// None: they were decoded before, and stay when written twice over.
    Keep,
}

/// Decodes `%XX` (`unescape_url` of `util.c`). The text is decoded even where there is an error,
/// as far as it goes; like there, it is the caller who decides whether to use it.
pub fn unescape_url(
    text: &[u8],
    slashes: SlashDecoding,
    unreserved: Unreserved,
) -> (Vec<u8>, Result<(), UnescapeError>) {
    let mut decoded = Vec::with_capacity(text.len());
    let (mut bad_escape, mut forbidden) = (false, false);
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (kept, used) = match (first, hex_pair(&rest[1..])) {
            (b'%', Some(byte)) => {
                let slash = byte == b'/';
                forbidden |= byte == 0 || slash && slashes == SlashDecoding::Forbid;
                let keep = slash && slashes == SlashDecoding::Keep
                    || unreserved == Unreserved::Keep && is_unreserved(byte);
                (if keep { None } else { Some(byte) }, 3)
            }
            (b'%', None) => {
                bad_escape = true;
                (None, 1)
            }
            _ => (None, 1),
        };
        match kept {
            Some(byte) => decoded.push(byte),
            None => decoded.extend_from_slice(&rest[..used]),
        }
        rest = &rest[used..];
    }
    let result = match (bad_escape, forbidden) {
        (true, _) => Err(UnescapeError::BadEscape),
        (false, true) => Err(UnescapeError::Forbidden),
        (false, false) => Ok(()),
    };
    (decoded, result)
}

/// The byte two hexadecimal digits at the start of `text` stand for.
pub(crate) fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(*text.first()?)? * 16 + digit(*text.get(1)?)?;
    u8::try_from(value).ok()
}

/// RFC 3986's unreserved characters (`T_URI_UNRESERVED`).
pub(crate) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Cuts a text where a C string would end.
pub(crate) fn truncate_at_nul(text: &mut Vec<u8>) {
    if let Some(end) = text.iter().position(|byte| *byte == 0) {
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_are_escaped_in_lower_case() {
        let check = |text: &[u8], escaped: &str| {
            assert_eq!(String::from_utf8_lossy(&escape_uri(text)), escaped);
        };
        check(
            b"/a-b_c.d~e$f+g!h*i'(j),k:l;m@n&o=p",
            "/a-b_c.d~e$f+g!h*i'(j),k:l;m@n&o=p",
        );
        check(
            b"%?#[] \"<>\\^`{|}",
            "%25%3f%23%5b%5d%20%22%3c%3e%5c%5e%60%7b%7c%7d",
        );
        check("\né".as_bytes(), "%0a%c3%a9");
    }

    #[test]
    fn only_known_schemes_are_absolute() {
        let check = |text: &str, expected: Option<(usize, bool)>| {
            let found = is_absolute_uri(text.as_bytes());
            assert_eq!(
                found.map(|it| (it.scheme_len, it.supports_query)),
                expected,
                "{text}"
            );
        };
        check("http://a", Some((7, true)));
        check("HTTPS://a", Some((8, true)));
        check("http:/a", None);
        check("ftp://a", Some((6, false)));
        check("mailto:a@b", Some((7, true)));
        check("news:a", Some((5, false)));
        check("ws://a", Some((5, true)));
        check("ws://", None);
        check("h2c://a", Some((6, true)));
        check("unix:/a", Some((5, true)));
        check("unix://a", Some((7, true)));
        check("//host/x", None);
        check("javascript:alert(1)", None);
        check("tel:123456", None);
        check("foo://x", None);
    }

    #[test]
    fn hosts_are_not_escaped() {
        let check = |uri: &str, escaped: &str| {
            let scheme_len = is_absolute_uri(uri.as_bytes()).map_or(0, |it| it.scheme_len);
            let found = escape_absolute_uri(uri.as_bytes(), scheme_len);
            assert_eq!(String::from_utf8_lossy(&found), escaped);
        };
        check("http://h st", "http://h st");
        check("http://h/", "http://h/");
        check("http://h st/a b#c", "http://h st/a%20b%23c");
        check("mailto:a b", "mailto:a%20b");
        check("ldap://h/a b?c?d?e f?g?h", "ldap://h/a%20b?c?d?e%20f?g%3fh");
    }

    #[test]
    fn decoding_says_what_is_wrong() {
        use SlashDecoding::{Decode, Forbid, Keep};
        let check = |text: &str, slashes, decoded: &[u8], result| {
            let found = unescape_url(text.as_bytes(), slashes, Unreserved::Decode);
            assert_eq!(found, (decoded.to_vec(), result), "{text}");
        };
        check("a%20%41+", Decode, b"a A+", Ok(()));
        check("%2f%2F", Decode, b"//", Ok(()));
        check("%2f%2F", Keep, b"%2f%2F", Ok(()));
        check("%2f", Forbid, b"/", Err(UnescapeError::Forbidden));
        check("%00", Decode, b"\0", Err(UnescapeError::Forbidden));
        check(
            "%zz%00%4",
            Decode,
            b"%zz\0%4",
            Err(UnescapeError::BadEscape),
        );
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text: Vec<u8>) {
            let escaped = escape_uri(&text);
            let (back, _) = unescape_url(&escaped, SlashDecoding::Decode, Unreserved::Decode);
            prop_assert_eq!(back, text);
        }

        #[test]
        fn any_bytes_will_do(text: Vec<u8>, scheme_len in 0_usize..40) {
            escape_absolute_uri(&text, scheme_len);
            is_absolute_uri(&text);
            let _ = unescape_url(&text, SlashDecoding::Keep, Unreserved::Keep);
        }
    }
}
