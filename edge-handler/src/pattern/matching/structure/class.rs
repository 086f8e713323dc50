//! Classes of bytes in a pattern.
//!
//! In: a [`Reader`] behind the first byte of one. Out: a class. Absent: what is repeated.

use regex_syntax::hir::{ClassBytes, ClassBytesRange};

use super::{Fidelity, Reader};

/// A member of a class.
enum Member {
    Byte(u8),
    /// `\d`, `[:alpha:]` and their like.
    Kind(ClassBytes),
}

impl Reader<'_> {
    /// A class; its `[` is read already.
    pub(super) fn class(&mut self) -> Option<ClassBytes> {
        // PCRE2 refuses some of what looks like a POSIX class around everything.
        if matches!(self.rest.first(), Some(b':' | b'.' | b'=')) {
            self.fidelity = Fidelity::AtLeast;
        }
        let negated = self.take(b"^");
        let mut class = ClassBytes::empty();
        if self.take(b"]") {
            self.range(b']', &mut class)?;
        }
        loop {
            match self.next()? {
                b']' => break,
                // The other dialect's set difference.
                b'-' if self.rest.first() == Some(&b'-') => return None,
                byte => match self.member(byte)? {
                    Member::Byte(low) => self.range(low, &mut class)?,
                    Member::Kind(kind) => class.union(&kind),
                },
            }
        }
        Some(self.finished(class, negated))
    }

    /// With both cases of its letters if need be, and turned round if it is negated.
    fn finished(&self, mut class: ClassBytes, negated: bool) -> ClassBytes {
        if self.ignores_case {
            class.case_fold_simple();
        }
        if negated {
            class.negate();
        }
        class
    }

    /// Adds the range that begins with `low`, or `low` alone.
    fn range(&mut self, low: u8, class: &mut ClassBytes) -> Option<()> {
        let mut high = low;
        if matches!(self.rest, [b'-', next, ..] if *next != b']') {
            self.next();
            let byte = self.next().filter(|byte| *byte != b'-')?;
            let Member::Byte(last) = self.member(byte)? else {
                return None;
            };
            high = last;
        }
        class.push(ClassBytesRange::new(low, high));
        (low <= high).then_some(())
    }

    fn member(&mut self, byte: u8) -> Option<Member> {
        Some(match (byte, self.rest.first()) {
            (b'\\', _) => {
                let byte = self.next()?;
                match kind(byte) {
                    Some(kind) if self.ends_no_range() => Member::Kind(kind),
                    Some(_) => return None,
                    None => Member::Byte(plain_escape(byte)?),
                }
            }
            (b'[', Some(b'.' | b'=')) => return None,
            (b'[', Some(b':')) => {
                let kind = self.posix_class()?;
                if !self.ends_no_range() {
                    self.fidelity = Fidelity::AtLeast;
                }
                Member::Kind(kind)
            }
            _ => Member::Byte(byte),
        })
    }

    /// What follows does not look like the end of a range. PCRE2 refuses most of what looks like a
    /// range from a set of bytes.
    fn ends_no_range(&self) -> bool {
        !matches!(self.rest, [b'-', next, ..] if *next != b']')
    }

    /// `[:name:]` or `[:^name:]`; its `[` is read already.
    fn posix_class(&mut self) -> Option<ClassBytes> {
        let end = self.rest.windows(2).position(|pair| pair == b":]")?;
        let name = self.rest.get(1..end)?;
        let class = named(name.strip_prefix(b"^").unwrap_or(name))?;
        self.rest = self.rest.get(end + 2..)?;
        Some(self.finished(class, name.starts_with(b"^")))
    }
}

/// The bytes of these ranges.
pub(super) fn of(ranges: &[(u8, u8)]) -> ClassBytes {
    let ranges = ranges.iter();
    ClassBytes::new(ranges.map(|(first, last)| ClassBytesRange::new(*first, *last)))
}

/// A POSIX class.
fn named(name: &[u8]) -> Option<ClassBytes> {
    Some(of(match name {
        b"alnum" => &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => &[(b'A', b'Z'), (b'a', b'z')],
        b"blank" => &[(b'\t', b'\t'), (b' ', b' ')],
        b"cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
        b"digit" => &[(b'0', b'9')],
        b"graph" => &[(b'!', b'~')],
        b"lower" => &[(b'a', b'z')],
        b"print" => &[(b' ', b'~')],
        b"punct" => &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
        b"space" => &[(b'\t', b'\r'), (b' ', b' ')],
        b"upper" => &[(b'A', b'Z')],
        b"word" => &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')],
        b"xdigit" => &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    }))
}

/// `\d`, `\s`, `\w` and their opposites.
pub(super) fn kind(letter: u8) -> Option<ClassBytes> {
    let mut class = match letter.to_ascii_lowercase() {
        b'd' => named(b"digit"),
        b's' => named(b"space"),
        b'w' => named(b"word"),
        _ => None,
    }?;
    if letter.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}

/// An escape that stands for one byte everywhere.
pub(super) fn plain_escape(byte: u8) -> Option<u8> {
    match byte {
        b't' => Some(b'\t'),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b'f' => Some(b'\x0c'),
        _ => (byte.is_ascii() && !byte.is_ascii_alphanumeric()).then_some(byte),
    }
}
