//! The listing of an archive: names, kinds and sizes of files whose contents stay on the server.
//!
//! In: entries, or the text. Out: the text, or entries. Absent: the contents.
//!
//! One line for each: `d - PATH` for a directory, `f SIZE PATH` for a file. Of a path every byte is written as it
//! is, but for `%`, control characters and what is no UTF-8: those are written as in a URL.

use edgewright_compiler::EntryKind;

/// One line of the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The path on the server.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its size in bytes.
    pub size: u64,
}

/// The line, its end included.
pub fn to_line(listed: &Listed) -> String {
    let path = escaped(&listed.path);
    match listed.kind {
        EntryKind::Directory => format!("d - {path}\n"),
        EntryKind::File | EntryKind::Empty => format!("f {} {path}\n", listed.size),
    }
}

/// What a line says; `None` for one that is none.
pub fn of_line(line: &str) -> Option<Listed> {
    let mut parts = line.splitn(3, ' ');
    let (letter, size, path) = (parts.next()?, parts.next()?, parts.next()?);
    let (kind, size) = match (letter, size) {
        ("d", "-") => (EntryKind::Directory, 0),
        ("f", "0") => (EntryKind::Empty, 0),
        ("f", size) => (EntryKind::File, size.parse().ok()?),
        _ => return None,
    };
    let path = unescaped(path)?;
    path.starts_with(b"/")
        .then_some(Listed { path, kind, size })
}

fn escaped(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter == '%' || letter.is_control() {
                let mut bytes = [0; 4];
                escape(letter.encode_utf8(&mut bytes).as_bytes(), &mut text);
            } else {
                text.push(letter);
            }
        }
        escape(chunk.invalid(), &mut text);
    }
    text
}

fn escape(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        text.push_str(&format!("%{byte:02x}"));
    }
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let check = |path: &[u8], kind: EntryKind, size: u64, expected: &str| {
            let listed = Listed {
                path: path.to_vec(),
                kind,
                size,
            };
            let line = to_line(&listed);
            assert_eq!(line, format!("{expected}\n"));
            assert_eq!(of_line(line.trim_end_matches('\n')).unwrap(), listed);
        };
        check(b"/a b", EntryKind::File, 5, "f 5 /a b");
        check(b"/empty", EntryKind::Empty, 0, "f 0 /empty");
        check(b"/d", EntryKind::Directory, 0, "d - /d");
        check("/ü%\n".as_bytes(), EntryKind::File, 1, "f 1 /ü%25%0a");
        check(b"/\xff\x80x", EntryKind::File, 1, "f 1 /%ff%80x");
    }

    #[test]
    fn what_is_no_line_is_refused() {
        for line in [
            "", "d", "d - x", "f x /a", "f -1 /a", "x 1 /a", "f 1 /%", "f 1 /%zz", "f 1 /%é",
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
