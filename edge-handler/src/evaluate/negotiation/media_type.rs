//! A media type with its parameters, as `mod_mime` reads it and writes it again (`analyze_ct`, the end of `find_ct`).
//!
//! In: a type as a line has it, and the character set of extensions. Out: the type that is sent. Absent: what a choice
//! among files makes of a type; see `accept`.

/// Characters that end a token.
const SPECIAL: &[u8] = b"()<>@,;:\\\"/[]?=";

/// A type that could be read: its name, and parameters in order.
struct MediaType<'t> {
    kind: &'t [u8],
    subtype: &'t [u8],
    parameters: Vec<(&'t [u8], &'t [u8])>,
}

/// The type with a character set in the place of its own. What cannot be read stays as it is.
pub(super) fn with_charset(written: &[u8], charset: Option<&[u8]>) -> Vec<u8> {
    let Some(read) = MediaType::read(written) else {
        return written.to_vec();
    };
    let mut out = [read.kind, b"/", read.subtype].concat();
    let mut charset = charset;
    let has_own = charset.is_some();
    for (name, value) in read.parameters {
        if !(has_own && name == b"charset") {
            push(name, value, &mut out);
        } else if let Some(own) = charset.take() {
            push(name, own, &mut out);
        }
    }
    if let Some(own) = charset {
        push(b"charset", own, &mut out);
    }
    out
}

fn push(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    for part in [b"; ", name, b"=", value] {
        out.extend_from_slice(part);
    }
}

impl<'t> MediaType<'t> {
    /// `None` where Apache complains, and leaves the type alone.
    fn read(written: &'t [u8]) -> Option<Self> {
        let text = skip(written, is_space);
        // The first character is not looked at.
        let kind_end = 1 + text
            .get(1..)?
            .iter()
            .position(|byte| is_space(*byte) || matches!(byte, b'/' | b';'))?;
        let after = skip(text.get(kind_end..)?, is_space);
        let kind = text.get(..text.len() - after.len())?;
        let text = skip(after.strip_prefix(b"/")?, is_space);
        let subtype_end = text
            .get(1..)?
            .iter()
            .position(|byte| is_space(*byte) || *byte == b';');
        let (subtype, rest) = text.split_at(subtype_end.map_or(text.len(), |end| end + 1));
        let rest = skip(rest, is_space);
        let parameters = match rest.split_first() {
            None => Vec::new(),
            // Whatever the byte is, it is taken for the semicolon.
            Some((_, rest)) => parameters(skip(rest, is_blank))?,
        };
        Some(Self {
            kind,
            subtype,
            parameters,
        })
    }
}

/// The parameters behind the first semicolon. A name without a value at the end is dropped.
fn parameters(mut text: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if text.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    while !text.is_empty() {
        let end = text
            .iter()
            .position(|byte| !is_token(*byte) && !is_blank(*byte));
        let Some(end) = end else {
            break;
        };
        let name = trim(text.get(..end)?);
        let rest = text.get(end..)?.strip_prefix(b"=")?;
        let value = skip(rest, is_blank);
        if name.is_empty() || value.is_empty() {
            return None;
        }
        let end = value_end(value)?;
        let (value, rest) = value.split_at(end);
        let value = trim(value);
        if value.is_empty() {
            return None;
        }
        found.push((name, value));
        text = rest.get(1..).unwrap_or_default();
    }
    Some(found)
}

/// Where a value ends: at a semicolon or the end.
fn value_end(value: &[u8]) -> Option<usize> {
    if value.first() != Some(&b'"') {
        let end = value.iter().position(|byte| !is_token(*byte));
        let end = end.unwrap_or(value.len());
        return matches!(value.get(end), None | Some(b';')).then_some(end);
    }
    let mut at = 1;
    loop {
        match (value.get(at), value.get(at + 1)) {
            (None, _) => return Some(at),
            (Some(b'"'), _) => {
                let rest = value.get(at + 1..).unwrap_or_default();
                let end = value.len() - skip(rest, is_blank).len();
                return matches!(value.get(end), None | Some(b';')).then_some(end);
            }
            (Some(b'\\'), Some(next)) if next.is_ascii() => at += 2,
            (Some(byte), _) if byte.is_ascii() && !matches!(byte, b'\\' | b'\n') => at += 1,
            (Some(_), _) => return None,
        }
    }
}

/// `apr_isspace`
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !SPECIAL.contains(&byte)
}

fn trim(text: &[u8]) -> &[u8] {
    let text = skip(text, is_space);
    let end = text.iter().rposition(|byte| !is_space(*byte));
    text.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

fn skip(text: &[u8], is_skipped: fn(u8) -> bool) -> &[u8] {
    let count = text.iter().take_while(|byte| is_skipped(**byte)).count();
    text.get(count..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::with_charset;

    fn check(written: &str, charset: Option<&str>, expected: &str) {
        let found = with_charset(written.as_bytes(), charset.map(str::as_bytes));
        assert_eq!(
            String::from_utf8_lossy(&found),
            expected,
            "{written:?} {charset:?}"
        );
    }

    #[test]
    fn parameters_are_written_anew() {
        check("text/html", None, "text/html");
        check(" text/html ", None, "text/html");
        check("text/html;a=b", None, "text/html; a=b");
        check("text/html ;\ta = b;c=d ", None, "text/html ;\ta = b;c=d ");
        check("text/html ;\ta = b;c=d", None, "text/html; a=b; c=d");
        check("text/html;c=\"d;\\\"\" ", None, "text/html; c=\"d;\\\"\"");
        check("text/html; a", None, "text/html");
        check("text/html xa=b", None, "text/html; a=b");
        check("a/b;c=\"d", None, "a/b; c=\"d");
    }

    #[test]
    fn a_character_set_takes_the_place_of_the_first() {
        check("a/b", Some("x"), "a/b; charset=x");
        check("a/b;charset=y", Some("x"), "a/b; charset=x");
        check(
            "a/b;c=d;charset=y;e=f;charset=z",
            Some("x"),
            "a/b; c=d; charset=x; e=f",
        );
        check("a/b;charset=y;charset=z", None, "a/b; charset=y; charset=z");
        check("a/b;Charset=y", Some("x"), "a/b; Charset=y; charset=x");
    }

    #[test]
    fn what_cannot_be_read_stays() {
        for written in [
            "",
            "  ",
            "html",
            "/html",
            "text;a=b",
            "text x/html",
            "a/",
            "a/b;",
            "a/b;=c",
            "a/b;c=",
            "a/b;c=d e",
            "a/b;c(d)=e",
            "a/b;c=\"d\"e",
            "a/b;c=\"\u{e9}\"",
            "a/b;c=\"d\\",
            "a/b;;",
        ] {
            check(written, Some("x"), written);
        }
    }
}
