//! Type maps: files that list others (`read_type_map` of `mod_negotiation`).
//!
//! In: a file's text. Out: a [`TypeMap`]. Absent: bodies that stand in the file; a map with one is not read.

use edgewright_engine::model::site::mime::{MapVariant, TypeMap};

/// Longer lines are cut in pieces by Apache.
const LONGEST_LINE: usize = 8_000;

/// Reads a type map.
pub(crate) fn read(text: &[u8]) -> TypeMap {
    let is_odd = |line: &[u8]| line.len() > LONGEST_LINE || line.contains(&0);
    if text.split(|byte| *byte == b'\n').any(is_odd) {
        return TypeMap::Unread;
    }
    let mut variants = Vec::new();
    let mut current = MapVariant::default();
    let mut has_content = false;
    for line in logical_lines(text) {
        if line.trim_ascii().is_empty() {
            take(&mut current, &mut has_content, &mut variants);
            continue;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return TypeMap::Broken;
        };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        if value.is_empty() {
            return TypeMap::Broken;
        }
        if value.contains(&b'(') || value.contains(&b'"') {
            return TypeMap::Unread;
        }
        match name.to_ascii_lowercase().as_slice() {
            b"uri" => current.uri = token(value).to_vec(),
            b"content-type" => {
                current.media_type = Some(value.trim_ascii_end().to_vec());
                has_content = true;
            }
            b"content-language" => {
                current.languages = languages(value);
                has_content = true;
            }
            b"content-encoding" => {
                current.encoding = Some(token(value).to_vec());
                has_content = true;
            }
            b"content-length" => {
                let digits = std::str::from_utf8(token(value)).ok();
                let Some(length) = digits.and_then(|digits| digits.parse().ok()) else {
                    return TypeMap::Unread;
                };
                current.length = Some(length);
                has_content = true;
            }
            b"body" => return TypeMap::Unread,
            _ => {}
        }
    }
    take(&mut current, &mut has_content, &mut variants);
    TypeMap::Read(variants)
}

/// Ends what is said of one file. Without a URI, or without anything about it, it is none.
fn take(current: &mut MapVariant, has_content: &mut bool, variants: &mut Vec<MapVariant>) {
    let ended = std::mem::take(current);
    if std::mem::take(has_content) && !ended.uri.is_empty() {
        variants.push(ended);
    }
}

/// Lines without comments; one that begins with white space goes on the line before (`get_header_line`).
fn logical_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        if line.starts_with(b"#") {
            continue;
        }
        let continues = line.first().is_some_and(u8::is_ascii_whitespace);
        let is_blank = line.trim_ascii().is_empty();
        match lines.last_mut() {
            Some(before) if continues && !is_blank && !before.trim_ascii().is_empty() => {
                before.push(b' ');
                before.extend_from_slice(line.trim_ascii());
            }
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

/// The text up to white space, `;` or `,` (`ap_get_token`).
fn token(text: &[u8]) -> &[u8] {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b',');
    let end = text.iter().position(ends);
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// `do_languages_line`
fn languages(text: &[u8]) -> Vec<Vec<u8>> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b',');
    let words = text.split(ends).filter(|word| !word.is_empty());
    words.map(<[u8]>::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use edgewright_engine::model::site::mime::TypeMap;

    use super::read;

    fn check(text: &str, expected: Option<&[(&str, &str)]>) {
        let read = read(text.as_bytes());
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let found = match &read {
            TypeMap::Read(variants) => Some(variants),
            _ => None,
        };
        let found = found.map(|variants| {
            let each = variants.iter().map(|one| {
                let languages = one.languages.iter().map(|own| text_of(own));
                (text_of(&one.uri), languages.collect::<Vec<_>>().join(","))
            });
            each.collect::<Vec<_>>()
        });
        let owned = |(uri, languages): &(&str, &str)| ((*uri).to_owned(), (*languages).to_owned());
        let expected = expected.map(|all| all.iter().map(owned).collect::<Vec<_>>());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn maps_are_read() {
        check("", Some(&[]));
        check(
            "URI: a\n\nURI: b\nContent-Language: De, fr\n",
            Some(&[("b", "de,fr")]),
        );
        check(
            "# x\nuri: a.html;x\ncontent-type: text/html;\n qs=0.5\n",
            Some(&[("a.html", "")]),
        );
        check(
            "Content-language: en\nURI: a\n\n\nURI: b\ncontent-type: a/b",
            Some(&[("a", "en"), ("b", "")]),
        );
        check("URI a\n", None);
        check("URI:\n", None);
        check("URI: a\nBody:end\nx\nend\n", None);
    }
}
